package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// testRow is a line of the doctor's table.
type testRow struct {
	Sent, Names, ACR, Answer string
	KeptAs                   string `json:"kept_as"`
	Visit                    string `json:"visit_information"`
	Conversation             string `json:"messaging_interactions"`
}

// table reads the table of the doctor's JSON.
func (e examined) table(t *testing.T) []testRow {
	t.Helper()
	var read struct{ Test []testRow }
	require.NoError(t, json.Unmarshal([]byte(e.stdout), &read))
	return read.Test
}

// keeping returns a sandbox that keeps a set of names.
func keeping(t *testing.T, names string) sandbox.Options {
	t.Helper()
	rules, err := sandbox.ParseStorage([]byte("names: " + names))
	require.NoError(t, err)
	return sandbox.Options{Storage: rules}
}

var reader = []string{"LIVEPERSON_USER=reader", "LIVEPERSON_PASSWORD=s3cret", "LIVEPERSON_CLIENT_ID=", "LIVEPERSON_CLIENT_SECRET=", "LIVEPERSON_DOCTOR_WAIT=0s"}

func TestDoctorFindsTheNamesThatAnAccountKeeps(t *testing.T) {
	t.Parallel()
	for names, test := range map[string]struct {
		code    int
		verdict string
		kept    map[string]bool // the types with two names
	}{
		"both":       {0, "ok: LivePerson keeps carts under both names: sde_names may be signal (the default) or liveperson", map[string]bool{"cart": true, "cartStatus": true, "searchInfo": true, "searchContent": true}},
		"liveperson": {0, "warning: LivePerson keeps cart and not cartStatus, which presets send by default: set sde_names: liveperson", map[string]bool{"cart": true, "searchInfo": true}},
		"signal":     {0, "ok: LivePerson keeps cartStatus and not cart: leave sde_names at signal, the default", map[string]bool{"cartStatus": true, "searchContent": true}},
		"none":       {1, "failed: LivePerson keeps carts under neither name: ask LivePerson's account team whether the app installation may send engagement attributes; LivePerson keeps searches under neither name", map[string]bool{}},
	} {
		t.Run(names, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t, keeping(t, names), nil)
			e := p.examine(t, reader, "--send-test", "--yes")
			assert.Equal(t, test.code, e.code, e.stdout+e.stderr)
			assert.Equal(t, test.verdict, e.of("sde_names"))
			assert.Equal(t, "ok: LivePerson accepted 24 of 24 reports", e.of("test_visit"))
			assert.Equal(t, "skipped: not known: no conversation was read back", e.of("acr"))
			rows := e.table(t)
			require.Len(t, rows, 24)
			for _, row := range rows {
				assert.Equal(t, "accepted", row.Answer)
				assert.Equal(t, "not asked", row.Conversation)
				if row.Names == "both" || test.kept[row.Sent] {
					assert.Equal(t, "whole", row.Visit, row.Sent)
					assert.NotEmpty(t, row.KeptAs, row.Sent)
				} else {
					assert.Equal(t, "no", row.Visit, row.Sent)
					assert.Empty(t, row.KeptAs, row.Sent)
				}
			}
			assert.Equal(t, 2, p.sandbox.Summary().Sessions, "one visit for each acr")
		})
	}
}

func TestDoctorSendsNothingUnasked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args  []string
		input string
		sent  bool
	}{
		"no answer":     {[]string{"--send-test"}, "", false},
		"no":            {[]string{"--send-test"}, "no\n", false},
		"another word":  {[]string{"--send-test"}, "maybe\n", false},
		"yes":           {[]string{"--send-test"}, "yes\n", true},
		"a flag":        {[]string{"--send-test", "--yes"}, "", true},
		"only the flag": {[]string{"--yes"}, "", false},
		"JSON":          {[]string{"--send-test", "--json"}, "yes\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, address := newSandbox(t, sandbox.Options{})
			cmd := command(t, append([]string{
				"LIVEPERSON_DOMAIN_API=" + address, "LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID,
			}, reader...), append([]string{"doctor"}, test.args...)...)
			cmd.Stdin = strings.NewReader(test.input)
			out, _ := cmd.CombinedOutput()
			if test.sent {
				assert.Equal(t, 24, s.Summary().Reports, string(out))
				assert.Contains(t, string(out), "24 reports about the invented consumer benthos-liveperson-doctor-")
				assert.Regexp(t, `(?m)^cartStatus +signal +loa1 +accepted +cartStatus +whole +not asked$`, string(out))
			} else {
				assert.Zero(t, s.Summary().Reports, string(out))
			}
			assert.NotContains(t, string(out), "s3cret")
		})
	}
}

