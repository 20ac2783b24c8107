package readback

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// A search covers conversations that began in this time around the report. LivePerson attributes a
// report to conversations that begin up to 12 hours later.
const (
	searchBefore = 30 * 24 * time.Hour
	searchAfter  = 12 * time.Hour
)

// around returns the time of the report, as far as it is known.
func (q question) around() time.Time {
	if q.sent.IsZero() {
		return q.came
	}
	return q.sent
}

// longNumber matches what LivePerson can't search for: more than three digits in a row.
var longNumber = regexp.MustCompile(`[0-9]{4}`)

// minSearchable is the shortest text that is searched for. Shorter ones fit too much.
const minSearchable = 3

// searchable returns the longest text of the attributes that LivePerson can search for, and the
// name with which LivePerson shows its attribute. Long texts fit few conversations.
func searchable(attributes []map[string]any) (shownAs, value string) {
	for _, attribute := range attributes {
		kind, _ := attribute["type"].(string)
		if written, alias := sde.WriteName(kind); alias {
			kind = written
		}
		name := liveperson.ShownAs(kind)
		if name == "" {
			continue
		}
		members := make(map[string]any, len(attribute))
		for member, v := range attribute {
			if member != "type" {
				members[member] = v
			}
		}
		for _, text := range slices.Sorted(slices.Values(textsOf(members))) {
			if len(text) >= minSearchable && len(text) > len(value) && !longNumber.MatchString(text) && !strings.Contains(text, readback.Masked) {
				shownAs, value = name, text
			}
		}
	}
	return shownAs, value
}

func textsOf(value any) (texts []string) {
	switch v := value.(type) {
	case string:
		return []string{v}
	case map[string]any:
		for _, member := range v {
			texts = append(texts, textsOf(member)...)
		}
	case []any:
		for _, item := range v {
			texts = append(texts, textsOf(item)...)
		}
	}
	return texts
}

// asFloat reads a number of JSON.
func asFloat(value any) (float64, error) {
	switch v := value.(type) {
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case json.Number:
		return v.Float64()
	}
	return 0, strconv.ErrSyntax
}
