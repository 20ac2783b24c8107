package mapping

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAttributesOfAShop(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, settings, attributes, want string }{
		{"a list of names and values", "", `[{"name":"Visitor ID","value":"v1"}]`, `"anonymousId":"v1"`},
		{"a list of keys and values", "", `[{"key":"_visitor_id","value":7}]`, `"anonymousId":"7"`},
		{"the first name that is set counts", "", `[{"name":"client_id","value":"c"},{"name":"anonymous_id","value":"a"}]`, `"anonymousId":"a"`},
		{"an object", "", `{"visitor_id":"v1"}`, `"anonymousId":"v1"`},
		{"a list with gaps", "", `{"3":{"name":"visitor_id","value":"v1"}}`, `"anonymousId":"v1"`},
		{"a name of the shop's own", `visitor_attributes: ["my id"]`, `[{"name":"my_id","value":"v1"},{"name":"visitor_id","value":"v2"}]`, `"anonymousId":"v1"`},
		{"LivePerson's cookies", "", `[{"name":"lpsid_12345678","value":"s"},{"name":"LPVID","value":"l"}]`, `"cookies":{"LPSID-12345678":"s","LPVID":"l"}`},
		{"LivePerson's cookies in a list with gaps", "", `{"3":{"name":"lpsid_12345678","value":"s"},"7":{"name":"LPVID","value":"l"}}`, `"cookies":{"LPSID-12345678":"s","LPVID":"l"}`},
		{"digits alone may follow a name", "", `[{"name":"lpsid-of-mine","value":"s"}]`, ``},
		{"a placeholder", "", `[{"name":"visitor_id","value":"undefined"}]`, ``},
		{"a placeholder of the shop's own", `placeholders: [nobody]`, `[{"name":"visitor_id","value":"nobody"},{"name":"client_id","value":"c"}]`, `"anonymousId":"c"`},
		{"values that are no ids", "", `[{"name":"visitor_id","value":{"a":1}},"visitor_id",{"value":"v"},null]`, ``},
		{"text", "", `"visitor_id=v1"`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := service.NewMessage([]byte(`{"id":1,"note_attributes":` + test.attributes + `}`))
			msg.MetaSet("X-Shopify-Topic", "orders/paid")
			batch, err := newAdapter(t, "shopify", test.settings).Process(t.Context(), msg)
			require.NoError(t, err)
			require.Len(t, batch, 1)
			event := contentOf(t, batch[0])
			if test.want == "" {
				assert.Equal(t, `{"event":"Order Updated","properties":{"order_id":"1"},"type":"track"}`, event)
				return
			}
			assert.Contains(t, event, test.want)
		})
	}
}
