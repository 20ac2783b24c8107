package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Call is a call, as rules see it.
type Call struct{ Endpoint, Account, Consumer string }

// Set has the rules in force. It is safe for concurrent use.
type Set struct {
	mu     sync.Mutex
	states []*state
}

// state is a rule with its counts.
type state struct {
	rule    Rule
	set     time.Time
	random  *rand.Rand
	seen    int // calls that matched
	struck  int
	window  time.Time // start of the quota's window
	allowed int       // calls that passed in the window
}

// RuleState is a rule with the number of calls.
type RuleState struct {
	Rule
	Seen   int `json:"seen" doc:"The calls that matched."`
	Struck int `json:"struck" doc:"The calls that failed."`
}

// NewSet returns a set with rules in force.
func NewSet(rules []Rule, now time.Time) *Set {
	s := &Set{}
	s.Replace(rules, now)
	return s
}

// Replace replaces the rules in force.
func (s *Set) Replace(rules []Rule, now time.Time) {
	states := make([]*state, len(rules))
	for i, rule := range rules {
		states[i] = &state{rule: rule, set: now, window: now, random: rand.New(rand.NewPCG(rule.Seed, 0))}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states = states
}

// Rules returns the rules in force with their counts.
func (s *Set) Rules(now time.Time) []RuleState {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(now)
	all := make([]RuleState, len(s.states))
	for i, st := range s.states {
		all[i] = RuleState{Rule: st.rule, Seen: st.seen, Struck: st.struck}
	}
	return all
}

// Strike returns the fault of the first rule that applies to a call, or the zero Fault if no rule applies. Every rule that
// matches counts the call as seen.
func (s *Set) Strike(call Call, now time.Time) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(now)
	var fault Fault
	struck := false
	for i, st := range s.states {
		if st.matches(call, now) && st.mustFail(now) && !struck {
			st.struck++
			fault, struck = st.rule.Fault, true
			fault.rule = cmp.Or(st.rule.Name, fmt.Sprintf("rule %d", i+1))
		}
	}
	return fault
}

// drop removes the rules whose time is over.
func (s *Set) drop(now time.Time) {
	kept := s.states[:0]
	for _, st := range s.states {
		if st.rule.Until == 0 || now.Sub(st.set) < time.Duration(st.rule.Until) {
			kept = append(kept, st)
		}
	}
	clear(s.states[len(kept):])
	s.states = kept
}

func (st *state) matches(call Call, now time.Time) bool {
	r := st.rule
	return (r.Endpoint == EndpointAll || r.Endpoint == call.Endpoint) &&
		(r.Account == "" || r.Account == call.Account) &&
		(!r.Loading || slices.Contains(loadable, call.Endpoint)) &&
		(r.Vanish == "" || slices.Contains(storing, call.Endpoint)) &&
		(r.Consumer == "" || r.Consumer == call.Consumer) &&
		now.Sub(st.set) >= time.Duration(r.From)
}

// mustFail reports whether a matching call must fail, and counts the call.
func (st *state) mustFail(now time.Time) bool {
	st.seen++
	switch {
	case st.seen <= st.rule.Skip:
		return false
	case st.rule.Times > 0 && st.struck >= st.rule.Times:
		return false
	case st.rule.Quota != nil && st.hasRoom(now):
		return false
	}
	return st.rule.Probability == nil || st.random.Float64() < *st.rule.Probability
}

// hasRoom reports whether one more call may pass in the quota's window.
func (st *state) hasRoom(now time.Time) bool {
	if now.Sub(st.window) >= time.Duration(st.rule.Quota.Per) {
		st.window, st.allowed = now, 0
	}
	if st.allowed >= st.rule.Quota.Calls {
		return false
	}
	st.allowed++
	return true
}
