package messaging

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every request of an app gets an answer in JSON, and the pages can show it.
func FuzzConnectorBodies(f *testing.F) {
	f.Add(`[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{}},{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"brandId":"12345678"}}]`)
	f.Add(`{"kind":"req","id":"3","type":"ms.PublishEvent","body":{"dialogId":"x","event":{"type":"ContentEvent","contentType":"text/plain","message":"hello"}}}`)
	f.Add(`{"kind":"req","id":4,"type":"cm.UpdateConversationField","body":{"conversationField":[{"field":"ConversationStateField","conversationState":"CLOSE"}]}}`)
	f.Add(`{"ext_consumer_id":"jane"}`)
	f.Add(textRequest("DIALOG", "hello"))
	s := newStand(f, Options{Script: Echo})
	f.Fuzz(func(t *testing.T, body string) {
		s.Reset() // its tokens stay valid
		s.logged = nil
		dialog := s.openMinimal(t)
		body = strings.ReplaceAll(body, "DIALOG", dialog)
		for name, w := range map[string]*httptest.ResponseRecorder{
			"a consumer's token": s.do(http.MethodPost, s.consumerPath()+"?v=1.0", body, "Authorization", s.app),
			"an app's token":     s.do(http.MethodPost, s.tokenPath()+"?v=1.0&grant_type=client_credentials", body, "Content-Type", formType),
			"a message":          s.sendOne(body),
			"a conversation":     s.conversation(body),
		} {
			assert.True(t, w.Code == http.StatusOK || w.Code == http.StatusCreated || w.Code >= 400 && w.Code < 500, "%s: %d", name, w.Code)
			assert.True(t, json.Valid(w.Body.Bytes()), "%s: %s", name, w.Body)
		}
		for _, page := range []string{"/sandbox/conversations", "/sandbox/conversations/" + dialog} {
			w := s.do(http.MethodGet, page, "")
			assert.Equal(t, http.StatusOK, w.Code)
			assert.True(t, json.Valid(w.Body.Bytes()), page)
		}
	})
}
