package privacy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Parameters are removed even if the sign before them is escaped, full-width or small.
func TestHiddenParameters(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, url, want string }{
		{"escaped question mark", "https://e.example/%3Fx=SECRET", "https://e.example/"},
		{"lower case", "https://e.example/a%3fx%3dSECRET", "https://e.example/a"},
		{"escaped twice", "https://e.example/a%253Fx%253DSECRET", "https://e.example/a"},
		{"escaped four times", "https://e.example/a%2525253Fx=SECRET", "https://e.example/a"},
		{"full width", "https://e.example/a？x=SECRET", "https://e.example/a"},
		{"full width, escaped", "https://e.example/a%EF%BC%9Fx=SECRET", "https://e.example/a"},
		{"full width, escaped twice", "https://e.example/a%25ef%25bc%259fx=SECRET", "https://e.example/a"},
		{"small", "https://e.example/a﹖x=SECRET", "https://e.example/a"},
		{"old percent", "https://e.example/a%u003Fx=SECRET", "https://e.example/a"},
		{"JSON escape", `https://e.example/a\u003fx=SECRET`, "https://e.example/a"},
		{"JavaScript escape", `https://e.example/a\x3Fx=SECRET`, "https://e.example/a"},
		{"HTML", "https://e.example/a&#63;x=SECRET", "https://e.example/a&"},
		{"HTML name", "https://e.example/a&quest;x=SECRET", "https://e.example/a"},
		{"no name", "https://e.example/a%3FSECRET/b", "https://e.example/a"},
		{"ampersand", "https://e.example/&x=SECRET", "https://e.example/"},
		{"ampersand behind the host", "https://e.example&x=SECRET", "https://e.example"},
		{"ampersand, escaped", "https://e.example/a%26x%3DSECRET/b", "https://e.example/a"},
		{"ampersand, full width", "https://e.example/a＆x＝SECRET", "https://e.example/a"},
		{"HTML ampersand", "https://e.example/a&amp;x=SECRET", "https://e.example/a"},
		{"semicolon", "https://e.example/a%3Bjsessionid=SECRET", "https://e.example/a"},
		{"number sign", "https://e.example/a%23token=SECRET", "https://e.example/a"},
		{"number sign, full width", "https://e.example/a＃token%3dSECRET", "https://e.example/a"},
		{"before a query", "https://e.example/a%3Fx=SECRET?y=SECRET", "https://e.example/a"},
		{"the whole URL", "https%3A%2F%2Fe.example%2F%3Fx%3DSECRET", "https%3A%2F%2Fe.example%2F"},
		{"the allowed one too", "https://e.example/a%3Futm_source=m%26x%3DSECRET", "https://e.example/a"},
		{"equals sign in a fragment", "https://e.example/a#x%3DSECRET", "https://e.example/a"},
		{"question mark in a fragment", "https://e.example/a#%3Fx%3DSECRET", "https://e.example/a"},
		{"without a host", "a%3Fx=SECRET", "a"},
		// These have no parameters.
		{"a name", "https://e.example/h&m/AT%26T/c%23/a%3Bb", "https://e.example/h&m/AT%26T/c%23/a%3Bb"},
		{"an equals sign", "https://e.example/a=b/c%3Dd", "https://e.example/a=b/c%3Dd"},
		{"other escapes", "https://e.example/100%25/%33F/%E2%82%AC", "https://e.example/100%25/%33F/%E2%82%AC"},
	}
	for _, settings := range []string{"url_query: drop", "url_query: allow_list, url_query_allow: [utm_source]"} {
		var reports []any
		for _, test := range tests {
			reports = append(reports, map[string]any{
				"entryPoints": []any{test.url}, "page-url": test.url,
				"engagementAttributes": []any{map[string]any{"type": "mrktInfo", "x": map[string]any{"referrer": test.url, "Page_URL ": []any{test.url}}}},
			})
		}
		for i, msg := range driveReports(t, settings, reports...) {
			for _, path := range []string{"entryPoints.0", "page-url", "engagementAttributes.mrktInfo.x.referrer", "engagementAttributes.mrktInfo.x.Page_URL .0"} {
				assert.Equal(t, tests[i].want, at(content(t, msg), path), "%s: %s in %s", settings, tests[i].name, path)
			}
		}
	}
}
