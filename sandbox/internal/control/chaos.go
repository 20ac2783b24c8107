package control

import (
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// chaosRules shows the rules in force and what they have done (GET), sets them (PUT, in
// YAML or JSON), or takes them away (DELETE).
func (p *Pages) chaosRules(w http.ResponseWriter, r *http.Request) {
	if !p.allows(w, r, http.MethodGet, http.MethodPut, http.MethodDelete) {
		return
	}
	var rules []chaos.Rule
	if httpapi.Method(r) == http.MethodPut {
		text, err := httpapi.ReadBody(w, r)
		if err == nil {
			rules, err = chaos.Parse(text)
		}
		if err != nil {
			badRequest(w, err)
			return
		}
	}
	if httpapi.Method(r) != http.MethodGet {
		p.Chaos.Replace(rules, p.Clock.Now())
	}
	inForce := p.Chaos.Rules(p.Clock.Now())
	httpapi.WriteJSON(w, http.StatusOK, map[string][]chaos.Status{"rules": inForce})
}
