package monitoring

import (
	"net/http"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

const (
	domainPath  = "/api/account/{account}/service/{service}/baseURI.json"
	domainsPath = "/api/account/{account}/service/baseURI.json"

	// Some clients leave out .json.
	bareDomainPath  = "/api/account/{account}/service/{service}/baseURI"
	bareDomainsPath = "/api/account/{account}/service/baseURI"
)

// services are LivePerson's names of services (Domain API). They are case sensitive. In this order, they are the Monitoring
// API, the App Engagement API, messaging, app tokens, consumer tokens, files, login, app installation, and the history of
// messaging. The sandbox also returns hosts for the services in notImitated, but does not have their methods.
var services = append([]string{
	"smt", "msdkgw", "asyncMessagingEnt", "sentinel", "idp", "swift", "agentVep", "accountConfigReadWrite", "msgHist",
}, notImitated...)

// notImitated are services of other APIs. In this order, they are a relay with client certificates, the Messaging REST API,
// Proactive Messaging, the activity of agents, and operational data.
var notImitated = []string{"mtlsGateway", "messagingRestApiDomain", "proactive", "agentActivityDomain", "leDataReporting"}

const notImitatedNote = "service: the sandbox answers with its own host, but does not have the methods of this API"

// baseURI names the host of a service, without a scheme (Domain API). LivePerson's samples have no port. The sandbox needs
// one.
type baseURI struct {
	Service string `json:"service"`
	Account string `json:"account"`
	BaseURI string `json:"baseURI"`
}

// domainVersions are the values of the parameter version.
var domainVersions = []string{"1.0"}

// domain answers for one service. All services have the host of the request.
func (a *Account) domain(w http.ResponseWriter, r *http.Request) {
	service := r.PathValue("service")
	a.serve(lookup(func(call *journal.Entry) (any, *httpapi.Refusal) {
		if refused := checkService(service); refused != nil {
			return nil, refused
		}
		if slices.Contains(notImitated, service) {
			call.Notes = []string{notImitatedNote}
		}
		return baseURI{service, call.Account, r.Host}, nil
	}))(w, r)
}

// domains answers for all services.
func (a *Account) domains(w http.ResponseWriter, r *http.Request) {
	a.serve(lookup(func(call *journal.Entry) (any, *httpapi.Refusal) {
		return domainsOf(call.Account, r.Host), nil
	}))(w, r)
}

// domainsOf returns the hosts of all services.
func domainsOf(account, host string) map[string][]baseURI {
	found := make([]baseURI, len(services))
	for i, service := range services {
		found[i] = baseURI{service, account, host}
	}
	return map[string][]baseURI{"baseURIs": found}
}

// lookup returns an operation of the Domain API. The page lists 400 for bad parameters and 401 for an invalid site. The
// sandbox assumes 400 for a wrong version and 401 for an unknown account. The form of the body and the codes are assumptions
// too.
func lookup(find func(*journal.Entry) (any, *httpapi.Refusal)) operation {
	return operation{
		endpoint:  chaos.EndpointDomain,
		methods:   []string{http.MethodGet},
		versions:  domainVersions,
		noAccount: http.StatusUnauthorized,
		read:      readNothing,
		respond: func(call *journal.Entry, _ content) (any, *httpapi.Refusal) {
			call.Status = http.StatusOK
			return find(call)
		},
	}
}

// checkService refuses an unknown service with 404. The status is an assumption, because the page does not name one.
func checkService(service string) *httpapi.Refusal {
	if slices.Contains(services, service) {
		return nil
	}
	return &httpapi.Refusal{
		Status: http.StatusNotFound, Message: "Bad service name",
		Advice: "the sandbox has " + strings.Join(services, ", "),
	}
}
