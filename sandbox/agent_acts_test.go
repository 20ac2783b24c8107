package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestTheAgentSendsQuickRepliesFilesAndASurvey(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	id := converse(t, s, "jane", "")
	act := func(body string) (int, string) {
		return fetch(t, s, http.MethodPost, "/sandbox/conversations/"+id, body)
	}
	status, text := act(`{"answer":"Do you want to track it?","quick_replies":["Yes","No"]}`)
	assert.Equal(t, http.StatusOK, status, text)
	assert.Contains(t, text, `"quickReplies":{"itemsPerRow":8,"replies":[{"click":{"actions":[{"text":"Yes","type":"publishText"}]},"title":"Yes"`)
	_, text = act(`{"file":{"caption":"The bill","relative_path":"/bills/1.pdf","file_type":"PDF"}}`)
	assert.Contains(t, text, `"message":{"caption":"The bill","relativePath":"/bills/1.pdf","fileType":"PDF"},"contentType":"hosted/file"`)
	for _, bad := range []string{`{"quick_replies":["Yes"]}`, `{"answer":"x","quick_replies":[""]}`, `{"file":{"caption":"x"}}`, `{"answer":"x","survey":"How was it?"}`} {
		status, text := act(bad)
		assert.Equal(t, http.StatusBadRequest, status, "%s: %s", bad, text)
	}
	_, text = act(`{"close":true,"survey":"How was it?"}`)
	assert.Contains(t, text, `"type":"POST_SURVEY"`)
	assert.Contains(t, text, "How was it?")
}
