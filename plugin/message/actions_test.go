package message

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

func TestShortActionsBecomeRequests(t *testing.T) {
	t.Parallel()
	const (
		card    = `{"elements":[{"text":"Hi","type":"text"}],"type":"vertical"}`
		replies = `{"itemsPerRow":8,"replies":[{"click":{"actions":[{"text":"yes","type":"publishText"}]},"title":"Yes","type":"button"}],"type":"quickReplies"}`
	)
	with := func(request, metadata string) string {
		return strings.TrimSuffix(request, "}") + `,"metadata":` + metadata + `}`
	}
	tests := map[string]struct {
		yaml, content string
		requests      []string
		opens         bool
	}{
		"typing":      {"", `{"typing":true}`, []string{published(`{"type":"ChatStateEvent","chatState":"COMPOSING"}`)}, false},
		"not typing":  {"", `{"typing":false}`, []string{published(`{"type":"ChatStateEvent","chatState":"PAUSE"}`)}, false},
		"bare typing": {"action: typing", " true\n", []string{published(`{"type":"ChatStateEvent","chatState":"COMPOSING"}`)}, false},
		"urgency":     {"", `{"ttr":{"type":"urgent","seconds":600}}`, []string{updated(`{"field":"TTRField","ttrType":"URGENT","value":600}`)}, false},
		"a card": {"", `{"rich_content":{"content":` + card + `,"quick_replies":` + replies + `}}`,
			[]string{published(`{"type":"RichContentEvent","content":` + card + `,"quickReplies":` + replies + `}`)}, true},
		"a card with metadata": {"", `{"rich_content":{"content":` + card + `,"metadata":[{"type":"ExternalId","id":"c-1"}]}}`,
			[]string{with(published(`{"type":"RichContentEvent","content":`+card+`}`), `[{"id":"c-1","type":"ExternalId"}]`)}, true},
		"quick replies": {"", `{"rich_content":{"text":"Sure?","quick_replies":` + replies + `}}`,
			[]string{published(`{"type":"ContentEvent","contentType":"text/plain","message":"Sure?","quickReplies":` + replies + `}`)}, true},
		"an unknown card": {"check_rich_content: false", `{"rich_content":{"content":{"type":"new"}}}`, []string{published(`{"type":"RichContentEvent","content":{"type":"new"}}`)}, true},
		"a survey's answer": {"", `{"rich_reply":{"text":"5","metadata":[{"type":"Answer","questionId":"q"}],"sequences":[0]}}`, []string{
			with(published(`{"type":"ContentEvent","contentType":"text/plain","message":"5"}`), `[{"questionId":"q","type":"Answer"}]`),
			with(published(`{"type":"AcceptStatusEvent","status":"ACTION","sequenceList":[0]}`), `[{"questionId":"q","type":"Answer"}]`),
		}, false},
		"a transfer": {"", `{"transfer":{"skill_id":277498214}}`, []string{updated(`{"field":"ConversationStateField","conversationState":"CLOSE"}`)}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := readOne(t, test.yaml, message(test.content, metaConsumer, "jane"))
			require.NoError(t, err)
			assert.Equal(t, test.requests, requestsOf(t, j))
			assert.Equal(t, test.opens, j.opening != nil)
		})
	}
}

