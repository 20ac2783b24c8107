package liveperson

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConnectorOptions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options     ConnectorOptions
		errContains string
	}{
		"all by default":     {options: ConnectorOptions{ClientID: "a", ClientSecret: "b"}},
		"no client id":       {options: ConnectorOptions{ClientSecret: "b"}, errContains: "client_id: must not be empty"},
		"no client secret":   {options: ConnectorOptions{ClientID: "a"}, errContains: "client_secret: must not be empty"},
		"messaging domain":   {options: ConnectorOptions{ClientID: "a", ClientSecret: "b", MessagingDomain: "a/b"}, errContains: "messaging_domain: "},
		"sentinel domain":    {options: ConnectorOptions{ClientID: "a", ClientSecret: "b", SentinelDomain: "http://example.com"}, errContains: "sentinel_domain: "},
		"IDP domain":         {options: ConnectorOptions{ClientID: "a", ClientSecret: "b", IDPDomain: "ftp://example.com"}, errContains: "idp_domain: "},
		"swift domain":       {options: ConnectorOptions{ClientID: "a", ClientSecret: "b", SwiftDomain: "a?b"}, errContains: "swift_domain: "},
		"fewer than no keys": {options: ConnectorOptions{ClientID: "a", ClientSecret: "b", KeepTokens: -1}, errContains: "keep_tokens: must not be negative"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			c, err := newAccount(t, Options{HTTP: service}).Connector(test.options)
			assert.Empty(t, service.got, "no I/O")
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.NotNil(t, c)
		})
	}
}

// The Domain API is asked once for each domain, when the domain is needed.
func TestConnectorFindsItsDomains(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	c, err := newAccount(t, Options{HTTP: service}).Connector(ConnectorOptions{ClientID: testClientID, ClientSecret: testSecret})
	require.NoError(t, err)
	require.NoError(t, c.Connect(t.Context()))
	assert.Equal(t, map[string]int{"domain": 3, "app": 1}, service.calls)

	require.NoError(t, c.Connect(t.Context()))
	_, err = sendText(t, c)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"domain": 3, "app": 1, "consumer": 1, "messaging": 1}, service.calls)
	require.NoError(t, c.Upload(t.Context(), sampleFileURL(t), []byte(png)))
	for name, host := range map[string]string{
		"app": "va.sentinel.liveperson.net", "consumer": "va.idp.liveperson.net",
		"messaging": "va.msg.liveperson.net", "swift": "va.swift.liveperson.net",
	} {
		assert.Equal(t, host, service.last(t, name).host)
	}
	assert.Equal(t, 4, service.calls["domain"])
	assert.Contains(t, service.last(t, "domain").line, "/api/account/"+testAccount+"/service/swift/baseURI.json")
}

// A connector works without Connect.
func TestConnectorWithoutConnect(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	c, err := newAccount(t, Options{HTTP: service}).Connector(ConnectorOptions{ClientID: testClientID, ClientSecret: testSecret})
	require.NoError(t, err)
	_, err = sendText(t, c)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"domain": 3, "app": 1, "consumer": 1, "messaging": 1}, service.calls)
}

func TestConnectErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		domain, app script
		class       Class
		text        []string
	}{
		"account is unknown": {domain: always(400, ""), class: ClassInvalid, text: []string{"resolving messaging_domain", "check account_id and domain_api"}},
		"Domain API is down": {domain: always(503, ""), class: ClassServer, text: []string{"resolving messaging_domain"}},
		"no such service":    {domain: always(200, `{"baseURIs":[]}`), class: ClassNotFound, text: []string{"not sent: resolving messaging_domain: the Domain API knows no service asyncMessagingEnt for this account: check account_id"}},
		"no JSON":            {domain: always(200, `<html>`), class: ClassNotFound, text: []string{"not JSON of the documented form"}},
		"wrong secret":       {app: always(401, `{"error":"invalid_client"}`), class: ClassUnauthorised, text: []string{"getting an app token", "client_secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			if test.domain != nil {
				service.domain = test.domain
			}
			if test.app != nil {
				service.app = test.app
			}
			c, err := newAccount(t, Options{HTTP: service}).Connector(ConnectorOptions{ClientID: testClientID, ClientSecret: testSecret})
			require.NoError(t, err)
			err = c.Connect(t.Context())
			assert.Equal(t, test.class, ClassOf(err))
			assert.False(t, asError(t, err).MayHaveArrived())
			for _, text := range test.text {
				assert.ErrorContains(t, err, text)
			}
			assert.Equal(t, 1, strings.Count(err.Error(), "class="), "the facts stand in it once: %v", err)
		})
	}
}

