package control

import (
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// sandboxState has the values at the top of a page.
type sandboxState struct {
	Kind              string        `json:"kind" enum:"sandbox,debugger" doc:"A debugger has receipts only."`
	Page              string        `json:"page" doc:"The version of the page's files."`
	Last              string        `json:"last" doc:"The id of the latest event of /sandbox/events."`
	Total             int           `json:"total" doc:"All calls."`
	Kept              int           `json:"kept" doc:"The kept calls and receipts."`
	Forgotten         int           `json:"forgotten" doc:"The calls that the sandbox no longer keeps."`
	Limits            journalLimits `json:"limits"`
	Account           string        `json:"account"`
	AppInstallationID string        `json:"app_installation_id"`
	Now               time.Time     `json:"now"`
	ClockOffset       string        `json:"clock_offset"`
	Rules             int           `json:"rules" doc:"The chaos rules in force."`
	Struck            int           `json:"struck" doc:"The calls that they made fail."`
	ChaosPresets      []string      `json:"chaos_presets"`
}

type journalLimits struct {
	Calls   int `json:"calls"`
	Bytes   int `json:"bytes"`
	Seconds int `json:"seconds"`
}

func (p *Pages) state(*openapi.Call[openapi.None]) (sandboxState, error) {
	kept := p.Journal.Snapshot()
	now, offset := p.Clock.Read()
	limits := p.Journal.Limits()
	state := sandboxState{
		Kind: "sandbox", Page: p.PageVersion, Last: eventID(kept.Epoch, kept.Last), Total: kept.Total, Kept: len(kept.Entries), Forgotten: kept.Forgotten,
		Limits:  journalLimits{limits.Calls, limits.Bytes, int(limits.Age.Seconds())},
		Account: p.AccountID, AppInstallationID: p.AppInstallationID, Now: now, ClockOffset: offset.String(), ChaosPresets: chaos.PresetNames(),
	}
	if p.ReceiptsOnly {
		state.Kind, state.ChaosPresets = "debugger", []string{}
		return state, nil
	}
	for _, rule := range p.Chaos.Rules(now) {
		state.Rules++
		state.Struck += rule.Struck
	}
	return state, nil
}
