package liveperson

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in          string
		want        string
		errContains string
	}{
		"host":                     {in: "va.v.liveperson.net", want: "https://va.v.liveperson.net"},
		"host of another pattern":  {in: "va.bc-monitoring.liveperson.net", want: "https://va.bc-monitoring.liveperson.net"},
		"host and port":            {in: "va.v.liveperson.net:8443", want: "https://va.v.liveperson.net:8443"},
		"https":                    {in: "https://api.liveperson.net", want: "https://api.liveperson.net"},
		"https with a slash":       {in: "https://api.liveperson.net/", want: "https://api.liveperson.net"},
		"host with a slash":        {in: "va.v.liveperson.net/", want: "https://va.v.liveperson.net"},
		"scheme in capitals":       {in: "HTTPS://va.v.liveperson.net", want: "https://va.v.liveperson.net"},
		"IPv4":                     {in: "192.0.2.1", want: "https://192.0.2.1"},
		"IPv6":                     {in: "[2001:db8::1]", want: "https://[2001:db8::1]"},
		"IPv6 and port":            {in: "[2001:db8::1]:8443", want: "https://[2001:db8::1]:8443"},
		"loopback without scheme":  {in: "127.0.0.1:8090", want: "https://127.0.0.1:8090"},
		"http to localhost":        {in: "http://localhost:8090", want: "http://localhost:8090"},
		"http to loopback IPv4":    {in: "http://127.0.0.1:8090", want: "http://127.0.0.1:8090"},
		"http to loopback IPv6":    {in: "http://[::1]:8090", want: "http://[::1]:8090"},
		"http elsewhere in 127/8":  {in: "http://127.8.9.1", want: "http://127.8.9.1"},
		"http to a host":           {in: "http://api.liveperson.net", errContains: "loopback"},
		"http to a private net":    {in: "http://192.168.0.7:8090", errContains: "loopback"},
		"http to any address":      {in: "http://0.0.0.0:8090", errContains: "loopback"},
		"http to localhost's kin":  {in: "http://localhost.example.com", errContains: "loopback"},
		"http to a number's kin":   {in: "http://127.0.0.1.example.com", errContains: "loopback"},
		"another scheme":           {in: "ftp://api.liveperson.net", errContains: "scheme"},
		"path":                     {in: "https://api.liveperson.net/api/account", errContains: "path"},
		"path without scheme":      {in: "api.liveperson.net/api", errContains: "path"},
		"two slashes at the end":   {in: "api.liveperson.net//", errContains: "path"},
		"query":                    {in: "https://api.liveperson.net?version=1.0", errContains: "query"},
		"fragment":                 {in: "https://api.liveperson.net#top", errContains: "path or query"},
		"empty":                    {in: "", errContains: "not a host"},
		"scheme alone":             {in: "https://", errContains: "not a host"},
		"port alone":               {in: ":8090", errContains: "not a host"},
		"slash alone":              {in: "/", errContains: "not a host"},
		"space before":             {in: " api.liveperson.net", errContains: "not a host"},
		"space after":              {in: "api.liveperson.net ", errContains: "not a host"},
		"space within":             {in: "api.live person.net", errContains: "not a host"},
		"line break":               {in: "api.liveperson.net\n", errContains: "not a host"},
		"percent":                  {in: "api%20.liveperson.net", errContains: "not a host"},
		"backslash":                {in: `api.liveperson.net\x`, errContains: "not a host"},
		"port that is no number":   {in: "api.liveperson.net:https", errContains: "not a host"},
		"port zero":                {in: "api.liveperson.net:0", errContains: "not a host"},
		"port beyond the last":     {in: "api.liveperson.net:65536", errContains: "not a host"},
		"IPv6 without brackets":    {in: "2001:db8::1", errContains: "not a host"},
		"IPv6 with bracket open":   {in: "[2001:db8::1", errContains: "not a host"},
		"slash missing in scheme":  {in: "https:/api.liveperson.net", errContains: "path"},
		"user name":                {in: "https://user@api.liveperson.net", errContains: "user name or password"},
		"user name without scheme": {in: "user@api.liveperson.net", errContains: "user name or password"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseBaseURL(test.in)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.Nil(t, got)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got.String())
		})
	}
}

func TestParseBaseURLKeepsPasswords(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"https":          "https://user:hunter2@api.liveperson.net",
		"no scheme":      "user:hunter2@api.liveperson.net",
		"path":           "https://user:hunter2@api.liveperson.net/api",
		"plain http":     "http://user:hunter2@api.liveperson.net",
		"another scheme": "ftp://user:hunter2@api.liveperson.net",
		"loopback":       "http://user:hunter2@127.0.0.1:8090",
		"space":          "https://user:hunter2 x@api.liveperson.net",
		"percent":        "https://user:hunter2%@api.liveperson.net",
		"no host":        "https://user:hunter2@",
		"bad port":       "https://user:hunter2@api.liveperson.net:port",
		"scheme missing": "//user:hunter2@api.liveperson.net",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseBaseURL(in)
			require.ErrorContains(t, err, "user name or password")
			assert.NotContains(t, err.Error(), "hunter2")

			_, err = NewAccount(Options{AccountID: testAccount, DomainAPI: in, HTTP: answering(200, "")})
			require.ErrorContains(t, err, "domain_api: ")
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost":                true,
		"localhost:8090":           true,
		"127.0.0.1":                true,
		"127.255.255.254:1":        true,
		"[::1]":                    true,
		"[::1]:8090":               true,
		"[::ffff:127.0.0.1]":       true,
		"0.0.0.0":                  false,
		"[::]":                     false,
		"10.0.0.1":                 false,
		"128.0.0.1":                false,
		"[2001:db8::1]":            false,
		"va.v.liveperson.net":      false,
		"localhost.liveperson.net": false,
		"127.0.0.1.nip.io":         false,
		"":                         false,
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, want, IsLoopback(&url.URL{Host: host}))
		})
	}
}

// A stand-in on loopback has no certificate; LivePerson always has one.
func TestBaseFromDomainAPI(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		baseURI, domainAPI string
		want               string
		errContains        string
	}{
		"LivePerson":                           {baseURI: testDomain, domainAPI: DefaultDomainAPI, want: "https://" + testDomain},
		"loopback from loopback":               {baseURI: "127.0.0.1:8090", domainAPI: "http://127.0.0.1:8090", want: "http://127.0.0.1:8090"},
		"localhost from loopback":              {baseURI: "localhost:1", domainAPI: "http://[::1]:8090", want: "http://localhost:1"},
		"loopback from loopback with TLS":      {baseURI: "127.0.0.1:8090", domainAPI: "https://127.0.0.1:8090", want: "https://127.0.0.1:8090"},
		"LivePerson from loopback":             {baseURI: testDomain, domainAPI: "http://127.0.0.1:8090", want: "https://" + testDomain},
		"loopback from LivePerson":             {baseURI: "127.0.0.1:8090", domainAPI: DefaultDomainAPI, want: "https://127.0.0.1:8090"},
		"loopback that asks for https":         {baseURI: "https://127.0.0.1:8090", domainAPI: "http://127.0.0.1:8090", want: "https://127.0.0.1:8090"},
		"plain http elsewhere stays forbidden": {baseURI: "http://" + testDomain, domainAPI: "http://127.0.0.1:8090", errContains: "loopback"},
		"path":                                 {baseURI: testDomain + "/api", domainAPI: DefaultDomainAPI, errContains: "path"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			domainAPI, err := url.Parse(test.domainAPI)
			require.NoError(t, err)
			got, err := baseFromDomainAPI(test.baseURI, domainAPI)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got.String())
		})
	}
}
