package access

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// signatureMethod is the only one that LivePerson's pages name.
const signatureMethod = "HMAC-SHA1"

// formType is the content type of a body that is part of a signature (RFC 5849, 3.4.1.3.1).
const formType = "application/x-www-form-urlencoded"

// parameter is a decoded name with its value.
type parameter struct{ name, value string }

// verify returns what is wrong with the signature of a request (RFC 5849, 3.2), or an empty string. It never repeats a value.
func (a *Access) verify(r *http.Request, body []byte) string {
	_, header, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sent, ok := readHeader(header)
	if !ok {
		return `the header Authorization must be OAuth name="value", name="value", …, with each value percent-encoded`
	}
	given := map[string]string{}
	for _, p := range sent {
		if _, twice := given[p.name]; twice {
			return p.name + " is in the header twice"
		}
		given[p.name] = p.value
	}
	for _, name := range []string{"oauth_consumer_key", "oauth_token", "oauth_signature_method", "oauth_timestamp", "oauth_nonce", "oauth_signature"} {
		if given[name] == "" {
			return name + " is missing in the header Authorization"
		}
	}
	timestamp, err := strconv.ParseInt(given["oauth_timestamp"], 10, 64)
	switch version, has := given["oauth_version"]; {
	case has && version != "1.0":
		return "oauth_version must be 1.0, or left out"
	case given["oauth_signature_method"] != signatureMethod:
		return "oauth_signature_method must be " + signatureMethod
	case err != nil || timestamp <= 0:
		return "oauth_timestamp must be the seconds since 1970"
	case !Same(given["oauth_consumer_key"], a.options.Key.AppKey):
		return "oauth_consumer_key is not the key of the sandbox"
	case !Same(given["oauth_token"], a.options.Key.AccessToken):
		return "oauth_token is not the access token of the sandbox"
	}
	if !a.isSigned(r, body, sent, given["oauth_signature"]) {
		return "oauth_signature is wrong: it must be the HMAC-SHA1 of the method, the address and all parameters (RFC 5849, 3.4)"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.nonces.use(given["oauth_timestamp"] + " " + given["oauth_nonce"]) {
		return "oauth_nonce was used before with this oauth_timestamp: send another one with each request"
	}
	return ""
}

// readHeader reads the parameters of the header (RFC 5849, 3.5.1).
func readHeader(header string) (sent []parameter, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		name, quoted, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found || len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
			return nil, false
		}
		value, err := url.PathUnescape(quoted[1 : len(quoted)-1])
		if err != nil {
			return nil, false
		}
		sent = append(sent, parameter{name, value})
	}
	return sent, true
}

// isSigned compares a signature with the request. The sandbox may stand behind a proxy with TLS, so the address may be that of
// http or of https.
func (a *Access) isSigned(r *http.Request, body []byte, header []parameter, signature string) bool {
	all := slices.DeleteFunc(slices.Clone(header), func(p parameter) bool { return p.name == "realm" || p.name == "oauth_signature" })
	all = append(all, formOf(r.URL.RawQuery)...)
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.EqualFold(strings.TrimSpace(kind), formType) {
		all = append(all, formOf(string(body))...)
	}
	for _, scheme := range []string{"http", "https"} {
		base := strings.Join([]string{escape(strings.ToUpper(r.Method)), escape(baseURI(r, scheme)), escape(normalize(all))}, "&")
		mac := hmac.New(sha1.New, []byte(escape(a.options.Key.Secret)+"&"+escape(a.options.Key.AccessTokenSecret)))
		mac.Write([]byte(base))
		if Same(signature, base64.StdEncoding.EncodeToString(mac.Sum(nil))) {
			return true
		}
	}
	return false
}

// baseURI returns the address without query and without a default port (RFC 5849, 3.4.1.2). It does not change the
// path.
func baseURI(r *http.Request, scheme string) string {
	host := strings.ToLower(r.Host)
	if name, port, err := net.SplitHostPort(host); err == nil && (scheme == "http" && port == "80" || scheme == "https" && port == "443") {
		host = name
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // a request to a proxy, or one that this program created
		path = r.URL.EscapedPath()
	}
	return scheme + "://" + host + path
}

// formOf reads a query or a form.
func formOf(text string) (sent []parameter) {
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		sent = append(sent, parameter{unescape(name), unescape(value)})
	}
	return sent
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// normalize sorts and joins parameters (RFC 5849, 3.4.1.3.2).
func normalize(parameters []parameter) string {
	pairs := make([]parameter, len(parameters))
	for i, p := range parameters {
		pairs[i] = parameter{escape(p.name), escape(p.value)}
	}
	slices.SortFunc(pairs, func(a, b parameter) int {
		if d := strings.Compare(a.name, b.name); d != 0 {
			return d
		}
		return strings.Compare(a.value, b.value)
	})
	joined := make([]string, len(pairs))
	for i, p := range pairs {
		joined[i] = p.name + "=" + p.value
	}
	return strings.Join(joined, "&")
}

// escape encodes text (RFC 5849, 3.6). It differs from Go's package net/url: only letters, digits and -._~ stay.
func escape(text string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for _, b := range []byte(text) {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', strings.IndexByte("-._~", b) >= 0:
			out.WriteByte(b)
		default:
			out.WriteByte('%')
			out.WriteByte(digits[b>>4])
			out.WriteByte(digits[b&0xf])
		}
	}
	return out.String()
}

// keepNonces is the number of nonces to remember. It is the sandbox's own number.
const keepNonces = 10_000

// nonces remembers the latest nonces.
type nonces struct {
	used  map[string]bool
	order []string // oldest first
}

// use reports whether a nonce is new, and remembers it.
func (n *nonces) use(nonce string) bool {
	if n.used[nonce] {
		return false
	}
	if n.used == nil {
		n.used = map[string]bool{}
	}
	n.used[nonce] = true
	n.order = append(n.order, nonce)
	if len(n.order) > keepNonces {
		delete(n.used, n.order[0])
		n.order[0] = ""
		n.order = n.order[1:]
	}
	return true
}
