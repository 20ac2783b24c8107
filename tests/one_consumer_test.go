package tests

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The same person has an id of the browser in events, and writes in the channel as a user. LivePerson
// gets one consumer.
func TestEventsAndMessagesAreOfOneConsumer(t *testing.T) {
	t.Parallel()
	livePerson, url := newSandbox(t, sandbox.Options{})
	t.Cleanup(livePerson.Close)
	address := freeAddress(t)
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	pipeline := runConfig(t, address, shipped(t, "one-consumer.yaml", address), []string{
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID,
		"LIVEPERSON_CLIENT_ID=" + sandbox.DefaultClientID, "LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret,
		"LIVEPERSON_DOMAIN_API=" + url, "DEAD_LETTER_FILE=" + letters,
	})
	post := func(body string) {
		res, err := http.Post("http://"+address+"/events", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		res.Body.Close()
		require.Equal(t, http.StatusOK, res.StatusCode, "%s", pipeline.log)
	}
	post(`{"type": "track", "event": "Product Viewed", "userId": "jane", "anonymousId": "a1b2c3", "properties": {"product_id": "RUN-42", "name": "Trail Runner", "price": 27}}`)
	require.Equal(t, http.StatusOK, sayTo(t, address, "jane", "Do you have these in blue?"), "%s", pipeline.log)
	post(`{"type": "page", "userId": "jane", "anonymousId": "another-device", "context": {"page": {"url": "https://shop.example/help"}}}`)
	post(`{"type": "page", "anonymousId": "nobody-yet"}`)
	pipeline.stop()

	res, err := http.Get(url + "/sandbox/consumers")
	require.NoError(t, err)
	defer res.Body.Close()
	var page struct {
		Consumers []struct{ Consumer string }
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&page))
	require.Len(t, page.Consumers, 1)
	assert.Equal(t, "jane", page.Consumers[0].Consumer)

	bodies := reports(t, url)
	require.Len(t, bodies, 2)
	for _, body := range bodies {
		assert.Contains(t, body, `"identities":[{"acr":"loa1","iss":"shop.example.com","sub":"jane"}]`)
	}
	assert.Equal(t, []string{"report", "send"}, endpointsOf(t, url, "jane"), "one page of the consumer has both")
	require.Len(t, lines(t, letters), 1)
	assert.Contains(t, lines(t, letters)[0], "consumer: the expression gives no id")
}

// endpointsOf returns the endpoints that a consumer's calls of reports and texts went to.
func endpointsOf(t *testing.T, url, consumer string) []string {
	t.Helper()
	res, err := http.Get(url + "/sandbox/export?consumer=" + consumer)
	require.NoError(t, err)
	defer res.Body.Close()
	var endpoints []string
	for calls := json.NewDecoder(res.Body); calls.More(); {
		var call struct{ Endpoint string }
		require.NoError(t, calls.Decode(&call))
		if call.Endpoint == "report" || call.Endpoint == "send" {
			endpoints = append(endpoints, call.Endpoint)
		}
	}
	slices.Sort(endpoints)
	return slices.Compact(endpoints)
}
