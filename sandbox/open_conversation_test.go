package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// converse opens a conversation for a consumer, as an app does, with these members of the request. It returns the id.
func converse(t *testing.T, s *sandbox.Sandbox, consumer, members string) string {
	t.Helper()
	app := member(t, appToken(s), "access_token")
	jws := member(t, consumerToken(s, app, consumer), "token")
	body := strings.Replace(openBody, `{"brandId":"12345678"}`, `{"brandId":"12345678"`+members+`}`, 1)
	opened := post(s, messagingPath+"?v=3", body, "Authorization", app, "X-LP-ON-BEHALF", jws)
	require.Equal(t, http.StatusOK, opened.Code, opened.Body)
	var items []struct {
		Body struct{ ConversationID string }
	}
	require.NoError(t, json.Unmarshal(opened.Body.Bytes(), &items))
	return items[1].Body.ConversationID
}

// closes closes a conversation, as its consumer does.
func closes(t *testing.T, s *sandbox.Sandbox, consumer, conversation string) {
	t.Helper()
	app := member(t, appToken(s), "access_token")
	jws := member(t, consumerToken(s, app, consumer), "token")
	closed := post(s, messagingPath+"/send?v=3", `{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"`+conversation+
		`","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}}`, "Authorization", app, "X-LP-ON-BEHALF", jws)
	require.Equal(t, http.StatusOK, closed.Code, closed.Body)
}

// offeredDetails returns the engagement in an answer. The zero value: none.
func offeredDetails(t *testing.T, got answer) (e struct {
	CampaignID, EngagementID, EngagementRevision int64
	ContextID, ConversationID, Status            string
}) {
	t.Helper()
	var all struct{ EngagementDetails []json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(got.text), &all), got.text)
	if len(all.EngagementDetails) > 0 {
		require.NoError(t, json.Unmarshal(all.EngagementDetails[0], &e))
	}
	return e
}

func TestAConversationOfMessagingIsAnswered(t *testing.T) {
	t.Parallel()
	const (
		known   = `,"campaignInfo":{"campaignId":"2695999112","engagementId":"2696029112"}`
		unknown = `,"campaignInfo":{"campaignId":99999,"engagementId":888888}`
	)
	tests := map[string]struct {
		consumer, members string
		body              string
		found             bool
		campaign, engaged int64
		revision          int64
	}{
		"by a sub":                   {"jane", known, `{"identities":[{"iss":"i","acr":"0","sub":"anon"},{"iss":"i","acr":"loa1","sub":"jane"}]}`, true, 2695999112, 2696029112, 3},
		"by consumerId":              {"jane", known, `{"consumerId":"jane"}`, true, 2695999112, 2696029112, 3},
		"of another consumer":        {"john", known, `{"consumerId":"jane"}`, false, 2695999112, 2696029112, 3},
		"nobody in particular":       {"john", known, `{}`, false, 2695999112, 2696029112, 3},
		"without campaignInfo":       {"jane", ``, `{"consumerId":"jane"}`, true, 2695999112, 2696029112, 3},
		"of an unknown engagement":   {"jane", unknown, `{"consumerId":"jane"}`, true, 99999, 888888, 0},
		"of another campaign's":      {"jane", `,"campaignInfo":{"campaignId":"1","engagementId":"2696029112"}`, `{"consumerId":"jane"}`, true, 1, 2696029112, 0},
		"of an engagement in letter": {"jane", `,"campaignInfo":{"campaignId":"a","engagementId":"b"}`, `{"consumerId":"jane"}`, true, 2695999112, 2696029112, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(sandbox.Options{})
			t.Cleanup(s.Close)
			id := converse(t, s, test.consumer, test.members)
			got := offeredDetails(t, engage(t, s, test.body))
			if !test.found {
				assert.Equal(t, "expose", got.Status)
				return
			}
			assert.Equal(t, "conversation", got.Status)
			assert.Equal(t, id, got.ConversationID)
			assert.Empty(t, got.ContextID)
			assert.Equal(t, []int64{test.campaign, test.engaged, test.revision}, []int64{got.CampaignID, got.EngagementID, got.EngagementRevision})

			closes(t, s, test.consumer, id)
			got = offeredDetails(t, engage(t, s, test.body))
			assert.Equal(t, "expose", got.Status, "once it is closed, there are offers again")
			assert.Empty(t, got.ConversationID)
		})
	}
}

