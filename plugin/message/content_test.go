package message

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

const (
	aConversation = "8602832d-dce1-446b-8445-0d51f5926a42"
	aSurvey       = "0a1c8f3e-1b2d-4c5e-9f60-718293a4b5c6"
	ids           = `"conversationId":"` + aConversation + `","dialogId":"` + aSurvey + `"`
)

// readOne reads a message as an output with this config does.
func readOne(t *testing.T, yaml string, msg *service.Message) (*job, error) {
	t.Helper()
	return parse(t, yaml).reading.jobs(service.MessageBatch{msg})(0, msg)
}

// requestsOf returns a job's requests for a survey.
func requestsOf(t *testing.T, j *job) (texts []string) {
	t.Helper()
	for _, request := range j.requests {
		text, err := json.Marshal(request(liveperson.Dialog{ConversationID: aConversation, DialogID: aSurvey}))
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	return texts
}

func published(event string) string {
	return `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{` + ids + `,"event":` + event + `}}`
}

func updated(field string) string {
	return `{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + aConversation + `","conversationField":` + field + `}}`
}

// pixel has the beginning of a GIF.
var pixel = append([]byte("GIF89a"), make([]byte, 20)...)

func TestContentBecomesRequests(t *testing.T) {
	t.Parallel()
	hello := published(`{"type":"ContentEvent","contentType":"text/plain","message":"Hello world!"}`)
	composing := published(`{"type":"ChatStateEvent","chatState":"COMPOSING"}`)
	closed := updated(`{"field":"ConversationStateField","conversationState":"CLOSE"}`)
	closedDialog := updated(`{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"` + aSurvey + `","state":"CLOSE","closedCause":"Closed by consumer"}}`)
	profile := `{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{"authenticatedData":{"lp_sdes":[{"info":{"socialId":"1234567890","ctype":"vip"},"type":"ctmrinfo"},{"personal":{"firstname":"John","lastname":"Doe","gender":"MALE"},"type":"personal"}]}}}`
	sdes := `[{"type":"ctmrinfo","info":{"socialId":"1234567890","ctype":"vip"}},{"type":"personal","personal":{"firstname":"John","lastname":"Doe","gender":"MALE"}}]`
	tests := map[string]struct {
		yaml, content string
		requests      []string
		opens         bool
		action        action
	}{
		"text":                           {"", `Hello world!`, []string{hello}, true, actionMessage},
		"a text member":                  {"", `{"text":"Hello world!"}`, []string{hello}, true, actionMessage},
		"others beside it":               {"", `{"text":"Hello world!","user":{"id":7},"receipt":null}`, []string{hello}, true, actionMessage},
		"text by action":                 {"action: message", `Hello world!`, []string{hello}, true, actionMessage},
		"a member among others":          {"action: message", `{"text":"Hello world!","profile":{},"type":"x"}`, []string{hello}, true, actionMessage},
		"an action of the message":       {`action: ${! @do }`, `{"chat_state":"composing","text":"x"}`, []string{composing}, false, actionChatState},
		"no action":                      {"action: ${! @none }", `Hello world!`, []string{hello}, true, actionMessage},
		"text that looks like a list":    {"", `[sic] x`, []string{published(`{"type":"ContentEvent","contentType":"text/plain","message":"[sic] x"}`)}, true, actionMessage},
		"text that looks like an object": {"action: message", `{sic} x`, []string{published(`{"type":"ContentEvent","contentType":"text/plain","message":"{sic} x"}`)}, true, actionMessage},
		"a chat state":                   {"", `{"chat_state":"COMPOSING"}`, []string{composing}, false, actionChatState},
		"a bare chat state":              {"action: Chat_State", " composing\n", []string{composing}, false, actionChatState},
		"a receipt":                      {"", `{"receipt":{"status":"ACCEPT","sequences":[1,2]}}`, []string{published(`{"type":"AcceptStatusEvent","status":"ACCEPT","sequenceList":[1,2]}`)}, false, actionReceipt},
		"a bare receipt":                 {"action: receipt", `{"consumer":"x","status":"read","sequences":[0]}`, []string{published(`{"type":"AcceptStatusEvent","status":"READ","sequenceList":[0]}`)}, false, actionReceipt},
		"a button": {"", `{"rich_reply":{"text":"yep","external_id":"Yes-1234","sequences":[5]}}`, []string{
			strings.TrimSuffix(published(`{"type":"ContentEvent","contentType":"text/plain","message":"yep"}`), "}") + `,"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`,
			strings.TrimSuffix(published(`{"type":"AcceptStatusEvent","status":"ACTION","sequenceList":[5]}`), "}") + `,"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`,
		}, false, actionRichReply},
		"a button alone": {"", `{"rich_reply":{"text":"yep","external_id":1234}}`, []string{
			strings.TrimSuffix(published(`{"type":"ContentEvent","contentType":"text/plain","message":"yep"}`), "}") + `,"metadata":[{"type":"ExternalId","id":"1234"}]}`,
		}, false, actionRichReply},
		"a file that was uploaded": {"", `{"file":{"relative_path":"/v1/example.PNG","type":"JPEG","caption":"File logo","preview":"data:image/png;base64,iVBORw0KGgo="}}`, []string{
			published(`{"type":"ContentEvent","contentType":"hosted/file","message":{"caption":"File logo","relativePath":"/v1/example.PNG","fileType":"JPEG","preview":"data:image/png;base64,iVBORw0KGgo="}}`),
		}, true, actionFile},
		"a bare file that was uploaded": {"action: file", `{"consumer":"x","liveperson":{},"relative_path":"/v1/example.JPG","type":"jpg"}`, []string{
			published(`{"type":"ContentEvent","contentType":"hosted/file","message":{"relativePath":"/v1/example.JPG","fileType":"JPG"}}`),
		}, true, actionFile},
		"a profile":                   {"", `{"profile":` + sdes + `}`, []string{profile}, false, actionProfile},
		"a bare profile":              {"action: profile", sdes, []string{profile}, false, actionProfile},
		"a whole profile":             {"", `{"profile":{"firstName":"John"}}`, []string{`{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{"firstName":"John"}}`}, false, actionProfile},
		"satisfaction":                {"", `{"csat":{"rate":5,"resolved":true}}`, []string{updated(`{"field":"CSATRate","csatRate":5,"csatResolutionConfirmation":true,"status":"FILLED"}`)}, false, actionCSAT},
		"a rate":                      {"", `{"csat":{"rate":1}}`, []string{updated(`{"field":"CSATRate","csatRate":1,"status":"PARTIALLY_FILLED"}`)}, false, actionCSAT},
		"nothing said":                {"", `{"csat":{"skipped":true}}`, []string{updated(`{"field":"CSATRate","status":"SKIPPED"}`)}, false, actionCSAT},
		"the end":                     {"", `{"close":true}`, []string{closed}, false, actionClose},
		"the dialog's end":            {"", `{"close":"dialog"}`, []string{closedDialog}, false, actionClose},
		"by setting":                  {"close_scope: dialog", `{"close":true}`, []string{closedDialog}, false, actionClose},
		"against the setting":         {"close_scope: dialog", `{"close":"Conversation"}`, []string{closed}, false, actionClose},
		"the end by action":           {"action: close", `{"event":"left"}`, []string{closed}, false, actionClose},
		"the end by action, in words": {"action: close", `bye`, []string{closed}, false, actionClose},
		"a request": {"", `{"kind":"req","id":7,"type":"ms.PublishEvent","body":{"event":{"type":"ContentEvent","contentType":"text/plain","message":"yep"}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`, []string{
			`{"kind":"req","id":"7","type":"ms.PublishEvent","body":{` + ids + `,"event":{"contentType":"text/plain","message":"yep","type":"ContentEvent"}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`,
		}, true, actionRequest},
		"a request that opens nothing": {"", `{"type":"ms.PublishEvent","body":{"event":{"type":"ChatStateEvent","chatState":"GONE"}}}`, []string{
			published(`{"type":"ChatStateEvent","chatState":"GONE"}`),
		}, false, actionRequest},
		"a request with its own ids": {"", `{"type":"ms.PublishEvent","body":{"dialogId":"d","event":{"type":"ContentEvent","contentType":"text/plain","message":"yep"}}}`, []string{
			`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"d","event":{"type":"ContentEvent","contentType":"text/plain","message":"yep"}}}`,
		}, false, actionRequest},
		"a request about the urgency": {"", `{"type":"cm.UpdateConversationField","body":{"conversationField":[{"field":"TTRField","ttrType":"NORMAL","value":600}]}}`, []string{
			updated(`[{"field":"TTRField","ttrType":"NORMAL","value":600}]`),
		}, false, actionRequest},
		"a request of no dialog": {"", `{"type":"ms.GenerateURLForDownloadFile","body":{"relativePath":"/v1/x"}}`, []string{
			`{"kind":"req","id":"1","type":"ms.GenerateURLForDownloadFile","body":{"relativePath":"/v1/x"}}`,
		}, false, actionRequest},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := readOne(t, test.yaml, message(test.content, metaConsumer, "jane", "do", "chat_state"))
			require.NoError(t, err)
			got := requestsOf(t, j)
			require.Len(t, got, len(test.requests))
			for i, want := range test.requests {
				assert.JSONEq(t, want, got[i])
			}
			assert.Equal(t, test.opens, j.opening != nil)
			assert.Equal(t, test.action, j.action)
			assert.Equal(t, "jane", j.consumer)
		})
	}
}

func TestContentThatCantBeSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ yaml, content, errContains string }{
		"none of the members":   {"", `{"txt":"secret"}`, "has none of the members text, chat_state, receipt, rich_reply, file, profile, csat, close"},
		"two of them":           {"", `{"text":"secret","close":true}`, "has text and close: send each in its own message"},
		"a list":                {"", `["secret"]`, "is a JSON list"},
		"a broken object":       {"", `{"text":"secret"`, "begins like a JSON object but is not JSON: set action: message"},
		"an unknown action":     {`action: ${! "secret" }`, "x", "action: expected one of auto, message, chat_state"},
		"an action that fails":  {`action: ${! "secret".number() }`, "x", "action: can't be read from this message"},
		"no text":               {"", ` `, "text: must not be empty"},
		"a text that is none":   {"", `{"text":["secret"]}`, "text: expected a text"},
		"not UTF-8":             {"", "secret\xff", "text: is not UTF-8"},
		"an unsplit text":       {"split: false", strings.Repeat("secret ", 1000), "counted here as bytes of UTF-8; set split: true"},
		"a chat state":          {"", `{"chat_state":"SECRET"}`, "chat_state: expected one of ACTIVE, INACTIVE, GONE, COMPOSING, PAUSE"},
		"a receipt of none":     {"", `{"receipt":{"status":"READ","sequences":[]}}`, "receipt.sequences: expected a list"},
		"a receipt's status":    {"", `{"receipt":{"status":"secret","sequences":[1]}}`, "receipt.status: expected one of ACCEPT, READ, ACCESS, NACK, ACTION"},
		"a receipt's number":    {"", `{"receipt":{"status":"READ","sequences":["secret"]}}`, "receipt.sequences[0]: expected a number"},
		"a receipt misspelt":    {"", `{"receipt":{"status":"READ","secret":[1]}}`, "receipt: has an unknown member: expected only status, sequences"},
		"a receipt as text":     {"", `{"receipt":"secret"}`, "receipt.status: expected one of"},
		"a button without id":   {"", `{"rich_reply":{"text":"secret"}}`, "rich_reply.external_id: expected the id"},
		"a button without text": {"", `{"rich_reply":{"external_id":"secret"}}`, "rich_reply.text: expected a text"},
		"a button's receipt":    {"", `{"rich_reply":{"text":"x","external_id":"y","sequences":"secret"}}`, "rich_reply.sequences"},
		"a long button":         {"", `{"rich_reply":{"external_id":"y","text":"` + strings.Repeat("secret ", 1000) + `"}}`, "rich_reply: is too long"},
		"a file of nothing":     {"", `{"file":{"caption":"secret"}}`, "file: expected either relative_path"},
		"a file twice":          {"", `{"file":{"relative_path":"/secret","content":"eA=="}}`, "file: expected either relative_path"},
		"a file's type":         {"", `{"file":{"relative_path":"/secret"}}`, "file.type: expected one of JPG, JPEG, PNG, GIF"},
		"another type":          {"", `{"file":{"relative_path":"/secret","type":"PDF"}}`, "file.type: expected one of JPG, JPEG, PNG, GIF"},
		"not base64":            {"", `{"file":{"content":"secret!"}}`, "file.content: is not base64"},
		"no picture":            {"", `{"file":{"content":"` + base64.StdEncoding.EncodeToString([]byte("secret")) + `"}}`, "the file is not a JPEG, PNG or GIF"},
		"a picture of another":  {"", `{"file":{"type":"PNG","content":"` + base64.StdEncoding.EncodeToString(pixel) + `"}}`, "file.type: the content is GIF"},
		"a large preview":       {"", `{"file":{"preview":"data:` + strings.Repeat("secret", 1000) + `","content":"` + base64.StdEncoding.EncodeToString(pixel) + `"}}`, "file: with its caption and preview, it is too long"},
		"a file's path as list": {"", `{"file":{"relative_path":["secret"]}}`, "file.relative_path: expected a text"},
		"a profile of others":   {"", `{"profile":[{"type":"purchase","total":1}]}`, "profile[0]: expected an engagement attribute of the type ctmrinfo with info, or personal with personal"},
		"a profile's type":      {"", `{"profile":[{"type":{"secret":1}}]}`, "profile[0]: expected an engagement attribute"},
		"a profile as text":     {"", `{"profile":"secret"}`, "profile[0]: expected an engagement attribute"},
		"a rate":                {"", `{"csat":{"rate":6}}`, "csat.rate: expected a number from 1 to 5"},
		"no rate":               {"", `{"csat":{"rate":0,"resolved":true}}`, "csat.rate: expected a number from 1 to 5"},
		"half a rate":           {"", `{"csat":{"rate":4.5}}`, "csat.rate"},
		"resolved":              {"", `{"csat":{"resolved":"secret"}}`, "csat.resolved: expected true or false"},
		"satisfied by nothing":  {"", `{"csat":{}}`, "csat: expected rate, resolved or both, or only skipped: true"},
		"said and not":          {"", `{"csat":{"rate":1,"skipped":true}}`, "only skipped: true"},
		"a scope":               {"", `{"close":"secret"}`, "close: expected true, conversation or dialog"},
		"no end":                {"", `{"close":false}`, "close: expected true, conversation or dialog"},
		"an opening":            {"", `{"type":"cm.ConsumerRequestConversation","body":{}}`, "the first text opens a conversation"},
		"an unknown event":      {"", `{"type":"ms.PublishEvent","body":{"event":{"type":"secret"}}}`, "body.event.type: expected one of"},
		"a request's state":     {"", `{"type":"ms.PublishEvent","body":{"event":{"type":"ChatStateEvent","chatState":"secret"}}}`, "body.event.chatState: expected one of"},
		"a request's status":    {"", `{"type":"ms.PublishEvent","body":{"event":{"type":"AcceptStatusEvent"}}}`, "body.event.status: expected one of"},
		"a request's dialog":    {"", `{"type":"ms.PublishEvent","body":{"dialogId":["secret"],"event":{"type":"ContentEvent"}}}`, "body.dialogId: expected a text"},
		"a request's field":     {"", `{"type":"cm.UpdateConversationField","body":{}}`, "body.conversationField: expected an object"},
		"a request's metadata":  {"", `{"type":"ms.X","body":{},"metadata":"secret"}`, "metadata: expected a list"},
		"a request's member":    {"", `{"type":"ms.X","body":{},"secret":1}`, "request: has an unknown member"},
		"a long request":        {"", `{"type":"ms.X","body":{"x":"` + strings.Repeat("secret ", 1000) + `"}}`, "request: is too long"},
		"an urgency":            {`conversation: {ttr: '${! "secret" }'}`, "x", "conversation.ttr: expected one of NORMAL, URGENT, PRIORITIZED"},
		"half a campaign":       {`conversation: {campaign_id: '1', engagement_id: '${! "" }'}`, "x", "campaign_id and engagement_id go together"},
		"a failing profile":     {"conversation: {profile: 'root = content().parse_json()'}", "secret", "conversation.profile: the mapping fails for this message"},
		"a mapped profile":      {"conversation: {profile: 'root = {\"type\":\"lead\"}'}", "secret", "conversation.profile[0]: expected an engagement attribute"},
		"an engagement's form":  {"", `{"text":"x","liveperson":"secret"}`, "liveperson: expected an object"},
		"an engagement's part":  {"", `{"text":"x","liveperson":{"engagement":"secret"}}`, "liveperson.engagement: expected an object"},
		"an engagement's id":    {"", `{"text":"x","liveperson":{"visitor_id":["secret"]}}`, "liveperson: visitor_id: expected a text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readOne(t, test.yaml, message(test.content, metaConsumer, "jane"))
			require.ErrorContains(t, err, test.errContains)
			assert.NotContains(t, err.Error(), "secret")
			assert.NotContains(t, err.Error(), "jane")
		})
	}
}

