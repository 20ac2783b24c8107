package mapping

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// carrierReader reads LivePerson's ids from the places of an event that may have them.
type carrierReader struct{ readID read }

// The places of a canonical event that may have LivePerson's ids under short names.
var (
	ownPlaces   = parsePaths([]string{"session", "context.session"})
	otherPlaces = parsePaths([]string{"context?.liveperson", "properties?.liveperson", "liveperson"})
	lists       = parsePaths([]string{"integrations", "context?.integrations"})
	visitorIDs  = parsePaths([]string{"vid", "visitor_id", "visitorId"})
	sessionIDs  = parsePaths([]string{"sid", "session_id", "sessionId"})
	topVisitor  = visitorIDs[:1]
	topSession  = sessionIDs[:1]
	addresses   = parsePaths([]string{"context?.page?.url", "context?.page?.search", "properties?.url", "properties?.search"})
)

// event returns the ids in each place of a canonical event. If session or context.session is not an
// object, or an id in it is not text, it returns an error.
func (r carrierReader) event(event map[string]any) ([]visitIDs, error) {
	var found []visitIDs
	for _, place := range ownPlaces {
		object, err := place.findObject(event)
		if err == nil {
			found, err = r.object(found, object, visitorIDs, sessionIDs)
			err = under(place.String(), err)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, place := range otherPlaces {
		value, err := place.find(event)
		if err != nil {
			return nil, err
		}
		object, _ := value.(map[string]any)
		if found, err = r.object(found, object, visitorIDs, sessionIDs); err != nil {
			return nil, under(place.String(), err)
		}
	}
	found, err := r.integrations(found, event)
	if err != nil {
		return nil, err
	}
	found, err = r.object(found, event, topVisitor, topSession)
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		value, err := address.find(event)
		if err != nil {
			return nil, err
		}
		found = r.address(found, value)
	}
	return found, nil
}

// integrations adds the ids in LivePerson's object of an event's integrations.
func (r carrierReader) integrations(found []visitIDs, event map[string]any) ([]visitIDs, error) {
	for _, place := range lists {
		value, err := place.find(event)
		if err != nil {
			return nil, err
		}
		integrations, _ := value.(map[string]any)
		var names []string
		for name := range integrations {
			if isLivePerson(name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			object, _ := integrations[name].(map[string]any)
			if found, err = r.object(found, object, visitorIDs, sessionIDs); err != nil {
				return nil, under(place.String()+"."+name, err)
			}
		}
	}
	return found, nil
}

// metadata adds the ids in a message's metadata. It ignores our own metadata.
func (r carrierReader) metadata(found []visitIDs, value any) []visitIDs {
	metadata, _ := value.(map[string]any)
	var cookies map[string]any
	for name, value := range metadata {
		kind, _ := kindOf(name)
		if strings.HasPrefix(name, "liveperson_") || kind == noID && !strings.EqualFold(name, "cookie") {
			continue
		}
		if cookies == nil {
			cookies = map[string]any{}
		}
		cookies[name] = value
	}
	return r.carry(found, cookies, maxCarrierDepth)
}

// object adds the ids that an object has under short names, and those that carry finds in it.
func (r carrierReader) object(found []visitIDs, object map[string]any, visitor, session []memberPath) ([]visitIDs, error) {
	if object == nil {
		return found, nil
	}
	var ids visitIDs
	id, err := readFirst(object, visitor, r.readID)
	if err != nil {
		return nil, err
	}
	ids.visitor, _ = id.(string)
	if id, err = readFirst(object, session, r.readID); err != nil {
		return nil, err
	}
	if session, isText := id.(string); isText {
		ids.session = withoutSuffix(session)
	}
	return r.carry(appendFilled(found, ids), object, 0), nil
}

// foreign returns the ids in each place of another tool's event. Places with the same ids are
// returned as one.
func (r carrierReader) foreign(value any) ([]visitIDs, error) {
	objects, isList := value.([]any)
	if !isList {
		objects = []any{value}
	}
	var found, different []visitIDs
	for _, item := range objects {
		object, isObject := item.(map[string]any)
		if !isObject {
			found = r.cookies(found, item)
			continue
		}
		var err error
		if found, err = r.integrations(found, object); err != nil {
			return nil, err
		}
		found = r.carry(found, object, 0)
	}
	if isList {
		found = r.cookies(found, pairsOf(objects))
	}
	for _, ids := range found {
		if !slices.ContainsFunc(different, func(other visitIDs) bool { return covers(other, ids) }) {
			different = append(different, ids)
		}
	}
	return different, nil
}

// pairsOf returns the pairs of names and values in a list, such as Shopify's note_attributes.
func pairsOf(list []any) (pairs []any) {
	for _, item := range list {
		if isPair(item) {
			pairs = append(pairs, item)
		}
	}
	return pairs
}

// isPair tells whether a value is a pair of a name and a value. It needs both members, because a
// map of cookies may have a cookie named key.
func isPair(value any) bool {
	object, _ := value.(map[string]any)
	_, hasValue := object["value"]
	return hasValue && doPair(value, func(string, any) {})
}

// covers tells whether the first place has all ids of the second.
func covers(first, second visitIDs) bool {
	for _, cookie := range second.cookieOf {
		if first.sessionOf(cookie.account) != cookie.session {
			return false
		}
	}
	return (second.visitor == "" || second.visitor == first.visitor) && (second.session == "" || second.session == first.session)
}

func appendFilled(found []visitIDs, ids visitIDs) []visitIDs {
	if ids.isEmpty() {
		return found
	}
	return append(found, ids)
}

// maxCarrierDepth is how deep objects are searched: context, request, headers.
const maxCarrierDepth = 3

// carrierEnvelopes are the names of members that may have cookies inside, in any case.
var carrierEnvelopes = []string{"context", "properties", "request", "http_request", "httpRequest", "http", "network"}

func isCarrierEnvelope(name string) bool {
	return slices.ContainsFunc(carrierEnvelopes, func(envelope string) bool {
		return len(name) == len(envelope) && strings.EqualFold(name, envelope)
	})
}

// carry adds the ids of members with LivePerson's names, then those in cookies, then those in inner
// objects.
func (r carrierReader) carry(found []visitIDs, value any, depth int) []visitIDs {
	object, isObject := value.(map[string]any)
	if !isObject {
		return found
	}
	var own visitIDs
	var names, inside []string
	for name, value := range object {
		if value == nil || value == "" {
			continue
		}
		if kind, _ := kindOf(name); kind != noID {
			names = append(names, name)
			continue
		}
		if isPair(value) { // PHP writes a list with gaps as an object with numbers as keys
			doPair(value, func(name string, value any) { r.add(&own, name, value) })
			continue
		}
		marks := marksOf(name)
		if marks&cookieMark != 0 || !isScalar(value) && (marks&headerMark != 0 || isCarrierEnvelope(name)) {
			inside = append(inside, name)
		}
	}
	slices.Sort(names) // so that of two spellings always the same one counts
	for _, name := range names {
		r.add(&own, name, object[name])
	}
	found = appendFilled(found, own)
	slices.Sort(inside)
	for _, name := range inside {
		switch marks := marksOf(name); {
		case marks&cookieMark != 0:
			found = r.cookies(found, object[name])
		case depth < maxCarrierDepth && marks&headerMark != 0:
			found = r.headers(found, object[name])
		case depth < maxCarrierDepth:
			found = r.carry(found, object[name], depth+1)
		}
	}
	return found
}

// headers adds the cookies of headers, which may be an object or a list of pairs.
func (r carrierReader) headers(found []visitIDs, value any) []visitIDs {
	list, isList := value.([]any)
	if !isList {
		return r.carry(found, value, maxCarrierDepth)
	}
	add := func(name string, value any) {
		if marksOf(name)&cookieMark != 0 {
			found = r.cookies(found, value)
		}
	}
	for _, item := range list {
		doPair(item, add)
		if pair, isList := item.([]any); isList {
			if name, value, isEntry := entry(pair); isEntry {
				add(name, value)
			}
		}
	}
	return found
}

// cookies adds the ids among cookies: text as in a header, a map, or a list of text or pairs. A pair
// is an object or a list with a name and a value. Any other object in a list is a map of cookies.
func (r carrierReader) cookies(found []visitIDs, value any) []visitIDs {
	var ids visitIDs
	switch v := value.(type) {
	case string:
		if decoded, isJSON := parseJSON(strings.TrimSpace(v)); isJSON {
			return r.cookies(found, decoded)
		}
		r.header(&ids, v)
	case map[string]any:
		if !isPair(v) {
			for _, name := range slices.Sorted(maps.Keys(v)) {
				r.add(&ids, name, v[name])
			}
			break
		}
		doPair(v, func(name string, value any) { r.add(&ids, name, value) })
	case []any:
		var maps []any
		for _, item := range v {
			switch one := item.(type) {
			case string:
				r.header(&ids, one)
			case map[string]any:
				if !isPair(one) {
					maps = append(maps, item)
					continue
				}
				doPair(one, func(name string, value any) { r.add(&ids, name, value) })
			case []any:
				if name, value, isEntry := entry(one); isEntry {
					r.add(&ids, name, value)
				}
			}
		}
		found = appendFilled(found, ids)
		for _, item := range maps {
			found = r.cookies(found, item)
		}
		return found
	}
	return appendFilled(found, ids)
}

// entry returns the name and the value in a list of these two, such as JavaScript's Object.entries
// makes.
func entry(list []any) (name string, value any, isEntry bool) {
	if len(list) != 2 {
		return "", nil, false
	}
	name, isEntry = list[0].(string)
	return name, list[1], isEntry
}

// header reads a Cookie header, or several in one text. Servers and proxies join several with a comma
// or a line break, which no id contains.
func (r carrierReader) header(ids *visitIDs, header string) {
	between := func(c rune) bool { return c == ';' || c == ',' || c == '\n' || c == '\r' }
	for cookie := range strings.FieldsFuncSeq(header, between) {
		name, value, _ := strings.Cut(cookie, "=")
		r.add(ids, strings.TrimSpace(name), value)
	}
}

// add keeps a value if its name is one of LivePerson's and the value is an id. Some frameworks
// write a cookie as an object with the member value, or as a list of all values of a name.
func (r carrierReader) add(ids *visitIDs, name string, value any) {
	kind, account := kindOf(name)
	if kind == noID {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		value = v["value"]
	case []any:
		if len(v) > 0 {
			value = v[0]
		}
	}
	if written, isText := value.(string); isText { // the quotes may be URL-encoded too
		value = strings.Trim(unescaped(strings.TrimSpace(written)), `"`)
	}
	id, err := r.readID(value)
	if written, isText := id.(string); err == nil && isText && written != "" {
		ids.add(kind, account, written)
	}
}

// unescaped decodes a cookie's value. It keeps a plus, because ids in Base64 may have one.
func unescaped(value string) string {
	if !strings.Contains(value, "%") {
		return value
	}
	if decoded, err := url.PathUnescape(value); err == nil {
		return decoded
	}
	return value
}

// address adds the ids among the parameters of a page's address.
func (r carrierReader) address(found []visitIDs, value any) []visitIDs {
	written, _ := value.(string)
	_, query, hasPath := strings.Cut(written, "?")
	if !hasPath {
		query = written
	}
	query, _, _ = strings.Cut(query, "#")
	var ids visitIDs
	for parameter := range strings.SplitSeq(query, "&") {
		if name, value, found := strings.Cut(parameter, "="); found {
			r.add(&ids, unescaped(name), value)
		}
	}
	return appendFilled(found, ids)
}
