package access

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The samples of RFC 5849.
func TestSamplesOfTheRFC(t *testing.T) {
	t.Parallel()
	key := APIKey{"dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"}
	a := New(Options{Key: key, Strict: true})
	r := httptest.NewRequest(http.MethodGet, "http://photos.example.net/photos?file=vacation.jpg&size=original", nil)
	header := `OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk",
		oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"`
	r.Header.Set("Authorization", header)
	assert.Empty(t, a.verify(r, nil), "1.2")
	assert.Contains(t, a.verify(r, nil), "oauth_nonce was used before")

	for name, change := range map[string][2]string{
		"oauth_signature is wrong":                  {"MdpQ", "MdpR"},
		"oauth_nonce is missing":                    {`oauth_nonce="chapoH", `, ""},
		"oauth_token is not":                        {"nnch", "nnci"},
		"oauth_consumer_key is not":                 {"dpf4", "dpf5"},
		"oauth_timestamp must be":                   {"137131202", "-1"},
		"oauth_signature_method must be HMAC-SHA1":  {"HMAC-SHA1", "PLAINTEXT"},
		"oauth_nonce is in the header twice":        {`oauth_nonce="chapoH"`, `oauth_nonce="chapoH", oauth_nonce="chapoH"`},
		"the header Authorization must be OAuth":    {`oauth_nonce="chapoH"`, `oauth_nonce=chapoH`},
		"oauth_version must be 1.0, or left out":    {`realm="Photos"`, `oauth_version="2.0"`},
		"oauth_signature is wrong: it must be":      {"chapoH", "chapoI"},
		"oauth_signature is wrong: it must be the ": {`realm="Photos"`, `oauth_extra="1"`},
	} {
		r.Header.Set("Authorization", strings.Replace(header, change[0], change[1], 1))
		assert.Contains(t, New(Options{Key: key}).verify(r, nil), name)
	}

	form := httptest.NewRequest(http.MethodPost, "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", nil)
	pairs := append(formOf(form.URL.RawQuery), formOf("c2&a3=2+q")...)
	pairs = append(pairs, parameter{"oauth_consumer_key", "9djdj82h48djs9d2"}, parameter{"oauth_token", "kkk9d7dh3k39sjv7"},
		parameter{"oauth_signature_method", "HMAC-SHA1"}, parameter{"oauth_timestamp", "137131201"}, parameter{"oauth_nonce", "7d8f3e4a"})
	assert.Equal(t, "a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=&oauth_consumer_key=9djdj82h48djs9d2&oauth_nonce=7d8f3e4a&"+
		"oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_token=kkk9d7dh3k39sjv7", normalize(pairs), "3.4.1.3.2")
	upper := httptest.NewRequest(http.MethodGet, "http://EXAMPLE.COM:80/r%20v/X?id=123", nil)
	assert.Equal(t, "http://example.com/r%20v/X", baseURI(upper, "http"), "3.4.1.2")
	port := httptest.NewRequest(http.MethodGet, "https://www.example.net:8080/?q=1", nil)
	assert.Equal(t, "https://www.example.net:8080/", baseURI(port, "https"), "3.4.1.2")
}

// A form in the body is part of the signature, a JSON body is not.
func TestAFormIsSigned(t *testing.T) {
	t.Parallel()
	a := New(Options{Key: APIKey{Secret: "s", AccessTokenSecret: "t"}})
	r := httptest.NewRequest(http.MethodPost, "http://example.com/x", nil)
	without := a.isSigned(r, []byte("a=1"), nil, signatureOf(a, "POST&http%3A%2F%2Fexample.com%2Fx&"))
	assert.True(t, without)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	assert.True(t, a.isSigned(r, []byte("a=1"), nil, signatureOf(a, "POST&http%3A%2F%2Fexample.com%2Fx&a%3D1")))
	assert.True(t, a.isSigned(r, []byte("a=1"), nil, signatureOf(a, "POST&https%3A%2F%2Fexample.com%2Fx&a%3D1")), "behind a proxy with TLS")
	assert.False(t, a.isSigned(r, []byte("a=2"), nil, signatureOf(a, "POST&http%3A%2F%2Fexample.com%2Fx&a%3D1")))
}

func TestOldNoncesAreForgotten(t *testing.T) {
	t.Parallel()
	var n nonces
	for i := range keepNonces + 1 {
		assert.True(t, n.use(strings.Repeat("x", i%7)+string(rune(i))))
	}
	assert.Len(t, n.used, keepNonces)
}

// signatureOf signs a base string.
func signatureOf(a *Access, base string) string {
	mac := hmac.New(sha1.New, []byte(a.options.Key.Secret+"&"+a.options.Key.AccessTokenSecret))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
