package messaging

import (
	"errors"
	"fmt"
	"maps"
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

// installationsPage lists the apps (GET), or installs one (POST).
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
	list := []any{}
	for _, a := range s.apps {
		if !a.deleted {
			list = append(list, s.record(a))
		}
	}
	return appAnswer{status: http.StatusOK, body: list}
}

// createApp installs an app. A manifest with the id of a deleted app installs that app again, with its secret. So does a
// manifest without an id if the sandbox's own app was deleted.
func (s *Service) createApp(sent map[string]any, hooks Webhooks) appAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := sent["client_id"].(string)
	a := s.appWith(id)
	if id == "" && s.apps[0].deleted {
		a = s.apps[0]
	}
	switch {
	case a != nil && !a.deleted:
		return refuseApp(http.StatusConflict, "this app is installed: update it, or delete it first")
	case a == nil && len(s.apps) >= maxApps:
		return refuseApp(http.StatusConflict, fmt.Sprintf("there are %d apps, which is the maximum: POST one of the deleted ones again", maxApps))
	case a == nil:
		a = s.addApp(s.newID(), s.newSecret(), Webhooks{Speed: s.options.Webhooks.Speed})
	}
	a.issued = s.options.Now().Unix()
	a.install(sent, hooks)
	return appAnswer{status: http.StatusCreated, revision: a.revision, body: s.record(a)}
}

// installationPage shows an app (GET), updates it (PUT) or deletes it (DELETE). PUT and DELETE need the current revision.
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

func (s *Service) changeApp(method, id, revision string, sent map[string]any, hooks Webhooks) appAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appWith(id)
	switch {
	case a == nil || a.deleted:
		return refuseApp(http.StatusNotFound, "there is no such app")
	case method != http.MethodGet && revision != strconv.Itoa(a.revision):
		return refuseApp(http.StatusPreconditionFailed, "read the app, and send the ac-revision of the answer as If-Match")
	case method == http.MethodDelete:
		a.deleted = true
		a.revision++
		a.hooks.install(Webhooks{})
		return appAnswer{status: http.StatusNoContent}
	case method == http.MethodPut:
		a.install(sent, hooks)
	}
	return appAnswer{status: http.StatusOK, revision: a.revision, body: s.record(a)}
}

// record returns the manifest of an app with LivePerson's own members. It has the webhooks in force, even if they were not set
// by a manifest. The caller holds the lock.
func (s *Service) record(a *app) map[string]any {
	record := maps.Clone(a.manifest)
	capabilities := map[string]any{}
	given, _ := record["capabilities"].(map[string]any)
	maps.Copy(capabilities, given)
	capabilities["webhooks"] = a.hooks.inManifest()
	record["capabilities"] = capabilities
	maps.Copy(record, map[string]any{
		"id": a.id, "client_id": a.id, "client_secret": a.secret, "enabled": a.enabled(),
		"client_id_issued_at": a.issued, "client_secret_expires_at": 0, "deleted": false,
	})
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
