package liveperson

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The headers have the tokens without "Bearer".
func TestSendRequest(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	c := newConnector(t, Options{HTTP: service}, ConnectorOptions{Features: []string{"AUTO_MESSAGES", "RICH_CONTENT"}})
	_, err := sendText(t, c)
	require.NoError(t, err)
	got := service.last(t, "messaging")
	assert.Equal(t, "POST /api/account/"+testAccount+"/messaging/consumer/conversation/send?v=3", got.line)
	assert.Equal(t, "va.msg.liveperson.net", got.host)
	assert.Equal(t, http.Header{
		"Accept": {"application/json"}, "Content-Type": {"application/json"}, "User-Agent": {program},
		"Authorization": {testAppToken}, "X-Lp-On-Behalf": {testConsumerJWS},
		"Client-Properties": {`{"type":".ClientProperties","features":["AUTO_MESSAGES","RICH_CONTENT"]}`},
	}, got.header)
}

// The header is the example on LivePerson's pages.
func TestSendWithAutoMessages(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	_, err := sendText(t, newConnector(t, Options{HTTP: service}, ConnectorOptions{Features: []string{"AUTO_MESSAGES"}}))
	require.NoError(t, err)
	assert.Equal(t, []string{`{"type":".ClientProperties","features":["AUTO_MESSAGES"]}`}, service.last(t, "messaging").header["Client-Properties"])
}

func TestSendWithoutFeatures(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	_, err := sendText(t, connectorTo(t, service))
	require.NoError(t, err)
	assert.NotContains(t, service.last(t, "messaging").header, "Client-Properties")
}

func TestSendAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		want   Answer
	}{
		"sequence":             {200, sampleSent, Answer{HasSequence: true, Body: json.RawMessage(`{"sequence":0}`)}},
		"a later one":          {200, `{"code":"OK","body":{"sequence":41}}`, Answer{Sequence: 41, HasSequence: true, Body: json.RawMessage(`{"sequence":41}`)}},
		"as a text, in a list": {200, `[{"code":"OK","body":{"sequence":"7"}}]`, Answer{Sequence: 7, HasSequence: true, Body: json.RawMessage(`{"sequence":"7"}`)}},
		"closed": {200, `{"code":"OK","body":{"msg":"OK Conversation resolved successfully"},"reqId":"c4255004-9c50-4405-8cba-475d761fab1b"}`,
			Answer{Message: "OK Conversation resolved successfully", Body: json.RawMessage(`{"msg":"OK Conversation resolved successfully"}`)}},
		"sequence that is none": {200, `{"code":"OK","body":{"sequence":1.5}}`, Answer{Body: json.RawMessage(`{"sequence":1.5}`)}},
		"201":                   {201, sampleSent, Answer{HasSequence: true, Body: json.RawMessage(`{"sequence":0}`)}},
		"empty":                 {200, "", Answer{}},
		"cut off":               {200, sampleSent[:20], Answer{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = always(test.status, test.body)
			answer, err := sendText(t, connectorTo(t, service))
			require.NoError(t, err)
			assert.Equal(t, test.want, answer)
		})
	}
}

// A web page with the status 200 is not an acceptance.
func TestSendToAPage(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	service.messaging = always(200, "<html>Sign in</html>")
	_, err := sendText(t, connectorTo(t, service))
	require.ErrorContains(t, err, "this is not the Connector API: check messaging_domain")
	assert.Equal(t, ClassNotFound, ClassOf(err))
}

func TestConversationGone(t *testing.T) {
	t.Parallel()
	item := func(message string) string {
		return `{"code":"BAD_REQUEST","body":{"msg":"` + message + `"},"reqId":"1"}`
	}
	tests := map[string]struct {
		status int
		body   string
		want   bool
	}{
		"the tutorial's answer":         {400, item("Bad Request, Conversation is close"), true},
		"the dialog is closed":          {400, item("the dialog is closed"), true},
		"the conversation is closed":    {400, item("the conversation is closed"), true},
		"as in LivePerson's tutorial":   {400, item("Bad Request, Conversation is close"), true},
		"a close that failed":           {400, item("conversation close failed"), false},
		"no such dialog":                {400, item("there is no such dialog"), true},
		"no such conversation":          {400, item("there is no such conversation"), true},
		"unknown":                       {400, item("Unknown conversation"), true},
		"with its id":                   {400, item("Conversation " + testConversation + " not found"), true},
		"with its id in quotes":         {400, item("Conversation with id '" + testConversation + "' has already been closed"), true},
		"does not exist":                {404, item("dialog does not exist"), true},
		"by title":                      {400, `{"code":400,"body":{"title":"Bad request","details":"Conversation was already closed","errorCode":40010}}`, true},
		"within a 200":                  {200, item("the conversation is closed"), true},
		"404 without a word":            {404, "", false},
		"410 without a word":            {410, "", false},
		"Bad Request":                   {400, sampleTooLong, false},
		"something else is not found":   {400, item("Conversation: skill not found"), false},
		"a state that is to be closed":  {400, item("conversationState: must be CLOSE"), false},
		"the closing was refused":       {400, item("the conversation can't be closed"), false},
		"the connection is closed":      {400, item("dialog service: the connection is closed"), false},
		"a server's trouble":            {503, item("the conversation is closed"), false},
		"too many requests":             {429, item("the conversation is closed"), false},
		"a token's":                     {401, sample401(40104, "ConsumerJWS is missing", "the conversation is closed"), false},
		"a conversation is already one": {400, sampleIsOpen, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = always(test.status, test.body)
			_, err := sendText(t, connectorTo(t, service))
			require.Error(t, err)
			assert.Equal(t, test.want, asError(t, err).ConversationGone())
			assertNothingPrivate(t, err)
			if test.want {
				assert.ErrorContains(t, err, ": open another conversation")
				assert.False(t, asError(t, err).MayHaveArrived())
			}
		})
	}
}

func TestMessagingAdvice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		advice string
	}{
		"app token is missing":      {401, sample401(40105, "AppJWT is missing", "AUTHORIZATION header is not present"), "no proxy removes the headers"},
		"consumer token is missing": {401, sample401(40104, "ConsumerJWS is missing", "X_ON_BEHALF_HEADER is not present"), "no proxy removes the headers"},
		"app token":                 {401, appTokenExpired, "check that the app's scope is msg.consumer"},
		"consumer token":            {401, consumerTokenInvalid, "this consumer's"},
		"too many":                  {429, "", "lower concurrency"},
		"not found":                 {404, "", "check messaging_domain and account_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = always(test.status, test.body)
			_, err := sendText(t, connectorTo(t, service))
			require.ErrorContains(t, err, test.advice)
			assertNothingPrivate(t, err)
		})
	}
}
