package webhook

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// algorithms has the hash functions by the prefix of the header. LivePerson signs with sha1, or
// with sha256 if the account has asked for it (Connector API, notification protocol).
var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, strongAlgorithm: sha256.New}

const strongAlgorithm = "sha256"

// signature is the content of a request's signature header.
type signature struct {
	name   string // the algorithm
	digest []byte
}

// parseSignature reads a header of the form NAME=DIGEST. The digest is in Base64 or hex.
func parseSignature(header string) (s signature, ok bool) {
	name, encoded, _ := strings.Cut(header, "=")
	algorithm, known := algorithms[name]
	if !known {
		return s, false
	}
	digest, ok := decodeDigest(encoded, algorithm().Size())
	return signature{name, digest}, ok
}

// verifier compares a signature with the body that is written to it.
type verifier struct {
	signature
	macs []hash.Hash // one for each secret
}

// verifier takes several secrets, because several are valid while an app's secret is being
// changed. It ignores blank secrets: an environment variable that is not set leaves one.
func (s signature) verifier(secrets ...string) *verifier {
	v := &verifier{signature: s}
	for _, secret := range secrets {
		if !settings.IsBlank(secret) {
			v.macs = append(v.macs, hmac.New(algorithms[s.name], []byte(secret)))
		}
	}
	return v
}

func (v *verifier) write(part []byte) {
	for _, mac := range v.macs {
		mac.Write(part)
	}
}

// valid says whether the signature is the HMAC of the whole body with one of the secrets.
func (v *verifier) valid() bool {
	valid := false
	for _, mac := range v.macs {
		// Both hmac.Equal and the loop take the same time for every signature.
		if hmac.Equal(mac.Sum(nil), v.digest) {
			valid = true
		}
	}
	return valid
}

// signatureValid says whether a header has the HMAC of a body with one of the secrets.
func signatureValid(body []byte, header string, secrets ...string) bool {
	s, ok := parseSignature(header)
	if !ok {
		return false
	}
	v := s.verifier(secrets...)
	v.write(body)
	return v.valid()
}

// signature reads a signature header. ok is false if the config does not accept it.
func (c config) signature(header string) (s signature, ok bool) {
	s, ok = parseSignature(header)
	return s, ok && (s.name == strongAlgorithm || !c.requireSHA256)
}

func (c config) wrongSignature() string {
	if c.requireSHA256 {
		return "the signature is missing, not made with one of the " + vFieldClientSecrets + ", or not SHA-256, which " + vFieldRequireSHA256 + " demands"
	}
	return "the signature is missing, or not made with one of the " + vFieldClientSecrets
}

// decodeDigest reads a digest of size bytes. The length shows whether it is hex or Base64.
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
