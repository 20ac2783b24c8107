package mapping

import (
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

const (
	// methodVisit is the name of the method that returns LivePerson's ids of the visit in a canonical
	// event.
	methodVisit = "liveperson_visit"
	// methodCookies is the name of the method by which adapters find LivePerson's ids in another
	// tool's event.
	methodCookies = "liveperson_cookies"
)

func init() {
	bloblang.MustRegisterAdvancedMethod(methodVisit, visitSpec(), register.AdvancedMethod(visitWith(readers)))
	bloblang.MustRegisterMethodV2(methodCookies, cookiesSpec(), register.Method(cookiesWith(readers)))
}

func visitSpec() *bloblang.PluginSpec {
	return methodSpec(
		"Returns LivePerson's ids of the visit that a canonical event belongs to: `visitor_id` and `session_id`. Reads `session`, `context.session`, `context.liveperson`, `properties.liveperson`, the object `LivePerson` of `integrations`, and `vid` and `sid` of the event, then the cookies `LPVID` and `LPSID-{account}` in a cookie header or in a map of cookies, and parameters such as `lp_vid` and `lp_sid` of the page's address. The page [The visitor's session](../visit.md) lists the places. Ids of two places are not mixed, unless the places agree on one of them. The method skips the placeholders that `liveperson_id` skips. Returns null if the event has no such id.").
		Param(bloblang.NewQueryParam("account", true).Description("The id of the LivePerson account. The cookie `LPSID-{account}` counts more than all other ids. Empty: a session cookie counts if the event has cookies of one account only.").Optional()).
		Param(bloblang.NewQueryParam("metadata", true).Description("The metadata of the message, from `metadata()`, where the input `http_server` writes the cookies of a request. The ids of the event itself count more.").Optional()).
		Example("", `root = this.liveperson_visit("12345678")`,
			[2]string{`{"context":{"cookies":"a=b; LPVID=M5ZmRhYj; LPSID-12345678=dHrDYmNk; LPSID-87654321=Zm9vYmFy"}}`, `{"session_id":"dHrDYmNk","visitor_id":"M5ZmRhYj"}`},
			[2]string{`{"session":{"vid":"M5ZmRhYj","sid":"dHrDYmNk"}}`, `{"session_id":"dHrDYmNk","visitor_id":"M5ZmRhYj"}`})
}

func cookiesSpec() *bloblang.PluginSpec {
	return helperSpec(
		"Finds LivePerson's ids in an event of another tool, and returns them as cookies: `LPVID`, `LPSID-{account}`, and `lp_sid` for a session id without an account. Call the method on an object, on a list of pairs such as `[{\"name\": \"LPVID\", \"value\": \"v1\"}]`, on a list of these, or on null. It reads members with names such as `lp_vid`, `LPVID` and `LPSID-12345678`, and cookies in members whose names have `cookie` in them: a header, a map, or a list. It also looks into headers, request, context, properties, and the object `LivePerson` of `integrations`. Returns null if there are no ids, and a list of objects if two places do not agree. It returns no other cookies.").
		Example("", `root.context.cookies = this.liveperson_cookies()`,
			[2]string{`{"headers":{"Cookie":"theme=dark; LPVID=M5ZmRhYj; LPSID-12345678=dHrDYmNk"}}`, `{"context":{"cookies":{"LPSID-12345678":"dHrDYmNk","LPVID":"M5ZmRhYj"}}}`})
}

// visitWith returns the method with the readers that it uses.
func visitWith(readers map[string]reader) bloblang.AdvancedMethodConstructor {
	return func(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
		account, err := args.GetOptionalQuery("account")
		if err != nil {
			return nil, err
		}
		metadata, err := args.GetOptionalQuery("metadata")
		if err != nil {
			return nil, err
		}
		read := carrierReader{readers["id"].read}
		return func(ctx *bloblang.ExecContext, fn *bloblang.ExecFunction) (any, error) {
			value, err := ctx.Exec(fn)
			if err != nil {
				return nil, err
			}
			event, err := asObject(value)
			if err != nil {
				return nil, err
			}
			carriers, err := read.event(event)
			if err != nil {
				return nil, err
			}
			beside, err := execOptional(ctx, metadata)
			if err != nil {
				return nil, err
			}
			if carriers = read.metadata(carriers, beside); len(carriers) == 0 {
				return nil, nil
			}
			id, err := execOptional(ctx, account)
			if err != nil {
				return nil, err
			}
			accountID, _ := id.(string)
			visitor, session := visitOf(carriers, accountID)
			if visitor == "" && session == "" {
				return nil, nil
			}
			visit := map[string]any{}
			setFilled(visit, "visitor_id", visitor)
			setFilled(visit, "session_id", session)
			return visit, nil
		}, nil
	}
}

func execOptional(ctx *bloblang.ExecContext, fn *bloblang.ExecFunction) (any, error) {
	if fn == nil {
		return nil, nil
	}
	return ctx.Exec(fn)
}

func cookiesWith(readers map[string]reader) bloblang.MethodConstructorV2 {
	return func(*bloblang.ParsedParams) (bloblang.Method, error) {
		read := carrierReader{readers["id"].read}
		return func(value any) (any, error) {
			carriers, err := read.foreign(value)
			if err != nil {
				return nil, err
			}
			cookies := make([]any, 0, len(carriers))
			for i := range carriers {
				cookies = append(cookies, carriers[i].cookies())
			}
			switch len(cookies) {
			case 0:
				return nil, nil
			case 1:
				return cookies[0], nil
			}
			return cookies, nil
		}, nil
	}
}

func setFilled(object map[string]any, name, value string) {
	if value != "" {
		object[name] = value
	}
}

// visitIDs are LivePerson's ids in one place of an event. An id that the place does not have is
// empty.
type visitIDs struct {
	visitor, session string
	cookieOf         []accountSession // the sessions of the cookies LPSID-{account}
}

type accountSession struct{ account, session string }

func (v *visitIDs) isEmpty() bool {
	return v.visitor == "" && v.session == "" && len(v.cookieOf) == 0
}

// sessionOf returns the session id of an account's cookie.
func (v *visitIDs) sessionOf(account string) string {
	for _, cookie := range v.cookieOf {
		if cookie.account == account {
			return cookie.session
		}
	}
	return ""
}

// add keeps an id, together with the account in its name. Of several ids of one kind and account it
// keeps the first.
func (v *visitIDs) add(kind idKind, account, id string) {
	switch {
	case kind == visitorKind && v.visitor == "":
		v.visitor = id
	case kind == sessionKind && account == "" && v.session == "":
		v.session = withoutSuffix(id)
	case kind == sessionKind && account != "" && v.sessionOf(account) == "":
		v.cookieOf = append(v.cookieOf, accountSession{account, withoutSuffix(id)})
	}
}

// cookies returns the ids as a map of cookies.
func (v *visitIDs) cookies() map[string]any {
	cookies := map[string]any{}
	setFilled(cookies, "LPVID", v.visitor)
	setFilled(cookies, "lp_sid", v.session)
	for _, cookie := range v.cookieOf {
		cookies["LPSID-"+cookie.account] = cookie.session
	}
	return cookies
}

// Counts of session ids that were not used, until a processor takes them. A processor logs them
// once.
var sessionsOfSeveral, sessionsOfOthers atomic.Int64

// visitOf chooses the ids of the visit. The cookie of the account comes first, then the places in
// their order.
func visitOf(places []visitIDs, account string) (visitor, session string) {
	var pairs [][2]string
	several, others := false, false
	for i := range places {
		if own := places[i].sessionOf(account); account != "" && own != "" {
			pairs = append(pairs, [2]string{places[i].visitor, own})
		}
	}
	for i := range places {
		session := places[i].session
		switch cookies := places[i].cookieOf; {
		case session != "" || len(cookies) == 0:
		case account != "":
			others = others || places[i].sessionOf(account) == ""
		case len(cookies) == 1:
			session = cookies[0].session
		default:
			several = true
		}
		if places[i].visitor != "" || session != "" {
			pairs = append(pairs, [2]string{places[i].visitor, session})
		}
	}
	for _, pair := range pairs {
		switch {
		case visitor == "" && session == "":
			visitor, session = pair[0], pair[1]
		case session == "" && pair[0] == visitor:
			session = pair[1]
		case visitor == "" && pair[1] == session:
			visitor = pair[0]
		}
	}
	if session == "" && several {
		sessionsOfSeveral.Add(1)
	}
	if session == "" && others {
		sessionsOfOthers.Add(1)
	}
	return visitor, session
}

// suffix matches a session id as the Visit Information API shows it. The id is the part before the
// dot.
var suffix = regexp.MustCompile(`^([^.]+)\.[0-9A-Fa-f]{40}$`)

func withoutSuffix(session string) string {
	if !strings.Contains(session, ".") {
		return session
	}
	return suffix.ReplaceAllString(session, "$1")
}

// idKind says what an id identifies.
type idKind int

const (
	noID idKind = iota
	visitorKind
	sessionKind
)

// idName matches the names of LivePerson's ids: the cookies LPVID and LPSID-12345678, lp_vid and
// lp_sid, liveperson_visitor_id and liveperson_session_id. A tool may add a prefix, as in cp.LPVID.
var idName = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])(?:lp|live_?person)[ ._-]?(?:(v(?:isitor[ ._-]?)?id)|s(?:ession[ ._-]?)?id(?:[ ._-]?([0-9]+))?)[^a-z0-9]*$`)

// longestIDName is the length of the longest name that is compared.
const longestIDName = 80

// kindOf returns the kind of an id with this name, and the account in the name.
func kindOf(name string) (kind idKind, account string) {
	if len(name) > longestIDName || marksOf(name)&livePersonMark == 0 {
		return noID, ""
	}
	switch found := idName.FindStringSubmatch(name); {
	case found == nil:
		return noID, ""
	case found[1] != "":
		return visitorKind, ""
	default:
		return sessionKind, found[2]
	}
}

// A mark says that a name contains a certain word, in any case. Few of an event's many members have
// a mark, so marks make the search fast.
type mark uint8

const (
	livePersonMark mark = 1 << iota // lp or person
	cookieMark
	headerMark
)

// marksOf returns the marks of a name. It allocates nothing.
func marksOf(name string) (marks mark) {
	for i := range len(name) {
		switch name[i] | 0x20 {
		case 'l':
			marks |= markOf(name[i:], "lp", livePersonMark)
		case 'p':
			marks |= markOf(name[i:], "person", livePersonMark)
		case 'c':
			marks |= markOf(name[i:], "cookie", cookieMark)
		case 'h':
			marks |= markOf(name[i:], "header", headerMark)
		}
	}
	return marks
}

func markOf(in, word string, mark mark) mark {
	if len(in) >= len(word) && strings.EqualFold(in[:len(word)], word) {
		return mark
	}
	return 0
}

// isLivePerson tells whether a name is LivePerson's in any spelling, such as "Live Person" or
// "LivePerson (Actions)".
func isLivePerson(name string) bool {
	return marksOf(name)&livePersonMark != 0 && strings.HasPrefix(text.Squash(name), "liveperson")
}
