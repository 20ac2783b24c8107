package sde

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNames(t *testing.T) {
	t.Parallel()
	assert.Subset(t, WriteTypes(), []string{Cart, CustomerInfo, VisitorError, Lead, MarketingSource, PersonalInfo, ProductView, Purchase, Search, Service})
	for _, name := range WriteTypes() {
		assert.True(t, Known(name), name)
		_, isReadName := WriteName(name)
		assert.False(t, isReadName, name)
	}
	impressions := slices.DeleteFunc(WriteTypes(), func(name string) bool { return !IsImpression(name) })
	assert.Equal(t, []string{"impAccept", "impClose", "impDisplay", "impExpanded", "impTimeout"}, impressions)
	for read, write := range map[string]string{"cartStatus": "cart", "searchContent": "searchInfo"} {
		name, ok := WriteName(read)
		assert.True(t, ok)
		assert.Equal(t, write, name)
		assert.True(t, Known(read))
	}
	for _, name := range []string{"", "Cart", "viewedProduct", "orderId"} {
		assert.False(t, Known(name), name)
	}
}