func TestWhoSpeaks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ yaml, content, meta, want, errContains string }{
		"the field":                 {`consumer: ${! this.user.id }`, `{"text":"x","consumer":"a","user":{"id":"jane"}}`, "b", "jane", ""},
		"the metadata":              {`consumer: ${! this.user.id }`, `{"text":"x","consumer":"a","user":{"id":null}}`, "jane", "jane", ""},
		"the content":               {"", `{"text":"x","consumer":"jane"}`, "", "jane", ""},
		"a number":                  {"", `{"text":"x","consumer":4711}`, "", "4711", ""},
		"a long number":             {"", `{"text":"x","consumer":123456789012345678901}`, "", "123456789012345678901", ""},
		"a number with a fraction":  {"", `{"text":"x","consumer":79161234567.0}`, "", "79161234567", ""},
		"a computed number":         {`consumer: ${! this.n * 10 }`, `{"text":"x","n":7916123456}`, "", "79161234560", ""},
		"a number that lost digits": {`consumer: ${! (this.n * 10).number() }`, `{"text":"x","n":1234567890123456789.5}`, "", "", "has lost digits"},
		"a part of a number":        {"", `{"text":"x","consumer":5.5}`, "", "", "consumer: expected a text"},
		"a blank":                   {`consumer: ${! this.user.id }`, `{"text":"x","consumer":"\t ","user":{"id":"  "}}`, " \u00a0", "", "has no consumer"},
		"nobody":                    {"", `{"text":"x"}`, "", "", "the message has no consumer: set the field consumer, the metadata liveperson_consumer or the member consumer"},
		"nobody in a text":          {"", `x`, "", "", "has no consumer"},
		"something else":            {"", `{"text":"x","consumer":["jane"]}`, "", "", "consumer: expected a text"},
		"an expression that fails":  {`consumer: ${! this.user.id.number() }`, `{"text":"x","user":{"id":"jane"}}`, "", "", "consumer: can't be read from this message"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := readOne(t, test.yaml, message(test.content, metaConsumer, test.meta))
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.NotContains(t, err.Error(), "jane")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, j.consumer)
		})
	}
}

