package readback

import (
	"context"
	"hash/fnv"
	"time"
)

// wait waits until LivePerson can show the message. ok is false if that would take longer than
// max_wait.
func (p *processor) wait(ctx context.Context, q question) (ok bool, err error) {
	since := q.sent
	if since.IsZero() {
		since = q.came
	}
	left := time.Until(since.Add(p.config.delay))
	if left > p.config.maxWait {
		return false, nil
	}
	return true, sleep(ctx, left)
}

// settled tells whether a message is so old that LivePerson shows all of it. Then the processor does not ask
// again, so that many losses do not hold up a pipeline.
func (p *processor) settled(q question, rechecks int) bool {
	if rechecks > 0 {
		return false
	}
	all := p.config.delay
	for _, pause := range p.config.recheckPauses {
		all += pause
	}
	return !q.sent.IsZero() && time.Since(q.sent) > all
}

func sleep(ctx context.Context, pause time.Duration) error {
	if pause <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errClosed
	}
}

// inSample tells whether a message is in the sample. The choice goes by the visit or the
// conversation, so that it is the same for all messages of one, and in all processes.
func (p *processor) inSample(q question) bool {
	hash := fnv.New64a()
	for _, id := range []string{q.visitorID, q.sessionID, q.conversationID, q.participantID} {
		hash.Write([]byte(id + "\x00"))
	}
	return mixed(hash.Sum64())%100 < uint64(p.config.sample)
}

// mixed spreads the bits of a hash, because FNV's first bits hardly depend on the last bytes (MurmurHash3's
// finalizer).
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