func TestDoctorFlagsOfTheTestVisit(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{})
	env := []string{"LIVEPERSON_DOMAIN_API=" + address, "LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no app":           {[]string{"--send-test", "--yes"}, "--send-test: works with --app-installation-id only"},
		"JSON can't ask":   {[]string{"--send-test", "--json", "--app-installation-id", "app"}, "--send-test: with --json, the doctor can't ask: give --yes too"},
		"two credentials":  {[]string{"--send-test", "--yes", "--app-installation-id", "app", "--user", "u", "--reader-client-id", "c"}, "credentials: set only one"},
		"no password":      {[]string{"--send-test", "--yes", "--app-installation-id", "app", "--user", "u"}, "--user and --user-password: must all be given"},
		"half an API key":  {[]string{"--send-test", "--yes", "--app-installation-id", "app", "--api-key", "k", "--api-token", "t"}, "--api-key, --api-secret, --api-token and --api-token-secret: must all be given"},
		"no reader secret": {[]string{"--send-test", "--yes", "--app-installation-id", "app", "--reader-client-id", "c"}, "--reader-client-id and --reader-client-secret: must all be given"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, stderr, err := process(t, env, append([]string{"doctor"}, test.args...)...)
			assert.Equal(t, 2, exitCode(t, err), stderr)
			assert.Contains(t, stderr, test.want)
		})
	}
}

// A conversation that LivePerson shows has the attributes of one acr, of both or of none.
func TestDoctorFindsTheACRThatJoinsAConversation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		acrs           []string
		acr, messaging string
	}{
		"both": {[]string{"0", "loa1"}, "ok: attributes join the consumer's conversation with acr loa1 and with acr 0", "ok: conversations show what is reported: messaging.sdes is on"},
		"loa1": {[]string{"loa1"}, `ok: attributes join the consumer's conversation with acr loa1 alone: set acr: "loa1"`, "warning: the conversation shows no attribute with acr 0: ask LivePerson's account team to switch on messaging.sdes, so that agents see what is reported of everybody"},
		"0":    {[]string{"0"}, `ok: attributes join the consumer's conversation with acr 0 alone: set acr: "0"`, "ok: conversations show what is reported: messaging.sdes is on"},
		"none": {nil, "warning: not known: the conversation has no attribute of the visits", "warning: the conversation shows no attribute within 0s: ask LivePerson's account team to switch on messaging.sdes, so that agents see what is reported of everybody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p *patient
			p = newPatient(t, sandbox.Options{}, func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case strings.HasSuffix(r.URL.Path, "/service/msgHist/baseURI.json"):
					fmt.Fprintf(w, `{"service":"msgHist","baseURI":%q}`, r.Host)
				case strings.HasSuffix(r.URL.Path, "/conversations/conversation/search"):
					fmt.Fprintf(w, `{"_metadata":{"count":1},"conversationHistoryRecords":[{"info":{"conversationId":"x"},"sdes":{"events":[]},"unAuthSdes":{"events":[%s]}}]}`,
						leadEvents(p.sandbox, test.acrs))
				default:
					return false
				}
				return true
			})
			e := p.examine(t, []string{"LIVEPERSON_USER=reader", "LIVEPERSON_PASSWORD=s3cret", "LIVEPERSON_DOCTOR_WAIT=0s"}, "--send-test", "--yes")
			assert.Equal(t, 0, e.code, e.stdout+e.stderr)
			assert.Equal(t, test.acr, e.of("acr"))
			assert.Equal(t, test.messaging, e.of("messaging_sdes"))
			assert.Equal(t, "ok: LivePerson accepted 24 of 24 reports", e.of("test_visit"))
			for _, row := range e.table(t) {
				want := "no"
				if row.Sent == "lead" && strings.Contains(strings.Join(test.acrs, " "), row.ACR) {
					want = "whole"
				}
				assert.Equal(t, want, row.Conversation, row.Sent)
			}
			opened := 0
			for _, call := range p.sandbox.Calls() {
				if call.Endpoint == "conversation" {
					opened++
				}
			}
			assert.Equal(t, 1, opened)
		})
	}
}

// leadEvents returns the leads that a sandbox got with some acr, as Messaging Interactions show them.
func leadEvents(s *sandbox.Sandbox, acrs []string) string {
	var events []string
	for _, call := range s.Reports() {
		var report struct {
			Identities []struct{ ACR string }
			Attributes []struct {
				Type string
				Lead json.RawMessage
			} `json:"engagementAttributes"`
		}
		if json.Unmarshal(call.Body, &report) != nil || report.Attributes[0].Type != "lead" || !strings.Contains(strings.Join(acrs, " "), report.Identities[0].ACR) {
			continue
		}
		events = append(events, fmt.Sprintf(`{"lead":{"lead":%s},"serverTimeStamp":%d,"sdeType":"LEAD"}`, report.Attributes[0].Lead, call.Time.UnixMilli()))
	}
	return strings.Join(events, ",")
}

