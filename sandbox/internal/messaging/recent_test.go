package messaging

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRecentCountsAKeyOnce(t *testing.T) {
	t.Parallel()
	r := newRecent[int](2)
	r.put("a", 1)
	r.put("b", 2)
	r.put("a", 3)
	assert.Equal(t, []int{3, 2}, slices.Collect(r.all()), "it takes the place of the one before")
	r.put("c", 4)
	assert.Equal(t, []int{2, 4}, slices.Collect(r.all()), "and its age")
}
