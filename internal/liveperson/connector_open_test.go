package liveperson

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The samples are LivePerson's, byte for byte, with one exception: channelType is always sent, but
// the minimal sample leaves it out. The ids in the samples have commas ("1," and "2,"), which mean
// nothing.
func TestOpenRequest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opening Opening
		want    string
	}{
		"minimal": {
			Opening{},
			`[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{}},{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"channelType":"MESSAGING","brandId":"12345678"}}]`,
		},
		"full": {
			Opening{
				SDEs: []any{
					json.RawMessage(`{"type":"ctmrinfo","info":{"socialId":"1234567890","ctype":"vip"}}`),
					json.RawMessage(`{"type":"personal","personal":{"firstname":"John","lastname":"Doe","gender":"MALE"}}`),
				},
				TTR: "NORMAL", CampaignID: "99999", EngagementID: "888888", SkillID: "-1",
				Context: &ConversationContext{
					VisitorID: "A3ZTY3Zjk1MDExZTczYTU4", SessionID: "ys2wSqaSRSOJGki7VhEDKQ",
					InteractionContextID: "2", Lang: "en-US",
				},
			},
			`[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{"authenticatedData":{"lp_sdes":[{"type":"ctmrinfo","info":{"socialId":"1234567890","ctype":"vip"}},{"type":"personal","personal":{"firstname":"John","lastname":"Doe","gender":"MALE"}}]}}},` +
				`{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"ttrDefName":"NORMAL","campaignInfo":{"campaignId":"99999","engagementId":"888888"},"conversationContext":{"visitorId":"A3ZTY3Zjk1MDExZTczYTU4","sessionId":"ys2wSqaSRSOJGki7VhEDKQ","interactionContextId":"2","type":"SharkContext","lang":"en-US"},"channelType":"MESSAGING","brandId":"12345678","skillId":"-1"}}]`,
		},
		"another context": {
			Opening{Context: &ConversationContext{Type: "SMSContext"}},
			`[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{}},{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"conversationContext":{"type":"SMSContext"},"channelType":"MESSAGING","brandId":"12345678"}}]`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = always(200, sampleOpened)
			c := newConnector(t, Options{AccountID: "12345678", HTTP: service}, ConnectorOptions{})
			id, err := c.Open(t.Context(), testConsumer, test.opening)
			require.NoError(t, err)
			assert.Equal(t, testConversation, id)
			got := service.last(t, "messaging")
			assert.Equal(t, "POST /api/account/12345678/messaging/consumer/conversation?v=3", got.line)
			assert.Equal(t, test.want, got.body)
		})
	}
}

// Open does not change the caller's context.
func TestOpenKeepsTheContext(t *testing.T) {
	t.Parallel()
	given := ConversationContext{Lang: "de"}
	service := newConnectorService()
	service.messaging = always(200, sampleOpened)
	_, err := connectorTo(t, service).Open(t.Context(), testConsumer, Opening{Context: &given})
	require.NoError(t, err)
	assert.Equal(t, ConversationContext{Lang: "de"}, given)
}

func TestOpenThatCantBeSent(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	for name, test := range map[string]struct {
		opening     Opening
		errContains string
	}{
		"campaign without engagement": {Opening{CampaignID: "1"}, "go together"},
		"engagement without campaign": {Opening{EngagementID: "1"}, "go together"},
		"SDEs that are no JSON":       {Opening{SDEs: []any{json.RawMessage(`{`)}}, "unexpected end of JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := connectorTo(t, service).Open(t.Context(), testConsumer, test.opening)
			require.ErrorContains(t, err, "not sent: ")
			require.ErrorContains(t, err, test.errContains)
			assert.Empty(t, id)
			assert.False(t, asError(t, err).MayHaveArrived())
		})
	}
	assert.Empty(t, service.got)
}

