package events_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

func TestType(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		preset, name string
		want         any
	}{
		{"retail", "Order Completed", "order_completed"},
		{"retail", " ORDER-completed! ", "order_completed"},
		{"retail", "Product Clicked", events.Ignored},
		{"retail", "Form Submitted", nil},
		{"retail", "", nil},
		{"lead_generation", "form_submit", "lead"},
		{"lead_generation", "Lead Generated", "lead"},
		{"b2b_saas", "trialStarted", "trial_started"},
		{"b2b_saas", "purchase", "order_completed"},
		{"b2b_saas", "Account Registered", "account_created"},
		{"retail", "Account Registered", "sign_up"},
		{"impressions", "Offer Shown", "impDisplay"},
		{"impressions", "Order Completed", nil},
	} {
		assert.Equal(t, test.want, events.Of(test.preset).Type(test.name), "%s: %s", test.preset, test.name)
	}
	assert.Nil(t, events.Of("retial"))
}

func TestEveryEventHasNamesAndOneRow(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"retail", "lead_generation", "b2b_saas", "impressions"} {
		preset := events.Of(name)
		require.NotNil(t, preset, name)
		seen := map[string]bool{}
		for _, event := range preset.Events {
			assert.NotEmpty(t, preset.AllNames(event.Type), "%s: %s", name, event.Type)
			assert.False(t, seen[event.Type], "%s: %s is there twice", name, event.Type)
			assert.Equal(t, event.Type == events.Ignored, event.Reports == "", "%s: %s", name, event.Type)
			seen[event.Type] = true
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	page := events.Of("lead_generation").Markdown()
	assert.Contains(t, page, "| Products Searched | Product Searched, Searched Products, search, View Search Results, Site Search | `searchContent` with `keywords` |\n")
	assert.Contains(t, page, "Viewing Booked, Lead Generated, Generate Lead")
	assert.Contains(t, page, "The setting `events` takes these kinds: campaign, identify, ignored, lead, login, logout, page, search, sign_up.")
	assert.Contains(t, page, "no use for them: Form Viewed, Form View, Form Started, Product Clicked")
	assert.NotContains(t, page, "Order Completed")
}
