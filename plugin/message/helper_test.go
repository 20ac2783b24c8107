package message

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

const (
	required = "account_id: '12345678'\nclient_id: app\nclient_secret: hush\n"
	here     = "messaging_domain: http://127.0.0.1:1\nsentinel_domain: http://127.0.0.1:1\nidp_domain: http://127.0.0.1:1\nswift_domain: http://127.0.0.1:1\n"
)

// desk is a LivePerson in memory. It answers each text by a script, and stores accepted texts in
// order.
type desk struct {
	mu sync.Mutex
	// scripts has the answers to each text, or to "open " and the consumer. A request is
	// accepted when its script is empty.
	scripts  map[string][]string
	open     map[string]string   // conversation by consumer
	dialogs  map[string]string   // consumer by dialog that takes messages
	opened   map[string]int      // conversations by consumer
	taken    map[string][]string // texts by consumer
	tell     bool                // name the open conversation when it refuses another
	strict   bool                // refuse profiles
	sent     []sent
	file     string                 // the file of an agent
	searched string                 // what Messaging Interactions answers
	upAt     time.Time              // LivePerson is down until then
	noToken  time.Time              // LivePerson gives the app no token until then
	refused  time.Time              // LivePerson refuses all app tokens until then
	refuses  func(text string) bool // LivePerson refuses the app token of this text
	token    int                    // the number of the last app token
	proven   map[string]bool        // app tokens that LivePerson has accepted
	onTaken  func(consumer string)
}

// sent is a request that LivePerson got.
type sent struct {
	at         time.Duration
	path       string
	consumer   string
	body       string
	properties string
}

func newDesk(scripts map[string][]string) *desk {
	if scripts == nil {
		scripts = map[string][]string{}
	}
	return &desk{scripts: scripts, open: map[string]string{}, dialogs: map[string]string{}, opened: map[string]int{}, taken: map[string][]string{}, proven: map[string]bool{}}
}

var started = sync.OnceValue(time.Now)

// lpOf returns LivePerson's id of a consumer.
func lpOf(consumer string) string {
	sum := sha256.Sum256([]byte(consumer))
	return hex.EncodeToString(sum[:])
}

// tokenOf returns the token of a consumer, a JSON Web Token as LivePerson's.
func tokenOf(consumer string) string {
	claims, _ := json.Marshal(map[string]string{"ext_consumer_id": consumer, "lp_consumer_id": lpOf(consumer)})
	return "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".e30"
}

// consumerOfToken returns the consumer on whose behalf a request is made.
func consumerOfToken(req *http.Request) string {
	parts := strings.Split(req.Header.Get("X-LP-ON-BEHALF"), ".")
	if len(parts) != 3 {
		return ""
	}
	var claims struct {
		Consumer string `json:"ext_consumer_id"`
	}
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	_ = json.Unmarshal(text, &claims)
	return claims.Consumer
}

func (d *desk) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	time.Sleep(10 * time.Millisecond) // the service time, on the fake clock
	d.mu.Lock()
	defer d.mu.Unlock()
	consumer := consumerOfToken(req)
	d.sent = append(d.sent, sent{time.Since(started()), req.URL.Path, consumer, string(body), req.Header.Get("Client-Properties")})
	if time.Now().Before(d.upAt) {
		return respond(503, ""), nil
	}
	switch path := req.URL.Path; {
	case strings.HasSuffix(path, "/app/token") && time.Now().Before(d.noToken):
		return respond(401, `{"error":"invalid_client"}`), nil
	case strings.Contains(path, "/messaging/") && (time.Now().Before(d.refused) || d.refuses != nil && d.refuses(string(body))):
		return respond(401, appTokenInvalid), nil
	case strings.HasSuffix(path, "/app/token"):
		d.token++
		return respond(200, fmt.Sprintf(`{"access_token":"app-token-%d","expires_in":3600}`, d.token)), nil
	case strings.HasSuffix(path, "/consumer"):
		var asked struct {
			ID string `json:"ext_consumer_id"`
		}
		if err := json.Unmarshal(body, &asked); err != nil {
			return nil, err
		}
		return respond(201, `{"token":"`+tokenOf(asked.ID)+`"}`), nil
	case strings.HasSuffix(path, "/baseURI.json"):
		service := strings.Split(path, "/")[5]
		return respond(200, `{"service":"`+service+`","account":"12345678","baseURI":"127.0.0.1:1"}`), nil
	case strings.HasSuffix(path, "/login"):
		return respond(200, `{"bearer":"bearer-of-a-reader"}`), nil
	case strings.HasSuffix(path, "/conversations/consumer/search"):
		return d.script(req, "search", func() string { return d.searched })
	case strings.HasSuffix(path, "/conversation"):
		return d.script(req, "open "+consumer, func() string { return d.openFor(consumer) })
	case strings.HasPrefix(path, "/v1/") && req.Method == http.MethodGet:
		return d.script(req, "get", func() string { return d.file })
	case strings.HasPrefix(path, "/v1/"):
		return d.script(req, "put", func() string { return "{}" })
	}
	return d.takeRequest(req, consumer, body)
}