// The Connector API may have another consumer than the Monitoring API. conversationContext then names the session.
func TestAConversationIsFoundByItsSession(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	at := engage(t, s, `{"consumerId":"jane"}`)
	other := engage(t, s, `{"consumerId":"john"}`)
	id := converse(t, s, "facebook-7", `,"conversationContext":{"type":"SharkContext","visitorId":"`+at.VisitorID+`","sessionId":"`+at.SessionID+`","interactionContextId":"1"}`)
	assert.Equal(t, id, offeredDetails(t, engage(t, s, `{"consumerId":"jane"}`, "vid", at.VisitorID, "sid", at.SessionID)).ConversationID)
	assert.Equal(t, "expose", offeredDetails(t, engage(t, s, `{"consumerId":"jane"}`)).Status, "a session of its own")
	assert.Equal(t, "expose", offeredDetails(t, engage(t, s, `{}`, "vid", other.VisitorID, "sid", other.SessionID)).Status)
	assert.Equal(t, "expose", offeredDetails(t, engage(t, s, `{}`, "vid", other.VisitorID, "sid", at.SessionID)).Status, "another visitor's session")

	again := engage(t, s, `{"consumerId":"joan"}`)
	converse(t, s, "facebook-8", `,"conversationContext":{"visitorId":"`+at.VisitorID+`","sessionId":"`+again.SessionID+`"}`)
	assert.Equal(t, "expose", offeredDetails(t, engage(t, s, `{}`, "vid", again.VisitorID, "sid", again.SessionID)).Status, "the session is of another visitor")

	closes(t, s, "facebook-7", id)
	assert.Equal(t, "expose", offeredDetails(t, engage(t, s, `{}`, "vid", at.VisitorID, "sid", at.SessionID)).Status)
}

// A session of jane stays jane's session, even if a later call does not name her.
func TestAConversationIsFoundByWhomTheSessionIsAbout(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	at := report(t, s, `{"consumerId":"jane","engagementAttributes":[]}`)
	id := converse(t, s, "jane", "")
	assert.Equal(t, id, offeredDetails(t, engage(t, s, `{}`, "vid", at.VisitorID, "sid", at.SessionID)).ConversationID)
}

// A new conversation of a session replaces the former one.
func TestTheLatestConversationOfASessionIsAnswered(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	at := engage(t, s, `{}`)
	context := `,"conversationContext":{"visitorId":"` + at.VisitorID + `","sessionId":"` + at.SessionID + `"}`
	closes(t, s, "facebook-7", converse(t, s, "facebook-7", context))
	id := converse(t, s, "facebook-7", context)
	assert.Equal(t, id, offeredDetails(t, engage(t, s, `{}`, "vid", at.VisitorID, "sid", at.SessionID)).ConversationID)
}

func TestAPageOverridesMessaging(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	id := converse(t, s, "jane", "")
	fetch(t, s, http.MethodPut, "/sandbox/consumers/jane/conversation", `{"conversation_id":"by-page"}`)
	assert.Equal(t, "by-page", offeredDetails(t, engage(t, s, `{"consumerId":"jane"}`)).ConversationID)
	fetch(t, s, http.MethodDelete, "/sandbox/consumers/jane/conversation", "")
	assert.Equal(t, id, offeredDetails(t, engage(t, s, `{"consumerId":"jane"}`)).ConversationID)
	fetch(t, s, http.MethodPost, "/sandbox/reset", "")
	assert.Equal(t, "expose", offeredDetails(t, engage(t, s, `{"consumerId":"jane"}`)).Status)
}

// Monitoring and messaging call each other at the same time. The test ends, so there is no deadlock.
func TestEngagementsAndConversationsAtOnce(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	app := member(t, appToken(s), "access_token")
	jws := member(t, consumerToken(s, app, "jane"), "token")
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 50 {
				engage(t, s, `{"consumerId":"jane"}`)
			}
		})
		running.Go(func() {
			for range 50 {
				post(s, messagingPath+"?v=3", openBody, "Authorization", app, "X-LP-ON-BEHALF", jws)
			}
		})
	}
	running.Wait()
	assert.Equal(t, "conversation", offeredDetails(t, engage(t, s, `{"consumerId":"jane"}`)).Status)
}
