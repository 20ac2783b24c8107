package liveperson

import (
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