// next takes the next answer of a script.
func (d *desk) next(name string) string {
	script := d.scripts[name]
	if len(script) == 0 {
		return "200"
	}
	d.scripts[name] = script[1:]
	return script[0]
}

// script gives the next answer of a script, or accepts the request. The answer 401 says
// that the app token has expired.
func (d *desk) script(req *http.Request, name string, take func() string) (*http.Response, error) {
	answer := d.next(name)
	used := req.Header.Get("Authorization")
	if answer == "401" && used != "" && !d.proven[used] { // LivePerson accepts a token that it has just given
		answer = d.next(name)
	}
	if answer == "200" {
		d.proven[used] = true
	}
	switch answer {
	case "200":
		text := take()
		if strings.HasPrefix(req.URL.Path, "/v1/") && req.Method == http.MethodPut {
			return respond(201, ""), nil // a file is stored
		}
		if strings.Contains(text, "BAD_REQUEST") {
			return respond(400, text), nil
		}
		return respond(200, text), nil
	case "reset":
		return nil, errors.New("connection reset by peer")
	case "hang", "lost": // no answer; with lost, LivePerson has accepted the request
		if answer == "lost" {
			take()
		}
		d.mu.Unlock()
		<-req.Context().Done()
		d.mu.Lock()
		return nil, req.Context().Err()
	case "504": // LivePerson has accepted it, but the gateway got no answer
		take()
		return respond(504, ""), nil
	case "429":
		res := respond(429, "")
		res.Header.Set("Retry-After", "2")
		return res, nil
	case "401":
		return respond(401, appTokenInvalid), nil
	case "gone": // an agent has just closed it
		consumer := consumerOfToken(req)
		delete(d.dialogs, d.open[consumer])
		delete(d.open, consumer)
		return respond(400, bad("the dialog is closed")), nil
	case "not yet":
		return respond(400, bad("there is no such conversation")), nil
	case "400":
		return respond(400, bad("Bad Request")), nil
	}
	return respond(500, ""), nil
}

const appTokenInvalid = `{"code":401,"body":{"title":"Invalid AppJWT","details":"AppJWT has expired or is invalid","errorCode":40102}}`

func bad(message string) string {
	return fmt.Sprintf(`{"code":"BAD_REQUEST","body":{"msg":%q}}`, message)
}

