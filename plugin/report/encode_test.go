package report

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		meta          []string
		types         []string
		errContains   string
	}{
		{name: "consumer id", content: `{"consumerId":"c1","engagementAttributes":[]}`, types: []string{}},
		{name: "identity", content: `{"identities":[{"iss":"x"},{"sub":"s1"}],"engagementAttributes":[{"type":"lead"}]}`, types: []string{"lead"}},
		{name: "visitor id", content: `{"engagementAttributes":[]}`, meta: []string{session.MetaVisitorID, "v1"}, types: []string{}},
		{
			name: "numbers and members as written", types: []string{"purchase"},
			content: `{ "consumerId":"c1", "engagementAttributes":[{"type":"purchase","total":11.70,"orderId":"2103807459595387724"}], "own":1 }`,
		},
		{name: "not JSON", content: `{"consumerId":`, errContains: "not JSON"},
		{name: "empty", content: ``, errContains: "not JSON"},
		{name: "an array", content: `[]`, errContains: "not a JSON object"},
		{name: "nobody", content: `{"consumerId":"","identities":[{"sub":""}],"engagementAttributes":[]}`, errContains: "consumerId, identities[].sub"},
		{name: "no attributes", content: `{"consumerId":"c1"}`, errContains: "engagementAttributes: missing"},
		{name: "attributes as an object", content: `{"consumerId":"c1","engagementAttributes":{}}`, errContains: "engagementAttributes: expected an array"},
		{name: "an attribute as text", content: `{"consumerId":"c1","engagementAttributes":["lead"]}`, errContains: "engagementAttributes[0]: expected an object"},
		{name: "an attribute without type", content: `{"consumerId":"c1","engagementAttributes":[{"type":"lead"},{}]}`, errContains: "engagementAttributes[1].type"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, err := encoder{}.encode(message(test.content, test.meta...))
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.types, out.types)
			assert.Equal(t, test.content, string(out.report.Body))
		})
	}
}

func TestAValueThatJSONDoesNotHaveFailsTheMessageAlone(t *testing.T) {
	t.Parallel()
	for _, value := range []any{math.Inf(1), json.Number("0123456"), func() {}} {
		msg := service.NewMessage(nil)
		msg.SetStructured(map[string]any{"consumerId": "c1", "engagementAttributes": []any{}, "pageId": value})
		_, err := encoder{}.encode(msg)
		require.EqualError(t, err, "encoding the report: a value can't be written as JSON, such as a number that is not finite")
	}
}
