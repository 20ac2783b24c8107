package messaging

import (
	"cmp"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// verify reads a token, and checks that the service signed it.
func (s *Service) verify(token string, claims jwt.Claims) error {
	key, _ := s.keys()
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithTimeFunc(s.options.Now))
	return err
}

// checkApp refuses a call without a valid app token for this account.
func (s *Service) checkApp(x *exchange) *reply {
	header := x.r.Header.Get("Authorization")
	if header == "" {
		return refuseCode(codeAppTokenIsMissing, "the header Authorization is missing")
	}
	token, refused := s.bare(x, header, codeInvalidApp)
	if refused != nil {
		return refused
	}
	var claims appClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err == nil && !claims.complete() {
		return refuseCode(codeMissingParameter, "a claim of the app token is missing or wrong: it must have aud, azp, scope and iss")
	}
	if err := s.verify(token, &claims); err != nil {
		return refuseCode(codeInvalidApp, "the app token has expired, or the sandbox did not sign it")
	}
	if claims.Account != x.account {
		return refuseCode(codeInvalidApp, "the app token is for another account")
	}
	return nil
}

// IsApp reports whether a token is a valid token of an app of the account.
func (s *Service) IsApp(token string) bool {
	var claims appClaims
	return s.verify(token, &claims) == nil && claims.complete() && claims.Account == s.options.Account
}

// checkConsumer returns the consumer of a call. It refuses a call without a valid consumer token.
func (s *Service) checkConsumer(x *exchange) (claims consumerClaims, refused *reply) {
	header := x.r.Header.Get(headerOnBehalf)
	if header == "" {
		return claims, refuseCode(codeConsumerIsMissing, "the header "+headerOnBehalf+" is missing")
	}
	token, refused := s.bare(x, header, codeInvalidConsumer)
	if refused != nil {
		return claims, refused
	}
	if err := s.verify(token, &claims); err != nil || claims.Account != x.account || claims.LPConsumerID == "" {
		return claims, refuseCode(codeInvalidConsumer, "the sandbox did not sign the consumer token, or the token is for another account")
	}
	return claims, nil
}

// bare removes "Bearer " from a token and adds a note. A strict service refuses such a token, because LivePerson's pages show
// tokens without it.
func (s *Service) bare(x *exchange, header string, code int) (string, *reply) {
	token, found := strings.CutPrefix(header, bearer)
	switch {
	case found && s.options.Strict:
		return "", refuseCode(code, "send the token without \""+bearer+"\" in front of it")
	case found:
		x.call.Note = cmp.Or(x.call.Note, "a token has \""+bearer+"\" in front of it: LivePerson's pages show the token without it")
	}
	return token, nil
}

// peekConsumer reads the consumer from a token. It does not check the token.
func peekConsumer(header string) string {
	var claims consumerClaims
	_, _, _ = jwt.NewParser().ParseUnverified(strings.TrimPrefix(header, bearer), &claims)
	return claims.ExtConsumerID
}
