package mapping

import (
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_visit", helperSpec(
		"Looks for the values of LivePerson's cookies `LPVID` and `LPSID-{account}` among the members of an object. A shop may also call them `lp_vid` and `lp_sid`, or `liveperson_visitor_id` and `liveperson_session_id`. Case and punctuation make no difference, and `cp` may stand before the name. Returns null without a visitor's id, because a session belongs to a visitor.").
		Example("", `root.session = this.liveperson_visit()`,
			[2]string{`{"cp.LPVID":"A1B2","cp.LPSID-12345":"C3D4"}`, `{"session":{"session_id":"C3D4","visitor_id":"A1B2"}}`}), register.Method(livePersonIDs))
}

func livePersonIDs(*bloblang.ParsedParams) (bloblang.Method, error) {
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		var buffer [64]byte
		var visitor, session string
		for name, value := range object {
			// The first letter rules out most members, so that few names are squashed.
			if name == "" || !strings.ContainsAny(name[:1], "lLcC") || len(name) > len(buffer) {
				continue
			}
			id, isText := value.(string)
			if !isText || text.IsPlaceholder(id) {
				continue
			}
			// A site of several accounts has several sessions. The smallest id is as good as any,
			// and always the same.
			switch cookieOf(string(text.AppendSquashed(buffer[:0], name))) {
			case "visitor":
				visitor = smaller(visitor, id)
			case "session":
				session = smaller(session, id)
			}
		}
		if visitor == "" {
			return nil, nil
		}
		ids := map[string]any{"visitor_id": visitor}
		if session != "" {
			ids["session_id"] = session
		}
		return ids, nil
	}, nil
}

// cookieOf says which of LivePerson's ids a member with this squashed name holds.
func cookieOf(name string) string {
	name = strings.TrimPrefix(name, "cp")
	switch {
	case name == "lpvid" || name == "livepersonvisitorid":
		return "visitor"
	case name == "livepersonsessionid" || strings.HasPrefix(name, "lpsid") && strings.Trim(name[len("lpsid"):], "0123456789") == "":
		return "session"
	}
	return ""
}

// smaller returns the smaller of two texts that is not empty.
func smaller(a, b string) string {
	if a == "" || b < a {
		return b
	}
	return a
}
