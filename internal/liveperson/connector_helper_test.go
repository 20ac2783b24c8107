package liveperson

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Samples of LivePerson's pages.
const (
	testClientID     = "75588e18-0213-4e33-8174-883acac7e3c4"
	testSecret       = "kgvbkk7glku72jgtmpi6l4a872"
	testConsumer     = "John_Doe_facebook12345"
	testConversation = "8602832d-dce1-446b-8445-0d51f5926a42"
	testLPConsumer   = "77d338e4b6bf02affbf9bf00a779cbf06b0fcd7fb1674028e8739acdfa6ae7a2"
	testAppToken     = "appToken-s3cr3t"
	testConsumerJWS  = "consumerToken-s3cr3t"

	sampleSent    = `{"reqId":"1","code":"OK","body":{"sequence":0}}`
	sampleOpened  = `[{"code":"OK","body":{"msg":"OK User Profile set successfully"},"reqId":"1,"},{"code":"OK","body":{"conversationId":"` + testConversation + `"},"reqId":"2,"}]`
	sampleIsOpen  = `[{"code":"OK","body":{"msg":"OK User Profile set successfully"},"reqId":"4b91dd19-9b0c-4354-8fef-4f58a45a9c57"},{"code":"BAD_REQUEST","body":{"msg":"Consumer request conversation failed: User ` + testLPConsumer + ` already has open conversation. Can't open another one."},"reqId":"533575ec-b092-4ea6-ba13-25a98095e79f"}]`
	sampleTooLong = `{"code":"BAD_REQUEST","body":{"msg":"Bad Request"},"reqId":"1556852a-4bb3-11e9-8646-d663bd873d93"}`
	sample502     = `{"kind":"resp","reqId":"1","code":502,"body":{"title":"Unable to access resource","details":"Failed to connect to AC for setting delay","errorCode":50201},"type":".ReqBody$ErrorResp"}`
)

// sample401 returns an answer with a documented code.
func sample401(code int, title, details string) string {
	return fmt.Sprintf(`{"kind":"resp","code":401,"body":{"title":%q,"details":%q,"errorCode":%d},"type":".ReqBody$ErrorResp"}`, title, details, code)
}

var (
	appTokenExpired      = sample401(40102, "Invalid AppJWT", "AppJWT has expired or is invalid")
	consumerTokenInvalid = sample401(40103, "Invalid ConsumerJWS", "ConsumerJWS is invalid")
)

// webTokenOf returns a JSON Web Token with this payload.
func webTokenOf(payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"kid":"appjwt-13-05-17","typ":"JWT","alg":"RS256"}`)) + "." + encode([]byte(payload)) + ".c2lnbmF0dXJl"
}

// reply is an answer of a service.
type reply struct {
	status int
	body   string
}

// script returns the answer to the n-th call of a service. The first call is 1.
type script func(n int) reply

func always(status int, body string) script { return func(int) reply { return reply{status, body} } }

// inTurn gives the replies in order, and then always the last one.
func inTurn(replies ...reply) script {
	return func(n int) reply { return replies[min(n, len(replies))-1] }
}

// received is a request to a connectorService.
type received struct {
	service, line, host, body string
	header                    http.Header
}

// connectorService is LivePerson in memory, with a script for each of its services.
type connectorService struct {
	domain, app, consumer, messaging, swift script

	mu    sync.Mutex
	calls map[string]int
	got   []received
}

// newConnectorService returns a service that answers every request with success.
func newConnectorService() *connectorService {
	return &connectorService{
		domain: always(200, `{"baseURIs":[{"service":"asyncMessagingEnt","baseURI":"va.msg.liveperson.net"},{"service":"sentinel","baseURI":"va.sentinel.liveperson.net"},
			{"service":"idp","baseURI":"va.idp.liveperson.net"},{"service":"swift","baseURI":"va.swift.liveperson.net"}]}`),
		app:       always(200, `{"access_token":"`+testAppToken+`","token_type":"Bearer"}`),
		consumer:  always(201, `{"token":"`+testConsumerJWS+`"}`),
		messaging: always(200, sampleSent),
		swift:     always(201, ""),
		calls:     map[string]int{},
	}
}

func (s *connectorService) serviceOf(path string) (string, script) {
	switch {
	case strings.HasSuffix(path, "/baseURI.json"):
		return "domain", s.domain
	case strings.HasSuffix(path, "/app/token"):
		return "app", s.app
	case strings.HasSuffix(path, "/consumer"):
		return "consumer", s.consumer
	case strings.Contains(path, "/messaging/consumer/"):
		return "messaging", s.messaging
	}
	return "swift", s.swift
}

// answer records a request and returns the reply to it.
func (s *connectorService) answer(r *http.Request) reply {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	service, script := s.serviceOf(r.URL.Path)
	s.mu.Lock()
	s.calls[service]++
	n := s.calls[service]
	s.got = append(s.got, received{service, r.Method + " " + r.URL.RequestURI(), r.Host, string(body), r.Header.Clone()})
	s.mu.Unlock()
	return script(n)
}

func (s *connectorService) Do(r *http.Request) (*http.Response, error) {
	answer := s.answer(r)
	return response(answer.status, answer.body), nil
}

// made returns the number of requests to each service, except the Domain API.
func (s *connectorService) made() (app, consumer, messaging int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls["app"], s.calls["consumer"], s.calls["messaging"]
}

// last returns the last request to a service.
func (s *connectorService) last(t *testing.T, service string) received {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.got {
		if one := s.got[len(s.got)-1-i]; one.service == service {
			return one
		}
	}
	require.Fail(t, "no request for "+service)
	return received{}
}

// newConnector returns a connector. It fills in the domains and the app if o has none.
func newConnector(t *testing.T, account Options, o ConnectorOptions) *Connector {
	t.Helper()
	for domain, host := range map[*string]string{
		&o.MessagingDomain: "va.msg.liveperson.net", &o.SentinelDomain: "va.sentinel.liveperson.net",
		&o.IDPDomain: "va.idp.liveperson.net", &o.SwiftDomain: "va.swift.liveperson.net",
		&o.ClientID: testClientID, &o.ClientSecret: testSecret,
	} {
		if *domain == "" {
			*domain = host
		}
	}
	c, err := newAccount(t, account).Connector(o)
	require.NoError(t, err)
	return c
}

// connectorTo returns a connector to a service in memory.
func connectorTo(t *testing.T, d Doer) *Connector {
	return newConnector(t, Options{HTTP: d}, ConnectorOptions{})
}

var testDialog = Dialog{ConversationID: testConversation}

// sendText sends a text of the test consumer.
func sendText(t *testing.T, c *Connector) (Answer, error) {
	return c.Send(t.Context(), testConsumer, testDialog.Text("Hello world!"))
}

// asError returns the *Error in an error, which must have one.
func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e
}

// assertNothingPrivate checks the text of a Connector's error.
func assertNothingPrivate(t *testing.T, err error) {
	t.Helper()
	for _, private := range []string{
		testClientID, testSecret, testAppToken, testConsumerJWS, testConsumer, testConversation, testLPConsumer,
		testVisitor, testSession, "Hello world", "temp_url", "eyJ", "client_secret=",
	} {
		assert.NotContains(t, err.Error(), private)
	}
}
