package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// secret stands for personal data in the corpus. No error and no log may show it.
const secret = "hunter2"

// hostileCase is one case of tests/hostile/*.yaml. The first of these files explains their form.
type hostileCase struct {
	Name string `json:"name"`

	Event      string `json:"event"`
	Track      string `json:"track"`
	Properties string `json:"properties"`
	With       string `json:"with"`
	Report     string `json:"report"`
	Attribute  string `json:"attribute"`

	Accepted string           `json:"accepted"`
	Consumer string           `json:"consumer"`
	Beside   string           `json:"beside"`
	Dropped  bool             `json:"dropped"`
	Refused  []hostileRefusal `json:"refused"`

	id string
}

// hostileRefusal is one reason for a refusal: the mapping's error, or the code of a finding.
type hostileRefusal struct {
	Path string `json:"path"`
	Says string `json:"says"`
	Code string `json:"code"`
}

// readHostile reads the corpus. It fails for an unknown member.
func readHostile(t *testing.T) []*hostileCase {
	t.Helper()
	asJSON, err := bloblang.Parse(`root = content().parse_yaml()`)
	require.NoError(t, err)
	files, err := filepath.Glob("tests/hostile/*.yaml")
	require.NoError(t, err)
	var all []*hostileCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		parsed, err := service.NewMessage(text).BloblangQuery(asJSON)
		require.NoError(t, err, file)
		content, err := parsed.AsBytes()
		require.NoError(t, err)
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.DisallowUnknownFields()
		var cases []*hostileCase
		require.NoError(t, decoder.Decode(&cases), file)
		all = append(all, cases...)
	}
	names := map[string]bool{}
	for i, c := range all {
		require.NotEmpty(t, c.Name)
		require.False(t, names[c.Name], "two cases are called %q", c.Name)
		names[c.Name] = true
		c.id = fmt.Sprintf("case-%d", i)
		c.check(t)
	}
	return all
}

func (c *hostileCase) check(t *testing.T) {
	t.Helper()
	inputs, outcomes := 0, 0
	for _, given := range []bool{c.Event != "", c.Track != "", c.Report != "", c.Attribute != ""} {
		if given {
			inputs++
		}
	}
	for _, given := range []bool{c.Accepted != "", c.Dropped, len(c.Refused) > 0} {
		if given {
			outcomes++
		}
	}
	require.Equal(t, 1, inputs, "%s: gives one of event, track, report, attribute", c.Name)
	require.Equal(t, 1, outcomes, "%s: says one of accepted, dropped, refused", c.Name)
	require.False(t, c.Track == "" && c.Properties+c.With != "", "%s: properties and with belong to track", c.Name)
	require.False(t, c.Accepted == "" && c.Consumer+c.Beside != "", "%s: consumer and beside belong to accepted", c.Name)
	for _, r := range c.Refused {
		require.NotEqual(t, r.Says == "", r.Code == "", "%s: a refusal has one of says, code", c.Name)
	}
}

// isReport returns whether the case skips the mapping.
func (c *hostileCase) isReport() bool { return c.Report+c.Attribute != "" }

// content returns the content of the message.
func (c *hostileCase) content() []byte {
	switch {
	case c.Attribute != "":
		return c.expand(`{"consumerId":"⟦id⟧","engagementAttributes":[` + c.Attribute + `]}`)
	case c.Track != "":
		members := []string{`"type":"track","anonymousId":"⟦id⟧","messageId":"⟦id⟧"`, `"event":` + strconv.Quote(c.Track)}
		if c.Properties != "" {
			members = append(members, `"properties":`+c.Properties)
		}
		if c.With != "" {
			members = append(members, c.With)
		}
		return c.expand("{" + strings.Join(members, ",") + "}")
	}
	return c.expand(c.Event + c.Report)
}

var (
	repetition = regexp.MustCompile(`(?s)⟦([0-9]+) × (.+?)⟧`)
	rawBytes   = regexp.MustCompile(`⟦x((?: [0-9a-f]{2})+)⟧`)
)

// expand replaces placeholders for bytes that YAML can't have, and for texts that are too long to read.
func (c *hostileCase) expand(text string) []byte {
	text = strings.ReplaceAll(text, "⟦id⟧", c.id)
	text = rawBytes.ReplaceAllStringFunc(text, func(place string) string {
		var raw []byte
		for _, digits := range strings.Fields(rawBytes.FindStringSubmatch(place)[1]) {
			b, _ := strconv.ParseUint(digits, 16, 8) // as the expression has it
			raw = append(raw, byte(b))
		}
		return string(raw)
	})
	text = repetition.ReplaceAllStringFunc(text, func(place string) string {
		parts := repetition.FindStringSubmatch(place)
		n, _ := strconv.Atoi(parts[1])
		return strings.Repeat(parts[2], n)
	})
	return []byte(text)
}

// consumer returns the consumer of the report if the case is accepted.
func (c *hostileCase) consumer() string {
	if c.Consumer == "" {
		return c.id
	}
	return string(c.expand(c.Consumer))
}

