package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// stored returns the names of the events of a visit.
func stored(t *testing.T, s *sandbox.Sandbox, at answer) []string {
	t.Helper()
	_, session := visit(t, s, at)
	var events []map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(session["events"], &events))
	names := []string{}
	for _, event := range events {
		for name := range event {
			names = append(names, name)
		}
	}
	return names
}

func withStorage(t *testing.T, yaml string) sandbox.Options {
	t.Helper()
	rules, err := sandbox.ParseStorage([]byte(yaml))
	require.NoError(t, err)
	return sandbox.Options{Storage: rules}
}

func TestAnAccountStoresOneSetOfNamesOrBothOrNone(t *testing.T) {
	t.Parallel()
	const body = `{"consumerId":"jane","engagementAttributes":[{"type":"cart","total":1,"numItems":1},{"type":"cartStatus","total":2,"numItems":1},
		{"type":"searchInfo","keywords":["a"]},{"type":"searchContent","keywords":["b"]},{"type":"lead","lead":{"leadId":"L-1"}}]}`
	for names, want := range map[string]string{
		"both":       `[{"total":1},{"total":2},{"keywords":["a"]},{"keywords":["b"]}]`,
		"liveperson": `[{"total":1},{"keywords":["a"]}]`,
		"signal":     `[{"total":2},{"keywords":["b"]}]`,
		"none":       `[]`,
	} {
		t.Run(names, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(withStorage(t, "names: "+names))
			at := report(t, s, body)
			require.Equal(t, http.StatusCreated, at.status, "the answer does not tell")
			_, session := visit(t, s, at)
			var events []map[string]struct {
				Total    *float64 `json:"total,omitempty"`
				Keywords []string `json:"keywords,omitempty"`
			}
			require.NoError(t, json.Unmarshal(session["events"], &events))
			shown := []any{}
			for _, event := range events {
				for name, members := range event {
					if name != "lead" {
						shown = append(shown, members)
					}
				}
			}
			got, err := json.Marshal(shown)
			require.NoError(t, err)
			assert.JSONEq(t, want, string(got))
			assert.Contains(t, stored(t, s, at), "lead", "other types have one name")
			_, page := fetch(t, s, http.MethodGet, "/sandbox/consumers/jane", "")
			assert.Equal(t, strings.Contains(want, `"total":2`), strings.Contains(page, `"cartStatus":[`), "the consumer's page shows what agents see")
			assert.Len(t, s.Calls()[0].Dropped, map[string]int{"both": 0, "liveperson": 2, "signal": 2, "none": 4}[names])
		})
	}
}

// What is dropped meets no condition of a campaign either.
func TestADroppedAttributeMeetsNoCondition(t *testing.T) {
	t.Parallel()
	options := withCampaigns(t, `engagements: [{campaign_id: 1, engagement_id: 2, when: [{attribute: cart}]}]`)
	options.Storage = withStorage(t, "names: liveperson").Storage
	s := sandbox.New(options)
	assert.NotContains(t, engage(t, s, `{"consumerId":"a","engagementAttributes":[{"type":"cartStatus","total":1,"numItems":1}]}`).text, "engagementId")
	assert.Contains(t, engage(t, s, `{"consumerId":"b","engagementAttributes":[{"type":"cart","total":1,"numItems":1}]}`).text, "engagementId")
}

