package journal

import (
	"cmp"
	"hash/maphash"
)

// sameKey is equal for calls of a consumer to an endpoint with the same body. No call has the zero value.
type sameKey struct {
	endpoint, consumer string
	body               uint64
}

// sameCalls are the kept calls with one key.
type sameCalls struct {
	kept     int
	failed   int // how many failed since the last accepted one
	accepted int // the id of the first accepted one; 0: none
}

var bodySeed = maphash.MakeSeed()

// compare finds the earlier calls with the same body, and notes the call for later ones. The caller holds the lock.
func (j *Journal) compare(call *Entry) {
	if call.Consumer == "" || len(call.Body) == 0 || call.Receipt != "" {
		return
	}
	call.same = sameKey{call.Endpoint, call.Consumer, maphash.Bytes(bodySeed, call.Body)}
	earlier := j.same[call.same]
	call.SameAs = earlier.accepted
	if earlier.failed > 0 {
		call.Attempt = earlier.failed + 1
	}
	earlier.kept++
	earlier.failed++
	if call.Good() {
		earlier.failed = 0
		earlier.accepted = cmp.Or(earlier.accepted, call.ID)
	}
	j.same[call.same] = earlier
}

// forgetSame forgets a call. The caller holds the lock.
func (j *Journal) forgetSame(call *Entry) {
	if call.same == (sameKey{}) {
		return
	}
	calls := j.same[call.same]
	if calls.kept--; calls.kept == 0 {
		delete(j.same, call.same)
		return
	}
	j.same[call.same] = calls
}
