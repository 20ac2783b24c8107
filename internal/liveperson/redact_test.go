package liveperson

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKnownWords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"a member":                 {"consumerId", "consumerId"},
		"a member's path":          {"engagementAttributes[0].personal.contacts[1].email", "engagementAttributes[0].personal.contacts[1].email"},
		"a word that is a member":  {"type", "type"},
		"a phrase":                 {"Illegal Version", "Illegal Version"},
		"a phrase in another case": {"bad visitor id", "bad visitor id"},
		"a phrase and an id":       {"Bad visitor id: " + testVisitor, "Bad visitor id …"},
		"an id and a phrase":       {testVisitor + ": bad visitor id", "… bad visitor id"},
		"an id between":            {"Bad session id for " + testVisitor + " Bad visitor id", "Bad session id … Bad visitor id"},
		"two phrases":              {"Invalid AppJWT: AppJWT has expired or is invalid", "Invalid AppJWT: AppJWT has expired or is invalid"},
		"a member and a phrase":    {"engagementAttributes[0].type is missing", "engagementAttributes[0].type is missing"},
		"a member and a value":     {"consumerId jane.roe is not valid", "consumerId … is not valid"},
		"a member in quotes":       {`field 'orderId' is required`, "field 'orderId' is required"},
		"an id that looks short":   {"Bad app installation id", "Bad app installation id"},
		"white space":              {"  consumerId\n", "consumerId"},

		"empty":                        {"", ""},
		"another sentence":             {"no room for jane", ""},
		"an id alone":                  {testVisitor, ""},
		"an e-mail address":            {"user123@gmail.com", ""},
		"an address with a member":     {"name.phone@example.com", ""},
		"a phrase within a word":       {"xBad Requestx", ""},
		"a phrase within an address":   {"Forbidden@example.com", ""},
		"a phrase in another alphabet": {"éForbidden", ""},
		"words that are members":       {"the total of jane in year one", ""},
		"a path that is none":          {"consumerId.jane", ""},
		"a large index":                {"engagementAttributes[4111111111111111]", "engagementAttributes …"},
		"a name with an underscore":    {"client_id_of_jane", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, knownWords(test.text))
		})
	}
}

// assertKnownWords checks that a text has only words of the tables.
func assertKnownWords(t *testing.T, text string) {
	t.Helper()
	longest := slices.SortedFunc(slices.Values(phrases), func(a, b string) int { return len(b) - len(a) })
	for _, phrase := range longest {
		for {
			at := strings.Index(strings.ToLower(text), strings.ToLower(phrase))
			if at < 0 {
				break
			}
			text = text[:at] + " " + text[at+len(phrase):]
		}
	}
	for _, word := range segment.FindAllString(text, -1) {
		assert.True(t, fieldNames[word], "%q of %q", word, text)
	}
}

func FuzzKnownWords(f *testing.F) {
	for _, seed := range append([]string{"consumerId", "Bad visitor id: abc", "a Bad Request, type is missing", "é consumerId"}, phrases...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { assertKnownWords(t, knownWords(text)) })
}

// fieldNames has the members of all engagement attributes.
func TestFieldNamesHaveTheSchemas(t *testing.T) {
	t.Parallel()
	var walk func(tree any)
	names := 0
	walk = func(tree any) {
		switch tree := tree.(type) {
		case []any:
			for _, value := range tree {
				walk(value)
			}
		case map[string]any:
			if properties, is := tree["properties"].(map[string]any); is {
				for name := range properties {
					names++
					assert.True(t, fieldNames[name], name)
				}
			}
			for _, value := range tree {
				walk(value)
			}
		}
	}
	schemas := os.DirFS("../sde/schema")
	files, err := fs.Glob(schemas, "*.json")
	require.NoError(t, err)
	for _, file := range files {
		text, err := fs.ReadFile(schemas, file)
		require.NoError(t, err)
		var tree any
		require.NoError(t, json.Unmarshal(text, &tree))
		walk(tree)
	}
	assert.Greater(t, names, 80)
}

// spellings are the forms in which a server may repeat a value.
var spellings = map[string]func(string) string{
	"as it is":    func(s string) string { return s },
	"upper case":  strings.ToUpper,
	"lower case":  strings.ToLower,
	"query":       url.QueryEscape,
	"path":        url.PathEscape,
	"HTML":        html.EscapeString,
	"HTML, all":   func(s string) string { return escapedAll(s, "&#%d;") },
	"JSON":        func(s string) string { text, _ := json.Marshal(s); return string(text) },
	"JSON, all":   func(s string) string { return escapedAll(s, `\u%04x`) },
	"percent all": func(s string) string { return escapedAll(s, "%%%02X") },
	"Base64":      func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"hex":         func(s string) string { return hex.EncodeToString([]byte(s)) },
	"twice":       func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
}

func escapedAll(s, format string) string {
	var out strings.Builder
	for _, r := range s {
		fmt.Fprintf(&out, format, r)
	}
	return out.String()
}