func TestWrongAttributesAreDroppedInSilence(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 50_001)
	const line = `{"product":{"name":"a","price":1},"quantity":1}`
	tests := map[string]struct {
		attribute string
		members   string // the events' members that stay with drop_member; empty: the attribute is dropped
		dropped   string // the path with drop_member
	}{
		"an unknown type":  {`{"type":"login"}`, "", "engagementAttributes[0]"},
		"a wrong type":     {`{"type":"cart","total":"much","numItems":2}`, `"numItems":2`, "engagementAttributes[0].total"},
		"a missing member": {`{"type":"cart","total":1}`, "", "engagementAttributes[0]"},
		"an inner member": {`{"type":"cart","total":1,"numItems":1,"products":[` + line + `,{"product":{"name":"b","price":"dear"},"quantity":1}]}`,
			`"name":"b"`, "engagementAttributes[0].products[1].product.price"},
		"a text that is too long": {`{"type":"lead","lead":{"leadId":"L-1","topic":"` + long + `"}}`, `"leadId":"L-1"`, "engagementAttributes[0].lead.topic"},
		"by the name for reading": {`{"type":"cartStatus","total":"much","numItems":2}`, `"numItems":2`, "engagementAttributes[0].total"},
	}
	for name, test := range tests {
		for _, invalid := range []string{"keep", "drop_member", "drop_attribute"} {
			t.Run(name+", "+invalid, func(t *testing.T) {
				t.Parallel()
				s := sandbox.New(withStorage(t, "invalid: "+invalid))
				at := report(t, s, attributes(test.attribute+`,{"type":"lead","lead":{"leadId":"L-2"}}`))
				require.Equal(t, http.StatusCreated, at.status)
				_, session := visit(t, s, at)
				assert.Contains(t, string(session["events"]), "L-2", "the attribute behind it stays")
				dropped := s.Calls()[0].Dropped
				if invalid == "keep" {
					assert.Empty(t, dropped)
					return
				}
				require.Len(t, dropped, 1)
				if invalid == "drop_attribute" || test.members == "" {
					assert.Equal(t, "engagementAttributes[0]", dropped[0].Path)
					assert.Equal(t, []string{"lead"}, stored(t, s, at))
					return
				}
				assert.Equal(t, test.dropped, dropped[0].Path)
				assert.Contains(t, string(session["events"]), test.members)
				assert.Len(t, stored(t, s, at), 2)
			})
		}
	}
}

// Several items of one list are dropped by their places in what was sent.
func TestSeveralItemsOfAListAreDropped(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withStorage(t, "invalid: drop_member"))
	at := report(t, s, attributes(`{"type":"searchInfo","keywords":[1,"kept",2,{"a":1},"also kept"]}`))
	require.Equal(t, http.StatusCreated, at.status)
	_, session := visit(t, s, at)
	assert.Contains(t, string(session["events"]), `"keywords":["kept","also kept"]`)
	assert.Len(t, s.Calls()[0].Dropped, 3)
}

func TestAttributesShowAfterADelay(t *testing.T) {
	t.Parallel()
	c := newClock()
	options := withStorage(t, "delay: 30s")
	options.Now = c.Now
	s := sandbox.New(options)
	at := report(t, s, lead("jane", "L-1"))
	c.advance(29 * time.Second)
	report(t, s, lead("jane", "L-2"), "vid", at.VisitorID, "sid", at.SessionID)
	assert.Empty(t, stored(t, s, at))
	c.advance(time.Second)
	assert.Equal(t, []string{"lead"}, stored(t, s, at), "the first one")
	c.advance(29 * time.Second)
	assert.Equal(t, []string{"lead", "lead"}, stored(t, s, at))
	fetch(t, s, http.MethodPut, "/sandbox/storage", "delay: 1h")
	assert.Empty(t, stored(t, s, at), "the delay of the moment counts")
	_, exported := fetch(t, s, http.MethodGet, "/sandbox/export?format=har&endpoint=visit_information", "")
	assert.Equal(t, 3, strings.Count(exported, "leadSeqId"), "the export shows each answer as it was")
}

func TestAnAttributeVanishes(t *testing.T) {
	t.Parallel()
	const body = `{"consumerId":"jane","engagementAttributes":[{"type":"cartStatus","total":1,"numItems":1,"products":[{"product":{"name":"a","sku":"s"},"quantity":1}]},{"type":"lead","lead":{"leadId":"L-1","topic":"t"}}]}`
	for rule, want := range map[string]struct {
		events []string
		gone   string
	}{
		"vanish: cart":       {[]string{"lead"}, "numItems"},
		"vanish: cartStatus": {[]string{"lead"}, "numItems"},
		"vanish: lead":       {[]string{"cartStatus"}, "L-1"},
		"vanish: all":        {[]string{}, "L-1"},
		"vanish: purchase":   {[]string{"cartStatus", "lead"}, "nothing"},
		"vanish: cart, member: products.0.product.sku":  {[]string{"cartStatus", "lead"}, `"sku":"s"`},
		"vanish: lead, member: lead.topic":              {[]string{"cartStatus", "lead"}, `"topic":"t"`},
		"vanish: cart, member: products.0":              {[]string{"cartStatus", "lead"}, `"name":"a"`},
		"vanish: cart, member: products.7.product.sku":  {[]string{"cartStatus", "lead"}, "nothing"},
		"vanish: lead, consumer: john":                  {[]string{"cartStatus", "lead"}, "nothing"},
		"vanish: all, member: total":                    {[]string{"cartStatus", "lead"}, `"total":1`},
		"vanish: lead, skip: 1":                         {[]string{"cartStatus", "lead"}, "nothing"},
		"vanish: lead, latency: 1ms, name: slow and no": {[]string{"cartStatus"}, "L-1"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(withRules(t, "rules: [{endpoint: report, "+rule+"}]"))
			at := report(t, s, body)
			require.Equal(t, http.StatusCreated, at.status)
			_, session := visit(t, s, at)
			assert.Equal(t, want.events, stored(t, s, at))
			assert.NotContains(t, string(session["events"]), want.gone)
		})
	}
}

