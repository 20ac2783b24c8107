package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// liveService is a service that the Domain API is asked for.
type liveService struct {
	name     string
	what     string
	optional bool
}

var liveServices = []liveService{
	{name: liveperson.ServiceMonitoring, what: "the Monitoring API"},
	{name: liveperson.ServiceAppEngagement, what: "the App Engagement API", optional: true},
	{name: liveperson.ServiceSentinel, what: "app tokens"},
	{name: liveperson.ServiceIDP, what: "consumer tokens"},
	{name: liveperson.ServiceMessaging, what: "messaging"},
	{name: liveperson.ServiceSwift, what: "files"},
}

// The checks that other checks need.
const (
	checkAccount       = "account"
	checkDNS           = "dns"
	checkDomainAPI     = "domain_api"
	checkDomain        = "domain_" // followed by the service
	checkAppToken      = "app_token"
	checkConsumerToken = "consumer_token"
)

// doctor has the clients and settings of the checks.
type doctor struct {
	domainAPI       *url.URL
	http            *clockWatch
	account         *liveperson.Account
	monitoring      *liveperson.Monitoring // nil: no app installation was given
	appEngagement   *liveperson.AppEngagement
	connector       *liveperson.Connector // nil: no client id was given
	consumer        string
	send            bool
	monitoringGiven bool
	endpoint        *url.URL // nil: no endpoint was given
	config          pipelineConfig
	configured      bool  // a config was given
	unusable        error // what the config says about the account can't be used

	accountID, clientID, clientSecret string // for the signature of a notification

	domains map[string]domain // by service
	webhook webhookAnswer

	test *visitTest // nil: no test visit
}

// domain is the Domain API's answer for a service.
type domain struct {
	base *url.URL
	err  error
}

// clientSettings are the flags for the account.
type clientSettings struct {
	account, app, clientID, clientSecret, domainAPI, monitoringDomain string
	credentials                                                       liveperson.ReadCredentials // zero: none

	configured bool // the account is a config's
	tls        *tls.Config
	proxyURL   string
}

// named gives an error the name of the flag, or leaves it the name of the config's field.
func (s clientSettings) named(err error) error {
	if s.configured {
		return err
	}
	return asFlag(err)
}

// setClients makes the clients of LivePerson's APIs. Its error names all flags that are wrong.
func (d *doctor) setClients(s clientSettings) error {
	d.accountID, d.clientID, d.clientSecret = s.account, s.clientID, s.clientSecret
	transport, err := liveperson.NewHTTP(liveperson.HTTPOptions{TLS: s.tls, ProxyURL: s.proxyURL})
	if err != nil {
		return err
	}
	d.http = &clockWatch{doer: transport}
	d.account, err = liveperson.NewAccount(liveperson.Options{AccountID: s.account, DomainAPI: s.domainAPI, HTTP: d.http})
	if err != nil {
		return s.named(err)
	}
	if d.domainAPI, err = liveperson.ParseBaseURL(cmp.Or(s.domainAPI, liveperson.DefaultDomainAPI)); err != nil {
		return err
	}
	if d.appEngagement, err = d.account.AppEngagement(""); err != nil {
		return err
	}
	var wrong []error
	if s.app != "" {
		d.monitoring, err = d.account.Monitoring(liveperson.MonitoringOptions{
			AppInstallationID: s.app, Domain: s.monitoringDomain, APIVersion: liveperson.APIVersion10, OnBehalfOfVisitor: true,
		})
		if err != nil {
			wrong = append(wrong, s.named(err))
		}
	}
	if s.clientID != "" || s.clientSecret != "" {
		d.connector, err = d.account.Connector(liveperson.ConnectorOptions{ClientID: s.clientID, ClientSecret: s.clientSecret})
		if err != nil {
			wrong = append(wrong, s.named(err))
		}
	}
	return errors.Join(append(wrong, d.setReaders(s))...)
}

// setReaders makes the clients that read the test visit back.
func (d *doctor) setReaders(s clientSettings) error {
	if d.test == nil || s.credentials == (liveperson.ReadCredentials{}) {
		return nil
	}
	var err error
	if s.credentials.ClientID == "" { // LivePerson documents apps for Messaging Interactions alone
		if d.test.visits, err = d.account.VisitInformation(s.credentials, s.monitoringDomain); err != nil {
			return asReaderFlags(err)
		}
	}
	if d.test.interactions, err = d.account.Interactions(s.credentials); err != nil {
		return asReaderFlags(err)
	}
	return nil
}