// echoes are the places in an answer where a server may repeat a text.
var echoes = map[string]func(text string) string{
	"message": func(text string) string {
		return answered("400 Bad Request", object("message", text, "internalCode", 5))
	},
	"message, 404": func(text string) string {
		return answered("404 Not Found", object("message", "Bad visitor id "+text, "internalCode", 37))
	},
	"message, 500":  func(text string) string { return answered("500 Oh", object("message", text, "internalCode", 18)) },
	"message, 200":  func(text string) string { return answered("200 OK", object("message", text, "internalCode", 18)) },
	"member's name": func(text string) string { return answered("400 Bad Request", object(text, text)) },
	"behind a member": func(text string) string {
		return answered("400 Bad Request", object("message", "consumerId "+text+" is invalid"))
	},
	"loading": func(text string) string {
		return answered("202 Accepted", object("message", "Loading account: "+text+", vid: "+text, "internalCode", 38))
	},
	"loading, odd":  func(text string) string { return answered("202 Accepted", object("message", text)) },
	"wrapped":       func(text string) string { return answered("403 Forbidden", `{"error":`+object("message", text)+`}`) },
	"body":          func(text string) string { return answered("400 Bad Request", text) },
	"page":          func(text string) string { return answered("200 OK", "<html>"+text+"</html>") },
	"success":       func(text string) string { return answered("200 OK", text) },
	"redirect":      func(text string) string { return answered("302 Found", "", "Location: /"+line(text)) },
	"Retry-After":   func(text string) string { return answered("503 Down", "", "Retry-After: "+line(text)) },
	"status text":   func(text string) string { return answered("400 "+line(text), "") },
	"status":        func(text string) string { return "HTTP/1.1 " + line(text) + "\r\n\r\n" },
	"version":       func(text string) string { return line(text) + " 200 OK\r\n\r\n" },
	"raw":           func(text string) string { return text + "\r\n\r\n" },
	"header":        func(text string) string { return "HTTP/1.1 200 OK\r\n" + line(text) + "\r\n\r\n" },
	"header's name": func(text string) string { return "HTTP/1.1 200 OK\r\n" + line(text) + ": a\r\n\r\n" },
	"first header":  func(text string) string { return "HTTP/1.1 200 OK\r\n " + line(text) + "\r\n\r\n" },
	"length":        func(text string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + line(text) + "\r\n\r\n" },
	"lengths": func(text string) string {
		return "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: " + line(text) + "\r\n\r\n"
	},
	"coding":  func(text string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + line(text) + "\r\n\r\n" },
	"packing": func(text string) string { return answered("400 Bad Request", "x", "Content-Encoding: "+line(text)) },
	"chunk": func(text string) string {
		return "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n" + text + "\r\n\r\n"
	},
	"item": func(text string) string {
		return answered("400 Bad Request", `{"code":"BAD_REQUEST","body":`+object("msg", text)+`}`)
	},
	"item's title": func(text string) string {
		return answered("200 OK", `{"code":`+strconv.Quote(text)+`,"body":`+object("title", text, "details", text, "errorCode", text)+`}`)
	},
	"OAuth":        func(text string) string { return answered("401 No", object("error", text, "error_description", text)) },
	"domain":       func(text string) string { return answered("200 OK", object("baseURI", text)) },
	"domain, path": func(text string) string { return answered("200 OK", object("baseURI", "va.example.com/"+text)) },
	"domain, list": func(text string) string {
		return answered("200 OK", `{"baseURIs":[`+object("service", text, "baseURI", "http://x y/"+text)+`]}`)
	},
	"token": func(text string) string { return answered("200 OK", object("token_type", text, "error_uri", text)) },
}

func object(pairs ...any) string {
	members := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		members[pairs[i].(string)] = pairs[i+1]
	}
	text, _ := json.Marshal(members)
	return string(text)
}

// line returns a text without line breaks.
func line(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }

// letters are the letters of random values. Some need escapes in some formats.
var letters = []rune(`abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ@.+-_ <>&"'é漢/`)

func randomValue(random *rand.Rand) string {
	value := make([]rune, 6+random.IntN(20))
	for i := range value {
		value[i] = letters[random.IntN(len(letters))]
	}
	// The value has no white space at its ends, and a q, which the client's own texts never have.
	return "q" + strconv.Itoa(random.IntN(1e6)) + string(value) + "z"
}

// A server may repeat parts of the request. None of them may appear in an error.
func TestEchoesAreNotPrinted(t *testing.T) {
	t.Parallel()
	for echo, put := range echoes {
		t.Run(echo, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(7, uint64(len(echo))))
			for spelling, spell := range spellings {
				values := make([]string, 8)
				for i := range values {
					values[i] = randomValue(random)
				}
				said := spell(values[random.IntN(len(values))])
				if random.IntN(2) == 0 {
					said = "the value " + said + ", of all of " + spell(strings.Join(values, " "))
				}
				url, _ := rawServer(t, func(_ int, c net.Conn) {
					odd{answer: put(said), end: shuts}.serve(t, c)
				})
				for call, err := range echoedCalls(t, url, values) {
					for _, value := range append(values, said) {
						assertNotPrinted(t, err, value, spelling+", "+call)
					}
				}
			}
		})
	}
}

