package sandbox

// follower goes through the calls as they come, each of them once: what it costs does not grow with the calls that are
// kept. Its zero value begins with the oldest that is kept.
type follower struct {
	log  *callLog
	last int // id of the last call that was seen
}

// follow gives the calls that have come since the follower was asked last, and a channel that the next one closes. anew
// says that they are counted from 1 on again: the sandbox was reset.
func (s *Sandbox) follow(f *follower) (calls []*Call, changed <-chan struct{}, anew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if anew = f.log != nil && f.log != s.calls; anew {
		f.last = 0
	}
	f.log = s.calls
	calls = f.log.since(f.last, s.now())
	f.last = f.log.total
	return calls, f.log.next(), anew
}
