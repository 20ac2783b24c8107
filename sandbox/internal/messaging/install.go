package messaging

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// The paths for installing apps. LivePerson's demo app uses them.
const (
	installedPath    = "/api/account/{account}/configuration/app-install/installations"
	installedAppPath = installedPath + "/{app}"

	headerRevision = "Ac-Revision"
)

// installation is the only app. The service's lock guards it.
type installation struct {
	manifest map[string]any // as sent
	revision int
	issued   int64 // seconds since 1970
	deleted  bool
}

// firstInstallation returns the app that exists at the start.
func firstInstallation(now int64) installation {
	return installation{issued: now, revision: 1, manifest: map[string]any{
		"client_name": "Sandbox", "description": "The app of the sandbox",
		"grant_types": []string{"client_credentials"}, "scope": appScope,
	}}
}

// appAnswer is the answer to a call about apps.
type appAnswer struct {
	status   int
	revision int // 0: none
	body     any
	err      error
}

func refuseApp(status int, err string) appAnswer {
	return appAnswer{status: status, err: errors.New(err)}
}

func (a appAnswer) write(w http.ResponseWriter) {
	if a.revision > 0 {
		w.Header().Set(headerRevision, strconv.Itoa(a.revision))
	}
	switch {
	case a.err != nil:
		httpapi.WriteError(w, a.status, a.err)
	case a.body == nil:
		w.WriteHeader(a.status)
	default:
		writeJSON(w, a.status, a.body)
	}
}

// installationsPage lists the app (GET), or installs it again after it was deleted (POST).
func (s *Service) installationsPage(w http.ResponseWriter, r *http.Request, method string) {
	if method == http.MethodGet {
		s.listApps().write(w)
		return
	}
	sent, hooks, err := readManifest(w, r)
	if err != nil {
		httpapi.WriteError(w, httpapi.StatusOf(err), err)
		return
	}
	s.createApp(sent, hooks).write(w)
}

func (s *Service) listApps() appAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.installed.deleted {
		return appAnswer{status: http.StatusOK, body: []any{}}
	}
	return appAnswer{status: http.StatusOK, body: []any{s.record()}}
}

func (s *Service) createApp(sent map[string]any, hooks Webhooks) appAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.installed.deleted {
		return refuseApp(http.StatusConflict, "the only app of the sandbox is installed: update it, or delete it first")
	}
	s.installed.issued = s.options.Now().Unix()
	s.install(sent, hooks)
	return appAnswer{status: http.StatusCreated, revision: s.installed.revision, body: s.record()}
}

// installationPage shows the app (GET), updates it (PUT) or deletes it (DELETE). PUT and DELETE need the current revision.
func (s *Service) installationPage(w http.ResponseWriter, r *http.Request, method string) {
	var sent map[string]any
	var hooks Webhooks
	if method == http.MethodPut {
		var err error
		if sent, hooks, err = readManifest(w, r); err != nil {
			httpapi.WriteError(w, httpapi.StatusOf(err), err)
			return
		}
	}
	s.changeApp(method, r.PathValue("app"), r.Header.Get("If-Match"), sent, hooks).write(w)
}

func (s *Service) changeApp(method, app, revision string, sent map[string]any, hooks Webhooks) appAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.installed.deleted || app != s.options.ClientID:
		return refuseApp(http.StatusNotFound, "there is no such app")
	case method != http.MethodGet && revision != strconv.Itoa(s.installed.revision):
		return refuseApp(http.StatusPreconditionFailed, "read the app, and send the ac-revision of the answer as If-Match")
	case method == http.MethodDelete:
		s.installed.deleted = true
		s.installed.revision++
		s.hooks.install(Webhooks{})
		return appAnswer{status: http.StatusNoContent}
	case method == http.MethodPut:
		s.install(sent, hooks)
	}
	return appAnswer{status: http.StatusOK, revision: s.installed.revision, body: s.record()}
}

// install replaces the manifest of the app and the endpoints for notifications. The caller holds the lock.
func (s *Service) install(sent map[string]any, hooks Webhooks) {
	s.installed.manifest, s.installed.deleted = sent, false
	s.installed.revision++
	s.hooks.install(hooks)
}

func (s *Service) isDeleted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.installed.deleted
}

// record returns the manifest with LivePerson's own members. It has the webhooks in force, even if they were not set by a
// manifest. The caller holds the lock.
func (s *Service) record() map[string]any {
	record := map[string]any{"enabled": true}
	for name, value := range s.installed.manifest {
		record[name] = value
	}
	capabilities := map[string]any{}
	given, _ := record["capabilities"].(map[string]any)
	for name, value := range given {
		capabilities[name] = value
	}
	capabilities["webhooks"] = s.hooks.inManifest()
	record["capabilities"] = capabilities
	for name, value := range map[string]any{
		"id": s.options.ClientID, "client_id": s.options.ClientID, "client_secret": s.options.ClientSecret,
		"client_id_issued_at": s.installed.issued, "client_secret_expires_at": 0, "deleted": false,
	} {
		record[name] = value
	}
	return record
}

// install replaces the endpoints and the retention time. It keeps the signatures and the faults.
func (d *sender) install(hooks Webhooks) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := d.config
	next.Endpoints, next.Retention = hooks.Endpoints, hooks.Retention
	d.begin(next)
}

// inManifest returns the endpoints and the retention time in the form of a manifest.
func (d *sender) inManifest() map[string]any {
	d.mu.Lock()
	defer d.mu.Unlock()
	hooks := map[string]any{}
	for key, endpoint := range d.config.Endpoints {
		endpoint.Headers = append([]Header{}, endpoint.Headers...) // [] instead of null, as in LivePerson's sample
		hooks[key] = endpoint
	}
	if d.config.Retention > 0 {
		hooks[keyRetry] = map[string]int{"retention_time": int(d.config.Retention.Seconds())}
	}
	return hooks
}
