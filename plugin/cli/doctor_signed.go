package cli

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"net/http"
	"os"
	"strings"
)

// envOldClientSecret has the secret that is being replaced, as in the docs about the rotation of secrets.
const envOldClientSecret = "LIVEPERSON_OLD_CLIENT_SECRET"

// noChanges is a notification that liveperson_webhook accepts and that says nothing.
const noChanges = `{"kind":"notification","body":{"changes":[]},"type":"ms.MessagingEventNotification"}`

// signer is a secret with which LivePerson may sign, and the account and app that it signs for.
type signer struct{ check, what, accountID, clientID, secret string }

// signers are the secrets of the config's webhooks. Without them, they are those of the variables.
func (d *doctor) signers() (all []signer) {
	for _, hook := range d.config.named(webhookName) {
		for i, secret := range hook.list("client_secrets") {
			if strings.TrimSpace(secret) != "" { // an empty variable leaves a blank one
				all = append(all, signer{
					fmt.Sprintf("webhook_secret_%d", len(all)+1), fmt.Sprintf("client_secrets[%d]", i), hook.text("account_id", ""), hook.text("client_id", ""), secret,
				})
			}
		}
	}
	if len(all) > 0 {
		return all
	}
	all = []signer{{"webhook_secret", envClientSecret, d.accountID, d.clientID, d.clientSecret}}
	if old := os.Getenv(envOldClientSecret); old != "" {
		all = append(all, signer{"webhook_old_secret", envOldClientSecret, d.accountID, d.clientID, old})
	}
	return all
}

// signedChecks returns a check for each secret.
func (d *doctor) signedChecks(needs []string) (checks []check) {
	for _, s := range d.signers() {
		checks = append(checks, check{name: s.check, needs: needs, run: func(ctx context.Context) verdict {
			if s.clientID == "" || s.secret == "" {
				return skip("give --%s and the variable %s to check it", clientIDFlagName, s.what)
			}
			return d.checkSigned(ctx, s)
		}})
	}
	return checks
}

// checkSigned posts a notification without changes, signed as LivePerson signs.
func (d *doctor) checkSigned(ctx context.Context, s signer) verdict {
	answer, err := d.postSigned(ctx, "sha1", sha1.New, s)
	switch {
	case err != nil:
		return maybePasses(fail("%s can't be reached from here: %v", d.endpoint.Host, err), true)
	case acceptedBy(answer):
		return ok("a notification that is signed with %s is accepted", s.what)
	case answer.status != http.StatusUnauthorized:
		return maybePasses(fail("it answers %d to a signed notification: see its log", answer.status), answer.status >= http.StatusInternalServerError)
	}
	if answer, err = d.postSigned(ctx, "sha256", sha256.New, s); err == nil && acceptedBy(answer) {
		return ok("a notification that is signed with %s is accepted, but only with SHA-256: LivePerson must sign so for this account", s.what)
	}
	return fail("a notification that is signed with %s is refused with 401: LivePerson's notifications are refused too if it signs with this secret. Check client_secrets, account_id and client_id of liveperson_webhook", s.what)
}

func acceptedBy(a webhookAnswer) bool {
	return a.status == http.StatusOK || a.status == http.StatusCreated
}

func (d *doctor) postSigned(ctx context.Context, name string, algorithm func() hash.Hash, s signer) (webhookAnswer, error) {
	mac := hmac.New(algorithm, []byte(s.secret))
	mac.Write([]byte(noChanges))
	header := http.Header{}
	header.Set("X-Liveperson-Account-Id", s.accountID)
	header.Set("X-Liveperson-Client-Id", s.clientID)
	header.Set("X-Liveperson-Signature", name+"="+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return post(ctx, d.endpoint, header, noChanges)
}