// The sandbox shows the attributes of its own visits and conversations.
func TestDoctorReadsTheConversationOfASandbox(t *testing.T) {
	t.Parallel()
	for storage, test := range map[string]struct{ acr, messaging string }{
		"history_delay: 0s":                           {"ok: attributes join the consumer's conversation with acr loa1 and with acr 0", "ok: conversations show what is reported: messaging.sdes is on"},
		"{history_delay: 0s, unauthenticated: false}": {`ok: attributes join the consumer's conversation with acr loa1 alone: set acr: "loa1"`, "warning: the conversation shows no attribute with acr 0: ask LivePerson's account team to switch on messaging.sdes, so that agents see what is reported of everybody"},
		"history_delay: 1m":                           {"warning: not known: the conversation has no attribute of the visits", "warning: the conversation shows no attribute within 0s: ask LivePerson's account team to switch on messaging.sdes, so that agents see what is reported of everybody"},
	} {
		t.Run(storage, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ParseStorage([]byte(storage))
			require.NoError(t, err)
			p := newPatient(t, sandbox.Options{Storage: rules}, nil)
			e := p.examine(t, []string{"LIVEPERSON_USER=reader", "LIVEPERSON_PASSWORD=s3cret", "LIVEPERSON_DOCTOR_WAIT=0s"}, "--send-test", "--yes")
			assert.Equal(t, 0, e.code, e.stdout+e.stderr)
			assert.Equal(t, test.acr, e.of("acr"))
			assert.Equal(t, test.messaging, e.of("messaging_sdes"))
			for _, row := range e.table(t) {
				if row.Sent == "lead" && row.ACR == "loa1" {
					assert.Equal(t, storage != "history_delay: 1m", row.Conversation == "whole", row.Conversation)
				}
			}
		})
	}
}

// A strict sandbox refuses the names of signal.
func TestDoctorShowsRefusedReports(t *testing.T) {
	t.Parallel()
	p := newPatient(t, sandbox.Options{Strict: true}, nil)
	e := p.examine(t, reader, "--send-test", "--yes")
	assert.Equal(t, 0, e.code, e.stdout+e.stderr)
	assert.Regexp(t, `^warning: LivePerson accepted 20 of 24 reports; the first refusal: LivePerson answered 400 Bad Request`, e.of("test_visit"))
	assert.Contains(t, e.of("sde_names"), "set sde_names: liveperson")
	for _, row := range e.table(t) {
		want := [2]string{"accepted", "whole"}
		if row.Names == "signal" {
			want = [2]string{"refused (400)", "not asked"}
		}
		assert.Equal(t, want, [2]string{row.Answer, row.Visit}, row.Sent)
	}
}

// What could not be read is not what LivePerson does not have.
func TestDoctorClaimsNothingOfWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{
		"wrong password":       "{endpoint: login, status: 401}",
		"no permission":        "{endpoint: visit_information, status: 403}",
		"LivePerson goes down": "{endpoint: visit_information, status: 503}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ParseChaos([]byte("rules: [" + rule + "]"))
			require.NoError(t, err)
			p := newPatient(t, sandbox.Options{Chaos: rules}, nil)
			e := p.examine(t, reader, "--send-test", "--yes")
			assert.Equal(t, 1, e.code, e.stdout+e.stderr)
			assert.Contains(t, e.of("test_readback"), "failed: reading the visit: ")
			rows := e.table(t)
			require.Len(t, rows, 24)
			for _, row := range rows {
				assert.Equal(t, [2]string{"accepted", "not asked"}, [2]string{row.Answer, row.Visit}, row.Sent)
			}
		})
	}
}

// LivePerson answers some reports with 503. That says nothing about the setting that they try.
func TestDoctorClaimsNothingOfWhatLivePersonDidNotAnswer(t *testing.T) {
	t.Parallel()
	for part, want := range map[string][3]string{
		`"acr":"0"`: {
			"ok: LivePerson keeps carts under both names: sde_names may be signal (the default) or liveperson",
			"warning: not known: LivePerson did not answer all reports with acr 0: repeat the test",
			"warning: not known: LivePerson did not answer all reports with acr 0: repeat the test",
		},
		`"type":"cartStatus"`: {
			"warning: not known: LivePerson did not answer all reports of carts: repeat the test",
			"ok: attributes join the consumer's conversation with acr loa1 and with acr 0",
			"ok: conversations show what is reported: messaging.sdes is on",
		},
	} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ParseStorage([]byte("history_delay: 0s"))
			require.NoError(t, err)
			p := newPatient(t, sandbox.Options{Storage: rules}, func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/report") {
					return false
				}
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				r.Body = io.NopCloser(bytes.NewReader(body))
				if !bytes.Contains(body, []byte(part)) {
					return false
				}
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			})
			e := p.examine(t, []string{"LIVEPERSON_USER=reader", "LIVEPERSON_PASSWORD=s3cret", "LIVEPERSON_DOCTOR_WAIT=0s"}, "--send-test", "--yes")
			assert.Equal(t, 0, e.code, e.stdout+e.stderr)
			assert.Contains(t, e.of("test_visit"), "the first refusal: ")
			assert.Equal(t, want, [3]string{e.of("sde_names"), e.of("acr"), e.of("messaging_sdes")})
		})
	}
}
