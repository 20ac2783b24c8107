package messaging

import "net/http"

// propertiesPath lists the features of the account (service accountConfigReadWrite). LivePerson's demo app reads it.
const propertiesPath = "/api/account/{account}/configuration/provision/featureGrants"

// properties are the features that connectors depend on.
var properties = []string{"Common.Async_Messaging", "Messaging.Un_Auth_Messaging", "Common.LiveEngage_2_CrossLOB_Data"}

// propertyList shows the features in the form that LivePerson's demo app reads.
func (s *Service) propertyList(w http.ResponseWriter, _ *http.Request, _ string) {
	var granted []any
	for _, name := range properties {
		granted = append(granted, map[string]any{
			"compoundFeatureID": name, "isDeleted": false, "startDate": "2016-01-01 00:00:00", "endDate": "2099-12-31 23:59:59",
			"value": map[string]any{"type": "boolean", "value": true, "$": "true"},
		})
	}
	w.Header().Set(headerRevision, "1")
	writeJSON(w, http.StatusOK, map[string]any{"appDataList": []any{map[string]any{
		"accountList": map[string]any{"accountList": []any{map[string]any{
			"accountId": s.options.Account, "itemsCollection": map[string]any{"data": granted},
		}}},
	}}})
}
