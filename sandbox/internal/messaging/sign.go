package messaging

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
)

// How notifications are signed. LivePerson uses sha1 and base64, unless a customer asks for others.
const (
	algorithmSHA1   = "sha1"
	algorithmSHA256 = "sha256"
	encodingBase64  = "base64"
	encodingHex     = "hex"
)

// signature returns the value of the header X-LivePerson-Signature. It is the HMAC of the body with the app's secret.
func signature(algorithm, encoding, secret string, body []byte) string {
	sum := map[string]func() hash.Hash{algorithmSHA1: sha1.New, algorithmSHA256: sha256.New}[algorithm]
	mac := hmac.New(sum, []byte(secret))
	mac.Write(body)
	if encoding == encodingHex {
		return algorithm + "=" + hex.EncodeToString(mac.Sum(nil))
	}
	return algorithm + "=" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