func (d *doctor) checks() []check {
	var checks []check
	if d.configured {
		checks = d.config.checks()
	}
	if d.unusable != nil {
		return append(checks, check{name: checkAccount, run: func(context.Context) verdict { return fail("%v", d.unusable) }})
	}
	checks = append(checks,
		check{name: checkDNS, run: d.checkDNS},
		check{name: checkDomainAPI, needs: []string{checkDNS}, run: d.checkDomainAPI},
	)
	for _, s := range liveServices {
		checks = append(checks, check{name: checkDomain + s.name, needs: []string{checkDomainAPI}, run: func(context.Context) verdict { return s.verdict(d.domains[s.name]) }})
	}
	monitoringNeeds := []string{checkDomain + liveperson.ServiceMonitoring}
	if d.monitoringGiven {
		monitoringNeeds = nil
	}
	checks = append(checks,
		check{name: "monitoring", needs: monitoringNeeds, run: d.checkMonitoring},
		check{name: "app_engagement", needs: []string{checkDomain + liveperson.ServiceAppEngagement}, run: d.checkAppEngagement},
		check{name: checkAppToken, needs: []string{checkDomain + liveperson.ServiceSentinel}, run: d.checkAppToken},
		check{name: "clock", run: d.checkClock},
		check{name: checkConsumerToken, needs: []string{checkAppToken, checkDomain + liveperson.ServiceIDP}, run: d.checkConsumerToken},
		check{name: "conversation", needs: []string{checkConsumerToken, checkDomain + liveperson.ServiceMessaging}, run: d.checkConversation},
	)
	return slices.Concat(checks, d.webhookChecks(), d.visitChecks())
}

func (d *doctor) checkDNS(ctx context.Context) verdict {
	host := d.domainAPI.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return ok("%s is an IP address and needs no lookup", host)
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: d.domainAPI}); err == nil && proxy != nil {
		return ok("a proxy looks up %s", host)
	}
	if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
		var lookup *net.DNSError
		temporary := errors.As(err, &lookup) && !lookup.IsNotFound
		return maybePasses(fail("this machine can't look up %s: check --%s, the DNS settings, and whether it needs a proxy (HTTPS_PROXY)", host, domainAPIFlagName), temporary)
	}
	return ok("this machine can look up %s", host)
}

// checkDomainAPI asks for all services at the same time.
func (d *doctor) checkDomainAPI(ctx context.Context) verdict {
	answers := make([]domain, len(liveServices))
	var asked sync.WaitGroup
	for i, s := range liveServices {
		asked.Go(func() { answers[i].base, answers[i].err = d.account.ResolveDomain(ctx, s.name) })
	}
	asked.Wait()
	d.domains = map[string]domain{}
	found := 0
	var firstFailure error // the first failure that is not just an unknown service
	for i, s := range liveServices {
		d.domains[s.name] = answers[i]
		if answers[i].err == nil {
			found++
		} else if firstFailure == nil && !liveperson.NoService(answers[i].err) {
			firstFailure = answers[i].err
		}
	}
	host := d.domainAPI.Host
	switch {
	case found > 0:
		return ok("%s answers, and knows the account", host)
	case liveperson.ClassOf(firstFailure) == liveperson.ClassUnauthorised, liveperson.ClassOf(firstFailure) == liveperson.ClassInvalid:
		return fail("LivePerson does not know the account: check --%s (%s)", accountFlagName, inWords(firstFailure))
	case firstFailure != nil:
		return failed(firstFailure)
	}
	return fail("%s knows none of the services for the account: check --%s and --%s", host, accountFlagName, domainAPIFlagName)
}

func (s liveService) verdict(d domain) verdict {
	switch {
	case d.err == nil:
		return ok("%s: %s", s.what, d.base.Host)
	case liveperson.NoService(d.err) && s.optional:
		return warn("the account does not have %s; only apps that ask it for engagements need it", s.what)
	case liveperson.NoService(d.err):
		return fail("the account does not have %s: ask LivePerson's account team for it, or check --%s", s.what, accountFlagName)
	}
	return failed(d.err)
}

// checkMonitoring sends a report that LivePerson refuses, so nothing is stored. The kind of refusal shows whether
// LivePerson knows account and app.
func (d *doctor) checkMonitoring(ctx context.Context) verdict {
	if d.monitoring == nil {
		return skip("give --%s to check it", appInstallationFlagName)
	}
	if err := d.monitoring.Probe(ctx); err != nil {
		return failed(err)
	}
	return ok("the Monitoring API knows the account and the app installation")
}

// checkAppEngagement sends a question that LivePerson refuses, so no visitor is added. Most accounts do without this API, so a
// failure is a warning.
func (d *doctor) checkAppEngagement(ctx context.Context) verdict {
	if liveperson.NoService(d.domains[liveperson.ServiceAppEngagement].err) {
		return skip("the account does not have the App Engagement API")
	}
	if err := d.appEngagement.Probe(ctx); err != nil {
		return warn("only apps that ask the App Engagement API for engagements need it: %s", inWords(err))
	}
	return ok("the App Engagement API knows the account")
}
