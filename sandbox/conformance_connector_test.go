package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

const (
	pageAuth         = "Connector API: authorization and authentication"
	pageConversation = "Connector API: create conversation"
	pageSend         = "Connector API: send"
	pageProtocol     = "Connector API: webhooks, notification protocol"
	pageOrder        = "Connector API: webhooks, retry policy"
)

// talk is an app's connection to the Connector API for one consumer, with its tokens.
type talk struct {
	world
	app, jws, id string
}

// call posts to a method of messaging. The path is the part after the path of conversations.
func (k talk) call(path, body string, header ...string) *httptest.ResponseRecorder {
	header = append([]string{"Authorization", k.app, "X-LP-ON-BEHALF", k.jws}, header...)
	return post(k.Sandbox, messagingPath+path, body, header...)
}

func (k talk) send(kind, body string) *httptest.ResponseRecorder {
	return k.call("/send?v=3", `{"kind":"req","id":"1","type":"`+kind+`","body":`+body+`}`)
}

func (k talk) publish(event string) *httptest.ResponseRecorder {
	return k.send("ms.PublishEvent", `{"dialogId":"`+k.id+`","event":`+event+`}`)
}

// claims reads a token. It does not check the token.
func claims(t *testing.T, token string) (header, body map[string]any) {
	t.Helper()
	read := jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, read)
	require.NoError(t, err)
	return parsed.Header, read
}