// A time-out of the Domain API does not count as a time-out of the request.
func TestSendWhileTheDomainAPIIsDown(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	service.domain = always(503, "")
	for setting, domains := range map[string]ConnectorOptions{
		"messaging_domain": {SentinelDomain: "a.example.com", IDPDomain: "b.example.com"},
		"sentinel_domain":  {MessagingDomain: "a.example.com", IDPDomain: "b.example.com"},
		"idp_domain":       {MessagingDomain: "a.example.com", SentinelDomain: "b.example.com"},
	} {
		domains.ClientID, domains.ClientSecret = testClientID, testSecret
		c, err := newAccount(t, Options{HTTP: service}).Connector(domains)
		require.NoError(t, err)
		_, err = sendText(t, c)
		require.ErrorContains(t, err, "resolving "+setting)
		assert.Equal(t, ClassServer, ClassOf(err))
		assert.False(t, asError(t, err).MayHaveArrived())
	}
}

// When the messaging service moves, the Domain API is asked again.
func TestConnectorFollowsItsDomain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		service.messaging = always(404, "")
		c, err := newAccount(t, Options{HTTP: service}).Connector(ConnectorOptions{ClientID: testClientID, ClientSecret: testSecret})
		require.NoError(t, err)
		require.NoError(t, c.Connect(t.Context()))
		service.domain = always(200, `{"service":"asyncMessagingEnt","baseURI":"new.msg.liveperson.net"}`)
		time.Sleep(resolvePause)
		for range failuresBeforeResolving + 1 {
			_, err := sendText(t, c)
			require.Error(t, err)
		}
		assert.Equal(t, "new.msg.liveperson.net", service.last(t, "messaging").host)
	})
}

func TestConnectorClose(t *testing.T) {
	t.Parallel()
	d := &closingDoer{doerFunc: answering(200, "")}
	connectorTo(t, d).Close()
	assert.True(t, d.closed)
}

// Over real connections, MayHaveArrived says whether a request without an answer may have arrived.
func TestMayHaveArrived(t *testing.T) {
	t.Parallel()
	// giveUp ends the caller's context.
	type setUp func(t *testing.T, giveUp context.CancelFunc) (domain string, http Doer)
	dialling := func(dial func(context.Context, string, string) (net.Conn, error)) setUp {
		return func(t *testing.T, _ context.CancelFunc) (string, Doer) {
			c := newHTTP(t, HTTPOptions{})
			c.kept.DialContext = dial
			return testDomain, c
		}
	}
	failing := func(err error) setUp {
		return dialling(func(context.Context, string, string) (net.Conn, error) { return nil, err })
	}
	server := func(handler http.HandlerFunc) setUp {
		return func(t *testing.T, _ context.CancelFunc) (string, Doer) {
			return newServer(t, handler), newHTTP(t, HTTPOptions{})
		}
	}
	tests := map[string]struct {
		setUp setUp
		want  bool
	}{
		"connection refused": {failing(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), false},
		"no such host":       {failing(&net.DNSError{Err: "no such host", Name: testDomain, IsNotFound: true}), false},
		"time is up while connecting": {func(t *testing.T, giveUp context.CancelFunc) (string, Doer) {
			return dialling(func(ctx context.Context, _, _ string) (net.Conn, error) {
				giveUp()
				<-ctx.Done()
				return nil, ctx.Err()
			})(t, nil)
		}, false},
		"unknown certificate authority": {func(t *testing.T, _ context.CancelFunc) (string, Doer) {
			return newTLSServer(t, nil).URL, newHTTP(t, HTTPOptions{})
		}, false},
		"time is up while waiting": {func(t *testing.T, giveUp context.CancelFunc) (string, Doer) {
			return server(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				giveUp()
				<-r.Context().Done()
			})(t, nil)
		}, true},
		"connection closed": {server(hijacked(func(*net.TCPConn) {})), true},
		"not HTTP":          {server(hijacked(func(c *net.TCPConn) { _, _ = io.WriteString(c, "220 smtp.example.com ESMTP\r\n") })), true},
		"a client that says nothing of this": {func(*testing.T, context.CancelFunc) (string, Doer) {
			return testDomain, doerFunc(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
		}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			domain, doer := test.setUp(t, giveUp)
			// Another server issues the tokens, so that only the messaging request fails.
			service := newConnectorService()
			both := doerFunc(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/messaging/") {
					return doer.Do(r)
				}
				return service.Do(r)
			})
			c := newConnector(t, Options{HTTP: both}, ConnectorOptions{MessagingDomain: domain})
			_, err := c.Send(ctx, testConsumer, testDialog.Text("Hello world!"))
			assert.Equal(t, ClassNetwork, ClassOf(err))
			assert.Equal(t, test.want, asError(t, err).MayHaveArrived())
			assert.ErrorContains(t, err, "check messaging_domain or domain_api")
			assertNothingPrivate(t, err)
		})
	}
}

