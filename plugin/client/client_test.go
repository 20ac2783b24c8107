package client

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckID(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ id, errContains string }{
		"account number":      {id: "56072331"},
		"account with a name": {id: "le12345678_QA"},
		"app key":             {id: testApp},
		"dots within":         {id: "a.b..c"},
		"other alphabets":     {id: "счёт"},

		"empty":         {id: "", errContains: "must not be empty"},
		"dot":           {id: ".", errContains: "not an id"},
		"two dots":      {id: "..", errContains: "not an id"},
		"path":          {id: "account/56072331", errContains: `'/'`},
		"climbing path": {id: "../56072331", errContains: `'/'`},
		"URL":           {id: "https://va.v.liveperson.net/api", errContains: "not a path or URL"},
		"backslash":     {id: `a\b`, errContains: `'\\'`},
		"query":         {id: "56072331?v=1.0", errContains: `'?'`},
		"ampersand":     {id: "56072331&v=1.0", errContains: `'&'`},
		"fragment":      {id: "56072331#", errContains: `'#'`},
		"percent":       {id: "%35", errContains: `'%'`},
		"space before":  {id: " 56072331", errContains: `' '`},
		"space after":   {id: "56072331 ", errContains: `' '`},
		"space alone":   {id: " ", errContains: `' '`},
		"line break":    {id: "56072331\r\n", errContains: `'\r'`},
		"tab":           {id: "5607\t2331", errContains: `'\t'`},
		"control":       {id: "5607\x7f", errContains: `'\x7f'`},
		"after letters": {id: "é/", errContains: `'/'`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := checkID(test.id)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			assert.NoError(t, err)
		})
	}
}

func TestNewAccount(t *testing.T) {
	t.Parallel()
	doer := answering(200, "")
	tests := map[string]struct {
		options     Options
		errContains string
	}{
		"Domain API by default": {options: Options{AccountID: testAccount, HTTP: doer}},
		"stand-in on loopback":  {options: Options{AccountID: testAccount, HTTP: doer, DomainAPI: "http://127.0.0.1:8090"}},
		"no account":            {options: Options{HTTP: doer}, errContains: "account_id: must not be empty"},
		"account with a slash":  {options: Options{AccountID: "1/2", HTTP: doer}, errContains: "account_id: "},
		"Domain API over http":  {options: Options{AccountID: testAccount, HTTP: doer, DomainAPI: "http://api.liveperson.net"}, errContains: "domain_api: "},
		"no HTTP client":        {options: Options{AccountID: testAccount}, errContains: "no HTTP client"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account, err := NewAccount(test.options)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.Nil(t, account)
				return
			}
			require.NoError(t, err)
			assert.NotNil(t, account)
		})
	}
}

// Nothing that is sent asks for compressed answers.
func TestAnswersThatAreCompressedAllTheSame(t *testing.T) {
	t.Parallel()
	packed := func(text string) []byte {
		var body bytes.Buffer
		w := gzip.NewWriter(&body)
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return body.Bytes()
	}
	whole := Session{VisitorID: "xyz", SessionID: "abc", PageID: "4743822558"}
	tests := map[string]struct {
		status      int
		body        []byte
		want        Session
		errContains string
	}{
		"accepted":   {status: 200, body: packed(sampleSession), want: whole},
		"a page":     {status: 200, body: packed("<html></html>"), errContains: "this is not the Monitoring API"},
		"refused":    {status: 400, body: packed(`{"message":"identities","internalCode":5}`), errContains: "there is no identity"},
		"not packed": {status: 200, body: []byte(sampleSession)},
		"breaks off": {status: 200, body: packed(sampleSession)[:15]},
		"empty":      {status: 200},
		"far larger": {status: 200, body: packed(sampleSession + strings.Repeat(" ", 64*maxResponseBytes)), want: whole},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Empty(t, r.Header.Get("Accept-Encoding"))
				w.Header().Set("Content-Encoding", "gzip")
				w.WriteHeader(test.status)
				_, _ = w.Write(test.body)
			})
			m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: server})
			got, err := m.Report(t.Context(), Report{Body: []byte(`{}`)})
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}
