package monitoring

import (
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

const (
	externalPath = "/api/account/{account}/external/engagement"
	appTypeIVR   = "IVR"
)

// statusNotOffered has a space (External engagement). The App Engagement API's status has none.
const statusNotOffered = "Not Available"

type externalAnswer struct {
	Status            string           `json:"status"`
	EngagementDetails *externalDetails `json:"engagementDetails,omitempty"`
}

type externalDetails struct {
	URLToChat               string `json:"urlToChat"`
	ValidForSeconds         int    `json:"validForSeconds"`
	ExpectedWaitTimeSeconds int    `json:"expectedWaitTimeSeconds"`
	QueueSize               int    `json:"queueSize"`
}

// externalEngagement offers a chat to a consumer who waits on the telephone (External engagement).
func (a *Account) externalEngagement() operation {
	return operation{
		endpoint: chaos.EndpointExternalEngagement,
		methods:  []string{http.MethodPost},
		versions: appVersions,
		need:     &access.Need{Ways: access.ByAPIKey},
		read:     readExternalEngagement,
		respond:  a.respondExternalEngagement,
	}
}

// respondExternalEngagement uses no session. Only this call can meet the conditions of campaigns.
func (a *Account) respondExternalEngagement(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
	call.Status = http.StatusOK
	met := map[*campaign.Condition]bool{}
	for _, c := range sent.met {
		met[c] = true
	}
	e := campaign.Available(a.campaigns, campaign.APIExternalEngagement, met)
	if e == nil {
		return externalAnswer{Status: statusNotOffered}, nil
	}
	call.Engagement = newOffer(e)
	return externalAnswer{statusAvailable, &externalDetails{
		URLToChat: e.URLToChat, ValidForSeconds: e.ValidForSeconds,
		ExpectedWaitTimeSeconds: e.ExpectedWaitTimeSeconds, QueueSize: e.QueueSize,
	}}, nil
}

// readExternalEngagement reads the body. The sandbox ignores how long the consumer would wait on the telephone.
func readExternalEngagement(raw []byte, _ string, strict bool) (content, *httpapi.Refusal) {
	sent, body, refused := readObject(raw, strict)
	if refused != nil {
		return sent, refused
	}
	if appType, _ := jsonbody.Text(body, "appType"); appType != appTypeIVR {
		return sent, invalidField("appType", "send "+appTypeIVR)
	}
	if wait := body["externalWaitTimeSeconds"]; wait != nil {
		if _, ok := jsonbody.Number(wait); !ok {
			return sent, invalidField("externalWaitTimeSeconds", "send a number")
		}
	}
	if refused := sent.readSections(body); refused != nil {
		return sent, refused
	}
	return sent, sent.readOwnAttributes(body, jsonbody.Attributes, noImpressions)
}