func TestOpenAnswers(t *testing.T) {
	t.Parallel()
	const other = "0a1b2c3d-dce1-446b-8445-0d51f5926a42"
	isOpen := func(text, more string) string {
		return `[{"code":"OK","body":{}},{"code":"BAD_REQUEST","body":{"msg":"` + text + `"` + more + `}}]`
	}
	tests := map[string]struct {
		status int
		body   string

		id          string
		errContains string // empty: no error
		alreadyOpen bool
		openID      string
		arrived     bool
	}{
		"opened":                  {status: 200, body: sampleOpened, id: testConversation},
		"opened, in one item":     {status: 200, body: `{"code":"OK","body":{"conversationId":"a"}}`, id: "a"},
		"opened, without profile": {status: 200, body: `[{"code":"BAD_REQUEST","body":{"msg":"no profile"}},{"code":"OK","body":{"conversationId":"a"}}]`, id: "a", errContains: "message left out"},
		"the same as a 400":       {status: 400, body: `[{"code":"BAD_REQUEST","body":{"msg":"no profile"}},{"code":"OK","body":{"conversationId":"a"}}]`, id: "a", errContains: "message left out"},
		"no conversation id":      {status: 200, body: `[{"code":"OK"},{"code":"OK","body":{}}]`, errContains: "it has no conversation id", arrived: true},
		"cut off":                 {status: 200, body: sampleOpened[:100], errContains: "it has no conversation id", arrived: true},
		"a page":                  {status: 200, body: "<html>", errContains: "this is not the Connector API: check messaging_domain", arrived: true},
		"server":                  {status: 502, body: sample502, errContains: "Unable to access resource", arrived: true},
		"version":                 {status: 404, errContains: "check messaging_domain"},

		"open": {status: 400, body: sampleIsOpen, errContains: "the consumer has an open conversation", alreadyOpen: true},
		"open, and the profile is refused": {
			status: 400, body: strings.Replace(isOpen("User "+testLPConsumer+" already has open conversation.", ""), `{"code":"OK","body":{}}`, `{"code":"BAD_REQUEST","body":{"msg":"no profile"}}`, 1),
			errContains: "the consumer has an open conversation", alreadyOpen: true,
		},
		"open, named by a member": {
			status: 400, body: isOpen("User already has an open conversation", `,"conversationId":"`+testConversation+`"`),
			errContains: "open conversation", alreadyOpen: true, openID: testConversation,
		},
		"open, named deep down": {
			status: 400, body: isOpen("User already has open conversation", `,"details":[{"a":1},{"ConversationID":"`+testConversation+`"}]`),
			errContains: "open conversation", alreadyOpen: true, openID: testConversation,
		},
		"open, named in the text": {
			status: 400, body: isOpen("User "+other+" already has open conversation "+testConversation+".", ""),
			errContains: "open conversation", alreadyOpen: true, openID: testConversation,
		},
		"open, named with a colon": {
			status: 400, body: isOpen("User "+testLPConsumer+" already has open conversation (conversationId: "+testConversation+")", ""),
			errContains: "open conversation", alreadyOpen: true, openID: testConversation,
		},
		"open, the user's id is a UUID": {
			status: 400, body: isOpen("Consumer request conversation failed: User "+other+" already has open conversation.", ""),
			errContains: "open conversation", alreadyOpen: true,
		},
		"another refusal": {
			status: 400, body: isOpen("Consumer request conversation failed: skillId has more than 10 digits", ""),
			errContains: "Consumer request conversation failed: skillId …",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = always(test.status, test.body)
			id, err := connectorTo(t, service).Open(t.Context(), testConsumer, Opening{Context: &ConversationContext{VisitorID: testVisitor, SessionID: testSession}})
			assert.Equal(t, test.id, id)
			if test.errContains == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.errContains)
			assertNothingPrivate(t, err)
			assert.NotContains(t, err.Error(), other)
			e := asError(t, err)
			openID, is := e.AlreadyOpen()
			assert.Equal(t, test.alreadyOpen, is)
			assert.Equal(t, test.openID, openID)
			assert.Equal(t, test.arrived, e.MayHaveArrived())
			assert.False(t, e.ConversationGone())
		})
	}
}
