package liveperson

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadItems(t *testing.T) {
	t.Parallel()
	type want struct {
		status    int
		errorCode int
		requestID string
		message   string
	}
	tests := map[string]struct {
		body string
		want []want
	}{
		"sent":         {sampleSent, []want{{200, 0, "1", ""}}},
		"closed":       {`{"code":"OK","body":{"msg":"OK Conversation resolved successfully"},"reqId":"c4255004"}`, []want{{200, 0, "c4255004", "OK Conversation resolved successfully"}}},
		"opened":       {sampleOpened, []want{{200, 0, "1,", "OK User Profile set successfully"}, {200, 0, "2,", ""}}},
		"already open": {sampleIsOpen, []want{{200, 0, "4b91dd19-9b0c-4354-8fef-4f58a45a9c57", "OK User Profile set successfully"}, {400, 0, "533575ec-b092-4ea6-ba13-25a98095e79f", "Consumer request conversation failed: User " + testLPConsumer + " already has open conversation. Can't open another one."}}},
		"too long":     {sampleTooLong, []want{{400, 0, "1556852a-4bb3-11e9-8646-d663bd873d93", "Bad Request"}}},
		"401":          {appTokenExpired, []want{{401, 40102, "", "Invalid AppJWT: AppJWT has expired or is invalid"}}},
		"502":          {sample502, []want{{502, 50201, "1", "Unable to access resource: Failed to connect to AC for setting delay"}}},

		"app token is missing":      {sample401(40105, "AppJWT is missing", "AUTHORIZATION header is not present"), []want{{401, 40105, "", "AppJWT is missing: AUTHORIZATION header is not present"}}},
		"consumer token is missing": {sample401(40104, "ConsumerJWS is missing", "X_ON_BEHALF_HEADER is not present"), []want{{401, 40104, "", "ConsumerJWS is missing: X_ON_BEHALF_HEADER is not present"}}},
		"consumer token is invalid": {consumerTokenInvalid, []want{{401, 40103, "", "Invalid ConsumerJWS: ConsumerJWS is invalid"}}},
		"upload URL":                {sampleURL, []want{{200, 0, "3", ""}}},
		"consumer token":            {`{"token":"a.b.c"}`, []want{{200, 0, "", ""}}},

		"OAuth":                    {`{"error":"invalid_client","error_description":"no such client"}`, []want{{200, 0, "", "invalid_client: no such client"}}},
		"app token":                {`{"access_token":"a","token_type":"Bearer"}`, []want{{200, 0, "", ""}}},
		"the WebSocket's numbers":  {`{"code":200,"body":{"sequence":3},"reqId":4}`, []want{{200, 0, "4", ""}}},
		"numbers as texts":         {`{"code":"401","body":{"errorCode":"40103"}}`, []want{{401, 40103, "", ""}}},
		"names in small letters":   {`[{"code":"ok"},{"code":"not_found"}]`, []want{{200, 0, "", ""}, {404, 0, "", ""}}},
		"other names":              {`[{"code":"TOO_MANY_REQUESTS"},{"code":"INTERNAL_SERVER_ERROR"},{"code":"NO_SUCH_THING"}]`, []want{{429, 0, "", ""}, {500, 0, "", ""}, {400, 0, "", ""}}},
		"numbers that are none":    {`[{"code":7},{"code":6000},{"code":-1},{"code":4.5}]`, []want{{400, 0, "", ""}, {400, 0, "", ""}, {400, 0, "", ""}, {400, 0, "", ""}}},
		"members of other types":   {`{"code":["OK"],"body":"text","reqId":{},"error":true}`, []want{{200, 0, "", ""}}},
		"body of other types":      {`{"code":"OK","body":{"msg":{"a":1},"title":7,"errorCode":[1]}}`, []want{{200, 0, "", "7"}}},
		"nulls":                    {`{"code":null,"body":null,"reqId":null}`, []want{{200, 0, "", ""}}},
		"items that are none":      {`[1,null,"OK",[],{"code":"OK"}]`, []want{{200, 0, "", ""}}},
		"white space":              {" \n" + sampleSent + "\n", []want{{200, 0, "1", ""}}},
		"empty list":               {`[]`, nil},
		"empty":                    {``, nil},
		"null":                     {`null`, nil},
		"a page":                   {`<html><body>Bad Gateway</body></html>`, nil},
		"text":                     {`upstream connect error`, nil},
		"cut off":                  {sampleOpened[:100], nil},
		"number":                   {`7`, nil},
		"text as JSON":             {`"OK"`, nil},
		"code and body are absent": {`{}`, []want{{200, 0, "", ""}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []want
			for _, i := range readItems([]byte(test.body)) {
				got = append(got, want{i.status(), i.errorCode, i.requestID, i.message})
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestClassifyItems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status     int
		body       string
		retryAfter string

		class   Class
		as      int // status of the error; 0: the answer's
		code    int
		message string
		wait    time.Duration
		arrived bool
	}{
		"401, app token":        {status: 401, body: appTokenExpired, class: ClassUnauthorised, code: 40102, message: "Invalid AppJWT: AppJWT has expired or is invalid"},
		"401, consumer token":   {status: 401, body: consumerTokenInvalid, class: ClassUnauthorised, code: 40103, message: "Invalid ConsumerJWS: ConsumerJWS is invalid"},
		"401 without a body":    {status: 401, class: ClassUnauthorised},
		"400, missing brand":    {status: 400, body: sample401(40001, "Missing parameter", "Brand Id is missing"), class: ClassInvalid, code: 40001, message: "Missing parameter: Brand Id is missing"},
		"400, too long":         {status: 400, body: sampleTooLong, class: ClassInvalid, message: "Bad Request"},
		"400, open":             {status: 400, body: sampleIsOpen, class: ClassInvalid, message: "Consumer request conversation failed … already has open conversation. Can't open another one."},
		"400, all items are OK": {status: 400, body: sampleSent, class: ClassInvalid},
		"404, version":          {status: 404, body: "", class: ClassNotFound},
		"409":                   {status: 409, class: ClassInvalid},
		"429":                   {status: 429, retryAfter: "7", class: ClassThrottled, wait: 7 * time.Second},
		"500 with OAuth's form": {status: 500, body: `{"error":"server_error"}`, class: ClassServer, message: "server_error", arrived: true},
		"502":                   {status: 502, body: sample502, class: ClassServer, code: 50201, message: "Unable to access resource: Failed to connect to AC for setting delay", arrived: true},
		"503 page":              {status: 503, body: "<html>busy</html>", class: ClassServer, arrived: true},

		"200 with a refusal":         {status: 200, body: sampleTooLong, class: ClassInvalid, as: 400, message: "Bad Request"},
		"200 with a refused token":   {status: 200, body: appTokenExpired, class: ClassUnauthorised, as: 401, code: 40102, message: "Invalid AppJWT: AppJWT has expired or is invalid"},
		"200 with a failed server":   {status: 200, body: sample502, class: ClassServer, as: 502, code: 50201, message: "Unable to access resource: Failed to connect to AC for setting delay", arrived: true},
		"200 with one too many":      {status: 200, body: `{"code":"TOO_MANY_REQUESTS"}`, class: ClassThrottled, as: 429},
		"200 page":                   {status: 200, body: "<html>Sign in</html>", class: ClassNotFound, arrived: true},
		"202":                        {status: 202, class: ClassNotFound, arrived: true},
		"302":                        {status: 302, class: ClassNotFound, arrived: true},
		"personal":                   {status: 400, body: `{"code":"BAD_REQUEST","body":{"msg":"` + testConsumer + `, john@example.com, ` + testSecret + `, ` + webTokenOf("{}") + `, ` + testConversation + `"}}`, class: ClassInvalid, message: ""},
		"an id across the cap":       {status: 400, body: `{"code":"BAD_REQUEST","body":{"msg":"` + strings.Repeat("x ", 95) + testConversation + `"}}`, class: ClassInvalid, message: ""},
		"a name that is no status":   {status: 200, body: `{"code":"FAILED","body":{"msg":"a"}}`, class: ClassInvalid, as: 400},
		"a refusal after successes":  {status: 200, body: sampleIsOpen, class: ClassInvalid, as: 400, message: "Consumer request conversation failed … already has open conversation. Can't open another one."},
		"Retry-After of other codes": {status: 503, retryAfter: "1", class: ClassServer, wait: time.Second, arrived: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := &answer{status: test.status, header: http.Header{"Retry-After": {test.retryAfter}}, body: []byte(test.body)}
			e := classifyItems(res, readItems(res.body))
			if test.as == 0 {
				test.as = test.status
			}
			assert.Equal(t, test.class, e.Class)
			assert.Equal(t, test.as, e.Status)
			assert.Equal(t, test.code, e.Code)
			assert.Equal(t, test.message, e.Message)
			assert.Equal(t, test.wait, e.RetryAfter)
			assert.Equal(t, test.arrived, e.MayHaveArrived())
			assert.Equal(t, test.code == 40102, e.AppTokenRefused())
			assert.Equal(t, test.code == 40103, e.ConsumerTokenRefused())
		})
	}
}

func TestConnectorErrorText(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	service.messaging = always(401, consumerTokenInvalid)
	_, err := sendText(t, connectorTo(t, service))
	assert.EqualError(t, err, `class=unauthorised status=401 code=40103 attempts=0: LivePerson answered 401 Unauthorized (message "Invalid ConsumerJWS: ConsumerJWS is invalid", errorCode 40103): `+
		"LivePerson does not accept the consumer's token: check that the conversation is this consumer's")
}

func FuzzReadItems(f *testing.F) {
	for _, seed := range []string{
		sampleSent, sampleOpened, sampleIsOpen, sampleTooLong, sample502, appTokenExpired, consumerTokenInvalid,
		`{"error":"invalid_client","error_description":"a"}`, `[{"code":1e400,"body":[{}],"reqId":9}]`, `{"code":"BAD_REQUEST","body":{"msg":"user123@gmail.com \u0000\ud800"}}`,
		`<html>`, `[[[]]]`, `null`, ``,
	} {
		for _, status := range []int{200, 400, 401, 503, -1} {
			f.Add(status, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		list := readItems(body)
		for _, i := range list {
			assert.GreaterOrEqual(t, i.status(), 200)
			assert.Less(t, i.status(), 600)
			readAnswer(i)
		}
		res := &answer{status: status, header: http.Header{}, body: body}
		e := classifyItems(res, list)
		require.NotEmpty(t, e.Class)
		assertKnownWords(t, e.Message)
		assert.False(t, strings.ContainsFunc(e.Message, unicode.IsControl))
		assert.True(t, strings.HasPrefix(e.Error(), "class="+string(e.Class)+" "))
	})
}