// hostileStream is a whole pipeline: the mapping for events, the output, a strict sandbox, and a
// fallback that stores the dead letters.
type hostileStream struct {
	sandbox *sandbox.Sandbox
	url     string
	log     syncBuffer
	ledger  ledger
	letters letterBox
}

const (
	metaCase  = "case"
	metaReady = "ready"
)

const hostileYAML = `
fallback:
  - liveperson_report:
      account_id: "12345678"
      app_installation_id: %s
      domain_api: %s
      retry_pauses: [1ms]
      ordering: %s
  - letters: {}
`

// run sends the batches, one after another.
func (s *hostileStream) run(t *testing.T, ordering string, batches []service.MessageBatch) {
	t.Helper()
	s.sandbox, s.url = newSandbox(t, sandbox.Options{Strict: true})
	s.ledger.counts, s.letters.byCase = map[string]int64{}, map[string][]deadLetter{}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return &s.ledger, nil
	}))
	require.NoError(t, env.RegisterBatchOutput("letters", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
		return &s.letters, service.BatchPolicy{}, 1, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	builder.SetHTTPMux(http.NewServeMux())
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddProcessorYAML(`switch: [ { check: '@ready != "yes"', processors: [ liveperson_retail: { sde_names: liveperson } ] } ]`))
	require.NoError(t, builder.AddOutputYAML(fmt.Sprintf(hostileYAML, sandbox.DefaultAppInstallationID, s.url, ordering)))
	built, err := builder.Build()
	require.NoError(t, err)
	pushed := make(chan error, 1)
	go func() {
		var err error
		for _, batch := range batches {
			if err = push(t.Context(), batch); err != nil {
				break
			}
		}
		pushed <- err
		_ = built.StopWithin(stopWithin)
	}()
	require.NoError(t, built.Run(context.Background()))
	require.NoError(t, <-pushed)
}

// letterBox is an output that stores dead letters.
type letterBox struct {
	mu     sync.Mutex
	byCase map[string][]deadLetter
}

type deadLetter struct {
	reason  string
	content []byte
}

func (l *letterBox) Connect(context.Context) error { return nil }

func (l *letterBox) WriteBatch(_ context.Context, batch service.MessageBatch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, msg := range batch {
		name, _ := msg.MetaGet(metaCase)
		reason, _ := msg.MetaGet("fallback_error")
		content, err := msg.AsBytes()
		if err != nil {
			return err
		}
		l.byCase[name] = append(l.byCase[name], deadLetter{reason, content})
	}
	return nil
}

func (l *letterBox) Close(context.Context) error { return nil }

// hostileBatches puts each case between two good neighbours, in batches of several sizes. The
// neighbours are called good-0, good-1 and so on.
func hostileBatches(cases []*hostileCase) (batches []service.MessageBatch, neighbours int) {
	message := func(content []byte, name string, ready bool) *service.Message {
		msg := service.NewMessage(content)
		msg.MetaSet(metaCase, name)
		if ready {
			msg.MetaSet(metaReady, "yes")
		}
		return msg
	}
	good := func() *service.Message {
		name := fmt.Sprintf("good-%d", neighbours)
		neighbours++
		if neighbours%3 == 0 {
			return message(fmt.Appendf(nil, `{"consumerId":%q,"engagementAttributes":[{"type":"lead","lead":{"topic":"boots"}}]}`, name), name, true)
		}
		return message(fmt.Appendf(nil, `{"event":"Order Completed","anonymousId":%q,"properties":{"revenue":11.7}}`, name), name, false)
	}
	sizes := []int{1, 2, 5, 13, 34}
	for len(cases) > 0 {
		n := min(sizes[len(batches)%len(sizes)], len(cases))
		batch := service.MessageBatch{good()}
		for _, c := range cases[:n] {
			batch = append(batch, message(c.content(), c.id, c.isReport()), good())
		}
		batches, cases = append(batches, batch), cases[n:]
	}
	return batches, neighbours
}

// Malformed or hostile input has the result in the corpus. It does not reach LivePerson malformed, does
// not affect its neighbours, and appears in no log or error.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	cases := readHostile(t)
	require.GreaterOrEqual(t, len(cases), 220)
	assertCodesCovered(t, cases)
	for _, ordering := range []string{"consumer", "none"} {
		t.Run("ordering "+ordering, func(t *testing.T) {
			t.Parallel()
			batches, neighbours := hostileBatches(cases)
			var s hostileStream
			s.run(t, ordering, batches)
			s.assertOutcomes(t, cases, neighbours)
		})
	}
}

