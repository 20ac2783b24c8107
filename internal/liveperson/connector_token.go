package liveperson

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// appTokenMargin is how long before its end an app token is replaced, as in LivePerson's
	// tutorial.
	appTokenMargin = 5 * time.Minute
	// appTokenLifetime is LivePerson's lifetime, for a token without an end.
	appTokenLifetime = time.Hour
)

// fetchAppToken asks Sentinel for an app token. Version and grant type are in the query. Client
// id and secret are in the form, because servers on the way may log queries.
func (c *Connector) fetchAppToken(ctx context.Context, _ string) (token, error) {
	form := url.Values{"client_id": {c.options.ClientID}, "client_secret": {c.options.ClientSecret}}
	items, err := c.exchange(ctx, exchange{
		host: c.sentinel, path: c.appTokenPath, query: "v=1.0&grant_type=client_credentials",
		header: withUserAgent(http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}}), body: []byte(form.Encode()), service: sentinel, answered: isObject,
	})
	var e *Error
	if errors.As(err, &e) && e.Class == ClassInvalid {
		// Only the account, the client id or the secret can be wrong in this request.
		e.Class = ClassUnauthorised
	}
	if err != nil {
		return token{}, err
	}
	var answer struct {
		Token   string          `json:"access_token"`
		Expires json.RawMessage `json:"expires_in"`
	}
	if !items.first(&answer) || answer.Token == "" {
		return token{}, notTheAnswer("it has no token", sentinel)
	}
	now := time.Now()
	life := appLifetime(answer.Token, scalar(answer.Expires), now)
	if c.options.AppToken != nil {
		c.options.AppToken(now.Add(life))
	}
	return token{value: answer.Token, expires: now.Add(life), renew: now.Add(max(life-appTokenMargin, life/2))}, nil
}

// appLifetime returns how long an app token is valid. LivePerson does not issue expired tokens.
// So if the end in the token is past, this machine's clock is wrong, and appLifetime uses
// another source. LivePerson's answers then show when the token has expired.
func appLifetime(appToken, expiresIn string, now time.Time) time.Duration {
	if end := expiry(appToken); end.After(now) {
		return end.Sub(now)
	}
	if seconds, err := strconv.ParseUint(expiresIn, 10, 31); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return appTokenLifetime
}

// expiry returns the claim exp of a JSON Web Token, or zero if there is none.
func expiry(webToken string) time.Time { return claimedTime(webToken, "exp") }

// claimedTime returns a claim of a JSON Web Token, or zero if there is none. It does not check
// the signature, which only LivePerson can do.
func claimedTime(webToken, claim string) time.Time {
	var seconds float64
	if json.Unmarshal(claimsOf(webToken)[claim], &seconds) != nil || seconds < 1 || seconds > maxTime {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// claimsOf returns the claims of a JSON Web Token, or nil if it has none.
func claimsOf(webToken string) (claims map[string]json.RawMessage) {
	parts := strings.Split(webToken, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	return claims
}

// maxTime is in the year 5138. A larger number is not a time in seconds.
const maxTime = 1e11

// fetchConsumerToken asks IDP for a consumer's token. LivePerson's consumer tokens do not expire.
// If one had an end, it would be used until then.
//
// See https://developers.liveperson.com/connector-api-send-api-authorization-and-authentication.html.
func (c *Connector) fetchConsumerToken(ctx context.Context, consumer string) (token, error) {
	body, err := encodeJSON(struct {
		Consumer string `json:"ext_consumer_id"`
	}{consumer})
	if err != nil {
		return token{}, NotSent(err)
	}
	var items items
	err = c.app.use(ctx, func(app string) (err error) {
		items, err = c.exchange(ctx, exchange{
			host: c.idp, path: c.consumerTokenPath, query: "v=1.0",
			header: c.withToken(app), body: body, service: idp, answered: isObject,
		})
		return err
	})
	if err != nil {
		return token{}, err
	}
	var answer struct {
		Token string `json:"token"`
	}
	if !items.first(&answer) || answer.Token == "" {
		return token{}, notTheAnswer("it has no token", idp)
	}
	end := expiry(answer.Token)
	return token{value: answer.Token, expires: end, renew: end}, nil
}

// isObject returns whether an answer is one JSON object that is not an error, as for a token.
func isObject(res *answer, _ items) bool {
	object, is := objectOf(trimmed(res.body))
	return is && !isError(object)
}

// withToken returns the header of a JSON request with an app token. The token stands there
// without "Bearer".
func (c *Connector) withToken(app string) http.Header {
	header := c.idp.account.jsonHeader.Clone()
	header.Set("Authorization", app)
	return header
}
