package events_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

func TestWrongNames(t *testing.T) {
	t.Parallel()
	const all = "xpected one of campaign, identify, ignored, lead, login, logout, page, search, sign_up"
	for _, test := range []struct {
		name string
		own  map[string]any
		want []string
	}{
		{"none", nil, nil},
		{"right", map[string]any{"Application Submitted": "lead", "PDP": "ignored"}, nil},
		{"a kind in another spelling", map[string]any{"Application Submitted": "Sign-Up"}, nil},
		{"no kind", map[string]any{"a": "application"}, []string{`"a": "application" is not a kind of event: e` + all}},
		{"empty", map[string]any{"a": ""}, []string{`"a": "" is not a kind of event: e` + all}},
		{"no text", map[string]any{"a": 7}, []string{`"a": "" is not a kind of event: e` + all}},
		{"misspelt", map[string]any{"a": "serch"}, []string{`"a": "serch" is not a kind of event: did you mean search? E` + all}},
		{"a name of a kind", map[string]any{"a": "generate_lead"}, []string{`"a": "generate_lead" is not a kind of event: did you mean lead? E` + all}},
		{"a kind of another preset", map[string]any{"a": "order_completed"}, []string{`"a": "order_completed" is not a kind of event: e` + all}},
		{"one name twice", map[string]any{"App Sent": "lead", "app_sent": "search"}, []string{`"App Sent" and "app_sent" are one name, because case, spaces and punctuation make no difference: remove one`}},
		{"no name", map[string]any{" -": "lead"}, []string{`" -": expected the name of an event`}},
	} {
		assert.Equal(t, test.want, events.Of("lead_generation").WrongNames(test.own), test.name)
	}
}
