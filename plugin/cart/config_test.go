package cart

import (
	"fmt"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml, errContains string
		want                    config
	}{
		{name: "defaults", want: config{ttl: 24 * time.Hour, maxLines: 100, events: map[string]any{}}},
		{name: "all settings", yaml: "{key: CART_ID, cache: carts, ttl: 90m, max_lines: 7, events: {Basket Shown: cart_view}}", want: config{byCart: true, cache: "carts", ttl: 90 * time.Minute, maxLines: 7, events: map[string]any{"Basket Shown": "cart_view"}}},
		{name: "no time", yaml: "ttl: 0s", errContains: "ttl: must be more than 0s"},
		{name: "no duration", yaml: "ttl: soon", errContains: "ttl: expected a duration"},
		{name: "no kind", yaml: "events: {Basket Shown: cart_vew}", errContains: `events: "Basket Shown": "cart_vew" is not a kind of event: did you mean cart_view?`},
		{name: "no lines", yaml: "max_lines: 0", errContains: "max_lines: must be from 1 to 1000"},
		{name: "too many lines", yaml: "max_lines: 1001", errContains: "max_lines: must be from 1 to 1000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := spec().ParseYAML(test.yaml, nil)
			require.NoError(t, err)
			got, err := configFromParsed(parsed)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestACacheThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := newProcessor(config{cache: "carts"}, service.MockResources())
	require.EqualError(t, err, `cache: there is no cache resource labelled "carts": add it to the config, or correct the label`)
}

func TestLint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml, want string
	}{
		{name: "nothing set", yaml: "liveperson_cart: {}"},
		{name: "all settings", yaml: "liveperson_cart: {key: cart_id, cache: carts, ttl: 1h, max_lines: 1000}"},
		{name: "own names", yaml: "liveperson_cart: {events: {Basket Shown: cart_view, Ticket Sold: lead}}"},
		{name: "no kind", yaml: "liveperson_cart: {events: {Basket Shown: shown}}", want: `events: "Basket Shown": "shown" is not a kind of event: expected one of campaign,`},
		{name: "another key", yaml: "liveperson_cart: {key: session}", want: "key: expected one of cart_id, consumer"},
		{name: "no lines", yaml: "liveperson_cart: {max_lines: 0}", want: "must be from 1 to 1000"},
		{name: "too many lines", yaml: "liveperson_cart: {max_lines: 1001}", want: "must be from 1 to 1000"},
		{name: "unknown setting", yaml: "liveperson_cart: {emit: both}", want: "field emit not recognised"},
	}
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lints, err := linter.LintProcessorYAML([]byte(test.yaml))
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, lints)
				return
			}
			assert.Contains(t, fmt.Sprint(lints), test.want)
		})
	}
}
