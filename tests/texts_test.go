package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The texts of structured values can have any bytes. A mapping, a CSV file and a queue give such values
// without a JSON decoder.

// textEvents are events for the processors, as JSON. The tests replace each text in them, one at a time
// and all at once.
var textEvents = map[string][]string{
	"track":       {`{"type":"track","event":"Order Completed","anonymousId":"a1","userId":"u1","messageId":"m1","timestamp":"2026-01-02T03:04:05Z","context":{"page":{"url":"https://shop.example.com/?utm_source=x"},"campaign":{"name":"c","source":"s"},"consent":{"categories":{"marketing":true}},"traits":{"email":"e","phone":"p"}},"properties":{"order_id":"o1","total":"12.50","currency":"EUR","coupon":"c","products":[{"product_id":"p1","sku":"s1","name":"n","price":"1.25","quantity":"2"}]}}`, `{"type":"identify","userId":"u1","traits":{"first_name":"f","last_name":"l","email":"e@example.com","phone":"+12125550123","birthday":"1990-01-02","gender":"f"}}`, `{"type":"page","anonymousId":"a1","properties":{"url":"https://shop.example.com","title":"t","category":"c"}}`, `{"type":"track","event":"Products Searched","anonymousId":"a1","properties":{"query":"q"}}`, `{"type":"track","event":"Lead Submitted","anonymousId":"a1","properties":{"form_name":"f","lead_id":"l","value":"1"}}`},
	"report":      {`{"consumerId":"c1","identities":[{"iss":"https://idp.example.com","acr":"loa1","sub":"s1"}],"entryPoints":["https://shop.example.com/?q=1"],"pageId":"1","engagementAttributes":[{"type":"ctmrinfo","info":{"customerId":"c1","userName":"u","ctype":"vip","imei":"i","socialId":"s","accountName":"a"}},{"type":"personal","personal":{"firstname":"f","lastname":"l","gender":"MALE","contacts":[{"email":"e@example.com","phone":"+12125550123","address":{"country":"c","region":"r"}}]}},{"type":"purchase","orderId":"o","cart":{"products":[{"product":{"name":"n","category":"c","sku":"s","price":1},"quantity":1}]},"total":1,"currency":"EUR"},{"type":"searchInfo","keywords":["k"]},{"type":"lead","lead":{"topic":"t","leadId":"l"}}]}`},
	"question":    {`{"consumerId":"c1","identities":[{"iss":"i","acr":"0","sub":"s"}],"entryPoints":["https://shop.example.com"],"pageId":"1","engagementAttributes":[],"clientProperties":{"deviceFamily":"DESKTOP","os":"LINUX","osVersion":"1","appVersion":"1","model":"m","ipAddress":"127.0.0.1"}}`},
	"message":     {`{"consumer":"c1","text":"t"}`, `{"consumer":"c1","chat_state":"GONE"}`, `{"consumer":"c1","receipt":{"status":"READ","sequences":[1,2]}}`, `{"consumer":"c1","rich_reply":{"text":"t","external_id":"e","sequences":[1]}}`, `{"consumer":"c1","file":{"relative_path":"/1","type":"PNG","caption":"c","preview":"p"}}`, `{"consumer":"c1","profile":[{"type":"personal","personal":{"firstname":"f"}},{"type":"ctmrinfo","info":{"customerId":"c"}}]}`, `{"consumer":"c1","close":"dialog"}`, `{"consumer":"c1","type":"ms.PublishEvent","body":{"event":{"type":"RichContentEvent","content":{"type":"vertical","elements":[{"type":"button","title":"t","tooltip":"t"}]}}},"metadata":[{"type":"ExternalId","id":"i"}]}`, `{"consumer":"c1","text":"t","liveperson":{"visitor_id":"v","session_id":"s","engagement":{"campaign_id":"1","engagement_id":"2","language":"l"}}}`},
	"receipt":     {`{"version":1,"time":"2026-01-02T03:04:05.000Z","type":"liveperson_report","result":"accepted","visitor_id":"v","session_id":"s","conversation_id":"c","attributes":["cart"],"request":{"engagementAttributes":[{"type":"lead","lead":{"topic":"t","leadId":"l"}}]}}`},
	"collections": {`{"batch":[{"type":"track","event":"Order Completed","anonymousId":"a1","properties":{"order_id":"o1","products":[{"sku":"s","price":"1"}]}}],"sentAt":"2026-01-02T03:04:05Z"}`, `{"events":[{"name":"purchase","params":{"transaction_id":"t","currency":"EUR","items":[{"item_id":"i","item_name":"n"}]}}],"client_id":"c","user_id":"u"}`, `{"schema":"s","data":[{"e":"tr","tr_id":"1","p":"web","ue_pr":"{}"}]}`},
}

