package identity

import "fmt"

// reason is the kind of a refusal, and a label of the metric.
type reason string

const (
	reasonMalformed  reason = "malformed"
	reasonSignature  reason = "signature"
	reasonUnknownKey reason = "unknown_key"
	reasonExpired    reason = "expired"
	reasonClaims     reason = "claims"
	reasonPersonal   reason = "personal"
)

// refusal is the error of a token that is not accepted. Its text names members of the token,
// and never repeats their values.
type refusal struct {
	reason reason
	text   string
}

func (r *refusal) Error() string { return "the ID token is refused: " + r.text }

func refuse(why reason, format string, args ...any) error {
	return &refusal{why, fmt.Sprintf(format, args...)}
}
