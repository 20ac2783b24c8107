package sde

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMasked(t *testing.T) {
	t.Parallel()
	for report, want := range map[string]string{
		`"text"`:                               `"***"`,
		`null`:                                 `null`,
		`{"consumerId":"c-0","pageId":"1"}`:    `{"consumerId":"***","pageId":"1"}`,
		`{"identities":[{"iss":"i","sub":1}]}`: `{"identities":[{"iss":"i","sub":"***"}]}`,
		// another type than the schema's
		`{"entryPoints":{"a":"b"},"pageId":12125550123}`:                                                                         `{"entryPoints":{"a":"***"},"pageId":"***"}`,
		`{"entryPoints":["https://u:p@example.com/a;b=1?q#f","/x?y","sec://Sport","mail jane.roe@example.com",7,true,null]}`:     `{"entryPoints":["https://example.com/a;***","/x?***","sec://Sport","***","***","***",null]}`,
		`{"engagementAttributes":[{"type":"lead","lead":{"topic":"t","leadId":"+1 212 555 0123","value":1.5,"own":{"a":[1]}}}]}`: `{"engagementAttributes":[{"type":"lead","lead":{"topic":"t","leadId":"***","value":1.5,"own":{"a":["***"]}}}]}`,
		`{"engagementAttributes":[{"type":"error","error":{"resolved":true}},{"type":"mine","a":1},7]}`:                          `{"engagementAttributes":[{"type":"error","error":{"resolved":true}},{"type":"***","a":"***"},"***"]}`,
	} {
		var value any
		require.NoError(t, json.Unmarshal([]byte(report), &value))
		got, err := json.Marshal(Masked(value))
		require.NoError(t, err)
		assert.JSONEq(t, want, string(got), report)
		again, err := json.Marshal(value)
		require.NoError(t, err)
		assert.JSONEq(t, report, string(again), "the report itself stays")
	}
}