// textTargets returns this project's components, with the kinds of events that they accept. A test fails
// if one is missing.
func textTargets(url string) map[string]struct {
	yaml  string
	kinds []string
} {
	mapped := []string{"track", "collections"}
	targets := map[string]struct {
		yaml  string
		kinds []string
	}{
		"liveperson_map":         {"liveperson_map: { preset: retail }", mapped},
		"liveperson_cart":        {"liveperson_cart: {}", mapped},
		"liveperson_privacy":     {"liveperson_privacy: { consent: { required: [marketing], default: allow }, sub: hash, salt: 0123456789abcdef0123456789abcdef, contacts: strip }", []string{"report"}},
		"liveperson_identity":    {"liveperson_identity: { keys_file: tests/testdata/identity/test-only-jwks.json, audience: shop, token: '${! this.pageId.string() }' }", []string{"report"}},
		"liveperson_engagement":  {fmt.Sprintf("liveperson_engagement: { account_id: %q, app_installation_id: %s, domain_api: %s }", sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url), []string{"question", "report"}},
		"liveperson_from":        {"liveperson_from: {}", mapped},
		"liveperson_dead_letter": {"liveperson_dead_letter: {}", []string{"report"}},
		"liveperson_readback":    {fmt.Sprintf("liveperson_readback: { account_id: %q, domain_api: %s, retry_pauses: [], recheck_pauses: [], credentials: { login: { user: u, password: p } } }", sandbox.DefaultAccountID, url), []string{"report", "receipt"}},
		"liveperson_message":     {messageYAML(url, "  split: true"), []string{"message"}},
	}
	for _, preset := range []string{"retail", "impressions", "lead_generation", "b2b_saas", "account", "from_segment", "from_rudderstack", "from_ga4", "from_snowplow"} {
		targets["liveperson_"+preset] = targets["liveperson_map"]
		target := targets["liveperson_"+preset]
		target.yaml = "liveperson_" + preset + ": {}"
		targets["liveperson_"+preset] = target
	}
	return targets
}

func TestTextsAreOfAllProcessors(t *testing.T) {
	t.Parallel()
	targets := textTargets("")
	service.GlobalEnvironment().WalkProcessors(func(name string, view *service.ConfigView) {
		if _, exists := targets[name]; !exists && strings.HasPrefix(name, "liveperson_") && !view.IsDeprecated() {
			assert.Fail(t, "no texts for "+name)
		}
	})
}

// plant returns an event in which a text replaces the chosen texts. They are chosen by their number.
func plant(event, text string, chosen func(n int) bool) (planted any, places int) {
	var value any
	if err := json.Unmarshal([]byte(event), &value); err != nil {
		panic(err)
	}
	var replace func(any) any
	replace = func(value any) any {
		switch value := value.(type) {
		case string:
			places++
			if chosen(places - 1) {
				return text
			}
		case []any:
			for i := range value {
				value[i] = replace(value[i])
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(value)) {
				value[name] = replace(value[name])
			}
		}
		return value
	}
	return replace(value), places
}

// planted returns the variants of an event in which a text replaces one of its texts, or all of them.
func planted(event, text string) []any {
	whole, places := plant(event, text, func(int) bool { return true })
	all := []any{whole}
	for place := range places {
		one, _ := plant(event, text, func(n int) bool { return n == place })
		all = append(all, one)
	}
	return all
}

// texted is a component in a stream that many texts go through.
type texted struct {
	observedStream
	send func(context.Context, service.MessageBatch) error

	mu  sync.Mutex
	out []service.MessageBatch
}

// texting starts a stream of processors with an output. Without an output, the stream stores the results.
func texting(t testing.TB, add func(*service.StreamBuilder) error, output string) *texted {
	t.Helper()
	s := &texted{}
	builder := s.build(t)
	require.NoError(t, add(builder))
	if output == "" {
		require.NoError(t, builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.out = append(s.out, batch)
			return nil
		}))
	} else {
		require.NoError(t, builder.AddOutputYAML(output))
	}
	var err error
	s.send, err = builder.AddBatchProducerFunc()
	require.NoError(t, err)
	stream, err := builder.Build()
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- stream.Run(context.Background()) }()
	t.Cleanup(func() {
		assert.NoError(t, stream.Stop(context.Background()))
		assert.NoError(t, <-done)
	})
	return s
}

// take sends events as structured values and returns the results.
func (s *texted) take(ctx context.Context, events ...any) ([]service.MessageBatch, error) {
	var batch service.MessageBatch
	for _, event := range events {
		msg := service.NewMessage(nil)
		msg.SetStructuredMut(event)
		batch = append(batch, msg)
	}
	err := s.send(ctx, batch)
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.out
	s.out = nil
	return out, err
}

// someNotTexts are bytes that are not UTF-8, for different reasons, and odd texts.
var someNotTexts = []string{
	strings.Repeat("\x8f", 800), "\xff", "caf\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "\x00", "\xbf@\xbf.\xbf", "+1\xa0212\xff5550123",
	"https://\x8f/?\xff=%zz", "2026-\x8f-01T\xff", "\xff1.5\x80", "%ff%", strings.Repeat("\xcc\x81", 300), "\xef\xbb\xbf",
}