func TestVanishOnlyWhereAttributesAreStored(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withRules(t, "rules: [{endpoint: all, vanish: all}]"))
	at := report(t, s, consumerBody)
	assert.Equal(t, http.StatusOK, signed(t, s, http.MethodPut, eventsTarget(at), `[{"type":"lead","lead":{"leadId":"L-1"}}]`).status)
	assert.Empty(t, stored(t, s, at))
	get(t, s, visitTarget(at))
	_, rules := fetch(t, s, http.MethodGet, "/sandbox/chaos", "")
	assert.Contains(t, rules, `"struck":2`, "the call that reads the visit does not match")
	for _, wrong := range []string{"endpoint: send, vanish: cart", "endpoint: report, member: total", "endpoint: report, vanish: cart, status: 500"} {
		_, err := sandbox.ParseChaos([]byte("rules: [{" + wrong + "}]"))
		assert.Error(t, err, wrong)
	}
}

func TestWrongStorageRules(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		"names: neither": "names: must be one of both, liveperson, signal, none",
		"invalid: x":     "invalid: must be one of keep, drop_member, drop_attribute",
		"delay: 1":       "delay",
		"delay: 99999h":  "delay and history_delay: must be",
		"name: both":     "names",
	} {
		status, text := fetch(t, sandbox.New(sandbox.Options{}), http.MethodPut, "/sandbox/storage", body)
		assert.Equal(t, http.StatusBadRequest, status, body)
		assert.Contains(t, text, says)
	}
}

// What the sandbox shows of honest reports is what they said: every member of every attribute, and nothing else.
func TestNothingOfAnHonestReportIsLost(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Strict: true})
	bearer := logIn(t, s)
	const reports = 500
	for i := range reports {
		id := fmt.Sprint("o-", i)
		at := report(t, s, fmt.Sprintf(`{"consumerId":"c-%d","engagementAttributes":[
			{"type":"purchase","total":%d.5,"currency":"EUR","orderId":"%s"},{"type":"lead","lead":{"leadId":"%s","value":%d}},
			{"type":"cart","total":%d,"numItems":1,"products":[{"product":{"name":"n %d","price":0.1},"quantity":%d}]}]}`, i, i, id, id, i, i, i, i+1))
		r := httptest.NewRequest(http.MethodGet, visitTarget(at), nil)
		r.Header.Set("Authorization", bearer)
		got := send(t, s, r)
		var state struct {
			AppSessions []struct {
				Purchases []struct {
					Total             float64
					Currency, OrderID string
				}
				Leads []struct {
					LeadID string
					Value  float64
				}
				Cart struct {
					CartStatus struct {
						Total    float64
						NumItems int
						Products []struct {
							Product struct {
								Name  string
								Price float64
							}
							Quantity int
						}
					}
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(got.text), &state), got.text)
		shown := state.AppSessions[0]
		assert.Equal(t, []any{float64(i) + 0.5, "EUR", id}, []any{shown.Purchases[0].Total, shown.Purchases[0].Currency, shown.Purchases[0].OrderID})
		assert.Equal(t, []any{id, float64(i)}, []any{shown.Leads[0].LeadID, shown.Leads[0].Value})
		cart := shown.Cart.CartStatus
		assert.Equal(t, []any{float64(i), 1, fmt.Sprint("n ", i), 0.1, i + 1}, []any{cart.Total, cart.NumItems, cart.Products[0].Product.Name, cart.Products[0].Product.Price, cart.Products[0].Quantity})
	}
	for _, call := range s.Calls() {
		assert.Empty(t, call.Dropped)
	}
}
