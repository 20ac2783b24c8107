package messaging

import (
	"context"
	"io"
)

// maxApps is the maximum number of apps, also of deleted ones. It is the sandbox's own number.
const maxApps = 100

// app is an installed app with its credentials and its endpoints. The service's lock guards it.
type app struct {
	id, secret string
	manifest   map[string]any // as sent
	revision   int
	issued     int64 // seconds since 1970
	deleted    bool
	hooks      *sender
}

// addApp adds an app. The caller holds the lock, or is New.
func (s *Service) addApp(id, secret string, hooks Webhooks) *app {
	a := &app{
		id: id, secret: secret, issued: s.options.Now().Unix(), revision: 1,
		manifest: map[string]any{
			"client_name": "Sandbox", "description": "The app of the sandbox",
			"grant_types": []string{"client_credentials"}, "scope": appScope,
		},
		hooks: newSender(hooks, identity{account: s.options.Account, clientID: id, secret: secret}, s.options.Transport),
	}
	s.apps = append(s.apps, a)
	return a
}

// install replaces the manifest of the app and the endpoints for notifications. The caller holds the lock.
func (a *app) install(sent map[string]any, hooks Webhooks) {
	a.manifest, a.deleted = sent, false
	a.revision++
	a.hooks.install(hooks)
}

// enabled reports whether the app may get tokens and notifications. A manifest may say that it may not.
func (a *app) enabled() bool {
	enabled, given := a.manifest["enabled"].(bool)
	return !given || enabled
}

// appWith returns an app by its id, also a deleted one. It returns nil if there is none. The caller holds the lock.
func (s *Service) appWith(id string) *app {
	for _, a := range s.apps {
		if a.id == id {
			return a
		}
	}
	return nil
}

// checkCredentials says why an app gets no token. It returns an empty string if it gets one.
func (s *Service) checkCredentials(id, secret string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appWith(id)
	switch {
	case a == nil || !same(secret, a.secret):
		return "the sandbox has another client_id or client_secret"
	case a.deleted:
		return "the app has been deleted"
	case !a.enabled():
		return "the app is not enabled"
	}
	return ""
}

// secretAlphabet has the characters of LivePerson's secrets.
const secretAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// newSecret returns a secret as long as in LivePerson's samples.
func (s *Service) newSecret() string {
	var secret [26]byte
	_, _ = io.ReadFull(s.options.Random, secret[:])
	for i, b := range secret {
		secret[i] = secretAlphabet[int(b)%len(secretAlphabet)]
	}
	return string(secret[:])
}

// post posts a notification to all enabled apps. LivePerson notifies every app of every conversation. The caller holds the
// lock.
func (s *Service) post(key, conversation string, n notification) {
	for _, a := range s.apps {
		if !a.deleted && a.enabled() {
			a.hooks.post(key, conversation, n)
		}
	}
}

// senders returns the senders of all apps.
func (s *Service) senders() []*sender {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*sender, len(s.apps))
	for i, a := range s.apps {
		all[i] = a.hooks
	}
	return all
}

// Flush waits until no notification is left to post, or until the context ends.
func (s *Service) Flush(ctx context.Context) error {
	for _, hooks := range s.senders() {
		if err := hooks.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}
