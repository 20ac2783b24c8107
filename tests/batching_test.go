package tests

import (
	"fmt"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The user's processors in the batching run before the output's own processor. This holds even if
// they make more messages of one flush than the output has room for.
func TestAUsersBatchingKeepsTheOrder(t *testing.T) {
	t.Parallel()
	const events, consumers = 9000, 50
	livePerson, url := newSandbox(t, sandbox.Options{})
	t.Cleanup(livePerson.Close)
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	require.NoError(t, builder.AddInputYAML(fmt.Sprintf(`
generate:
  count: %d
  interval: ""
  mapping: |
    let n = counter()
    root = {"consumer": "c-%%d".format($n %% %d), "number": $n}
`, events, consumers)))
	require.NoError(t, builder.AddOutputYAML(fmt.Sprintf(`
liveperson_report:
  account_id: %q
  app_installation_id: %s
  domain_api: %s
  batching:
    count: %d
    processors:
      - mapping: |
          root.consumerId = this.consumer
          root.engagementAttributes = [{"type": "lead", "lead": {"leadId": this.number.string()}}]
      - split: { size: 3000 }
`, sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url, events)))
	built, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, built.Run(t.Context()))

	assert.Len(t, reports(t, url), events)
	for consumer := range consumers {
		var page struct {
			Sessions []any
			Disorder []any
		}
		getJSON(t, fmt.Sprintf("%s/sandbox/consumers/c-%d?order_by=engagementAttributes.0.lead.leadId", url, consumer), &page)
		assert.Empty(t, page.Disorder)
		assert.Len(t, page.Sessions, 1)
	}
}
