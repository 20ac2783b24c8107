package messaging

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each app of an account has credentials of its own. LivePerson notifies all of them, each with its own signature.
func TestSeveralAppsOfOneAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]int{} // by client and URL
		var wrong []string
		secrets := map[string]string{}
		e := newEndpoint()
		e.answers(func(r *http.Request, body string) int {
			mu.Lock()
			defer mu.Unlock()
			client := r.Header.Get(headerClient)
			seen[client+" "+r.URL.Host]++
			if r.Header.Get(headerSignature) != signature(algorithmSHA1, encodingBase64, secrets[client], []byte(body)) {
				wrong = append(wrong, client)
			}
			return http.StatusOK
		})
		hooks, err := ParseWebhookURL("https://own")
		require.NoError(t, err)
		s := newStand(t, Options{Script: Script{}, Webhooks: hooks, Transport: e})
		secrets[DefaultClientID] = DefaultClientSecret
		w, other := s.administrate(t, http.MethodPost, installations, strings.ReplaceAll(sampleManifest, "https://your/webhooks/endpoint", "https://other"))
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
		assert.NotEqual(t, DefaultClientID, other.ClientID)
		assert.Regexp(t, `^[a-z0-9]{26}$`, other.ClientSecret)
		mu.Lock()
		secrets[other.ClientID] = other.ClientSecret
		mu.Unlock()
		assert.Len(t, s.listed(t), 2)

		ask := func(id, secret string) int {
			return s.askAppToken(tokenQuery, url.Values{"client_id": {id}, "client_secret": {secret}}).Code
		}
		assert.Equal(t, http.StatusOK, ask(other.ClientID, other.ClientSecret))
		assert.Equal(t, http.StatusUnauthorized, ask(other.ClientID, DefaultClientSecret), "the secret of another app")

		s.openMinimal(t)
		require.NoError(t, s.Flush(t.Context()))
		mu.Lock()
		assert.Equal(t, map[string]int{DefaultClientID + " own": 1, other.ClientID + " other": 1}, seen, "one change of the conversation")
		assert.Empty(t, wrong)
		mu.Unlock()

		w = s.do(http.MethodGet, "/sandbox/webhooks?client_id="+other.ClientID, "")
		assert.Contains(t, w.Body.String(), `"https://other":{"waiting":0,"posted":1`)
		assert.Equal(t, http.StatusBadRequest, s.do(http.MethodGet, "/sandbox/webhooks?client_id=x", "").Code)

		// LivePerson's demo app disables an app by an update of the whole record.
		one := installations + "/" + other.ClientID
		toggle := func(from, to string) {
			w, _ := s.administrate(t, http.MethodGet, one, "")
			changed := strings.Replace(w.Body.String(), `"enabled":`+from, `"enabled":`+to, 1)
			w, _ = s.administrate(t, http.MethodPut, one, changed, "If-Match", w.Header().Get("ac-revision"))
			require.Equal(t, http.StatusOK, w.Code, w.Body)
		}
		toggle("true", "false")
		assert.Equal(t, http.StatusUnauthorized, ask(other.ClientID, other.ClientSecret), "it is not enabled")
		s.jws = s.consumerTokenOf(t, "john")
		s.openMinimal(t)
		require.NoError(t, s.Flush(t.Context()))
		mu.Lock()
		assert.Equal(t, 1, seen[other.ClientID+" other"])
		assert.Equal(t, 2, seen[DefaultClientID+" own"])
		mu.Unlock()
		toggle("false", "true")
		assert.Equal(t, http.StatusOK, ask(other.ClientID, other.ClientSecret))
		s.jws = s.consumerTokenOf(t, "mary")
		s.openMinimal(t)
		require.NoError(t, s.Flush(t.Context()))
		mu.Lock()
		assert.Equal(t, 2, seen[other.ClientID+" other"], "it kept its webhooks")
		mu.Unlock()
	})
}

func (s *stand) listed(t *testing.T) (list []record) {
	t.Helper()
	w, _ := s.administrate(t, http.MethodGet, installations, "")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
	return list
}

// An app that is posted again after it was deleted is the same app.
func TestADeletedAppIsPostedAgain(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	w, made := s.administrate(t, http.MethodPost, installations, sampleManifest)
	require.Equal(t, http.StatusCreated, w.Code)
	one := installations + "/" + made.ClientID
	w, _ = s.administrate(t, http.MethodGet, one, "")
	whole := w.Body.String()
	w, _ = s.administrate(t, http.MethodDelete, one, "", "If-Match", w.Header().Get("ac-revision"))
	require.Equal(t, http.StatusNoContent, w.Code)
	assert.Len(t, s.listed(t), 1)
	w, again := s.administrate(t, http.MethodPost, installations, whole)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	assert.Equal(t, []string{made.ClientID, made.ClientSecret}, []string{again.ClientID, again.ClientSecret})
	assert.Len(t, s.listed(t), 2)
}

func TestTheNumberOfAppsHasALimit(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	for range maxApps - 1 {
		w, _ := s.administrate(t, http.MethodPost, installations, `{"client_name":"a"}`)
		require.Equal(t, http.StatusCreated, w.Code)
	}
	w, _ := s.administrate(t, http.MethodPost, installations, `{"client_name":"a"}`)
	assert.Equal(t, http.StatusConflict, w.Code)
	assert.Contains(t, w.Body.String(), fmt.Sprint(maxApps))
}

func TestThePropertiesOfTheAccount(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	const path = "/api/account/" + account + "/configuration/provision/featureGrants"
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, path+"?v=1.0", "").Code)
	w, _ := s.administrate(t, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, w.Code)
	var read struct {
		AppDataList []struct {
			AccountList struct {
				AccountList []struct {
					ItemsCollection struct {
						Data []struct {
							CompoundFeatureID string
							Value             struct{ Value bool }
						}
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &read))
	first := read.AppDataList[0].AccountList.AccountList[0].ItemsCollection.Data[0]
	assert.Equal(t, "Common.Async_Messaging", first.CompoundFeatureID)
	assert.True(t, first.Value.Value)
}
