package sandbox

import (
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// inForce gives the engagements that there are. The list does not change.
func (s *Sandbox) inForce() []campaign.Engagement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.campaigns
}

// campaignsPage shows the engagements in force (GET), puts others in their place (PUT, in YAML or JSON), or those with
// which the sandbox was started (DELETE). It answers in YAML, which PUT takes back.
func (s *Sandbox) campaignsPage(w http.ResponseWriter, r *http.Request) {
	if refused := checkMethod(r, http.MethodGet, http.MethodPut, http.MethodDelete); refused != nil {
		s.refuse(w, refused)
		return
	}
	switch methodOf(r) {
	case http.MethodPut:
		text, err := strictyaml.ReadBody(w, r)
		var campaigns []campaign.Engagement
		if err == nil {
			campaigns, err = campaign.Parse(text)
		}
		if err != nil {
			s.refuseQuery(w, err)
			return
		}
		s.replaceCampaigns(campaigns)
	case http.MethodDelete:
		s.replaceCampaigns(s.options.Campaigns)
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(campaign.Format(s.inForce())) // a caller who has hung up need not be told
}

// replaceCampaigns puts engagements in force. Sessions begin anew to meet conditions; what they were handed stays theirs.
func (s *Sandbox) replaceCampaigns(campaigns []campaign.Engagement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.campaigns = campaigns
	for _, at := range s.visits.sessions {
		if at.offers != nil {
			clear(at.offers.met)
		}
	}
}
