package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// How long an endpoint may take. LivePerson may switch off an app that takes longer (Connector API, notification
// protocol). The limit of the warning is lower, because LivePerson's own way to the endpoint takes time too.
const (
	webhookSlow    = time.Second
	webhookTooSlow = 2500 * time.Millisecond
)

// certificateWarning is how long before its end a certificate should be renewed.
const certificateWarning = 14 * 24 * time.Hour

// webhookAnswer is the endpoint's answer to a notification.
type webhookAnswer struct {
	status  int
	took    time.Duration
	until   time.Time // the end of the certificate
	invalid error     // the reason why the certificate is invalid; all else is zero then
}

func (d *doctor) webhookChecks() []check {
	if d.endpoint == nil {
		return []check{{name: "webhook", run: func(context.Context) verdict { return skip("give --%s to check it", endpointFlagName) }}}
	}
	needs := []string{"webhook"}
	checks := []check{{name: "webhook", run: d.checkWebhook}}
	if d.endpoint.Scheme == "https" {
		checks = append(checks, check{name: "webhook_certificate", needs: needs, run: func(context.Context) verdict { return d.webhook.certificate(time.Now()) }})
		needs = []string{"webhook", "webhook_certificate"}
	}
	checks = append(checks, check{name: "webhook_signature", needs: needs, run: func(context.Context) verdict { return d.webhook.signature() }})
	checks = append(checks, d.signedChecks(needs)...)
	return append(checks, check{name: "webhook_speed", needs: needs, run: func(context.Context) verdict { return d.webhook.speed() }})
}

// checkWebhook posts an empty notification without a signature, as LivePerson never does. Most other checks use the answer.
func (d *doctor) checkWebhook(ctx context.Context) verdict {
	var err error
	d.webhook, err = post(ctx, d.endpoint, http.Header{}, "{}")
	switch {
	case err != nil:
		return maybePasses(fail("%s can't be reached from here: %v: check whether the pipeline runs, the address, DNS and firewall", d.endpoint.Host, err), true)
	case d.endpoint.Scheme != "https":
		return warn("%s answers, over plain http: LivePerson posts to https only", d.endpoint.Host)
	case isPrivate(d.endpoint):
		return warn("%s answers here, at an address that LivePerson can't reach", d.endpoint.Host)
	}
	return ok("%s answers over https", d.endpoint.Host)
}

func isPrivate(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return liveperson.IsLoopback(u) || err == nil && addr.IsPrivate()
}

// post posts a notification.
func post(ctx context.Context, endpoint *url.URL, header http.Header, body string) (webhookAnswer, error) {
	doer, err := liveperson.NewHTTP(liveperson.HTTPOptions{})
	if err != nil {
		return webhookAnswer{}, err
	}
	defer doer.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint.String(), strings.NewReader(body))
	if err != nil {
		return webhookAnswer{}, errors.New("the address can't be used")
	}
	header.Set("Content-Type", "application/json")
	request.Header = header
	begun := time.Now()
	res, err := doer.Do(request)
	if wrong := (*tls.CertificateVerificationError)(nil); errors.As(err, &wrong) {
		return webhookAnswer{invalid: wrong.Err}, nil
	}
	if err != nil { // the error must not have the address, which may have a secret, or the server's words
		return webhookAnswer{}, errors.New(liveperson.NetworkWords(err))
	}
	res.Body.Close()
	answer := webhookAnswer{status: res.StatusCode, took: time.Since(begun)}
	if res.TLS != nil {
		answer.until = res.TLS.PeerCertificates[0].NotAfter
	}
	return answer, nil
}

func (a webhookAnswer) certificate(now time.Time) verdict {
	const day = "2006-01-02"
	switch {
	case a.invalid != nil:
		return fail("%v: LivePerson refuses the certificate too. Install one for this host name from a public authority, with its intermediate certificates", a.invalid)
	case a.until.Sub(now) < certificateWarning:
		return warn("the certificate expires on %s: renew it", a.until.UTC().Format(day))
	}
	return ok("the certificate is valid, until %s", a.until.UTC().Format(day))
}

func (a webhookAnswer) signature() verdict {
	switch {
	case a.status == http.StatusUnauthorized:
		return ok("a notification without a signature is refused with 401")
	case a.status < http.StatusMultipleChoices:
		return fail("a notification without a signature is accepted with %d, so anybody can send notifications: check signatures, as liveperson_webhook does with client_secrets", a.status)
	case a.status < http.StatusBadRequest:
		return fail("it answers %d, a redirect, which LivePerson counts as a failure: set the address that it leads to", a.status)
	case a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed:
		return fail("it answers %d: nothing accepts notifications at this path. Check the path of the address and of liveperson_webhook", a.status)
	case a.status == http.StatusForbidden:
		return fail("it answers 403: a firewall or proxy refuses the request. Let it pass POST requests")
	case a.status >= http.StatusInternalServerError:
		return maybePasses(fail("it answers %d: the pipeline behind it is not running or fails. See its log", a.status), true)
	}
	return fail("it answers %d to a notification without a signature, but liveperson_webhook answers 401: check that the address is right", a.status)
}

func (a webhookAnswer) speed() verdict {
	took := max(a.took.Round(time.Millisecond), time.Millisecond)
	switch {
	case a.took > webhookTooSlow:
		return fail("it takes %s; LivePerson may switch off an app that takes more than %s: check the proxies in front of it", took, webhookTooSlow)
	case a.took > webhookSlow:
		return warn("it takes %s, and should take much less than %s: check the proxies in front of it", took, webhookTooSlow)
	}
	return ok("it answers in %s", took)
}
