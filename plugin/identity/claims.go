package identity

import (
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// The claims that are checked: RFC 7519, 4.1.
const (
	claimIssuer    = "iss"
	claimAudience  = "aud"
	claimExpires   = "exp"
	claimNotBefore = "nbf"
	claimIssuedAt  = "iat"
)

// check checks the claims of a token whose signature is valid, and returns the consumer that
// they name.
func (e expectations) check(claims jwt.MapClaims, now time.Time) (who identity, err error) {
	if err := e.checkTimes(claims, now); err != nil {
		return identity{}, err
	}
	if who.issuer, err = textOf(claims, claimIssuer); err != nil {
		return identity{}, err
	}
	if len(e.issuers) > 0 && !slices.Contains(e.issuers, who.issuer) {
		return identity{}, refuse(reasonClaims, "iss is not in the list of issuers")
	}
	if who.subject, err = textOf(claims, e.subClaim); err != nil {
		return identity{}, err
	}
	if e.audience != "" && !isFor(claims[claimAudience], e.audience) {
		return identity{}, refuse(reasonClaims, "aud is missing or is not the expected audience")
	}
	return e.name(who)
}

// name hashes the name of the consumer if a setting asks for it. It refuses a name for which
// liveperson_report would refuse the whole report.
func (e expectations) name(who identity) (identity, error) {
	if text.IsPlaceholder(who.subject) { // the hash of a placeholder would be one consumer too
		return identity{}, refuse(reasonClaims, "%s is a placeholder such as undefined, and no id", e.subClaim)
	}
	if e.salt != nil {
		who.subject = text.Pseudonym(e.salt, who.subject)
	}
	found := sde.Check(map[string]any{"identities": []any{who.report()}}, sde.Options{AllowPersonalIDs: e.allowPersonal}).Findings
	for _, f := range found {
		switch {
		case !strings.HasPrefix(f.Path, "identities"): // the rest of the report is not here
		case f.Code == sde.CodePersonalID:
			return identity{}, refuse(reasonPersonal, "%s is an e-mail address or a phone number: set %s to a claim with an id, or %s: %s", e.subClaim, liFieldSubClaim, liFieldSub, subHash)
		default:
			return identity{}, refuse(reasonClaims, "%s or %s can't be sent: %s", claimIssuer, e.subClaim, f.Message)
		}
	}
	return who, nil
}

func (e expectations) checkTimes(claims jwt.MapClaims, now time.Time) error {
	expires, err := timeOf(claims, claimExpires)
	switch {
	case err != nil:
		return err
	case expires.IsZero():
		return refuse(reasonClaims, "exp is missing")
	case !now.Before(expires.Add(e.leeway)):
		return refuse(reasonExpired, "it has expired")
	}
	for _, name := range []string{claimNotBefore, claimIssuedAt} {
		begins, err := timeOf(claims, name)
		if err != nil {
			return err
		}
		if now.Before(begins.Add(-e.leeway)) {
			return refuse(reasonClaims, "%s is in the future", name)
		}
	}
	return nil
}

func textOf(claims jwt.MapClaims, name string) (string, error) {
	value, _ := claims[name].(string)
	if value == "" {
		return "", refuse(reasonClaims, "%s is missing, empty or not text", name)
	}
	return value, nil
}

// maxSeconds is the end of the year 9999. A larger number is not a valid time.
const maxSeconds = 253402300799

// timeOf returns the zero time if the claim is missing.
func timeOf(claims jwt.MapClaims, name string) (time.Time, error) {
	value, exists := claims[name]
	if !exists {
		return time.Time{}, nil
	}
	seconds, isNumber := value.(float64)
	if !isNumber || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, refuse(reasonClaims, "%s is not a number of seconds since 1970", name)
	}
	return time.Unix(int64(seconds), 0), nil
}

// isFor returns whether the claim aud, a text or a list of texts, names an audience.
func isFor(aud any, audience string) bool {
	if list, isList := aud.([]any); isList {
		return slices.Contains(list, any(audience))
	}
	return aud == audience
}