func respond(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func (d *desk) openFor(consumer string) string {
	if d.open[consumer] != "" {
		if d.tell {
			return fmt.Sprintf(`[{"code":"BAD_REQUEST","body":{"msg":"User already has open conversation","conversationId":%q}}]`, d.open[consumer])
		}
		return "[" + bad("Consumer request conversation failed: User "+lpOf(consumer)+" already has open conversation. Can't open another one.") + "]"
	}
	d.opened[consumer]++
	id := fmt.Sprintf("%s-c%d", consumer, d.opened[consumer])
	d.open[consumer], d.dialogs[id] = id, consumer
	profile := `{"code":"OK","body":{"msg":"OK User Profile set successfully"}}`
	if d.strict {
		profile = bad("no such profile")
	}
	return fmt.Sprintf(`[%s,{"code":"OK","body":{"conversationId":%q}}]`, profile, id)
}

func (d *desk) takeRequest(req *http.Request, consumer string, body []byte) (*http.Response, error) {
	var r struct {
		Type string
		Body struct {
			ConversationID, DialogID string
			ConversationField        struct{ ConversationState string }
			Event                    struct{ Message any }
		}
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	text, _ := r.Body.Event.Message.(string)
	name := text
	if name == "" {
		name = r.Type
	}
	return d.script(req, name, func() string {
		if strings.HasPrefix(r.Type, "ms.Gen") {
			return `{"code":"OK","body":{"relativePath":"/v1/file.PNG","queryParams":{"temp_url_sig":"s","temp_url_expires":"1"}}}`
		}
		target := r.Body.DialogID
		if target == "" {
			target = r.Body.ConversationID
		}
		if target != "" && d.dialogs[target] != consumer {
			return bad("there is no such dialog")
		}
		if r.Body.ConversationField.ConversationState == "CLOSE" {
			delete(d.dialogs, target)
			delete(d.open, consumer)
		}
		if text == "" {
			return `{"code":"OK","body":{"msg":"OK"}}`
		}
		d.taken[consumer] = append(d.taken[consumer], text)
		if d.onTaken != nil {
			d.onTaken(consumer)
		}
		return fmt.Sprintf(`{"code":"OK","body":{"sequence":%d}}`, len(d.taken[consumer])-1)
	})
}

// bodies returns the requests to conversations, and the requests that open one.
func (d *desk) bodies() (bodies []string) {
	for _, s := range d.sent {
		if strings.Contains(s.path, "/messaging/") {
			bodies = append(bodies, s.body)
		}
	}
	return bodies
}

// calls returns how many app tokens LivePerson was asked for, and how many requests to
// conversations it got.
func (d *desk) calls() (tokens, requests int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sent {
		switch {
		case strings.HasSuffix(s.path, "/app/token"):
			tokens++
		case strings.Contains(s.path, "/messaging/"):
			requests++
		}
	}
	return tokens, requests
}

// parse reads a config of the output.
func parse(t testing.TB, yaml string) config {
	t.Helper()
	parsed, err := outputSpec().ParseYAML(required+here+yaml, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	c.requests.NeverDown = true
	c.requests.Random = func() float64 { return 0 }
	return c
}

// engineAt returns an engine that sends to a desk.
func engineAt(t testing.TB, d *desk, c config, mgr *service.Resources) *engine {
	t.Helper()
	account, err := liveperson.NewAccount(liveperson.Options{AccountID: c.account.AccountID, HTTP: &http.Client{Transport: d, Timeout: c.account.Timeout}})
	require.NoError(t, err)
	connector, err := account.Connector(c.connector)
	require.NoError(t, err)
	e, err := engineOf(c, connector, mgr)
	require.NoError(t, err)
	if c.recover == recoverREST {
		e.recovery.interactions, err = account.Interactions(c.credentials)
		require.NoError(t, err)
	}
	return e
}

// outputAt returns an output that sends to a desk.
func outputAt(t testing.TB, d *desk, yaml string) *messageOutput {
	t.Helper()
	c := parse(t, yaml)
	return newOutput(c, engineAt(t, d, c, service.MockResources(service.MockResourcesOptAddCache("conversations"))), nil)
}

func message(content string, meta ...string) *service.Message {
	msg := service.NewMessage([]byte(content))
	for i := 0; i < len(meta); i += 2 {
		msg.MetaSet(meta[i], meta[i+1])
	}
	return msg
}

// write sends messages one by one, and returns their errors.
func write(ctx context.Context, o *messageOutput, contents ...string) (errs []error) {
	for _, content := range contents {
		errs = append(errs, o.WriteBatch(ctx, service.MessageBatch{message(content)}))
	}
	return errs
}