// A component either accepts or refuses a text, with any bytes.
func TestEveryProcessorTakesAnyBytes(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{Agent: silent})
	for name, target := range textTargets(url) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := texting(t, func(b *service.StreamBuilder) error { return b.AddProcessorYAML(target.yaml) }, "")
			for _, kind := range target.kinds {
				for _, event := range textEvents[kind] {
					for _, text := range someNotTexts {
						events := planted(event, text)
						out, err := s.take(t.Context(), events...)
						require.NoError(t, err)
						checkTaken(t, out)
					}
				}
			}
			assert.Zero(t, s.panics(), s.log.String())
		})
	}
}

// checkTaken checks that a failure is one of our errors and repeats no bytes that a log can't show.
func checkTaken(t testing.TB, out []service.MessageBatch) {
	t.Helper()
	for _, batch := range out {
		for _, msg := range batch {
			if err := msg.GetError(); err != nil {
				assert.NotContains(t, err.Error(), internalError)
				assert.True(t, utf8.ValidString(err.Error()), "%q", err.Error())
			}
		}
	}
}

// An output sends texts unchanged. It refuses bytes that are not UTF-8 and never replaces them. Otherwise,
// two consumers whose ids differ only in such bytes would become one.
func TestNoOutputReplacesBytes(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"report": "report", "message": "message"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, url := newSandbox(t, sandbox.Options{Agent: silent})
			s := texting(t, func(*service.StreamBuilder) error { return nil }, textOutputs(url)[name])
			for _, event := range textEvents[kind] {
				as, _ := plant(event, "", func(int) bool { return false })
				_, err := s.take(t.Context(), as)
				require.NoError(t, err, "the event itself")
				for _, text := range someNotTexts {
					if utf8.ValidString(text) {
						continue
					}
					for _, value := range planted(event, text) {
						_, err := s.take(t.Context(), value)
						if assert.Error(t, err, "%q %v", text, value) {
							assert.True(t, utf8.ValidString(err.Error()), "%q", err.Error())
						}
					}
				}
			}
			assert.Zero(t, s.panics(), s.log.String())
		})
	}
}

// The same for questions.
func TestNoQuestionReplacesBytes(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{})
	s := texting(t, func(b *service.StreamBuilder) error {
		return b.AddProcessorYAML(textTargets(url)["liveperson_engagement"].yaml)
	}, "")
	for _, text := range someNotTexts {
		if utf8.ValidString(text) {
			continue
		}
		out, err := s.take(t.Context(), planted(textEvents["question"][0], text)...)
		require.NoError(t, err)
		for _, batch := range out {
			for i, msg := range batch {
				assert.Error(t, msg.GetError(), "%q %d", text, i)
			}
		}
	}
}

func textOutputs(url string) map[string]string {
	return map[string]string{
		"report":  fmt.Sprintf("liveperson_report: { account_id: %q, app_installation_id: %s, domain_api: %s }", sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url),
		"message": messageYAML(url, ""),
	}
}

// FuzzTexts puts random bytes as a text into an event for each of our components.
func FuzzTexts(f *testing.F) {
	server := httptest.NewServer(sandbox.New(sandbox.Options{Agent: silent}))
	f.Cleanup(server.Close)
	targets := textTargets(server.URL)
	names := slices.Sorted(maps.Keys(targets))
	outputs := textOutputs(server.URL)
	started := map[string]*texted{}
	for _, name := range names {
		started[name] = texting(f, func(b *service.StreamBuilder) error { return b.AddProcessorYAML(targets[name].yaml) }, "")
	}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		started["output "+name] = texting(f, func(*service.StreamBuilder) error { return nil }, outputs[name])
		targets["output "+name] = struct {
			yaml  string
			kinds []string
		}{kinds: []string{name}}
		names = append(names, "output "+name)
	}
	for i := range names {
		for _, text := range someNotTexts {
			f.Add([]byte(text), uint8(i), uint8(0), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, which, event, place uint8) {
		name := names[int(which)%len(names)]
		var events []string
		for _, kind := range targets[name].kinds {
			events = append(events, textEvents[kind]...)
		}
		chosen := events[int(event)%len(events)]
		_, places := plant(chosen, "", func(int) bool { return false })
		value, _ := plant(chosen, string(text), func(n int) bool { return n == int(place)%places })
		out, err := started[name].take(t.Context(), value)
		if err != nil {
			assert.NotContains(t, err.Error(), internalError)
			assert.True(t, utf8.ValidString(err.Error()), "%q", err.Error())
		}
		checkTaken(t, out)
		require.Zero(t, started[name].panics(), started[name].log.String())
	})
}
