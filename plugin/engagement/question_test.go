package engagement

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

var readers = map[string]reader{
	"monitoring": {method: askMonitoring},
	"create":     {method: createSession, appType: appTypeExternal},
	"update":     {method: updateSession},
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&object))
	return object
}

const aLead = `{"type":"lead","lead":{"topic":"luxury car test drive 2015","value":22.22,"leadId":"xyz123"}}`

func TestQuestions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ reader, request, body string }{
		"nothing": {"monitoring", `{}`, `{}`},
		"all of the Monitoring API": {
			"monitoring",
			`{"consumerId":"c","identities":[{"iss":"i","acr":"0","sub":"s"}],"pageId":"1","clientProperties":{"appVersion":"1.0","deviceFamily":"MOBILE","ipAddress":"192.168.5.2","os":"IOS","osName":"MAC_OSX","osVersion":"1.2"},"entryPoints":["sec://Sport"],"engagementAttributes":[` + aLead + `]}`,
			"",
		},
		"a report asks of the App Engagement API": {
			"create",
			`{"consumerId":"c","identities":[{"sub":"s"}],"entryPoints":["https://a/"],"engagementAttributes":[` + aLead + `]}`,
			`{"appType":"EXTERNAL","engagementAttributes":[` + aLead + `]}`,
		},
		"all of create session": {
			"create",
			`{"appDetails":{"appVersion":"1.0","deviceFamily":"TABLET","ipAddress":"2001:db8::1","os":"ANDROID","osVersion":"9"},"appType":"MSDK","consumerSections":["Support","English","Other"],"engagementAttributes":[` + aLead + `]}`,
			"",
		},
		"sections as a text": {"create", `{"appType":"EXTERNAL","consumerSections":"Support,English"}`, ""},
		"all of update session": {
			"update",
			`{"engagementAttributes":[` + aLead + `],"impAttributes":[{"campaign":1,"eContext":[{"id":"1","type":"engagementContext"}],"engId":2,"revision":3,"type":"impDisplay"}],"pageId":"4743822558"}`,
			"",
		},
		"null and empty members": {
			"monitoring",
			`{"consumerId":"","pageId":null,"identities":[{"iss":"i","sub":null}],"entryPoints":[null,"https://a/"],"engagementAttributes":[{"type":"ctmrinfo","info":{"ctype":"vip","role":""}}]}`,
			`{"engagementAttributes":[{"info":{"ctype":"vip"},"type":"ctmrinfo"}],"entryPoints":["https://a/"],"identities":[{"iss":"i"}]}`,
		},
		"null members of a device": {
			"monitoring", `{"clientProperties":{"os":"IOS","deviceFamily":null,"ipAddress":null,"new":null}}`, `{"clientProperties":{"os":"IOS"}}`,
		},
		"numbers as they are written": {
			"monitoring", `{"engagementAttributes":[{"orderId":"9007199254740993","total":11.70,"type":"purchase"}]}`, "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := decode(t, test.request)
			q, err := readers[test.reader].read(request)
			require.NoError(t, err)
			body, err := q.body()
			require.NoError(t, err)
			if test.body == "" {
				test.body = test.request
			}
			assert.JSONEq(t, test.body, string(body))
			assert.Equal(t, decode(t, test.request), request, "the message's own content stays")
			if strings.Contains(test.request, "11.70") {
				assert.Contains(t, string(body), "11.70")
			}
		})
	}
}

