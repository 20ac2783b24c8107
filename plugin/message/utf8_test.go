package message

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// process sends messages through a mapping and liveperson_message with this config, and returns
// their errors. No server answers.
func process(t testing.TB, mapping, yaml string, contents ...string) (errs []error) {
	t.Helper()
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	require.NoError(t, builder.AddProcessorYAML("mapping: |\n  "+strings.ReplaceAll(mapping, "\n", "\n  ")))
	require.NoError(t, builder.AddProcessorYAML("liveperson_message:\n  "+strings.ReplaceAll(required+here+yaml, "\n", "\n  ")))
	send, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
		for _, msg := range batch {
			errs = append(errs, msg.GetError())
		}
		return nil
	}))
	stream, err := builder.Build()
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- stream.Run(context.Background()) }()
	var batch service.MessageBatch
	for _, content := range contents {
		batch = append(batch, service.NewMessage([]byte(content)))
	}
	require.NoError(t, send(t.Context(), batch))
	require.NoError(t, stream.Stop(context.Background()))
	require.NoError(t, <-done)
	require.Len(t, errs, len(contents))
	return errs
}

// notTexts are bytes that are not UTF-8, for different reasons.
var notTexts = map[string]string{
	"continuation bytes alone":  strings.Repeat("\x8f", 800),
	"more of them than fit":     strings.Repeat("\xbf", 20_000),
	"a byte that never stands":  "Grüße \xff",
	"a character that is cut":   "caf\xc3",
	"half of a surrogate pair":  "\xed\xa0\x80 and more",
	"too long a form":           "\xc0\xaf",
	"beyond the last character": "\xf4\x90\x80\x80",
	"Latin-1":                   strings.Repeat("M\xfcller ", 900),
}

