package readback_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
)

// attributes reads attributes as they are sent.
func attributes(t *testing.T, text string) (list []map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	return list
}

// has returns stored attributes. The text has them as they were sent. The member "at" is the time in
// seconds; without it an attribute has no time.
func has(t *testing.T, text string) (list []liveperson.StoredAttribute) {
	t.Helper()
	for _, a := range attributes(t, text) {
		stored := liveperson.StoredAttribute{Type: a["type"].(string), Members: a}
		if at, given := a["at"].(float64); given {
			stored.Time = time.Unix(int64(at), 0)
		}
		delete(a, "type")
		delete(a, "at")
		list = append(list, stored)
	}
	return list
}

func TestCompare(t *testing.T) {
	t.Parallel()
	diff := func(attribute, member string, sent, has any) readback.Difference {
		return readback.Difference{Attribute: attribute, Member: member, Sent: sent, Has: has}
	}
	for name, test := range map[string]struct {
		sent, has string
		question  readback.Question
		want      readback.Result
	}{
		"the same": {
			sent: `[{"type":"cart","total":11.7,"numItems":6,"products":[{"product":{"sku":"a"},"quantity":1}]}]`,
			has:  `[{"type":"cart","total":11.70,"numItems":6,"products":[{"product":{"sku":"a","name":null},"quantity":1}],"lastTotalChange":3}]`,
			want: readback.Result{Matched: []string{"cart"}},
		},
		"by the other name": {
			sent: `[{"type":"cartStatus","total":1,"numItems":1},{"type":"searchContent","keywords":["x"]}]`,
			has:  `[{"type":"cart","total":1.0,"numItems":1},{"type":"searchInfo","keywords":["x"]}]`,
			want: readback.Result{Matched: []string{"cartStatus", "searchContent"}},
		},
		"numbers as texts": {
			sent: `[{"type":"mrktInfo","info":{"channel":"1","affiliate":"Yahoo"}}]`,
			has:  `[{"type":"mrktInfo","info":{"channel":1,"affiliate":"Yahoo"}}]`,
			want: readback.Result{Matched: []string{"mrktInfo"}},
		},
		"texts of digits are texts": {
			sent: `[{"type":"purchase","orderId":"007","total":1}]`, has: `[{"type":"purchase","orderId":"7","total":1}]`,
			want: readback.Result{Missing: []string{"purchase"}},
		},
		"empty values are not sent": {
			sent: `[{"type":"lead","lead":{"leadId":"l","topic":"","value":null,"x":[],"y":{}}}]`, has: `[{"type":"lead","lead":{"leadId":"l"}}]`,
			want: readback.Result{Matched: []string{"lead"}},
		},
		"a text that LivePerson also shows for no value": {
			sent: `[{"type":"lead","lead":{"leadId":"l","topic":"undefined"}},{"type":"error","error":{"code":"e","message":"null"}}]`,
			has:  `[{"type":"lead","lead":{"leadId":"l"}},{"type":"error","error":{"code":"e","message":"null"}}]`,
			want: readback.Result{Matched: []string{"lead", "error"}},
		},
		"nothing there": {
			sent: `[{"type":"lead","lead":{"leadId":"l"}},{"type":"cart","total":1,"numItems":1}]`, has: `[{"type":"cart","total":1,"numItems":1}]`,
			want: readback.Result{Matched: []string{"cart"}, Missing: []string{"lead"}},
		},
		"another order is not this one": {
			sent: `[{"type":"purchase","orderId":"o-2","total":10,"currency":"EUR"}]`, has: `[{"type":"purchase","orderId":"o-1","total":10,"currency":"EUR"}]`,
			want: readback.Result{Missing: []string{"purchase"}},
		},
		"members that are gone or differ": {
			sent: `[{"type":"purchase","orderId":"o-1","total":10,"cart":{"products":[{"product":{"sku":"a"},"quantity":2}]}}]`,
			has:  `[{"type":"purchase","orderId":"o-1","total":11,"cart":{"products":[{"product":{"sku":"a"}}]}}]`,
			want: readback.Result{Different: []readback.Difference{diff("purchase", "cart.products[0].quantity", 2.0, nil), diff("purchase", "total", 10.0, 11.0)}},
		},
		"the id is gone": {
			sent: `[{"type":"lead","lead":{"leadId":"l","topic":"loan"}}]`, has: `[{"type":"lead","lead":{"topic":"loan"}}]`,
			want: readback.Result{Different: []readback.Difference{diff("lead", "lead.leadId", "l", nil)}},
		},
		"members that LivePerson may not show": {
			sent: `[{"type":"purchase","orderId":"o","total":1,"currency":"EUR"},{"type":"prodView","currency":"EUR","products":[{"product":{"sku":"a","statusInStock":"low","quantityInStock":2}}]}]`,
			has:  `[{"type":"purchase","orderId":"o","total":1},{"type":"prodView","currency":"USD","products":[{"product":{"sku":"a"}}]}]`,
			want: readback.Result{Matched: []string{"purchase"}, Different: []readback.Difference{diff("prodView", "currency", "EUR", "USD")}},
		},
		"a member that LivePerson shows elsewhere": {
			sent: `[{"type":"purchase","orderId":"o-1","total":1,"currency":"EUR"}]`, has: `[{"type":"purchase","orderId":"o-1","total":1},{"type":"purchase","orderId":"o-2","currency":"EUR"}]`,
			want: readback.Result{Different: []readback.Difference{diff("purchase", "currency", "EUR", nil)}},
		},
		"values about a person are left out": {
			sent: `[{"type":"personal","personal":{"firstname":"Ann","lastname":"Lee","company":"x"}}]`, has: `[{"type":"personal","personal":{"firstname":"Bob","company":"x"}}]`,
			want: readback.Result{Missing: []string{"personal"}},
		},
		"values about a person that differ": {
			sent: `[{"type":"ctmrinfo","info":{"customerId":"c-1","cstatus":"vip","userName":"ann"}}]`, has: `[{"type":"ctmrinfo","info":{"customerId":"c-1","cstatus":"gone"}}]`,
			want: readback.Result{Different: []readback.Difference{diff("ctmrinfo", "info.cstatus", "***", "***"), diff("ctmrinfo", "info.userName", "***", nil)}},
		},
		"masked values must be there": {
			sent: `[{"type":"ctmrinfo","info":{"customerId":"***","userName":"***"}}]`, has: `[{"type":"ctmrinfo","info":{"customerId":"c-1"}}]`,
			want: readback.Result{Different: []readback.Difference{diff("ctmrinfo", "info.userName", "***", nil)}},
		},
		"a masked value that is there": {
			sent: `[{"type":"error","error":{"code":"e","message":"write to ***"}}]`, has: `[{"type":"error","error":{"code":"e","message":"write to a@example.com"}}]`,
			want: readback.Result{Matched: []string{"error"}},
		},
		"types alone": {
			sent: `[{"type":"purchase"},{"type":"cart"}]`, has: `[{"type":"purchase","orderId":"o"}]`,
			want: readback.Result{Matched: []string{"purchase"}, Missing: []string{"cart"}},
		},
		"each stands for one": {
			sent: `[{"type":"prodView","products":[{"product":{"sku":"a"}}]},{"type":"prodView","products":[{"product":{"sku":"a"}}]}]`,
			has:  `[{"type":"prodView","products":[{"product":{"sku":"a"}}]}]`,
			want: readback.Result{Matched: []string{"prodView"}, Missing: []string{"prodView"}},
		},
		"the smaller one is taken by the smaller one": {
			sent: `[{"type":"cart","total":1},{"type":"cart","total":1,"numItems":2}]`, has: `[{"type":"cart","total":1,"numItems":2},{"type":"cart","total":1}]`,
			want: readback.Result{Matched: []string{"cart", "cart"}},
		},
		"impressions and unknown types": {
			sent: `[{"type":"impDisplay","campaign":1},{"type":"login"}]`, has: `[]`,
			want: readback.Result{Unknown: []readback.Doubt{{"impDisplay", readback.NotShown}, {"login", readback.NotShown}}},
		},
		"what came before is not this one": {
			sent: `[{"type":"cart","total":1}]`, has: `[{"type":"cart","total":1,"at":99}]`, question: readback.Question{From: time.Unix(100, 0)},
			want: readback.Result{Missing: []string{"cart"}},
		},
		"what came later may be this one": {
			sent: `[{"type":"cart","total":1}]`, has: `[{"type":"cart","total":1,"at":999}]`, question: readback.Question{From: time.Unix(100, 0), To: time.Unix(101, 0)},
			want: readback.Result{Matched: []string{"cart"}},
		},
		"replaced in a conversation": {
			sent: `[{"type":"cart","total":1},{"type":"lead","lead":{"leadId":"l"}}]`, has: `[{"type":"cart","total":2,"at":200},{"type":"lead","lead":{"leadId":"m"},"at":200}]`,
			question: readback.Question{From: time.Unix(100, 0), To: time.Unix(101, 0), InConversation: true},
			want:     readback.Result{Missing: []string{"lead"}, Unknown: []readback.Doubt{{"cart", readback.Replaced}}},
		},
		"nothing was sent": {sent: `[]`, has: `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.question.Attributes = attributes(t, test.sent)
			assert.Equal(t, test.want, readback.Compare(test.question, has(t, test.has)))
		})
	}
}

func TestTheWorstIsTheOutcome(t *testing.T) {
	t.Parallel()
	r := readback.Result{}
	assert.Equal(t, readback.Matched, r.Outcome())
	assert.Empty(t, r.Lost())
	r.Unknown = []readback.Doubt{{Reason: readback.NoIDs}}
	assert.Equal(t, readback.Unknown, r.Outcome())
	r.Different = []readback.Difference{{Attribute: "cart", Member: "a"}, {Attribute: "cart", Member: "b"}, {Attribute: "lead", Member: "c"}}
	assert.Equal(t, readback.Different, r.Outcome())
	r.Missing = []string{"purchase"}
	assert.Equal(t, readback.Missing, r.Outcome())
	assert.Equal(t, []string{"purchase", "cart", "lead"}, r.Lost())
}
