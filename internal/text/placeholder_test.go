package text_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"(not set)", "undefined", "null", "NaN", "None", "none", "nil", "0", "-1", "[object Object]", "00000000-0000-0000-0000-000000000000",
		"guest", "anonymous", "", " ", "\t\n", "\u00a0", "0.0", "000", "00000000000000000000000000000000000000", "{00000000-0000-0000-0000-000000000000}",
		"(NOT SET)", "Undefined", "NULL", " null ", `"null"`, "'undefined'", `""`, "GUEST", "Anonymous", "{{user_id}}", "{{ customer.id }}", "${userId}", "undefined.undefined", "NaN.NaN",
		strings.Repeat("0", 500), strings.Repeat(" ", 500),
		"--", "_", "#", "{}", "[]", "()", "?", "…", strings.Repeat("-", 500), "[object HTMLInputElement]", "[OBJECT WINDOW]", "%%ORDER_ID%%", `\N`, "#N/A", "TRUE",
		"(empty)", "(Not Provided)", "(other)", "(data deleted)", "(redacted)", "[REDACTED]",
	} {
		assert.True(t, text.IsPlaceholder(id), "%q", id)
	}
	for _, id := range []string{
		"1", "01", "100", "-2", "10.0", "a", "guest-17", "anonymous@example.com", "nullpointer", "f47ac10b-58cc-4372-a567-0d02b2c3d479",
		"00000000-0000-0000-0000-000000000001", "none-of-these", "nano", "o", "{a}", "null.1", "undefined.null.x", strings.Repeat("0", 500) + "1", "test", "admin",
		"%%%%a", "[object", "n", "N", "ß", "注", "é", "-a-", "#1", "true-1", "other", "redacted",
	} {
		assert.False(t, text.IsPlaceholder(id), "%q", id)
	}
	assert.True(t, text.IsPlaceholder(" TEST ", "visitor", "test"), "the caller's own")
	assert.True(t, text.IsPlaceholder("test", " Test "))
	assert.False(t, text.IsPlaceholder("tests", "test"))
}
