package monitoring

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// LoginPath is the path that gives a user a bearer token.
const LoginPath = "/api/account/{account}/login"

// loginAnswer is the answer to a login (Login Service API), with the members in the order of LivePerson's sample.
type loginAnswer struct {
	CSRF          string               `json:"csrf"`
	WSUK          string               `json:"wsuk"`
	Config        loginConfig          `json:"config"`
	Domains       map[string][]baseURI `json:"csdsCollectionResponse"`
	AccountData   map[string]any       `json:"accountData"`
	SessionMillis string               `json:"sessionTTl"`
	Bearer        string               `json:"bearer"`
}

// loginConfig describes the user. Every user of the sandbox is an administrator.
type loginConfig struct {
	LoginName   string `json:"loginName"`
	UserID      string `json:"userId"`
	Privileges  []int  `json:"userPrivileges"`
	Now         int64  `json:"serverCurrentTime"`
	TimeDiff    int    `json:"timeDiff"`
	ServerZone  string `json:"serverTimeZoneName"`
	ServerDiff  int    `json:"serverTimeGMTDiff"`
	IsLPA       bool   `json:"isLPA"`
	IsAdmin     bool   `json:"isAdmin"`
	AccountZone string `json:"accountTimeZoneId"`
}

const (
	loginUserID = "3705342610" // as long as in LivePerson's sample
	loginZone   = "GMT"
)

// login logs a user in (Login Service API; service agentVep). The user name and the password are in the body. The page has a
// version in the query that some clients leave out.
func (a *Account) login(w http.ResponseWriter, r *http.Request) {
	a.serve(operation{
		endpoint:   chaos.EndpointLogin,
		methods:    []string{http.MethodPost},
		anyVersion: true,
		noAccount:  http.StatusUnauthorized,
		secret:     true,
		read:       readLogin,
		respond: func(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
			return a.respondLogin(call, sent.credentials, r.Host)
		},
	})(w, r)
}

func readLogin(raw []byte, _ string, _ bool) (content, *httpapi.Refusal) {
	sent := content{types: []string{}}
	if err := json.Unmarshal(raw, &sent.credentials); err != nil || !sent.credentials.Complete() {
		return sent, invalidField("username", `send {"username": "…", "password": "…"}, or an appKey with its secret instead of the password`)
	}
	return sent, nil
}

func (a *Account) respondLogin(call *journal.Entry, sent access.Credentials, host string) (any, *httpapi.Refusal) {
	token, ok := a.options.Access.LogIn(sent)
	if !ok {
		return nil, &httpapi.Refusal{
			Status: http.StatusUnauthorized, Code: codeUnauthorized, Message: "Unauthorized",
			Advice: "the password is that of the sandbox, and the appKey with its secrets that of the sandbox's API key or app",
		}
	}
	call.Status = http.StatusOK
	return loginAnswer{
		CSRF: a.visits.newID(), WSUK: a.visits.newPageID(),
		Config: loginConfig{
			LoginName: sent.Username, UserID: loginUserID, Privileges: []int{100}, Now: call.Time.UnixMilli(),
			ServerZone: loginZone, IsAdmin: true, AccountZone: loginZone,
		},
		Domains: domainsOf(call.Account, host),
		AccountData: map[string]any{"agentGroupsData": map[string]any{
			"items": []map[string]any{{"id": -1, "deleted": false, "name": "Main Group"}}, "revision": 1,
		}},
		SessionMillis: strconv.FormatInt(access.SessionLifetime.Milliseconds(), 10),
		Bearer:        token,
	}, nil
}
