package messaging

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	headerOnBehalf = "X-LP-ON-BEHALF"

	appIssuer = "Sentinel"
	appScope  = "msg.consumer"
	bearer    = "Bearer "

	// maxConsumerID is the longest id, in bytes, because the service keeps ids in memory. It is the sandbox's own number.
	maxConsumerID = 1024
)

// appClaims are the claims of an app token, in the order of LivePerson's sample.
type appClaims struct {
	Account  string `json:"aud"`
	ClientID string `json:"azp"`
	Scope    string `json:"scope"`
	Issuer   string `json:"iss"`
	Expires  int64  `json:"exp"`
	IssuedAt int64  `json:"iat"`
}

// Package jwt checks the claims with these methods.

func (c appClaims) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.Expires, 0)), nil
}

func (c appClaims) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.IssuedAt, 0)), nil
}
func (c appClaims) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }
func (c appClaims) GetIssuer() (string, error)              { return c.Issuer, nil }
func (c appClaims) GetSubject() (string, error)             { return "", nil }
func (c appClaims) GetAudience() (jwt.ClaimStrings, error)  { return jwt.ClaimStrings{c.Account}, nil }
func (c appClaims) complete() bool {
	return c.Account != "" && c.ClientID != "" && c.Scope != "" && strings.EqualFold(c.Issuer, appIssuer)
}

// consumerClaims are the claims of a consumer token. The token does not expire.
type consumerClaims struct {
	Account       string `json:"account_id"`
	ExtConsumerID string `json:"ext_consumer_id"`
	LPConsumerID  string `json:"lp_consumer_id"`
	jwt.RegisteredClaims
}

// lpConsumerID returns LivePerson's id for a consumer. It has 64 hexadecimal digits and is always the same for the same
// consumer. It is not known how LivePerson computes the id.
func lpConsumerID(account, extConsumerID string) string {
	sum := sha256.Sum256([]byte(account + "|" + extConsumerID))
	return hex.EncodeToString(sum[:])
}

// The versions of the method for app tokens.
const (
	tokenV1 = "1.0"
	tokenV2 = "2.0"
)

// appToken returns an app token. The path has no version, so v names the version. The tokens of both versions are the same.
func (s *Service) appToken(x *exchange) *reply { return s.appTokenOf(x, "", tokenV1, tokenV2) }

// appTokenV2 returns an app token. The path has version 2, so v is optional.
func (s *Service) appTokenV2(x *exchange) *reply { return s.appTokenOf(x, tokenV2, tokenV2) }

// appTokenOf returns an app token for the id and the secret of the app, from the form in the body or from the query. The
// version must be one of versions. A missing version stands for fallback.
func (s *Service) appTokenOf(x *exchange, fallback string, versions ...string) *reply {
	x.r.Body = newBody(x.body)
	if err := x.r.ParseForm(); err != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", "the form can't be read")
	}
	form := x.r.Form
	version := cmp.Or(form.Get("v"), fallback)
	if version == "" {
		return oauthError(http.StatusBadRequest, "invalid_request", "v is missing")
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret"} {
		if form.Get(name) == "" {
			return oauthError(http.StatusBadRequest, "invalid_request", name+" is missing")
		}
	}
	if x.r.URL.Query().Has("client_secret") {
		x.call.Note = "client_secret is in the query, which proxies write to their logs: send it in the form"
	}
	switch {
	case !slices.Contains(versions, version):
		return oauthError(http.StatusNotFound, "invalid_request", "v: must be "+strings.Join(versions, " or "))
	case form.Get("grant_type") != "client_credentials":
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "grant_type: must be client_credentials")
	case x.account != s.options.Account:
		return oauthError(http.StatusUnauthorized, "invalid_client", "the sandbox has another account")
	}
	if problem := s.checkCredentials(form.Get("client_id"), form.Get("client_secret")); problem != "" {
		return oauthError(http.StatusUnauthorized, "invalid_client", problem)
	}
	now := s.options.Now()
	token := s.sign(appClaims{
		Account: s.options.Account, ClientID: form.Get("client_id"), Scope: appScope, Issuer: appIssuer,
		Expires: now.Add(tokenLifetime).Unix(), IssuedAt: now.Unix(),
	})
	answer := ok(struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
	}{token, "Bearer"})
	answer.contentType, answer.secret = "application/json;charset=utf-8", true
	return answer
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// oauthError returns an error of OAuth 2.0 (RFC 6749, 5.2). LivePerson's token endpoint answers with such errors.
func oauthError(status int, code, reason string) *reply {
	return &reply{status: status, answer: map[string]string{"error": code}, reason: reason}
}

// consumerToken returns the token of a consumer to the app.
func (s *Service) consumerToken(x *exchange) *reply {
	if refused := s.checkApp(x); refused != nil {
		return refused
	}
	if v := x.r.URL.Query().Get("v"); v != "" && v != "1.0" {
		return wrongVersion("1.0")
	}
	id, reason := readConsumerID(x.body)
	if reason != "" {
		return &reply{
			status: http.StatusBadRequest, code: codeMissingParameter,
			answer: errorOf("", http.StatusBadRequest, codeMissingParameter, documented[codeMissingParameter].Title, "ext_consumer_id is missing or too long"),
			reason: reason,
		}
	}
	token := s.sign(consumerClaims{Account: s.options.Account, ExtConsumerID: id, LPConsumerID: lpConsumerID(s.options.Account, id)})
	return &reply{status: http.StatusCreated, answer: map[string]string{"token": token}, secret: true}
}

func readConsumerID(body []byte) (id, reason string) {
	var read struct {
		ExtConsumerID string `json:"ext_consumer_id"`
	}
	if err := json.Unmarshal(body, &read); err != nil {
		return "", "the body must be a JSON object with ext_consumer_id as text"
	}
	if read.ExtConsumerID == "" {
		return "", "ext_consumer_id is missing"
	}
	if len(read.ExtConsumerID) > maxConsumerID {
		return "", fmt.Sprintf("ext_consumer_id has more than %d bytes", maxConsumerID)
	}
	return read.ExtConsumerID, ""
}

func wrongVersion(want string) *reply {
	return &reply{
		status: http.StatusNotFound, code: http.StatusNotFound * codesPerStatus,
		answer: errorOf("", http.StatusNotFound, http.StatusNotFound*codesPerStatus, "Not Found", "Unsupported version"),
		reason: "v: must be " + want,
	}
}

func (s *Service) sign(claims jwt.Claims) string {
	key, id := s.keys()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = id
	text, err := token.SignedString(key)
	if err != nil {
		panic(err) // an RSA key of this size can sign everything
	}
	return text
}

// allow answers 405 to other methods.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	return allowMethod(w, r.Method, methods...)
}

func allowMethod(w http.ResponseWriter, method string, methods ...string) bool {
	if slices.Contains(methods, method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	writeJSON(w, http.StatusMethodNotAllowed, map[string]string{"error": "method not allowed: send " + strings.Join(methods, " or ")})
	return false
}