func TestQuestionsThatLivePersonWouldRefuse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ reader, request, errContains string }{
		"a misspelt member":            {"monitoring", `{"identites":[]}`, "expected one of consumerId, identities, pageId, clientProperties, entryPoints, engagementAttributes"},
		"device family":                {"monitoring", `{"clientProperties":{"deviceFamily":"mobile"}}`, "clientProperties.deviceFamily: expected one of DESKTOP, TABLET, MOBILE"},
		"device family of no text":     {"create", `{"appDetails":{"deviceFamily":1}}`, "appDetails.deviceFamily: expected one of"},
		"os":                           {"monitoring", `{"clientProperties":{"os":"OSX"}}`, "clientProperties.os: expected one of WINDOWS, MAC_OSX, LINUX, IOS, ANDROID"},
		"os by its other name":         {"monitoring", `{"clientProperties":{"osName":"OSX"}}`, "clientProperties.osName: expected one of"},
		"a device as text":             {"create", `{"appDetails":"phone"}`, "appDetails: expected an object"},
		"a version as a number":        {"create", `{"appDetails":{"osVersion":9}}`, "appDetails.osVersion: expected text"},
		"an app's version as a number": {"monitoring", `{"clientProperties":{"appVersion":1.0}}`, "clientProperties.appVersion: expected text"},
		"address":                      {"create", `{"appDetails":{"ipAddress":"10.0.0.256"}}`, "appDetails.ipAddress: expected an IP address"},
		"address with a zone":          {"create", `{"appDetails":{"ipAddress":"fe80::1%eth0"}}`, "appDetails.ipAddress: expected an IP address"},
		"address as a number":          {"create", `{"appDetails":{"ipAddress":1}}`, "appDetails.ipAddress: expected an IP address"},
		"IPv6 for the Monitoring API":  {"monitoring", `{"clientProperties":{"ipAddress":"2001:db8::1"}}`, "clientProperties.ipAddress: expected an IPv4 address"},
		"impression":                   {"monitoring", `{"engagementAttributes":[` + aLead + `,{"type":"impDisplay","campaign":1,"engId":2}]}`, "engagementAttributes[1].type: an impression is not part of a question: send it with liveperson_report"},
		"impression at the start":      {"create", `{"engagementAttributes":[{"type":"impAccept","campaign":1,"engId":2}]}`, "send it as impAttributes with operation: update"},
		"impression in the wrong list": {"update", `{"engagementAttributes":[{"type":"impAccept","campaign":1,"engId":2}]}`, "engagementAttributes[0].type: an impression belongs in impAttributes"},
		"no impression":                {"update", `{"impAttributes":[` + aLead + `]}`, "impAttributes[0].type: expected an impression: one of impAccept, impClose, impDisplay, impExpanded, impTimeout"},
		"impression without an id":     {"update", `{"impAttributes":[{"type":"impDisplay","campaign":1}]}`, "impAttributes[0].engId: missing"},
		"app type":                     {"create", `{"appType":"IVR"}`, "appType: expected one of MSDK, EXTERNAL"},
		"sections as a number":         {"create", `{"consumerSections":1}`, "consumerSections: expected a list of texts"},
		"a section as a number":        {"create", `{"consumerSections":["a",1]}`, "consumerSections[1]: expected text"},
		"page id as a number":          {"update", `{"pageId":4743822558}`, "pageId: expected a text of decimal digits"},
		"page id of letters":           {"update", `{"pageId":"abc"}`, "pageId: expected a text of decimal digits"},
		"a question's page id":         {"monitoring", `{"pageId":4743822558}`, "pageId: expected a text of decimal digits"},
		"attributes as an object":      {"monitoring", `{"engagementAttributes":{}}`, "engagementAttributes"},
		"an attribute that is not one": {"monitoring", `{"engagementAttributes":[{"type":"none"}]}`, "engagementAttributes[0].type: LivePerson has no such engagement attribute"},
		"the list of types":            {"monitoring", `{"engagementAttributes":[{"type":"ImpressionEvent"}]}`, "engagementAttributes[0].type: LivePerson has no such engagement attribute: expected one of cart, ctmrinfo, error, lead, mrktInfo, personal, prodView, purchase, searchInfo, service"},
		"the list for the other API":   {"create", `{"engagementAttributes":[{"type":"jane"}]}`, "expected one of cart, ctmrinfo,"},
		"the list for an impression":   {"create", `{"engagementAttributes":[{"type":"impDisplay"}]}`, "operation: update. Expected one of cart, ctmrinfo,"},
		"the list for an update":       {"update", `{"engagementAttributes":[{"type":"ImpressionEvent"}]}`, "expected one of cart, ctmrinfo,"},
		"a number as text":             {"create", `{"engagementAttributes":[{"type":"purchase","total":"12,90"}]}`, "engagementAttributes[0].total: expected a number"},
		"an e-mail address as an id":   {"monitoring", `{"identities":[{"sub":"jane.roe@example.com"}]}`, "identities[0].sub: an e-mail address or phone number is no id"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readers[test.reader].read(decode(t, test.request))
			require.ErrorContains(t, err, test.errContains)
			assert.NotContains(t, err.Error(), "jane")
		})
	}

	_, err := reader{method: askMonitoring, checks: sde.Options{AllowPersonalIDs: true}}.read(decode(t, `{"identities":[{"sub":"jane.roe@example.com"}]}`))
	assert.NoError(t, err)
}
