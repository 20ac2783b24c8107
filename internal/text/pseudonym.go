package text

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Pseudonym returns the HMAC-SHA256 of an id in hexadecimal. The same id and salt always give
// the same pseudonym.
func Pseudonym(salt []byte, id string) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}