// The texts in a mapping's structured values can have any bytes.
func TestTextsThatAreNotUTF8AreRefused(t *testing.T) {
	t.Parallel()
	const jane = "root.consumer = \"jane\"\n"
	places := map[string]struct{ mapping, yaml, member string }{
		"the text of an object":       {jane + `root.text = content().string()`, "", "text"},
		"the whole content":           {`meta liveperson_consumer = "jane"`, "", "text"},
		"the whole content as text":   {"meta liveperson_consumer = \"jane\"\nroot = content().string()", "", "text"},
		"bytes as a text":             {jane + `root.text = content()`, "", "text"},
		"a text that is not split":    {jane + `root.text = content().string()`, "split: false", "text"},
		"the whole of another action": {`meta liveperson_consumer = "jane"`, "action: chat_state", "chat_state"},
		"the consumer":                {`root = {"consumer": content().string(), "text": "x"}`, "", "consumer"},
		"the consumer's field":        {`root = {"text": "x", "who": content().string()}`, `consumer: ${! this.who }`, "consumer"},
		"the consumer's metadata":     {"meta liveperson_consumer = content().string()\nroot.text = \"x\"", "", "the metadata liveperson_consumer"},
		"the action":                  {jane + `root.text = content().string()`, `action: ${! this.text }`, "action"},
		"a chat state":                {jane + `root.chat_state = content().string()`, "", "chat_state"},
		"a receipt":                   {jane + `root.receipt = {"status": content().string(), "sequences": [1]}`, "", "receipt.status"},
		"a button's text":             {jane + `root.rich_reply = {"text": content().string(), "external_id": "1"}`, "", "rich_reply.text"},
		"a button's id":               {jane + `root.rich_reply = {"text": "yes", "external_id": content().string()}`, "", "rich_reply.external_id"},
		"a file's caption":            {jane + `root.file = {"relative_path": "/1.png", "type": "PNG", "caption": content().string()}`, "", "file.caption"},
		"a file's path":               {jane + `root.file = {"relative_path": content().string(), "type": "PNG"}`, "", "file.relative_path"},
		"a file's preview":            {jane + `root.file = {"relative_path": "/1.png", "type": "PNG", "preview": content().string()}`, "", "file.preview"},
		"a file's type":               {jane + `root.file = {"relative_path": "/1.png", "type": content().string()}`, "", "file.type"},
		"a profile":                   {jane + `root.profile = [{"type": "personal", "personal": {"firstname": content().string()}}]`, "", "profile[0].personal.firstname"},
		"deep in a profile":           {jane + `root.profile = [{"type": "personal", "personal": {"contacts": [{"phone": "1"}, {"address": {"country": content().string()}}]}}]`, "", "profile[0].personal.contacts[1].address.country"},
		"a profile's body":            {jane + `root.profile = {"firstName": content().string()}`, "", "profile.firstName"},
		"a member's name":             {jane + `root.profile = {"firstName": {}.assign([[content().string(), 1]].fold({}, item -> item.tally.merge({(item.value.0): 1})))}`, "", "profile.firstName.*"},
		"below an odd name":           {jane + `root.profile = {"jane@example.com": content().string()}`, "", "profile.*"},
		"a rate":                      {jane + `root.csat = {"rate": content().string()}`, "", "csat.rate"},
		"a close":                     {jane + `root.close = content().string()`, "", "close"},
		"a request's id":              {jane + `root = root.assign({"id": content().string(), "type": "ms.PublishEvent", "body": {"event": {"type": "ContentEvent"}}})`, "", "id"},
		"a request's type":            {jane + `root = root.assign({"type": content().string(), "body": {}})`, "", "type"},
		"a request's text":            {jane + `root = root.assign({"type": "ms.PublishEvent", "body": {"event": {"type": "ContentEvent", "contentType": "text/plain", "message": content().string()}}})`, "", "body.event.message"},
		"structured content":          {jane + `root = root.assign({"type": "ms.PublishEvent", "body": {"event": {"type": "RichContentEvent", "content": {"type": "vertical", "elements": [{"type": "button", "title": content().string()}]}}}})`, "", "body.event.content.elements[0].title"},
		"quick replies":               {jane + `root = root.assign({"type": "ms.PublishEvent", "body": {"event": {"type": "ContentEvent", "message": "x", "quickReplies": {"replies": [{"title": "ok"}, {"title": content().string()}]}}}})`, "", "body.event.quickReplies.replies[1].title"},
		"a request's dialog":          {jane + `root = root.assign({"type": "ms.PublishEvent", "body": {"dialogId": content().string(), "event": {"type": "ContentEvent"}}})`, "", "body.dialogId"},
		"a request's metadata":        {jane + `root = root.assign({"type": "ms.PublishEvent", "metadata": [{"type": "ExternalId", "id": content().string()}], "body": {"event": {"type": "ContentEvent"}}})`, "", "metadata[0].id"},
		"another request":             {jane + `root = root.assign({"type": "ms.Other", "body": {"text": content().string()}})`, "", "body.text"},
		"a skill":                     {jane + "root.text = \"x\"\nroot.skill = content().string()", "conversation:\n  skill_id: ${! this.skill }", "conversation.skill_id"},
		"an urgency":                  {jane + "root.text = \"x\"\nroot.ttr = content().string()", "conversation:\n  ttr: ${! this.ttr }", "conversation.ttr"},
		"a campaign":                  {jane + "root.text = \"x\"\nroot.c = content().string()", "conversation:\n  campaign_id: ${! this.c }\n  engagement_id: '1'", "conversation.campaign_id"},
		"an engagement":               {jane + "root.text = \"x\"\nroot.e = content().string()", "conversation:\n  campaign_id: '1'\n  engagement_id: ${! this.e }", "conversation.engagement_id"},
		"what the agent sees":         {jane + "root.text = \"x\"\nroot.name = content().string()", "conversation:\n  profile: 'root = {\"type\": \"personal\", \"personal\": {\"firstname\": this.name}}'", "conversation.profile.personal.firstname"},
		"an offer":                    {jane + "root.text = \"x\"\nroot.liveperson = {\"engagement\": {\"language\": content().string()}}", "", "liveperson: language"},
		"an offer's metadata":         {jane + "root.text = \"x\"\nmeta liveperson_engagement = \"{\\\"visitor_id\\\": \\\"\" + content().string() + \"\\\"}\"", "", "liveperson_engagement"},
		"JSON that is not UTF-8":      {"meta liveperson_consumer = \"jane\"\nroot = (\"{\\\"text\\\":\\\"\" + content().string() + \"\\\"}\").bytes()", "", "text"},
		"a list's text in such JSON":  {"meta liveperson_consumer = \"jane\"\nroot = (\"{\\\"profile\\\":[{\\\"type\\\":\\\"\" + content().string() + \"\\\"}]}\").bytes()", "", "profile[0].type"},
	}
	var names, contents []string
	for name, text := range notTexts {
		names, contents = append(names, name), append(contents, text)
	}
	for place, test := range places {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			for i, err := range process(t, test.mapping, test.yaml, contents...) {
				assert.ErrorContains(t, err, test.member+": is not UTF-8", names[i])
			}
		})
	}
}

