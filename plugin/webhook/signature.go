package webhook

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
)

// algorithms are by the prefix of the header. LivePerson signs with sha1, and with
// sha256 where an account has asked for it (Connector API, notification protocol).
var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New}

// signatureValid tells whether a header has the HMAC of a body, in Base64 or hex, by
// one of the secrets. Several are valid while an app's secret is changed. An empty
// one, which is what an unset variable leaves, is none.
func signatureValid(body []byte, header string, secrets ...string) bool {
	name, encoded, _ := strings.Cut(header, "=")
	algorithm, known := algorithms[name]
	if !known {
		return false
	}
	claimed, ok := decodeDigest(encoded, algorithm().Size())
	if !ok {
		return false
	}
	valid := false
	for _, secret := range secrets {
		mac := hmac.New(algorithm, []byte(secret))
		mac.Write(body)
		// In constant time, for one secret and for all of them.
		if hmac.Equal(mac.Sum(nil), claimed) && secret != "" {
			valid = true
		}
	}
	return valid
}

// decodeDigest reads a digest of that many bytes. Its length tells hex from Base64.
func decodeDigest(encoded string, size int) (digest []byte, ok bool) {
	var err error
	switch len(encoded) {
	case hex.EncodedLen(size):
		digest, err = hex.DecodeString(encoded)
	case base64.StdEncoding.EncodedLen(size):
		digest, err = base64.StdEncoding.Strict().DecodeString(encoded)
	default:
		return nil, false
	}
	return digest, err == nil && len(digest) == size
}
