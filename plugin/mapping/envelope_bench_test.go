package mapping

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// BenchmarkEnvelopes reads one event in each envelope. The body is already parsed.
func BenchmarkEnvelopes(b *testing.B) {
	const call = `{"type":"track","event":"Order Completed","anonymousId":"a1","messageId":"m1","timestamp":"2026-03-02T09:00:00Z","properties":{"order_id":"1","total":5,"currency":"EUR"},"context":{"page":{"url":"https://shop.example.com/"}}}`
	for _, test := range []struct{ source, body string }{
		{"segment", call},
		{"cloudevents", `{"specversion":"1.0","id":"1","source":"/s","type":"x","time":"2026-03-02T09:00:00Z","data":` + call + `}`},
		{"kafka_connect", `{"schema":{"type":"struct","fields":[{"field":"timestamp","type":"string"}]},"payload":` + call + `}`},
		{"debezium", `{"op":"c","before":null,"after":{"id":7,"anonymous_id":"a1","total":"12.90","currency":"EUR"},"source":{"table":"orders","ts_ms":1772443200000}}`},
	} {
		b.Run(test.source, func(b *testing.B) {
			p := newAdapter(b, test.source, "tables: {orders: {c: Order Completed}}")
			msg := service.NewMessage([]byte(test.body))
			_, err := msg.AsStructured()
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				batch, err := p.Process(b.Context(), msg)
				if err != nil || len(batch) != 1 {
					b.Fatal(len(batch), err)
				}
			}
		})
	}
}
