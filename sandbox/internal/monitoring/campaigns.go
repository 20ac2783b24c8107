package monitoring

import "github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"

// Campaigns returns the active engagements. The caller must not change the list.
func (a *Account) Campaigns() []campaign.Engagement {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.campaigns
}

// ReplaceCampaigns replaces the active engagements. Sessions must meet the conditions again. They keep the engagements
// that they were offered before.
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