// Metadata of Bloblang can have numbers.
func TestAConsumerInNumericMetadata(t *testing.T) {
	t.Parallel()
	for value, want := range map[any]string{79161234567.0: "79161234567", int64(4711): "4711", json.Number("123456789012345678901"): "123456789012345678901"} {
		msg := message("x")
		msg.MetaSetMut(metaConsumer, value)
		j, err := readOne(t, "", msg)
		require.NoError(t, err)
		assert.Equal(t, want, j.consumer)
	}
	msg := message("x")
	msg.MetaSetMut(metaConsumer, 1e20)
	_, err := readOne(t, "", msg)
	assert.ErrorContains(t, err, "the metadata liveperson_consumer: the number has lost digits")
}

func TestHowAConversationIsOpened(t *testing.T) {
	t.Parallel()
	const answer = `{"status":"available","session_id":"s1","visitor_id":"v1","page_id":"p1","engagement":{"campaign_id":"11","engagement_id":12,"revision":3,"context_id":"2","window_id":"9","language":"en-US","skill_id":"77"}}`
	offered := liveperson.Opening{CampaignID: "11", EngagementID: "12", Context: &liveperson.ConversationContext{VisitorID: "v1", SessionID: "s1", InteractionContextID: "2", Lang: "en-US"}}
	tests := map[string]struct {
		yaml, content, meta string
		want                liveperson.Opening
		open                string
	}{
		"plainly": {"", "x", "", liveperson.Opening{}, ""},
		"by the settings": {`conversation: {skill_id: '${! this.skill }', ttr: urgent, campaign_id: '1', engagement_id: '2', profile: 'root = {"type":"ctmrinfo","info":{"customerId":this.id}}'}`,
			`{"text":"x","skill":7,"id":"c1"}`, "",
			liveperson.Opening{SkillID: "7", TTR: "URGENT", CampaignID: "1", EngagementID: "2", SDEs: []any{map[string]any{"type": "ctmrinfo", "info": map[string]any{"customerId": "c1"}}}}, ""},
		"by an engagement of the content":  {"", `{"text":"x","liveperson":` + answer + `}`, "", offered, ""},
		"by an engagement of the metadata": {"", "x", answer, offered, ""},
		"the metadata wins":                {"", `{"text":"x","liveperson":{}}`, answer, offered, ""},
		"the settings win": {"conversation: {campaign_id: '1', engagement_id: '2'}", "x", answer,
			liveperson.Opening{CampaignID: "1", EngagementID: "2", Context: offered.Context}, ""},
		"without an engagement": {"", "x", `{"status":"not_available","session_id":"s1","visitor_id":"v1","engagement":null}`,
			liveperson.Opening{Context: &liveperson.ConversationContext{VisitorID: "v1", SessionID: "s1"}}, ""},
		"one is open": {"", "x", `{"status":"in_conversation","engagement":{"campaign_id":"11","conversation_id":"c9"}}`, liveperson.Opening{}, "c9"},
		"one was":     {"", "x", `{"status":"available","engagement":{"conversation_id":"c9"}}`, liveperson.Opening{}, ""},
		"no profile":  {"conversation: {profile: 'root = deleted()'}", "x", "", liveperson.Opening{}, ""},
		"a null one":  {"conversation: {profile: 'root = null'}", "x", "", liveperson.Opening{}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msg := message(test.content, metaConsumer, "jane")
			if test.meta != "" {
				msg.MetaSet(metaEngagement, test.meta)
			}
			j, err := readOne(t, test.yaml, msg)
			require.NoError(t, err)
			assert.Equal(t, test.want, *j.opening)
			assert.Equal(t, test.open, j.offered)
		})
	}
}

