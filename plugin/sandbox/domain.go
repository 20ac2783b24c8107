package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

const (
	domainPath  = "/api/account/{account}/service/{service}/baseURI.json"
	domainsPath = "/api/account/{account}/service/baseURI.json"
)

// services are LivePerson's names, case sensitive as there (Domain API): the Monitoring API, the App Engagement API,
// messaging, app tokens, consumer tokens, files, logging in and installing apps.
var services = []string{"smt", "msdkgw", "asyncMessagingEnt", "sentinel", "idp", "swift", "agentVep", "accountConfigReadWrite"}

// baseURI is where a service of an account is found: a host without a scheme (Domain API). LivePerson's samples have
// no port; the sandbox has to name one.
type baseURI struct {
	Service string `json:"service"`
	Account string `json:"account"`
	BaseURI string `json:"baseURI"`
}

// domain answers for one service. Every service is found where the caller found the Domain API.
func (s *Sandbox) domain(w http.ResponseWriter, r *http.Request) {
	service := r.PathValue("service")
	if refused := cmp.Or(s.checkDomain(r), checkService(service)); refused != nil {
		s.refuse(w, refused)
		return
	}
	writeJSON(w, http.StatusOK, baseURI{service, s.options.AccountID, r.Host})
}

// domains answers for all services.
func (s *Sandbox) domains(w http.ResponseWriter, r *http.Request) {
	if refused := s.checkDomain(r); refused != nil {
		s.refuse(w, refused)
		return
	}
	var found []baseURI
	for _, service := range services {
		found = append(found, baseURI{service, s.options.AccountID, r.Host})
	}
	writeJSON(w, http.StatusOK, map[string][]baseURI{"baseURIs": found})
}

// checkDomain refuses a wrong version with 400 and an unknown account with 401. The Domain API page lists 400 for bad
// parameters and 401 for an invalid site; that these two are meant, and the bodies' form and codes, are assumptions.
func (s *Sandbox) checkDomain(r *http.Request) *refusal {
	switch {
	case r.URL.Query().Get("version") != "1.0":
		return &refusal{
			status: http.StatusBadRequest, code: codeVersion,
			message: "Illegal Version: send version=1.0 in the query",
		}
	case r.PathValue("account") != s.options.AccountID:
		return &refusal{
			status: http.StatusUnauthorized, code: codeAccount,
			message: "Bad account id: the account of this sandbox is " + s.options.AccountID,
		}
	}
	return nil
}

// checkService refuses an unknown service with 404, an assumption: the Domain API page does not say what it gets.
func checkService(service string) *refusal {
	if slices.Contains(services, service) {
		return nil
	}
	return &refusal{
		status:  http.StatusNotFound,
		message: "Bad service name: the sandbox has " + strings.Join(services, ", "),
	}
}
