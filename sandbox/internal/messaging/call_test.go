package messaging

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheLogTellsWhatWasAsked(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Echo})
	id := s.openMinimal(t)
	text, unknown := textRequest(id, "hello"), `{"kind":"req","id":"8","type":"ms.Shout","body":{}}`
	s.sendOne(text)
	s.sendOne(unknown)
	s.do(http.MethodGet, s.openPath()+"/send?v=3", "")
	const says = "this method has no such request"
	want := []Call{
		{Endpoint: EndpointAppToken, Types: []string{}, Status: 200},
		{Endpoint: EndpointConsumerToken, Consumer: "jane", Types: []string{}, Body: []byte(`{"ext_consumer_id":"jane"}`), Status: 201},
		{Endpoint: EndpointConversation, Consumer: "jane", RequestID: "2,", Types: []string{typeSetProfile, typeOpen}, Body: []byte(minimal), Status: 200},
		{Endpoint: EndpointSend, Consumer: "jane", RequestID: "1", Types: []string{typePublish, eventContent}, Body: []byte(text), Status: 200, Answer: publishAnswer{"1", itemOK, sequenceBody{0}}},
		{Endpoint: EndpointSend, Consumer: "jane", RequestID: "8", Types: []string{"ms.Shout"}, Body: []byte(unknown), Status: 400, Reason: "type: " + says, Answer: itemAnswer{itemBadRequest, messageBody{"type: " + says}, "8"}},
		{Endpoint: EndpointSend, Types: []string{}, Body: []byte{}, Status: 405, Code: 40500, Reason: "send POST", Answer: errorOf("", 405, 40500, "Method Not Allowed", "Method Not Allowed")},
	}
	require.Len(t, s.logged, len(want))
	assert.Len(t, s.logged[2].Answer, 2)
	want[2].Answer = s.logged[2].Answer
	assert.Equal(t, want, s.logged)
	for _, secret := range []string{s.app, s.jws, s.options.ClientSecret} {
		assert.NotContains(t, fmt.Sprintf("%+v", s.logged), secret)
	}
}

func TestTheLogHasNothingThatIsTooLong(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	s.sendOne(strings.Repeat("x", maxBody+1))
	assert.Equal(t, http.StatusBadRequest, s.last().Status)
	assert.Nil(t, s.last().Body)
}

// The log has the messages of a dialog in the order of their sequence numbers, even if many are sent at the same time.
func TestTheLogIsInTheOrderOfTheDialog(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	id := s.openMinimal(t)
	before := len(s.logged)
	var running sync.WaitGroup
	for range 16 {
		running.Go(func() {
			for range 250 {
				assert.Equal(t, http.StatusOK, s.sendOne(textRequest(id, "hello")).Code)
			}
		})
	}
	running.Wait()
	for i, call := range s.logged[before:] {
		require.Equal(t, sequenceBody{i}, call.Answer.(publishAnswer).Body)
	}
}

func TestARefusalIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var refusal *Refusal
	s := newStand(t, Options{Around: func(w http.ResponseWriter, _ *http.Request, _ Call, serve func(http.ResponseWriter, *Refusal)) {
		serve(w, refusal)
	}})
	id := s.openMinimal(t)
	for _, test := range []struct {
		refusal Refusal
		answer  string
		code    int
	}{
		{Refusal{Status: 401, Code: 40102, Reason: "why"}, `"code":401,"body":{"title":"Invalid AppJWT","details":"AppJWT has expired or is invalid","errorCode":40102}`, 40102},
		{Refusal{Status: 503, Message: "down", Reason: "why"}, `"code":503,"body":{"title":"Service Unavailable","details":"down","errorCode":50300}`, 50300},
	} {
		refusal = &test.refusal
		w := s.sendOne(textRequest(id, "hello"))
		assert.Equal(t, test.refusal.Status, w.Code)
		assert.Equal(t, `{"kind":"resp","reqId":"1",`+test.answer+`,"type":".ReqBody$ErrorResp"}`, w.Body.String())
		assert.Equal(t, []any{test.refusal.Status, test.code, "why"}, []any{s.last().Status, s.last().Code, s.last().Reason})
	}
	refusal = nil
	assert.Empty(t, s.read(t, id).Dialogs[0].Events, "nothing was taken")
}