func TestShortActionsThatCantBeSent(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{"typing":{}}`:                                               "typing: expected true or false",
		`{"ttr":{"type":"URGENT"}}`:                                   "ttr.seconds: expected a whole number of seconds",
		`{"ttr":{"type":"secret","seconds":1}}`:                       "ttr.type: expected one of CUSTOM, NORMAL, URGENT, PRIORITIZED",
		`{"ttr":{"type":"URGENT","seconds":-1}}`:                      "ttr.seconds: expected",
		`{"rich_content":{"text":"secret"}}`:                          "a text alone is not structured",
		`{"rich_content":{"quick_replies":{}}}`:                       "rich_content: expected either content, such as a card, or text",
		`{"rich_content":{"content":{"type":"secret"}}}`:              "rich_content.content.type: expected accordionSelect,",
		`{"rich_content":{"text":"x","quick_replies":{"a":1}}}`:       "rich_content.quick_replies.type: is missing",
		`{"rich_content":{"text":"x","metadata":["secret"]}}`:         "rich_content.metadata: expected a list of objects",
		`{"rich_reply":{"text":"x","external_id":"1","metadata":[]}}`: "rich_reply: expected either external_id or metadata",
		`{"transfer":true}`:                                           "transfer: expected a target: skill_id, or LivePerson's answer",
		`{"transfer":{"skill_id":"secret"}}`:                          "transfer.skill_id: expected a number",
		`{"file_download":{"relative_path":"/v1/secret"}}`:            "file_download: only the processor",
		`{"receipt":"READ"}`:                                          "receipt.sequences: expected a list",
		`{"file":{"content":"data:image/png,secret"}}`:                "file.content: expected a data URL with base64",
	} {
		_, err := readOne(t, "", message(content, metaConsumer, "jane"))
		require.ErrorContains(t, err, want, content)
		assert.NotContains(t, err.Error(), "secret")
	}
}

// The metadata of liveperson_webhook have the message's number and the dialog to which the number
// belongs.
func TestAReceiptForTheMessageOfTheMetadata(t *testing.T) {
	t.Parallel()
	for _, content := range []string{`{"receipt":"READ"}`, `{"receipt":{"status":"read"}}`} {
		d := newDesk(nil)
		out := outputAt(t, d, "")
		d.dialogs[aSurvey] = "jane"
		msg := message(content, metaConsumer, "jane", metaConversationID, aConversation, metaDialogID, aSurvey, metaSequence, "5")
		require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{msg}))
		assert.Equal(t, []string{published(`{"type":"AcceptStatusEvent","status":"READ","sequenceList":[5]}`)}, d.bodies())
	}
}

func TestATransferOpensAConversationForAnotherSkill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		out := outputAt(t, d, "conversation: {skill_id: '1'}")
		for _, err := range write(t.Context(), out, say("one"), does(`"transfer":{"skill_id":"277498214"}`), say("two")) {
			require.NoError(t, err)
		}
		assert.Equal(t, 2, d.opened["jane"])
		assert.Equal(t, []string{"one", "two"}, d.taken["jane"])
		bodies := strings.Join(d.bodies(), "\n")
		assert.Contains(t, bodies, `"conversationId":"jane-c1","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}`)
		assert.Contains(t, bodies, `"skillId":"277498214"`)
		assert.Contains(t, d.bodies()[len(d.bodies())-1], `"dialogId":"jane-c2"`)
	})
}

// LivePerson accepted the close, and the opening failed. The message comes again.
func TestATransferGoesOnAfterItFailedHalfway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		out := outputAt(t, d, "")
		require.NoError(t, write(t.Context(), out, say("one"))[0])
		d.scripts["open jane"] = []string{"500", "500", "500", "500"}
		transfer := `"transfer":true,"liveperson":{"engagement":{"campaign_id":"11","engagement_id":"12"}}`
		errs := write(t.Context(), out, does(transfer), does(transfer))
		require.ErrorContains(t, errs[0], "status=500")
		require.NoError(t, errs[1])
		assert.Equal(t, 2, d.opened["jane"])
		closes := 0
		for _, body := range d.bodies() {
			closes += strings.Count(body, "CLOSE")
		}
		assert.Equal(t, 1, closes)
		assert.Contains(t, d.bodies()[len(d.bodies())-1], `"campaignInfo":{"campaignId":"11","engagementId":"12"}`)
	})
}

func TestDataURLsAreUploaded(t *testing.T) {
	t.Parallel()
	const gif = "data:image/gif;charset=x;BASE64,R0lGODlhAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for yaml, content := range map[string]string{"": does(`"file":{"content":"` + gif + `"}`), "action: file\nconsumer: jane": gif} {
		j, err := readOne(t, yaml, message(content))
		require.NoError(t, err)
		assert.Equal(t, "GIF", j.upload.fileType)
		assert.Equal(t, pixel, j.upload.content)
	}
}