func (s *hostileStream) assertOutcomes(t *testing.T, cases []*hostileCase, neighbours int) {
	t.Helper()
	accepted := map[string][]string{}
	for _, body := range reports(t, s.url) {
		var report struct {
			ConsumerID string `json:"consumerId"`
			Identities []struct{ Sub string }
		}
		require.NoError(t, json.Unmarshal([]byte(body), &report))
		assertOneReading(t, body)
		who := report.ConsumerID
		if who == "" && len(report.Identities) > 0 {
			who = report.Identities[0].Sub
		}
		accepted[who] = append(accepted[who], body)
	}
	for i := range neighbours {
		name := fmt.Sprintf("good-%d", i)
		assert.Len(t, accepted[name], 1, name)
		assert.Empty(t, s.letters.byCase[name], name)
		delete(accepted, name)
	}
	dropped := int64(0)
	for _, c := range cases {
		if c.Dropped {
			dropped++
		}
		bodies := accepted[c.consumer()]
		delete(accepted, c.consumer())
		t.Run(c.Name, func(t *testing.T) { c.assertOutcome(t, bodies, s.letters.byCase[c.id]) })
	}
	assert.Empty(t, accepted, "somebody whom the corpus does not name")
	assert.Empty(t, s.sandbox.Summary().Rejects, "nothing malformed left")
	assert.Equal(t, dropped, s.ledger.counts["liveperson_events_dropped reason=unknown_event"]+s.ledger.counts["liveperson_events_dropped reason=no_use"])
	assert.NotContains(t, s.log.String(), secret)
	for line := range strings.Lines(s.log.String()) {
		// Benthos logs one line for each batch with a failure. Our line explains it.
		assert.Regexp(t, `level=(DEBUG|INFO)|level=WARN msg="(A message failed|dropped an event|.*is not an ISO 4217 code|.*product lines.* were null|events of [0-9]+ kinds were dropped)|level=ERROR msg="Failed to send message to liveperson_report: `, line)
	}
}

func (c *hostileCase) assertOutcome(t *testing.T, bodies []string, letters []deadLetter) {
	t.Helper()
	for _, letter := range letters {
		assert.NotContains(t, letter.reason, secret)
		assert.Less(t, len(letter.reason), 3000, "the error can be read")
	}
	if c.Accepted != "" {
		require.Empty(t, letters)
		require.Len(t, bodies, 1)
		c.assertAccepted(t, bodies[0])
		return
	}
	require.Empty(t, bodies)
	if c.Dropped {
		require.Empty(t, letters)
		return
	}
	require.Len(t, letters, 1)
	c.assertRefused(t, letters[0])
}

func (c *hostileCase) assertAccepted(t *testing.T, body string) {
	t.Helper()
	got := decodeNumbers(t, []byte(body)).(map[string]any)
	want := map[string]any{}
	if c.Beside != "" {
		want = decodeNumbers(t, c.expand(c.Beside)).(map[string]any)
	}
	want["engagementAttributes"] = decodeNumbers(t, c.expand(c.Accepted))
	for name, value := range want {
		if !reflect.DeepEqual(value, got[name]) { // a difference of megabytes would take minutes to print
			assert.Fail(t, "accepted as something else", "%s\nwant %.1000v\ngot  %.1000v", name, value, got[name])
		}
	}
}

func (c *hostileCase) assertRefused(t *testing.T, letter deadLetter) {
	t.Helper()
	var codes []hostileRefusal
	for _, r := range c.Refused {
		if r.Code != "" {
			codes = append(codes, hostileRefusal{Path: string(c.expand(r.Path)), Code: r.Code})
			continue
		}
		assert.Contains(t, letter.reason, r.Says)
		assertOnErrorsPage(t, letter.reason)
		assert.True(t, r.Path == "" || strings.Contains(letter.reason, ": "+r.Path+": "), "%s: %s", r.Path, letter.reason)
		assert.True(t, bytes.Equal(c.content(), letter.content), "it is left as it was")
	}
	if codes == nil {
		return
	}
	// The dead letter has the refused report, and its reason describes the findings.
	var found []hostileRefusal
	for _, finding := range sde.Check(decodeNumbers(t, letter.content), sde.Options{}).Findings {
		found = append(found, hostileRefusal{Path: finding.Path, Code: finding.Code})
		if len(found) <= 10 {
			assert.Contains(t, letter.reason, finding.String())
		}
	}
	if len(found) > 10 {
		assert.Contains(t, letter.reason, fmt.Sprintf("and %d more", len(found)-10))
		found = found[:len(codes)]
	}
	assert.Equal(t, codes, found)
}

// assertCodesCovered checks that the corpus has a case for each code of a finding.
func assertCodesCovered(t *testing.T, cases []*hostileCase) {
	t.Helper()
	times := map[string]int{}
	for _, c := range cases {
		for _, r := range c.Refused {
			times[r.Code]++
		}
	}
	for code := range sde.Codes {
		assert.GreaterOrEqual(t, times[code], 3, code)
	}
}

// assertOneReading checks that all JSON parsers read a body in the same way: no member appears twice, and
// no character is incomplete.
func assertOneReading(t *testing.T, body string) {
	t.Helper()
	var again bytes.Buffer
	encoder := json.NewEncoder(&again)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(decodeNumbers(t, []byte(body))))
	if strings.TrimSpace(again.String()) != body {
		assert.Fail(t, "there is more than one way to read what was sent", "%.500s\n%.500s", body, again.String())
	}
}

// decodeNumbers decodes JSON like Benthos: numbers keep their digits.
func decodeNumbers(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	_, err := decoder.Token()
	require.ErrorIs(t, err, io.EOF)
	return value
}
