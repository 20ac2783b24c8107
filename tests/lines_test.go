package tests

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A product line that is nothing is counted, whichever tool it comes from, and is said once. The count belongs to the process,
// so this test runs alone.
func TestLinesThatAreNothingAreCounted(t *testing.T) {
	bodies := map[string]string{
		"segment":        `{"type":"track","event":"Order Completed","anonymousId":"a1","properties":{"order_id":"R-1","products":[null,{"sku":"A"},""]}}`,
		"ga4":            `{"client_id":"a1","events":[{"name":"purchase","params":{"transaction_id":"R-1","items":[null,{"item_id":"A"},{}]}}]}`,
		"gtag":           `{"client_id":"a1","ecommerce":{"purchase":{"actionField":{"id":"R-1"},"products":[null,null,{"id":"A"}]}}}`,
		"shopify":        `{"admin_graphql_api_id":"gid://shopify/Cart/1","abandoned_checkout_url":"x","note_attributes":[{"name":"visitor_id","value":"a1"}],"total_price":"1","line_items":[null,null,{"sku":"A","price":"1"}]}`,
		"woocommerce":    `{"id":1,"order_key":"wc_order_1","status":"processing","meta_data":[{"key":"visitor_id","value":"a1"}],"line_items":[null,[],{"sku":"A"}]}`,
		"adobe_commerce": `{"increment_id":"1","state":"new","visitor_id":"a1","items":{"1":null,"2":{"sku":"A"},"3":[]}}`,
		"mparticle":      `{"mp_deviceid":"a1","events":[{"event_type":"commerce_event","data":{"product_action":{"action":"purchase","products":[null,{"id":"A","price":1},{}]}}}]}`,
		"xdm":            `{"identityMap":{"ECID":[{"id":"a1"}]},"eventType":"commerce.purchases","productListItems":[null,{"SKU":"A"},{}]}`,
		"snowplow": `{"event_vendor":"com.snowplowanalytics.snowplow.ecommerce","event_name":"snowplow_ecommerce_action","domain_userid":"a1",
			"unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1":{"type":"transaction"},"contexts_com_snowplowanalytics_snowplow_ecommerce_product_1":[null,{"id":"A"},null]}`,
	}
	for tool, body := range bodies {
		l := &ledger{counts: map[string]int64{}}
		env := service.NewEnvironment()
		require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
			return l, nil
		}))
		builder := env.NewStreamBuilder()
		builder.SetHTTPMux(http.NewServeMux())
		require.NoError(t, builder.SetYAML("metrics: { ledger: {} }\npipeline: { threads: 1, processors: [ liveperson_from: {}, liveperson_retail: {} ] }\noutput: { drop: {} }"))
		var log bytes.Buffer
		builder.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
		push, err := builder.AddProducerFunc()
		require.NoError(t, err)
		built, err := builder.Build()
		require.NoError(t, err)
		pushed := make(chan error, 1)
		go func() {
			pushed <- push(context.Background(), service.NewMessage([]byte(body)))
			_ = built.StopWithin(stopWithin)
		}()
		require.NoError(t, built.Run(context.Background()))
		require.NoError(t, <-pushed)
		assert.Equal(t, map[string]int64{"liveperson_product_lines_dropped": 2}, l.of("liveperson_product_lines_dropped"), tool)
		assert.LessOrEqual(t, strings.Count(log.String(), "were left out of its report"), 1, tool)
	}
}