// fetching returns a processor with the fields that only the processor has.
func fetching(t *testing.T, d *desk, yaml string) *processor {
	t.Helper()
	parsed, err := processorSpec().ParseYAML(required+here+yaml, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	require.NoError(t, c.readDownloading(parsed))
	c.requests.NeverDown = true
	return &processor{engineAt(t, d, c, service.MockResources()), c.reading}
}

func TestFilesOfAgentsAreGot(t *testing.T) {
	t.Parallel()
	const pdf = "%PDF-1.7 x"
	change := `{"sequence":1,"event":{"type":"ContentEvent","contentType":"hosted/file","message":{"caption":"c","relativePath":"/v1/file.PNG","fileType":"PDF"}}}`
	tests := map[string]struct {
		yaml, content, file string
		get                 []string
		asked               int
		want, errContains   string
	}{
		"by its path":          {"", `{"file_download":{"relative_path":"/v1/file.PNG","type":"PDF"}}`, pdf, nil, 1, pdf, ""},
		"by the change":        {"action: file_download", change, pdf, nil, 1, pdf, ""},
		"without a type":       {"", `{"file_download":{"relative_path":"/v1/file.PNG"}}`, pdf, nil, 1, pdf, ""},
		"after trouble":        {"action: file_download", change, pdf, []string{"500", "reset"}, 1, pdf, ""},
		"address too old":      {"action: file_download", change, pdf, []string{"401"}, 2, pdf, ""},
		"address never good":   {"action: file_download", change, pdf, []string{"401", "401"}, 2, "", "class=unauthorised"},
		"gone":                 {"action: file_download", change, pdf, []string{"400"}, 1, "", "class=invalid"},
		"another type":         {"action: file_download", change, "GIF89a", nil, 1, "", "the file should be PDF, but its content is image/gif"},
		"a page":               {"", `{"file_download":{"relative_path":"/v1/file.PNG"}}`, "<html>", nil, 1, "", "agents send no other types"},
		"exactly large enough": {"action: file_download\nmax_file_bytes: 10", change, pdf, nil, 1, pdf, ""},
		"too large":            {"action: file_download\nmax_file_bytes: 9", change, pdf, nil, 1, "", "the file has more than 9 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(map[string][]string{"get": test.get})
				d.file = test.file
				batches, err := fetching(t, d, test.yaml).ProcessBatch(t.Context(), service.MessageBatch{message(test.content, metaConsumer, "jane")})
				require.NoError(t, err)
				asked := 0
				for _, body := range d.bodies() {
					asked += strings.Count(body, `"type":"ms.GenerateURLForDownloadFile","body":{"relativePath":"/v1/file.PNG"}`)
				}
				assert.Equal(t, test.asked, asked)
				got := batches[0][0]
				if test.errContains != "" {
					require.ErrorContains(t, got.GetError(), test.errContains)
					assert.NotContains(t, got.GetError().Error(), "/v1/")
					return
				}
				require.NoError(t, got.GetError())
				assert.Equal(t, []string{test.want}, contentsOf(t, batches[0]))
				media, _ := got.MetaGet(metaMediaType)
				assert.Equal(t, "application/pdf", media)
				assert.Empty(t, d.opened)
			})
		})
	}
}

func TestAFileMayBeGivenAsURL(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	batches, err := fetching(t, d, "file_download: url").ProcessBatch(t.Context(), service.MessageBatch{message(does(`"file_download":{"relative_path":"/v1/file.PNG"}`))})
	require.NoError(t, err)
	require.NoError(t, batches[0][0].GetError())
	assert.JSONEq(t, `{"url":"http://127.0.0.1:1/v1/file.PNG?temp_url_expires=1&temp_url_sig=s","expires_at":"1970-01-01T00:00:01Z"}`, contentsOf(t, batches[0])[0])
}

func TestTheAnswerToARequestIsPassedOn(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	request := `"type":"ms.GenerateURLForUploadFile","body":{"fileSize":"26","fileType":"GIF"}`
	batches, err := processorAt(t, d, "", service.MockResources()).ProcessBatch(t.Context(), service.MessageBatch{message(does(request))})
	require.NoError(t, err)
	require.NoError(t, batches[0][0].GetError())
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(contentsOf(t, batches[0])[0]), &got))
	assert.Equal(t, map[string]any{"answer": map[string]any{"relativePath": "/v1/file.PNG", "queryParams": map[string]any{"temp_url_sig": "s", "temp_url_expires": "1"}}}, got)
}

func TestMediaTypesOfFiles(t *testing.T) {
	t.Parallel()
	media, err := liveperson.MediaType([]byte("PK\x03\x04x"), "docx")
	require.NoError(t, err)
	assert.Equal(t, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", media)
	for _, name := range []string{"IMG", "png", "JPEG"} { // LivePerson's demo app calls every picture PNG
		media, err := liveperson.MediaType(pixel, name)
		require.NoError(t, err)
		assert.Equal(t, "image/gif", media)
	}
	_, err = liveperson.MediaType([]byte("%PDF-1.7"), "IMG")
	require.Error(t, err)
	_, err = liveperson.MediaType([]byte("x"), "EXE")
	assert.ErrorContains(t, err, "agents send no other types")
}