func TestCallerIsGone(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	c := connectorTo(t, service)
	_, err := sendText(t, c)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Send(ctx, testConsumer, testDialog.Text("a"))
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, asError(t, err).MayHaveArrived())
	_, _, messaging := service.made()
	assert.Equal(t, 1, messaging)
}

// A service may answer with everything that it got, and with LivePerson's ids. None of it may
// appear in an error.
func TestErrorsTellNothingPrivate(t *testing.T) {
	t.Parallel()
	vendors := []string{testConversation, testLPConsumer, webTokenOf(`{}`), "john@example.com"}
	sentTo := map[string][]string{
		"app":       {testClientID, testSecret},
		"consumer":  {testClientID, testSecret, testAppToken, testConsumer},
		"messaging": {testClientID, testSecret, testAppToken, testConsumer, testConsumerJWS},
	}
	forms := map[string]string{
		"item":   `{"code":"BAD_REQUEST","body":{"msg":"$"},"reqId":"1"}`,
		"list":   `[{"code":"BAD_REQUEST","body":{"msg":"$"}}]`,
		"titled": `{"code":401,"body":{"title":"$","details":"$","errorCode":40102}}`,
		"OAuth":  `{"error":"$","error_description":"$"}`,
		"page":   `<html>$`,
		"open":   `{"code":"BAD_REQUEST","body":{"msg":"User already has open conversation $"}}`,
		"gone":   `{"code":"BAD_REQUEST","body":{"msg":"the conversation is closed $"}}`,
	}
	calls := map[string]func(*Connector) error{
		"connect":  func(c *Connector) error { return c.Connect(t.Context()) },
		"consumer": func(c *Connector) error { return c.ConsumerToken(t.Context(), testConsumer) },
		"send":     func(c *Connector) error { _, err := sendText(t, c); return err },
		"open":     func(c *Connector) error { _, err := c.Open(t.Context(), testConsumer, Opening{}); return err },
	}
	failures := 0
	for where, sent := range sentTo {
		for _, form := range forms {
			for _, status := range []int{200, 400, 401, 404, 429, 500} {
				for _, call := range calls {
					service := newConnectorService()
					failing := map[string]*script{"app": &service.app, "consumer": &service.consumer, "messaging": &service.messaging}
					*failing[where] = always(status, strings.ReplaceAll(form, "$", strings.Join(append(sent, vendors...), " ")))
					if err := call(connectorTo(t, service)); err != nil {
						failures++
						assertNothingPrivate(t, err)
						assert.NotContains(t, err.Error(), "example.com")
					}
				}
			}
		}
	}
	assert.Greater(t, failures, 300)
}

