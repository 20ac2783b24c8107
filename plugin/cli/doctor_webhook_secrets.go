package cli

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// noChanges is a notification of LivePerson's form that reports nothing, so no message enters the pipeline.
const noChanges = `{"kind":"notification","type":"ms.MessagingEventNotification","body":{"changes":[]}}`

// secretChecks sign a notification with each secret of the config's webhook, and post it to the endpoint.
func (d *doctor) secretChecks() (checks []check) {
	for _, hook := range d.config.named(webhookName) {
		for i, secret := range hook.list("client_secrets") {
			if strings.TrimSpace(secret) == "" {
				continue
			}
			checks = append(checks, check{
				name: fmt.Sprintf("webhook_secret_%d", len(checks)+1), needs: []string{"webhook"},
				run: func(ctx context.Context) verdict { return d.checkSecret(ctx, hook, i, secret) },
			})
		}
	}
	return checks
}

func (d *doctor) checkSecret(ctx context.Context, hook component, i int, secret string) verdict {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(noChanges))
	status, err := d.postSigned(ctx, map[string]string{
		"Content-Type":            "application/json",
		"X-Liveperson-Account-Id": hook.text("account_id", ""),
		"X-Liveperson-Client-Id":  hook.text("client_id", ""),
		"X-Liveperson-Signature":  "sha256=" + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	})
	switch {
	case err != nil:
		v := fail("%s can't be reached from here: %v", d.endpoint.Host, err)
		v.Temporary = true
		return v
	case status == http.StatusOK:
		return ok("a notification signed with client_secrets[%d] is accepted", i)
	case status == http.StatusUnauthorized:
		return fail("a notification signed with client_secrets[%d] is refused with 401: the pipeline at %s has other client_secrets, account_id or client_id than this config", i, d.endpoint.Host)
	}
	v := fail("a notification signed with client_secrets[%d] is answered with %d: see the log of the pipeline at %s", i, status, d.endpoint.Host)
	v.Temporary = status >= http.StatusInternalServerError
	return v
}

func (d *doctor) postSigned(ctx context.Context, headers map[string]string) (int, error) {
	doer, err := liveperson.NewHTTP(liveperson.HTTPOptions{})
	if err != nil {
		return 0, err
	}
	defer doer.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.endpoint.String(), strings.NewReader(noChanges))
	if err != nil {
		return 0, errors.New("the address can't be used")
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	res, err := doer.Do(request)
	if err != nil { // the error must not have the address, which may have a secret
		return 0, errors.New(liveperson.NetworkWords(err))
	}
	return res.StatusCode, res.Body.Close()
}