// TestConnectorConformance is TestConformance for tokens, conversations, messages and notifications.
func TestConnectorConformance(t *testing.T) {
	t.Parallel()
	const text = `{"type":"ContentEvent","contentType":"text/plain","message":"hello"}`
	profile := func(body string) string {
		return `{"kind":"req","id":"1,","type":"userprofile.SetUserProfile","body":` + body + `}`
	}
	opening := func(members string) string {
		return `{"kind":"req","id":"2,","type":"cm.ConsumerRequestConversation","body":{` + members + `}}`
	}
	refused := func(t *testing.T, w *httptest.ResponseRecorder, status, code int, title string) {
		t.Helper()
		assert.Equal(t, status, w.Code, w.Body)
		assert.Contains(t, w.Body.String(), fmt.Sprintf(`"errorCode":%d`, code))
		assert.Contains(t, w.Body.String(), `"title":"`+title+`"`)
		assert.Contains(t, w.Body.String(), `"type":".ReqBody$ErrorResp"`)
	}
	ok := func(t *testing.T, w *httptest.ResponseRecorder) {
		t.Helper()
		assert.Equal(t, http.StatusOK, w.Code, w.Body)
	}
	// again is another consumer, who has no conversation yet.
	again := func(t *testing.T, k talk, name string) talk {
		t.Helper()
		k.jws = member(t, consumerToken(k.Sandbox, k.app, name), "token")
		return k
	}

	facts := []struct {
		page, fact string
		holds      func(t *testing.T, k talk)
	}{
		{page: pageAuth, fact: "an app token: v and grant_type in the query, the credentials in a form; 200", holds: func(t *testing.T, k talk) {
			w := appToken(k.Sandbox)
			ok(t, w)
			assert.Equal(t, "application/json;charset=utf-8", w.Header().Get("Content-Type"))
			assertShape(t, `{"access_token": "<jwt>", "token_type": "Bearer"}`, w.Body.String())
		}},
		{page: pageAuth, fact: "its claims, and that it lives an hour", holds: func(t *testing.T, k talk) {
			header, body := claims(t, k.app)
			assert.Equal(t, []any{"RS256", "JWT"}, []any{header["alg"], header["typ"]})
			assert.Regexp(t, `^appjwt`, header["kid"])
			assert.Equal(t, []any{"12345678", messaging.DefaultClientID, "msg.consumer", "Sentinel"}, []any{body["aud"], body["azp"], body["scope"], body["iss"]})
			assert.InDelta(t, 3600, body["exp"].(float64)-body["iat"].(float64), 0)
		}},
		{page: pageAuth, fact: "a consumer token: the app token by itself in Authorization; 201", holds: func(t *testing.T, k talk) {
			w := consumerToken(k.Sandbox, k.app, "John_Doe_facebook12345")
			assert.Equal(t, http.StatusCreated, w.Code)
			assertShape(t, `{"token": "<jws>"}`, w.Body.String())
		}},
		{page: pageAuth, fact: "the same ext_consumer_id is the same consumer, and the token does not expire", holds: func(t *testing.T, k talk) {
			_, one := claims(t, k.jws)
			k.clock.advance(time.Minute)
			_, other := claims(t, again(t, k, "jane").jws)
			assert.Equal(t, one, other)
			assert.Equal(t, []any{"12345678", "jane"}, []any{one["account_id"], one["ext_consumer_id"]})
			assert.Regexp(t, `^[0-9a-f]{64}$`, one["lp_consumer_id"])
			assert.NotContains(t, one, "exp")
		}},
		{page: pageAuth, fact: "40001: a claim of the app token is missing", holds: func(t *testing.T, k talk) {
			k.app = k.jws
			refused(t, k.publish(text), 400, 40001, "Missing parameter")
		}},
		{page: pageAuth, fact: "40102: the app token has expired", holds: func(t *testing.T, k talk) {
			k.clock.advance(time.Hour + time.Second)
			refused(t, k.publish(text), 401, 40102, "Invalid AppJWT")
		}},
		{page: pageAuth, fact: "40103: the consumer token is invalid", holds: func(t *testing.T, k talk) {
			k.jws = "x"
			refused(t, k.publish(text), 401, 40103, "Invalid ConsumerJWS")
		}},
		{page: pageAuth, fact: "40104: the consumer token is missing", holds: func(t *testing.T, k talk) {
			k.jws = ""
			refused(t, k.publish(text), 401, 40104, "ConsumerJWS is missing")
		}},
		{page: pageAuth, fact: "40105: the app token is missing", holds: func(t *testing.T, k talk) {
			k.app = ""
			refused(t, k.publish(text), 401, 40105, "AppJWT is missing")
		}},

		{page: pageConversation, fact: "a list of a profile, which may be empty, and a conversation; answers in their order, with their ids", holds: func(t *testing.T, k talk) {
			w := again(t, k, "john").call("?v=3", `[`+profile(`{}`)+`,`+opening(`"brandId":"12345678"`)+`]`)
			ok(t, w)
			assertShape(t, `[{"code":"OK","body":{"msg":"OK User Profile set successfully"},"reqId":"1,"},{"code":"OK","body":{"conversationId":"8602832d-dce1-446b-8445-0d51f5926a42"},"reqId":"2,"}]`, w.Body.String())
			assert.Regexp(t, `^\[{"code":"OK","body":{"msg":"OK User Profile set successfully"},"reqId":"1,"},{.*"reqId":"2,"}\]$`, w.Body.String())
		}},
		{page: pageConversation, fact: "the profile is mandatory, and comes first", holds: func(t *testing.T, k talk) {
			for _, body := range []string{`[` + opening(`"brandId":"12345678"`) + `]`, `[` + opening(`"brandId":"12345678"`) + `,` + profile(`{}`) + `]`} {
				assert.Equal(t, http.StatusBadRequest, again(t, k, "john").call("?v=3", body).Code)
			}
		}},
		{page: pageConversation, fact: "brandId is mandatory", holds: func(t *testing.T, k talk) {
			assert.Equal(t, http.StatusBadRequest, again(t, k, "john").call("?v=3", `[`+profile(`{}`)+`,`+opening(``)+`]`).Code)
		}},
		{page: pageConversation, fact: "ttrDefName is NORMAL, URGENT, PRIORITIZED or null; skillId is a text", holds: func(t *testing.T, k talk) {
			for i, ttr := range []string{`"NORMAL"`, `"URGENT"`, `"PRIORITIZED"`, `null`} {
				ok(t, again(t, k, fmt.Sprint("john", i)).call("?v=3", `[`+profile(`{}`)+`,`+opening(`"brandId":"12345678","skillId":"-1","channelType":"MESSAGING","ttrDefName":`+ttr)+`]`))
			}
		}},
		{page: pageConversation, fact: "Client-Properties may come along", holds: func(t *testing.T, k talk) {
			ok(t, again(t, k, "john").call("?v=3", openBody, "Client-Properties", `{"type":".ClientProperties","features":["AUTO_MESSAGES"]}`))
		}},
		{page: pageConversation, fact: "another version: 404", holds: func(t *testing.T, k talk) {
			assert.Equal(t, http.StatusNotFound, again(t, k, "john").call("?v=2", openBody).Code)
		}},
		{page: pageTutorial, fact: "a consumer has one open conversation: 400, and the profile has been set", holds: func(t *testing.T, k talk) {
			w := k.call("?v=3", openBody)
			assert.Equal(t, http.StatusBadRequest, w.Code)
			assert.Regexp(t, `^\[{"code":"OK",.*{"code":"BAD_REQUEST","body":{"msg":"Consumer request conversation failed: User [0-9a-f]{64} already has open conversation. Can't open another one."},"reqId":"2"}\]$`, w.Body.String())
		}},

		{page: pageSend, fact: "a text: the dialog is the conversation; sequence counts from 0", holds: func(t *testing.T, k talk) {
			assert.Equal(t, `{"reqId":"1","code":"OK","body":{"sequence":0}}`, k.publish(text).Body.String())
			assert.Equal(t, `{"reqId":"1","code":"OK","body":{"sequence":1}}`, k.publish(text).Body.String())
		}},
		{page: pageSend, fact: "an id that is a number is answered as a text", holds: func(t *testing.T, k talk) {
			w := k.call("/send?v=3", `{"kind":"req","id":3,"type":"userprofile.SetUserProfile","body":{}}`)
			assert.Contains(t, w.Body.String(), `"reqId":"3"`)
		}},
		{page: pageSend, fact: "a profile may be sent by itself", holds: func(t *testing.T, k talk) {
			ok(t, k.send("userprofile.SetUserProfile", `{"authenticatedData":{"lp_sdes":[{"type":"ctmrinfo","info":{"ctype":"vip"}}]}}`))
		}},
		{page: pageSend, fact: "chat states", holds: func(t *testing.T, k talk) {
			for _, state := range []string{"ACTIVE", "INACTIVE", "GONE", "COMPOSING", "PAUSE"} {
				ok(t, k.publish(`{"type":"ChatStateEvent","chatState":"`+state+`"}`))
			}
		}},
		{page: pageSend, fact: "receipts", holds: func(t *testing.T, k talk) {
			k.publish(text)
			for _, status := range []string{"ACCEPT", "READ", "ACCESS", "NACK", "ACTION"} {
				ok(t, k.publish(`{"type":"AcceptStatusEvent","status":"`+status+`","sequenceList":[0]}`))
			}
		}},
		{page: pageSend, fact: "the metadata of a button", holds: func(t *testing.T, k talk) {
			ok(t, k.call("/send?v=3", `{"kind":"req","id":"2","type":"ms.PublishEvent","body":{"dialogId":"`+k.id+`","event":`+text+`},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`))
		}},
		{page: pageSend, fact: "a conversation is closed by its field", holds: func(t *testing.T, k talk) {
			w := k.send("cm.UpdateConversationField", `{"conversationId":"`+k.id+`","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}`)
			assert.Equal(t, `{"code":"OK","body":{"msg":"OK Conversation resolved successfully"},"reqId":"1"}`, w.Body.String())
			ok(t, k.call("?v=3", openBody)) // the consumer may open another conversation
		}},
		{page: pageSend, fact: "a file: its address, 201 for it, and 401 when its minute is over", holds: func(t *testing.T, k talk) {
			w := k.send("ms.GenerateURLForUploadFile", `{"fileSize":"1000","fileType":"PNG"}`)
			assertShape(t, `{"code":"OK","body":{"relativePath":"/v1/x.PNG","queryParams":{"temp_url_sig":"dd","temp_url_expires":"1528099919"}},"reqId":"3"}`, w.Body.String())
			var answer struct {
				Body struct {
					RelativePath string            `json:"relativePath"`
					QueryParams  map[string]string `json:"queryParams"`
				}
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
			query := answer.Body.QueryParams
			address := answer.Body.RelativePath + "?temp_url_sig=" + query["temp_url_sig"] + "&temp_url_expires=" + query["temp_url_expires"]
			put := func() int {
				got := httptest.NewRecorder()
				k.ServeHTTP(got, httptest.NewRequest(http.MethodPut, address, strings.NewReader("a picture")))
				return got.Code
			}
			assert.Equal(t, http.StatusCreated, put())
			k.clock.advance(time.Minute)
			assert.Equal(t, http.StatusUnauthorized, put())
		}},
		{page: pageSend, fact: "files are JPG, JPEG, PNG and GIF, of 3 MB at most", holds: func(t *testing.T, k talk) {
			for _, kind := range []string{"JPG", "JPEG", "PNG", "GIF"} {
				ok(t, k.send("ms.GenerateURLForUploadFile", `{"fileSize":"3145728","fileType":"`+kind+`"}`))
			}
			assert.Equal(t, http.StatusBadRequest, k.send("ms.GenerateURLForUploadFile", `{"fileSize":"3145729","fileType":"PNG"}`).Code)
			assert.Equal(t, http.StatusBadRequest, k.send("ms.GenerateURLForUploadFile", `{"fileSize":"1","fileType":"PDF"}`).Code)
		}},
		{page: pageTutorial, fact: "a request has 5000 characters at most: 400", holds: func(t *testing.T, k talk) {
			w := k.publish(strings.Replace(text, "hello", strings.Repeat("x", 5000), 1))
			assert.Equal(t, http.StatusBadRequest, w.Code)
			assert.Equal(t, `{"code":"BAD_REQUEST","body":{"msg":"Bad Request"},"reqId":"1"}`, w.Body.String())
		}},
		{page: pageRetry, fact: "too many requests: 429", holds: func(t *testing.T, k talk) {
			fetch(t, k.Sandbox, http.MethodPut, "/sandbox/chaos", "rules: [{endpoint: send, status: 429}]")
			assert.Equal(t, http.StatusTooManyRequests, k.publish(text).Code)
		}},

		{page: "Release notes, February 2019", fact: "errors of the service have one form, with the request's id", holds: func(t *testing.T, k talk) {
			fetch(t, k.Sandbox, http.MethodPut, "/sandbox/chaos", `rules: [{endpoint: send, status: 502, code: 50201, message: Failed to connect to AC for setting delay}]`)
			w := k.publish(text)
			assert.Equal(t, http.StatusBadGateway, w.Code)
			assertShape(t, `{"kind":"resp","reqId":"1","code":502,"body":{"title":"Unable to access resource","details":"Failed to connect to AC for setting delay","errorCode":50201},"type":".ReqBody$ErrorResp"}`, w.Body.String())
		}},

		{page: pageProtocol, fact: "notifications are POST, with account, app, signature by the secret, and headers of the manifest's", holds: func(t *testing.T, k talk) {
			type notification struct {
				method, body string
				header       http.Header
			}
			got := make(chan notification, 10)
			k.listen(t, `, headers: [{header_name: X-Mine, header_value: "1"}]`, func(r *http.Request, body string) int {
				got <- notification{r.Method, body, r.Header}
				return http.StatusCreated
			})
			k.publish(text)
			told := <-got
			mac := hmac.New(sha1.New, []byte(messaging.DefaultClientSecret))
			mac.Write([]byte(told.body))
			assert.Equal(t, http.MethodPost, told.method)
			assert.Equal(t, "sha1="+base64.StdEncoding.EncodeToString(mac.Sum(nil)), told.header.Get("x-liveperson-signature"))
			assert.Equal(t, "12345678", told.header.Get("x-liveperson-account-id"))
			assert.Equal(t, messaging.DefaultClientID, told.header.Get("x-liveperson-client-id"))
			assert.Equal(t, "1", told.header.Get("X-Mine"))
		}},
		{page: pageProtocol, fact: "the form of a notification; own messages come back too", holds: func(t *testing.T, k talk) {
			got := make(chan string, 10)
			k.listen(t, "", func(_ *http.Request, body string) int { got <- body; return http.StatusOK })
			k.publish(text)
			assertShape(t, `{"kind":"notification","body":{"changes":[{"sequence":39,"originatorId":"a","originatorMetadata":{"id":"a","role":"CONSUMER"},"serverTimestamp":1641916856713,
				"event":{"type":"ContentEvent","message":"m","contentType":"text/plain"},"conversationId":"4","dialogId":"4","messageAudience":"ALL"}]},"type":"ms.MessagingEventNotification"}`, <-got)
		}},
		{page: pageProtocol, fact: "chat states have neither sequence nor time", holds: func(t *testing.T, k talk) {
			got := make(chan string, 10)
			k.listen(t, "", func(_ *http.Request, body string) int { got <- body; return http.StatusOK })
			k.publish(`{"type":"ChatStateEvent","chatState":"COMPOSING"}`)
			assertShape(t, `{"kind":"notification","body":{"changes":[{"originatorId":"2","originatorMetadata":{"id":"2","role":"CONSUMER"},
				"event":{"type":"ChatStateEvent","chatState":"COMPOSING"},"conversationId":"5","dialogId":"5"}]},"type":"ms.MessagingEventNotification"}`, <-got)
		}},
		{page: pageProtocol, fact: "a change of a conversation has the whole of its state", holds: func(t *testing.T, k talk) {
			got := make(chan string, 10)
			k.listen(t, "", func(_ *http.Request, body string) int { got <- body; return http.StatusOK })
			ok(t, again(t, k, "john").call("?v=3", openBody))
			assertShape(t, `{"kind":"notification","body":{"changes":[{"type":"UPSERT","result":{"convId":"f","effectiveTTR":1553590349893,"conversationDetails":{
				"skillId":"558327413","participants":[{"id":"5","role":"CONSUMER"}],
				"dialogs":[{"dialogId":"f","participantsDetails":[{"id":"5","role":"CONSUMER","state":"ACTIVE"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"OPEN","creationTs":1553589749650,"metaDataLastUpdateTs":1553589749650}],
				"brandId":"5313846","state":"OPEN","stage":"OPEN","startTs":1553589749650,"metaDataLastUpdateTs":1553589749650,"ttr":{"ttrType":"PRIORITIZED","value":600},
				"conversationHandlerDetails":{"accountId":"5313846","skillId":"558327413"}}}}]},"type":"cqm.ExConversationChangeNotification"}`, <-got)
		}},
		{page: pageOrder, fact: "only 200 and 201 are a success; without max_retries a notification is dropped after its first failure", holds: func(t *testing.T, k talk) {
			k.listen(t, "", func(*http.Request, string) int { return http.StatusAccepted })
			k.publish(text)
			require.NoError(t, k.Flush(t.Context()))
			_, state := fetch(t, k.Sandbox, http.MethodGet, "/sandbox/webhooks", "")
			assert.Contains(t, state, `"waiting":0,"posted":0,"failed":1,"dropped":1`)
		}},
		{page: pageOrder, fact: "max_retries is how often it is repeated", holds: func(t *testing.T, k talk) {
			k.listen(t, ", max_retries: 3, speed: 30000", func(*http.Request, string) int { return http.StatusInternalServerError })
			k.publish(text)
			require.NoError(t, k.Flush(t.Context()))
			_, state := fetch(t, k.Sandbox, http.MethodGet, "/sandbox/webhooks", "")
			assert.Contains(t, state, `"failed":4,"dropped":1`)
		}},
		{page: pageOrder, fact: "max_retries is from 0 to 5, and retention_time from 2 to 259200 seconds", holds: func(t *testing.T, k talk) {
			for members, want := range map[string]int{
				"max_retries: 5": 200, "max_retries: 6": 400, "max_retries: -1": 400,
				"retry: {retention_time: 2}": 200, "retry: {retention_time: 259200}": 200, "retry: {retention_time: 1}": 400, "retry: {retention_time: 259201}": 400,
			} {
				status, text := fetch(t, k.Sandbox, http.MethodPut, "/sandbox/webhooks", `{endpoint: "https://127.0.0.1:1/hook?x=1", `+members+`}`)
				assert.Equal(t, want, status, text)
			}
		}},
		{page: pageOrder, fact: "with a retention time an app that fails stores what is to come, of all its endpoints", holds: func(t *testing.T, k talk) {
			k.listen(t, ", retry: {retention_time: 3600}", func(*http.Request, string) int { return http.StatusInternalServerError })
			k.publish(text)
			require.Eventually(t, func() bool {
				_, state := fetch(t, k.Sandbox, http.MethodGet, "/sandbox/webhooks", "")
				return strings.Contains(state, `"state":"FAILED"`)
			}, time.Minute, time.Millisecond)
		}},
	}
	for _, f := range facts {
		t.Run(f.page+"/"+f.fact, func(t *testing.T) {
			t.Parallel()
			w := newWorld(sandbox.Options{Agent: &messaging.Script{}})
			t.Cleanup(w.Close)
			k := talk{world: w, app: member(t, appToken(w.Sandbox), "access_token")}
			k.jws = member(t, consumerToken(w.Sandbox, k.app, "jane"), "token")
			k.id = converse(t, w.Sandbox, "jane", "")
			f.holds(t, k)
		})
	}
}

// listen receives notifications. The webhook has some additional members.
func (k talk) listen(t *testing.T, members string, answer func(r *http.Request, body string) int) {
	t.Helper()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		w.WriteHeader(answer(r, string(body)))
	}))
	t.Cleanup(hook.Close)
	status, text := fetch(t, k.Sandbox, http.MethodPut, "/sandbox/webhooks", `{endpoint: "`+hook.URL+`"`+members+`}`)
	require.Equal(t, http.StatusOK, status, text)
}
