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
	// appTokenMargin is how long before its end an app token is replaced, as
	// LivePerson's tutorial does.
	appTokenMargin = 5 * time.Minute
	// appTokenLifetime is LivePerson's, for a token that doesn't tell its own.
	appTokenLifetime = time.Hour
)

// fetchAppToken asks Sentinel for an app token. Version and grant type are in the
// query; id and secret are in the form, as servers on the way log queries.
func (c *Connector) fetchAppToken(ctx context.Context, _ string) (token, error) {
	form := url.Values{"client_id": {c.options.ClientID}, "client_secret": {c.options.ClientSecret}}
	items, err := c.exchange(ctx, exchange{
		host: c.sentinel, path: c.appTokenPath, query: "v=1.0&grant_type=client_credentials",
		header: formHeader, body: []byte(form.Encode()), service: sentinel, answered: isObject,
	})
	var e *Error
	if errors.As(err, &e) && e.Class == ClassInvalid {
		// All that can be wrong with it is the account, the id or the secret.
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
	return token{value: answer.Token, expires: now.Add(life), renew: now.Add(max(life-appTokenMargin, life/2))}, nil
}

// appLifetime tells how long an app token is good. Where its end is past, the clock
// of this machine is wrong, as LivePerson hands out none that have expired; it then
// says itself when the token has.
func appLifetime(appToken, expiresIn string, now time.Time) time.Duration {
	if end := expiry(appToken); end.After(now) {
		return end.Sub(now)
	}
	if seconds, err := strconv.ParseUint(expiresIn, 10, 31); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return appTokenLifetime
}

// expiry reads the claim exp of a JSON Web Token. Zero: there is none.
func expiry(webToken string) time.Time { return claimedTime(webToken, "exp") }

// claimedTime reads a claim of a JSON Web Token, whose signature is LivePerson's
// business. Zero: there is none.
func claimedTime(webToken, claim string) time.Time {
	parts := strings.Split(webToken, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims map[string]json.RawMessage
	var seconds float64
	if json.Unmarshal(payload, &claims) != nil || json.Unmarshal(claims[claim], &seconds) != nil || seconds < 1 || seconds > maxTime {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// maxTime is the year 5138; what is beyond it is no time in seconds.
const maxTime = 1e11

// fetchConsumerToken asks IDP for the token with which the app speaks for a
// consumer. LivePerson's do not expire; one that did would be used to its end.
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
	err = c.app.use(ctx, "", (*Error).AppTokenRefused, func(app string) (err error) {
		items, err = c.exchange(ctx, exchange{
			host: c.idp, path: c.consumerTokenPath, query: "v=1.0",
			header: withToken(app), body: body, service: idp, answered: isObject,
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

// isObject tells a token's answer, which is one object, from what is none.
func isObject(res *answer, _ items) bool {
	object, is := objectOf(trimmed(res.body))
	return is && !isError(object)
}

// formHeader is the header of a request with a form. It must not be changed.
var formHeader = http.Header{
	"Accept":       {"application/json"},
	"Content-Type": {"application/x-www-form-urlencoded"},
}

// withToken is the header of a JSON request with an app token, which stands there
// bare, without "Bearer".
func withToken(app string) http.Header {
	header := jsonHeader.Clone()
	header.Set("Authorization", app)
	return header
}
