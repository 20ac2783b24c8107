package sandbox

import "net/http"

// reset forgets visitors, sessions, open conversations, calls and totals, as if the sandbox had just been
// made: the account loads again if it did then. Clock and chaos rules stay; they have
// pages of their own.
func (s *Sandbox) reset(w http.ResponseWriter, r *http.Request) {
	if refused := checkMethod(r, http.MethodPost); refused != nil {
		s.refuse(w, refused)
		return
	}
	s.messaging.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	s.journal.Reset()
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// begin sets the state in which a sandbox starts. It wants the lock.
func (s *Sandbox) begin() {
	s.loading = s.options.LoadingCalls
	s.visits = newVisits(s.options.SessionLifetime, s.options.KeepSessions, s.random)
	s.conversations = map[string]conversation{}
}
