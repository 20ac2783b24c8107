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

	// maxAnswer is how much of an endpoint's answer is read, so that its connection can be used again.
	maxAnswer = 64 << 10
)

// identity is who the notifications are for.
type identity struct{ account, clientID, secret string }

// post queues a notification for the endpoint of its name, if there is one. What goes wrong on purpose does so here.
func (d *sender) post(key, conversation string, n notification) {
	d.mu.Lock()
	defer d.mu.Unlock()
	endpoint, found := d.config.Endpoints[key]
	if !found || d.closed || d.state == appDisabled {
		return
	}
	body, err := encode(n)
	if err != nil {
		panic(err) // all of it has been read from JSON, or is text and numbers
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

// deliver posts a notification and tells whether the endpoint has taken it: only 200 and 201 are a success. An app is
// measured by how long its endpoints take, also those that fail or never answer.
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
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // what it says is of no matter
	return res.StatusCode == http.StatusOK || res.StatusCode == http.StatusCreated
}

func (d *sender) timeout() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config.Timeout
}