// Odd texts are sent if they are UTF-8.
func TestOddTextsAreSent(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a replacement character": "\ufffd", "a zero byte": "a\x00b", "no character": "\uffff", "marks alone": strings.Repeat("\u0301", 6000),
		"a byte order mark": "\ufeffhello", "the last character": "\U0010ffff", "spaces at the start": strings.Repeat("\u2003", 6000) + "x",
	} {
		j, err := readOne(t, "", message(text, metaConsumer, "jane"))
		require.NoError(t, err, name)
		assert.NotEmpty(t, j.requests, name)
	}
}

func TestATextOfTooManyParts(t *testing.T) {
	t.Parallel()
	mapping := "meta liveperson_consumer = \"jane\""
	word := strings.Repeat("x", 4000) + " " // one word fills a part
	for name, test := range map[string]struct {
		yaml    string
		words   int
		refused string // the error; empty: none
	}{
		"as many as there may be":  {"max_parts: 3", 3, ""},
		"one more":                 {"max_parts: 3", 4, "text: is too long: it needs more than 3 messages, the limit of max_parts"},
		"one":                      {"max_parts: 1", 1, ""},
		"two":                      {"max_parts: 1", 2, "more than 1 messages"},
		"the default":              {"", 20, ""},
		"more than the default":    {"", 21, "more than 20 messages"},
		"much more":                {"", 2000, "more than 20 messages"},
		"as many as somebody said": {"max_parts: 50", 50, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.TrimSpace(strings.Repeat(word, test.words))
			if test.refused == "" {
				j, err := readOne(t, test.yaml, message(text, metaConsumer, "jane"))
				require.NoError(t, err)
				assert.Len(t, j.requests, test.words)
				return
			}
			assert.ErrorContains(t, process(t, mapping, test.yaml, text)[0], test.refused)
		})
	}
}

// The work of splitting grows linearly with the text. The test measures allocated bytes, because
// trying a part allocates. It is not parallel, because other tests must not allocate meanwhile.
func TestSplittingIsLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"words": "word ", "one word": "x", "wide letters": "語", "joined emojis": "👩\u200d", "marks": "\u0301", "quotes": `"`,
	} {
		cost := func(parts int) uint64 {
			text := "a" + strings.Repeat(piece, parts*5000/len(piece)) // needs slightly more than parts
			c := parse(t, fmt.Sprintf("max_parts: %d", parts))
			msg := message(text, metaConsumer, "jane")
			read := c.reading.jobs(service.MessageBatch{msg})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := read(0, msg)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, "max_parts", name)
			return after.TotalAlloc - before.TotalAlloc
		}
		cost(10)
		small, large := cost(20), cost(160)
		assert.Less(t, large, 10*small, "%s: 8 times the text", name)
	}
}

func TestMaxPartsIsLinted(t *testing.T) {
	t.Parallel()
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for value, want := range map[string]string{"0": "must be at least 1", "-3": "must be at least 1", "1": ""} {
		yaml := "liveperson_message:\n  account_id: '1'\n  client_id: x\n  client_secret: y\n  max_parts: " + value
		lints, err := linter.LintProcessorYAML([]byte(yaml))
		require.NoError(t, err)
		var texts strings.Builder
		for _, lint := range lints {
			texts.WriteString(lint.Error())
		}
		if want == "" {
			assert.Empty(t, lints)
		}
		assert.Contains(t, texts.String(), want)
	}
	parsed, err := outputSpec().ParseYAML(required+here+"max_parts: 0", nil)
	require.NoError(t, err)
	_, err = configFromParsed(parsed)
	require.ErrorContains(t, err, "max_parts: must be at least 1")
}
