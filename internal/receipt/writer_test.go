package receipt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
)

// lost and written are the names of the metrics.
const (
	written    = "liveperson_receipts_written"
	lostFull   = "liveperson_receipts_lost full"
	lostFailed = "liveperson_receipts_lost failed"
	lostClosed = "liveperson_receipts_lost closed"
)

// maxHeld is the bound that the docs name.
const maxHeld = 2048

var aTime = regexp.MustCompile(`"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)

func TestAReceiptIsJSONWithItsMembersInOrder(t *testing.T) {
	t.Parallel()
	out := &audit{}
	b := place(t, out)
	w := writer(t, "receipts: audit", b)
	w.Write(receipt.Receipt{
		Result: receipt.Refused, Reason: "r", Detail: "d", Event: "e", EventID: "i", EventTime: "t", Consumer: "c-0", VisitorID: "v",
		SessionID: "s", ConversationID: "k", Attributes: []string{"lead"}, Class: "invalid", Status: 400, Code: 5, Attempts: 2,
		LatenciesMS: []float64{1.5, 20},
	}, func() (request, answer json.RawMessage) { return json.RawMessage(`{"a":1}`), json.RawMessage(`{}`) })
	w.Write(receipt.Receipt{Result: receipt.Accepted}, nil)
	w.Close(t.Context())
	require.Len(t, out.took, 2)
	assert.Regexp(t, aTime, out.took[0])
	const component = `"component":"root","type":"liveperson_report"`
	assert.Equal(t, `{"version":1,"time":"",`+component+`,"result":"refused","reason":"r","detail":"d","event":"e","event_id":"i","event_time":"t",`+
		`"consumer":"c-0","visitor_id":"v","session_id":"s","conversation_id":"k","attributes":["lead"],"class":"invalid","status":400,"code":5,`+
		`"attempts":2,"latencies_ms":[1.5,20],"request":{"a":1},"answer":{}}`, aTime.ReplaceAllString(out.took[0], `"time":""`))
	assert.Equal(t, `{"version":1,"time":"",`+component+`,"result":"accepted"}`, aTime.ReplaceAllString(out.took[1], `"time":""`))
	assert.EqualValues(t, 2, b.counts.of(written))
}

func TestTheConsumerIsNamedAsTheSettingHasIt(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"receipts: audit": "c-0",
		"{receipts: audit, receipts_consumer: omit}":                              "",
		"{receipts: audit, receipts_consumer: hash, receipts_salt: s}":            "a hash",
		"{receipts: audit, receipts_consumer: HASH, receipts_salt: another salt}": "a hash",
	} {
		out := &audit{}
		w := writer(t, yaml, place(t, out))
		w.Write(receipt.Receipt{Result: receipt.Accepted, Consumer: "c-0"}, nil)
		w.Write(receipt.Receipt{Result: receipt.Accepted}, nil)
		w.Close(t.Context())
		got := out.receipts(t)
		require.Len(t, got, 2)
		if strings.Contains(strings.ToLower(yaml), "hash") {
			assert.Regexp(t, "^[0-9a-f]{64}$", got[0].Consumer)
			assert.NotContains(t, strings.Join(out.took, ""), "c-0")
		} else {
			assert.Equal(t, want, got[0].Consumer)
		}
		assert.Empty(t, got[1].Consumer, "nobody has no hash")
	}
}

// An output hangs. The writer holds receipts up to its bound and does not wait.
func TestAnOutputThatHangsDelaysNobody(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}, maxHeld), make(chan struct{})
	defer close(release)
	out := &audit{write: func(context.Context, service.MessageBatch) error {
		begun <- struct{}{}
		<-release
		return nil
	}}
	b := place(t, out)
	w := writer(t, "receipts: audit", b)
	w.Write(receipt.Receipt{Result: receipt.Accepted}, nil)
	<-begun
	for range maxHeld - 1 + 100 {
		w.Write(receipt.Receipt{Result: receipt.Accepted}, nil)
	}
	assert.EqualValues(t, 100, b.counts.of(lostFull))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Close(ctx)
	assert.EqualValues(t, maxHeld, b.counts.of(lostClosed))
	assert.Zero(t, b.counts.of(written))
	w.Write(receipt.Receipt{Result: receipt.Accepted}, nil)
	assert.EqualValues(t, maxHeld+1, b.counts.of(lostClosed), "a receipt after the end is lost and counted")
	assert.Equal(t, 1, strings.Count(b.log.String(), "A receipt could not be written"), b.log)
	require.Error(t, b.stop(ctx), "the resources can be stopped while the output hangs")
}

// Close waits until a slow output has got all receipts.
func TestCloseWaitsForASlowOutput(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}, 8), make(chan struct{})
	out := &audit{write: func(context.Context, service.MessageBatch) error {
		begun <- struct{}{}
		<-release
		return nil
	}}
	b := place(t, out)
	w := writer(t, "receipts: audit", b)
	w.Write(receipt.Receipt{EventID: "1"}, nil)
	<-begun
	w.Write(receipt.Receipt{EventID: "2"}, nil)
	closed := make(chan struct{})
	go func() { w.Close(context.Background()); close(closed) }()
	<-begun // the second write may begin at once
	select {
	case <-closed:
		assert.Fail(t, "closed before the output has taken the receipts")
	default:
	}
	close(release)
	<-closed
	assert.Len(t, out.receipts(t), 2)
	assert.EqualValues(t, 2, b.counts.of(written))
	w.Close(context.Background()) // again
}

func TestAnOutputThatFailsIsCounted(t *testing.T) {
	t.Parallel()
	out := &audit{write: func(_ context.Context, batch service.MessageBatch) error {
		if len(batch) < 3 {
			return errors.New("no room")
		}
		return service.NewBatchError(batch, errors.New("some failed")).Failed(0, errors.New("no")).Failed(2, errors.New("no"))
	}}
	b := place(t, out)
	w := writer(t, "receipts: audit", b)
	w.Write(receipt.Receipt{}, nil)
	w.Close(t.Context())
	assert.EqualValues(t, 1, b.counts.of(lostFailed))

	w = writer(t, "receipts: audit", b)
	for range 5 {
		w.Write(receipt.Receipt{}, nil)
	}
	w.Close(t.Context())
	assert.EqualValues(t, 1+2, b.counts.of(lostFailed))
	assert.EqualValues(t, 3, b.counts.of(written))
}

func TestASampleIsWritten(t *testing.T) {
	t.Parallel()
	out := &audit{}
	c := parsed(t, "{receipts: audit, receipts_sample: 25}")
	numbers := []float64{0.1, 0.25, 0.9, 0.2}
	c.Random = func() float64 { first := numbers[0]; numbers = append(numbers[1:], first); return first }
	w, err := receipt.NewWriter(c, "liveperson_report", place(t, out).mgr)
	require.NoError(t, err)
	for i := range 8 {
		w.Write(receipt.Receipt{EventID: fmt.Sprint(i)}, nil)
	}
	w.Close(t.Context())
	var ids []string
	for _, r := range out.receipts(t) {
		ids = append(ids, r.EventID)
	}
	assert.Equal(t, []string{"0", "3", "4", "7"}, ids)
}

// Without an output and a watcher, no receipts are made. A watcher gets receipts without an output.
func TestWatchersSeeTheReceiptsOfTheProcess(t *testing.T) {
	w := writer(t, "{receipts_consumer: omit}", place(t, &audit{}))
	assert.False(t, w.On())
	assert.False(t, (*receipt.Writer)(nil).On())
	about := receipt.Receipt{Result: receipt.Dropped, Consumer: "c-0", Event: "Page Viewed"}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		w.Write(about, nil)
		w.Close(t.Context())
	}))
	var first, second []receipt.Receipt
	stopFirst := receipt.Watch(func(r receipt.Receipt) { first = append(first, r) })
	stopSecond := receipt.Watch(func(r receipt.Receipt) { second = append(second, r) })
	assert.True(t, w.On())
	assert.False(t, w.HasContent())
	w.Write(about, nil)
	stopFirst()
	w.Write(about, nil)
	stopSecond()
	w.Write(about, nil)
	require.Len(t, first, 1)
	assert.Len(t, second, 2)
	assert.False(t, w.On())
	assert.Equal(t, "Page Viewed", first[0].Event)
	assert.Empty(t, first[0].Consumer)
}

func TestWrongSettingsAreTold(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"receipts_sample: 0":                            "receipts_sample: must be from 1 to 100",
		"receipts_sample: 101":                          "receipts_sample: must be from 1 to 100",
		"receipts_sample: 0.5":                          "receipts_sample: expected a whole number",
		"receipts_consumer: name":                       "receipts_consumer: expected one of hash, omit, plain",
		"receipts_consumer: hash":                       "receipts_salt: is empty or missing, but receipts_consumer: hash needs a secret",
		"{receipts_consumer: hash, receipts_salt: ' '}": "receipts_salt: is empty or missing",
		"receipts_content: perhaps":                     "receipts_content: expected true or false",
	} {
		_, err := parse(yaml)
		assert.ErrorContains(t, err, want, yaml)
	}
	_, err := receipt.NewWriter(parsed(t, "receipts: audits"), "liveperson_report", place(t, &audit{}).mgr)
	assert.EqualError(t, err, `receipts: there is no output resource labelled "audits": add it to the config, or correct the label`)
}
