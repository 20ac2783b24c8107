package liveperson

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/doctest"
)

// The table in the docs is made from the table in the code. After a change, run:
//
//	go test ./internal/liveperson -run FailuresPage -update
func TestFailuresPage(t *testing.T) {
	doctest.Section(t, "../../docs/operations.md", "failures", "go test ./internal/liveperson -run FailuresPage -update", failuresTable())
}

func failuresTable() string {
	var b strings.Builder
	b.WriteString("\n| status | code | class | meaning | retried | what to do |\n|---|---|---|---|---|---|\n")
	for _, f := range slices.Concat(failures, withoutAnswer) {
		codes := make([]string, len(f.codes))
		for i, code := range f.codes {
			codes[i] = fmt.Sprint(code)
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s | %s |\n",
			f.statusText(), strings.Join(codes, ", "), f.class, f.meaning, f.retryText(), f.action)
	}
	return b.String() + "\n"
}

// For each row there is an answer that no earlier row fits.
func TestEveryFailureCounts(t *testing.T) {
	t.Parallel()
	counted := map[string]bool{}
	for status := range 700 {
		for _, code := range []int{0, codeAccountNotLoaded, codeBadVisitor, codeInvalidAppToken, codeNoAppToken} {
			counted[failureOf(status, code, "").meaning] = true
		}
	}
	for _, f := range failures {
		assert.True(t, counted[f.meaning], f.meaning)
		assert.NotEmpty(t, f.action, f.meaning)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	for _, f := range slices.Concat(failures, withoutAnswer) {
		code := 0
		if f.codes != nil {
			code = f.codes[0]
		}
		status := f.from
		switch f.statuses {
		case "other 4xx":
			status = 418
		case "200, 201, 3xx":
			status = 200
		}
		meaning, action, known := Advice(f.class, status, code)
		assert.True(t, known, f.meaning)
		assert.Equal(t, f.meaning, meaning)
		assert.NotEqual(t, asAbove, action)
		assert.NotEmpty(t, action)
	}
	_, action, _ := Advice(ClassServer, 425, 0)
	assert.Equal(t, "If it goes on, check the proxies on the way.", action)
	_, _, known := Advice("other", 0, 0)
	assert.False(t, known)
}
