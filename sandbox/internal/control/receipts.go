package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
	"unique"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// The results that only receipts have. resultUnknown is the result of a receipt that this version can't read.
const (
	resultDropped   = "dropped"
	resultWithheld  = "withheld"
	resultDuplicate = "duplicate"
	resultUnknown   = "unknown"
)

// endpointReceipt is the endpoint of receipts in lists of calls.
const endpointReceipt = "receipt"

// receiptVersion is the version of receipts that this version reads.
const receiptVersion = 1

// receipt says what a pipeline did with one event.
type receipt struct {
	Version   int       `json:"version"`
	Time      time.Time `json:"time"`
	Component string    `json:"component"`
	Result    string    `json:"result"`
	Reason    string    `json:"reason"`
	Detail    string    `json:"detail"`
	Event     string    `json:"event"`
	EventID   string    `json:"event_id"`
	Consumer  string    `json:"consumer"`
	VisitorID string    `json:"visitor_id"`
	SessionID string    `json:"session_id"`
	Types     []string  `json:"attributes"`
	Status    int       `json:"status"`
	Attempts  int       `json:"attempts"`
	Latencies []float64 `json:"latencies_ms"`
}

// anyReceipt describes a receipt in the OpenAPI document.
type anyReceipt map[string]any

// receiptsAdded is the answer to receipts.
type receiptsAdded struct {
	Received int `json:"received"`
	Kept     int `json:"kept"`
}

func (p *Pages) addReceipts(call *openapi.Call[openapi.None]) (receiptsAdded, error) {
	return p.AddReceipts(call.Body)
}

// AddReceipts adds receipts to the journal: one, a list, or one on each line. It adds all of them or none.
func (p *Pages) AddReceipts(body []byte) (added receiptsAdded, err error) {
	var entries []*journal.Entry
	decoder := json.NewDecoder(bytes.NewReader(body))
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err == io.EOF {
			break
		} else if err != nil {
			return added, fmt.Errorf("receipt %d: is not JSON (%w): send one JSON object, a list of objects, or one object on each line", added.Received+1, err)
		}
		list := []json.RawMessage{raw}
		if bytes.HasPrefix(raw, []byte("[")) {
			if err := json.Unmarshal(raw, &list); err != nil {
				return added, err
			}
		}
		for _, one := range list {
			added.Received++
			entry, err := p.readReceipt(one)
			if err != nil {
				return receiptsAdded{}, fmt.Errorf("receipt %d: %w", added.Received, err)
			}
			if entry != nil {
				entries = append(entries, entry)
			}
		}
	}
	if err := p.store(entries); err != nil {
		return receiptsAdded{}, &httpapi.StatusError{Status: http.StatusInsufficientStorage, Err: err}
	}
	for _, entry := range entries {
		p.Journal.Add(entry)
	}
	added.Kept = len(entries)
	return added, nil
}

// store gives the receipts to the store, if there is one.
func (p *Pages) store(entries []*journal.Entry) error {
	if p.Store == nil || len(entries) == 0 {
		return nil
	}
	var lines bytes.Buffer
	for _, entry := range entries {
		if err := json.Compact(&lines, entry.Body); err != nil {
			return err
		}
		lines.WriteByte('\n')
	}
	return p.Store.Add(lines.Bytes())
}

// readReceipt makes an entry of a receipt. It returns nil for a receipt of a call that the sandbox has itself.
func (p *Pages) readReceipt(raw json.RawMessage) (*journal.Entry, error) {
	if !bytes.HasPrefix(raw, []byte("{")) {
		return nil, fmt.Errorf("is not an object: send the messages of a receipts output as they are")
	}
	entry := &journal.Entry{Receipt: resultUnknown, Headers: unique.Make(journal.Headers{})}
	entry.Endpoint, entry.Types, entry.Body = endpointReceipt, []string{}, bytes.Clone(raw)
	var r receipt
	if err := json.Unmarshal(raw, &r); err != nil {
		entry.Reason = "this receipt can't be read: " + err.Error()
		return entry, nil
	}
	entry.Time, entry.Target, entry.Consumer, entry.RequestID = r.Time.UTC(), r.Component, r.Consumer, r.EventID
	entry.VisitorID, entry.SessionID, entry.Status, entry.Types = r.VisitorID, r.SessionID, r.Status, r.Types
	if entry.Types == nil && r.Event != "" {
		entry.Types = []string{r.Event}
	}
	entry.Types = append([]string{}, entry.Types...)
	entry.Reason = cmp.Or(r.Detail, r.Reason)
	if r.Attempts > 1 {
		entry.Attempt = r.Attempts
	}
	for _, latency := range r.Latencies {
		entry.TookMS += latency
	}
	switch {
	case r.Version != receiptVersion:
		entry.Reason = fmt.Sprintf("a receipt of version %d: this page knows version %d", r.Version, receiptVersion)
	case !p.ReceiptsOnly && (r.Result == journal.ResultAccepted || r.Result == journal.ResultRefused && r.Attempts > 0):
		return nil, nil
	case slices.Contains(results, r.Result):
		entry.Receipt = r.Result
	default:
		entry.Reason = fmt.Sprintf("a receipt with the unknown result %q", cut(r.Result))
	}
	if now := p.Clock.Now(); entry.Time.IsZero() || entry.Time.After(now) {
		entry.Time = now
	}
	return entry, nil
}
