package monitoring

import "github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"

// Campaigns returns the engagements in force. The caller must not change the list.
func (a *Account) Campaigns() []campaign.Engagement {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.campaigns
}

// ReplaceCampaigns puts other engagements in force. Sessions must meet the conditions again. Sessions keep the engagements
// that they were offered.
func (a *Account) ReplaceCampaigns(campaigns []campaign.Engagement) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.campaigns = campaigns
	for _, visit := range a.visits.sessions {
		if visit.offers != nil {
			clear(visit.offers.met)
		}
	}
}
