package report

import (
	"encoding/json"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// Reports of a page and an order, as a mapping makes them.
const (
	pageReport = `{"consumerId":"00000000-5cc8-411b-ac07-3868e5adfacf",
		"identities":[{"iss":"Datafly","acr":"loa1","sub":"00000000-5cc8-411b-ac07-3868e5adfacf"}],
		"entryPoints":["https://shop.example.com/uk/p/7?utm_source=newsletter&utm_medium=email"],
		"engagementAttributes":[{"type":"mrktInfo","info":{"channel":3,"affiliate":"newsletter","campaignId":"Frühling"}}]}`
	orderReport = `{"consumerId":"00000000-5cc8-411b-ac07-3868e5adfacf",
		"identities":[{"iss":"Datafly","acr":"loa1","sub":"00000000-5cc8-411b-ac07-3868e5adfacf"}],
		"entryPoints":["https://shop.example.com/uk/checkout"],
		"engagementAttributes":[{"type":"purchase","total":176.5,"currency":"GBP","orderId":"ORD-7","cart":{"numItems":2,"products":[
			{"product":{"name":"Fjord windproof gilet","category":"Clothing > Jackets","sku":"GP-CL-7","price":64.5},"quantity":1},
			{"product":{"name":"Cape 15\" jacket","category":"Clothing > Jackets","sku":"GP-CL-8","price":112},"quantity":1}]}}]}`
)

// BenchmarkEncode measures the cost of a message before it enters the queue: the check and the
// encoding of a report that a mapping has left decoded.
func BenchmarkEncode(b *testing.B) {
	e := encoder{validator: newValidator(validationStrict, sde.Options{}, service.MockResources())}
	for _, bench := range []struct{ name, report string }{{"page", pageReport}, {"order", orderReport}} {
		b.Run(bench.name, func(b *testing.B) {
			var content map[string]any
			require.NoError(b, json.Unmarshal([]byte(bench.report), &content))
			b.ReportAllocs()
			for b.Loop() {
				msg := service.NewMessage(nil)
				msg.SetStructured(content)
				if _, err := e.encode(msg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
