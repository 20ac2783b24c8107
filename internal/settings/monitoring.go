package settings

import (
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

const (
	aFieldAppInstallationID = "app_installation_id"
	aFieldMonitoringDomain  = "monitoring_domain"
	aFieldAPIVersion        = "api_version"
	aFieldOnBehalfOfVisitor = "on_behalf_of_visitor"
)

// AppInstallationField names the app of the Monitoring API.
func AppInstallationField() *service.ConfigField {
	return service.NewStringField(aFieldAppInstallationID).
		Description("The app installation id, also called app key, of the Monitoring API application. Campaign Builder shows it under Data sources, Conversation sources; for a private app the account team hands it out.").
		Example("a1b2c3d4-1234-5678-90ab-cdef12345678").
		LintRule(Lint(IDLint(aFieldAppInstallationID)))
}

// MonitoringDomainField is the host of the Monitoring API.
func MonitoringDomainField() *service.ConfigField {
	return service.NewStringField(aFieldMonitoringDomain).
		Description("The host of the Monitoring API: a host, `host:port`, or a URL for a stand-in on loopback. Empty: asked of the Domain API (service `smt`) when the component connects, and again when the host stops answering.").
		Default("").
		Example("va.v.liveperson.net").
		Example("http://127.0.0.1:8900").
		LintRule(Lint(HostLint(aFieldMonitoringDomain)))
}

// MonitoringFields are the advanced fields of the Monitoring API.
// They are made once for all components.
var MonitoringFields = sync.OnceValue(func() []*service.ConfigField {
	return []*service.ConfigField{
		// This is not an enum field, because the lint rule of Benthos' enum fields takes the dot for a
		// path.
		service.NewStringField(aFieldAPIVersion).
			Description("The version of the Monitoring API, `1.0` or `1.1`. They differ in how an account that is still loading answers: 500 with internalCode 20, or 202 with internalCode 38.").
			Default(liveperson.APIVersion10).
			Advanced().
			LintRule(Lint(`root = if !this.re_match("[$][{][^!]") && !["1.0", "1.1"].contains(this) { "` + aFieldAPIVersion + `: expected \"1.0\" or \"1.1\", in quotes" }`)),
		SwitchField(aFieldOnBehalfOfVisitor).
			Description("Tells LivePerson that the caller is not the visitor (`obh`), so that the visitor's place is not taken from this machine's address.").
			Default(true).
			Advanced(),
	}
})

// MonitoringFromParsed reads the fields.
func MonitoringFromParsed(conf *service.ParsedConfig) (o liveperson.MonitoringOptions, err error) {
	if o.AppInstallationID, err = conf.FieldString(aFieldAppInstallationID); err != nil {
		return
	}
	if o.Domain, err = conf.FieldString(aFieldMonitoringDomain); err != nil {
		return
	}
	if o.APIVersion, err = conf.FieldString(aFieldAPIVersion); err != nil {
		return
	}
	o.OnBehalfOfVisitor, err = Switch(conf, aFieldOnBehalfOfVisitor)
	return
}
