package messaging

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"time"
)

const (
	headerAccount   = "X-LivePerson-Account-Id"
	headerClient    = "X-LivePerson-Client-Id"
	headerSignature = "X-LivePerson-Signature"

	// maxAnswer is how much of an endpoint's answer the sender reads, so that it can use the connection again.
	maxAnswer = 64 << 10
)

// identity is the app that gets the notifications.
type identity struct{ account, clientID, secret string }

// post queues a notification for its endpoint, if there is one. It applies the faults.
func (d *sender) post(key, conversation string, n notification) {
	d.mu.Lock()
	defer d.mu.Unlock()
	endpoint, found := d.config.Endpoints[key]
	if !found || d.closed || d.state == appDisabled {
		return
	}
	body, err := encode(n)
	if err != nil {
		panic(err) // notifications have text, numbers and valid JSON only
	}
	p := &posting{conversation: conversation, url: endpoint.URL, retries: endpoint.MaxRetries, created: time.Now(), generation: d.generation}
	copies, forged := 1, false
	for i := range d.config.Faults {
		fault := &d.config.Faults[i]
		if !fault.strike(key) {
			continue
		}
		switch fault.Fault {
		case faultDuplicate:
			copies = 2
		case faultDelayed, faultOutOfOrder:
			p.due = p.created.Add(cmp.Or(time.Duration(fault.Delay), defaultDelay))
			p.passable = fault.Fault == faultOutOfOrder
		case faultWrongSignature:
			forged = true
		default:
			body = spoil(fault.Fault, body)
		}
	}
	if forged {
		forgery := *p
		forgery.forged, forgery.body, forgery.header = true, body, d.header(endpoint, "not "+d.identity.secret, body)
		d.add(&forgery)
	}
	p.body, p.header = body, d.header(endpoint, d.identity.secret, body)
	for range copies {
		one := *p
		d.add(&one)
	}
	d.pump()
}

func (d *sender) header(endpoint Endpoint, secret string, body []byte) http.Header {
	header := http.Header{}
	for _, extra := range endpoint.Headers {
		header.Set(extra.Name, extra.Value)
	}
	header.Set("Content-Type", "application/json")
	header.Set(headerAccount, d.identity.account)
	header.Set(headerClient, d.identity.clientID)
	header.Set(headerSignature, signature(d.config.Algorithm, d.config.Encoding, secret, body))
	return header
}

// deliver posts a notification. It reports whether the endpoint accepted it, with 200 or 201, and how long that took. The time
// also counts for endpoints that fail or never answer.
func (d *sender) deliver(p *posting) (taken bool, took time.Duration) {
	begun := time.Now()
	return d.try(p), time.Since(begun)
}

func (d *sender) try(p *posting) bool {
	ctx, cancel := context.WithTimeout(d.ctx, d.timeout())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return false
	}
	r.Header = p.header.Clone()
	res, err := d.client.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // the content of the answer does not matter
	return res.StatusCode == http.StatusOK || res.StatusCode == http.StatusCreated
}

func (d *sender) timeout() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config.Timeout
}