// echoedCalls makes a call of each kind with these values and returns the errors.
func echoedCalls(t *testing.T, url string, v []string) map[string]error {
	t.Helper()
	body := []byte(object("consumerId", v[0], "engagementAttributes", []any{map[string]any{"type": v[1], "name": v[2]}}))
	account := newAccount(t, Options{HTTP: newHTTP(t, HTTPOptions{}), DomainAPI: url})
	visitor, session := "q"+hex.EncodeToString([]byte(v[3])), v[4]
	monitoring, err := account.Monitoring(MonitoringOptions{AppInstallationID: testApp, APIVersion: APIVersion11, Domain: url})
	require.NoError(t, err)
	resolved, err := account.Monitoring(MonitoringOptions{AppInstallationID: testApp, APIVersion: APIVersion11})
	require.NoError(t, err)
	app, err := account.AppEngagement(url)
	require.NoError(t, err)
	connector, err := account.Connector(ConnectorOptions{
		ClientID: v[5], ClientSecret: v[6], MessagingDomain: url, SentinelDomain: url, IDPDomain: url, SwiftDomain: url,
	})
	require.NoError(t, err)
	connector.app.kept.Add("", token{value: v[6]})
	connector.consumers.kept.Add("known", token{value: v[7]})
	calls := map[string]error{}
	_, calls["report"] = monitoring.Report(t.Context(), Report{Body: body, VisitorID: visitor, SessionID: session})
	_, calls["engagement"] = monitoring.Engagement(t.Context(), Question{Body: body, VisitorID: visitor, SessionID: session})
	_, calls["create"] = app.CreateSession(t.Context(), Question{Body: body, VisitorID: visitor, SessionID: session})
	calls["update"] = app.UpdateSession(t.Context(), Question{Body: body, VisitorID: visitor, SessionID: session})
	calls["domain"] = resolved.Connect(t.Context())
	_, calls["send"] = connector.Send(t.Context(), "known", Dialog{ConversationID: v[0]}.Text(v[1]))
	_, calls["open"] = connector.Open(t.Context(), "known", Opening{SkillID: v[2], Context: &ConversationContext{VisitorID: v[3]}})
	calls["consumer token"] = connector.ConsumerToken(t.Context(), v[0])
	_, _, calls["app token"] = connector.AppTokenTimes(t.Context())
	return calls
}

func assertNotPrinted(t *testing.T, err error, value, where string) {
	t.Helper()
	if err == nil {
		return
	}
	text := strings.ToLower(err.Error())
	for spelling, spell := range spellings {
		if spelled := strings.ToLower(spell(value)); len(spelled) >= 4 {
			assert.NotContains(t, text, strings.Trim(spelled, `"`), where+", "+spelling)
		}
	}
}

// The words of a proxy may be private too.
func TestProxysWordsAreNotPrinted(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"status text": "HTTP/1.1 407 hunter2 dXNlcjpodW50ZXIy\r\n\r\n",
		"body":        "HTTP/1.1 403 No\r\nContent-Length: 7\r\n\r\nhunter2",
		"no HTTP":     "hunter2 dXNlcjpodW50ZXIy\r\n\r\n",
		"header":      "HTTP/1.1 200 OK\r\nhunter2 dXNlcjpodW50ZXIy\r\n\r\n",
		"success":     "HTTP/1.1 200 OK\r\n\r\nhunter2 dXNlcjpodW50ZXIy",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, _ := rawServer(t, func(_ int, c net.Conn) {
				var request bytes.Buffer
				for !bytes.HasSuffix(request.Bytes(), []byte("\r\n\r\n")) {
					if _, err := io.CopyN(&request, c, 1); err != nil {
						return
					}
				}
				_, _ = io.WriteString(c, answer)
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, c)
			})
			doer := newHTTP(t, HTTPOptions{ProxyURL: strings.Replace(proxy, "://", "://user:hunter2@", 1)})
			m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain})
			_, err := m.Report(t.Context(), testReport())
			require.ErrorContains(t, err, "reaching "+testDomain+": through the proxy: ")
			for _, secret := range []string{"hunter2", "dXNlcjpodW50ZXIy"} {
				assert.NotContains(t, err.Error(), secret)
			}
		})
	}
}

// The proxy in the environment may have a password.
func TestProxySettingsAreNotPrinted(t *testing.T) {
	t.Parallel()
	c := newHTTP(t, HTTPOptions{})
	c.kept.Proxy = func(*http.Request) (*url.URL, error) {
		return nil, fmt.Errorf("invalid proxy address %q", "user:hunter2@proxy")
	}
	_, err := newMonitoring(t, Options{HTTP: c}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
	require.ErrorContains(t, err, "the proxy in HTTPS_PROXY or HTTP_PROXY")
	assert.NotContains(t, err.Error(), "hunter2")
}
