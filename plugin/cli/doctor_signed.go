package cli

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"os"
)

// envOldClientSecret has the secret that is being replaced, as in the docs about the rotation of secrets.
const envOldClientSecret = "LIVEPERSON_OLD_CLIENT_SECRET"

// noChanges is a notification that liveperson_webhook accepts and that says nothing.
const noChanges = `{"kind":"notification","body":{"changes":[]},"type":"ms.MessagingEventNotification"}`

// signedChecks returns a check for each configured secret.
func (d *doctor) signedChecks(needs []string) []check {
	secrets := []struct{ name, env, secret string }{
		{"webhook_secret", envClientSecret, d.clientSecret},
		{"webhook_old_secret", envOldClientSecret, os.Getenv(envOldClientSecret)},
	}
	var checks []check
	for i, s := range secrets {
		if i > 0 && s.secret == "" {
			continue
		}
		checks = append(checks, check{name: s.name, needs: needs, run: func(ctx context.Context) verdict {
			if d.clientID == "" || s.secret == "" {
				return skip("give --%s and the variable %s to check it", clientIDFlagName, s.env)
			}
			return d.checkSigned(ctx, s.env, s.secret)
		}})
	}
	return checks
}

// checkSigned posts a notification without changes, signed as LivePerson signs.
func (d *doctor) checkSigned(ctx context.Context, env, secret string) verdict {
	answer, err := d.postSigned(ctx, "sha1", sha1.New, secret)
	switch {
	case err != nil:
		return fail("%s can't be reached from here: %v", d.endpoint.Host, err)
	case acceptedBy(answer):
		return ok("a notification that is signed with %s is accepted", env)
	case answer.status != http.StatusUnauthorized:
		return fail("it answers %d to a signed notification: see its log", answer.status)
	}
	if answer, err = d.postSigned(ctx, "sha256", sha256.New, secret); err == nil && acceptedBy(answer) {
		return ok("a notification that is signed with %s is accepted, but only with SHA-256: LivePerson must sign so for this account", env)
	}
	return fail("a notification that is signed with %s is refused with 401: LivePerson's notifications are refused too if it signs with this secret. Check client_secrets, account_id and client_id of liveperson_webhook", env)
}

func acceptedBy(a webhookAnswer) bool {
	return a.status == http.StatusOK || a.status == http.StatusCreated
}

func (d *doctor) postSigned(ctx context.Context, name string, algorithm func() hash.Hash, secret string) (webhookAnswer, error) {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write([]byte(noChanges))
	header := http.Header{}
	header.Set("X-Liveperson-Account-Id", d.accountID)
	header.Set("X-Liveperson-Client-Id", d.clientID)
	header.Set("X-Liveperson-Signature", name+"="+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return post(ctx, d.endpoint, header, noChanges)
}
