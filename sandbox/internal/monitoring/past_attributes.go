package monitoring

import (
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

// authenticatedACR is the acr of a consumer who logged in (Authentication guides).
const authenticatedACR = "loa1"

// attributesOf returns the engagement attributes of a call for the history.
func attributesOf(call *journal.Entry) (found []history.Attribute) {
	body := jsonbody.Of(call)
	loggedIn := hasLoggedIn(body)
	for _, attribute := range jsonbody.Kept(call, body, jsonbody.Attributes) {
		if past, ok := pastAttribute(attribute, call.Time, loggedIn); ok {
			found = append(found, past)
		}
	}
	return found
}

func hasLoggedIn(body map[string]any) bool {
	identities, _ := jsonbody.List(body, "identities")
	for _, item := range identities {
		identity, _ := item.(map[string]any)
		acr, _ := jsonbody.Text(identity, "acr")
		sub, _ := jsonbody.Text(identity, "sub")
		if acr == authenticatedACR && sub != "" {
			return true
		}
	}
	return false
}

// pastAttribute returns an attribute for the history. It returns false for types that the history does not have.
func pastAttribute(attribute map[string]any, at time.Time, loggedIn bool) (past history.Attribute, ok bool) {
	kind, _ := jsonbody.Text(attribute, "type")
	r, known := readings[writeName(kind)]
	if !known {
		return past, false
	}
	return history.Attribute{Time: at, Key: r.key, Nested: r.payload != "", Members: r.read(attribute), Authenticated: loggedIn}, true
}

// profileAttributes returns the attributes that an app set in the profile of a consumer. LivePerson supports two types there.
func profileAttributes(c history.Conversation) (found []history.Attribute) {
	profile, _ := jsonbody.Decode(c.Profile).(map[string]any)
	data, _ := profile["authenticatedData"].(map[string]any)
	attributes, _ := jsonbody.List(data, "lp_sdes")
	for _, item := range attributes {
		attribute, _ := item.(map[string]any)
		kind, _ := jsonbody.Text(attribute, "type")
		if kind != sde.CustomerInfo && kind != sde.PersonalInfo {
			continue
		}
		if past, ok := pastAttribute(attribute, time.UnixMilli(c.ProfileTime).UTC(), true); ok {
			found = append(found, past)
		}
	}
	return found
}