func TestAFailedMessageIsNotRead(t *testing.T) {
	t.Parallel()
	msg := message("hello", metaConsumer, "jane")
	msg.SetError(assert.AnError)
	_, err := readOne(t, "", msg)
	require.ErrorIs(t, err, assert.AnError)
	assert.ErrorContains(t, err, "an earlier processor failed")
}

// Any content is either read or refused. A job that was read can be sent.
func FuzzContent(f *testing.F) {
	for _, seed := range []string{
		"hello", `{"text":"x"}`, `{"chat_state":"GONE"}`, `{"receipt":{"status":"READ","sequences":[1,"2",3.5]}}`, `{"close":{}}`,
		`{"rich_reply":{"text":"x","external_id":1,"sequences":[]}}`, `{"file":{"content":"R0lGODlhAQABAAAAACwAAAAAAQABAAA=","type":"GIF"}}`,
		`{"profile":[{"type":[],"info":{}}]}`, `{"csat":{"rate":5,"resolved":null}}`, `{"type":"ms.PublishEvent","body":{"event":{"type":{}}}}`,
		`{"type":"cm.UpdateConversationField","body":{"conversationField":[[]]}}`, `{"text":"x","liveperson":{"engagement":{"campaign_id":1}}}`,
	} {
		for i := range len(actions) + 1 {
			f.Add(seed, uint8(i))
		}
	}
	var readings []reading
	for _, chosen := range append([]action{actionAuto}, actions...) {
		readings = append(readings, parse(f, "action: "+string(chosen)).reading)
	}
	f.Fuzz(func(t *testing.T, text string, about uint8) {
		msg := message(text, metaConsumer, "jane")
		j, err := readings[int(about)%len(readings)].jobs(service.MessageBatch{msg})(0, msg)
		if err != nil {
			assert.NotContains(t, err.Error(), "jane")
			return
		}
		for _, request := range j.requests {
			_, err := json.Marshal(request(somewhere))
			assert.NoError(t, err)
		}
	})
}
