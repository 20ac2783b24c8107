package identity

import "fmt"

// reason is the kind of a refusal, and a metric's label.
type reason string

const (
	reasonMalformed  reason = "malformed"
	reasonSignature  reason = "signature"
	reasonUnknownKey reason = "unknown_key"
	reasonExpired    reason = "expired"
	reasonClaims     reason = "claims"
)

// refusal says why a token is not believed. Its text names members of a token, and
// never repeats what stands in one.
type refusal struct {
	reason reason
	text   string
}

func (r *refusal) Error() string { return "the ID token is refused: " + r.text }

func refuse(why reason, format string, args ...any) error {
	return &refusal{why, fmt.Sprintf(format, args...)}
}