// The host sends back the request, and its answer is not HTTP.
func TestEchoTellsNothingPrivate(t *testing.T) {
	t.Parallel()
	echo := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		out := bufio.NewWriter(conn)
		_, _ = out.WriteString("HTTP/1.1 200 OK\r\nx" + r.Header.Get("Authorization") + " " + r.Header.Get("X-Lp-On-Behalf") + " " + string(body) + " " + r.RequestURI + "\r\n\r\n")
		_ = out.Flush()
	})
	service := newConnectorService()
	both := func(toEcho string) doerFunc {
		real := newHTTP(t, HTTPOptions{})
		return func(r *http.Request) (*http.Response, error) {
			if where, _ := service.serviceOf(r.URL.Path); where == toEcho {
				return real.Do(r)
			}
			return service.Do(r)
		}
	}
	for _, where := range []string{"app", "consumer", "messaging", "swift"} {
		t.Run(where, func(t *testing.T) {
			c := newConnector(t, Options{HTTP: both(where)},
				ConnectorOptions{MessagingDomain: echo, SentinelDomain: echo, IDPDomain: echo, SwiftDomain: echo})
			var err error
			if where == "swift" {
				err = c.Upload(t.Context(), sampleFileURL(t), []byte(png))
			} else {
				_, err = c.Send(t.Context(), testConsumer, testDialog.ChatState(ChatGone))
			}
			require.ErrorContains(t, err, "malformed")
			for _, private := range []string{testSecret, testClientID, testAppToken, testConsumerJWS, testConsumer, "dd9e3bdb", "/v1/AUTH"} {
				assert.NotContains(t, err.Error(), private)
			}
		})
	}
}

// A whole conversation over HTTP, from its opening to its end.
func TestConnectorOverHTTP(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		answer := service.answer(r)
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	})
	host := strings.TrimPrefix(url, "http://")
	service.domain = always(200, `{"baseURIs":[{"service":"asyncMessagingEnt","baseURI":"`+host+`"},{"service":"sentinel","baseURI":"`+host+`"},{"service":"idp","baseURI":"`+host+`"},{"service":"swift","baseURI":"`+host+`"}]}`)
	service.messaging = inTurn(
		reply{200, sampleOpened}, reply{400, sampleIsOpen}, reply{401, appTokenExpired}, reply{200, sampleSent}, reply{200, sampleURL},
		reply{200, `{"code":"OK","body":{"msg":"OK Conversation resolved successfully"},"reqId":"1"}`}, reply{400, `{"code":"BAD_REQUEST","body":{"msg":"the dialog is closed"},"reqId":"1"}`},
	)
	c, err := newAccount(t, Options{DomainAPI: url, HTTP: newHTTP(t, HTTPOptions{})}).
		Connector(ConnectorOptions{ClientID: testClientID, ClientSecret: testSecret})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	require.NoError(t, c.Connect(t.Context()))

	id, err := c.Open(t.Context(), testConsumer, Opening{})
	require.NoError(t, err)
	_, err = c.Open(t.Context(), testConsumer, Opening{})
	_, open := asError(t, err).AlreadyOpen()
	assert.True(t, open)

	dialog := Dialog{ConversationID: id}
	answer, err := c.Send(t.Context(), testConsumer, dialog.Text("Hello world!"))
	require.NoError(t, err)
	assert.True(t, answer.HasSequence)

	answer, err = c.Send(t.Context(), testConsumer, UploadURL("PNG", len(png)))
	require.NoError(t, err)
	to, err := ReadFileURL(answer)
	require.NoError(t, err)
	require.NoError(t, c.Upload(t.Context(), to, []byte(png)))

	_, err = c.Send(t.Context(), testConsumer, CloseConversation(id))
	require.NoError(t, err)
	_, err = c.Send(t.Context(), testConsumer, dialog.Text("Hello?"))
	assert.True(t, asError(t, err).ConversationGone())

	assert.Equal(t, map[string]int{"domain": 4, "app": 2, "consumer": 1, "messaging": 7, "swift": 1}, service.calls)
	for _, got := range service.got {
		for _, private := range []string{testSecret, testClientID, testAppToken, testConsumerJWS, testConsumer} {
			assert.NotContains(t, got.line, private, "addresses are logged on the way")
		}
	}
}

// errors.Is and errors.As recognise the error.
func TestConnectorErrorIsAnError(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	boom := errors.New("boom")
	c := connectorTo(t, split(func(r *http.Request) (*http.Response, error) { return service.Do(r) },
		func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "/consumer") && !strings.Contains(r.URL.Path, "/messaging") {
				return nil, boom
			}
			return service.Do(r)
		}))
	_, err := sendText(t, c)
	require.ErrorIs(t, err, boom)
	assert.Equal(t, ClassNetwork, ClassOf(err))
	assert.False(t, asError(t, err).MayHaveArrived(), "it is the token that was asked for, not the text")
}
