package preset

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

// The methods by which the presets read an event. Bloblang itself has no reading
// of the first of several members whose errors name the member and keep the value
// to themselves, and one put together from its parts costs ten times as much.
func init() {
	for _, method := range []struct {
		name, description, example string
		want                       func(value any) (any, error)
	}{
		{
			name:        "liveperson_text",
			description: "Reads text. Numbers become text with all their digits.",
			example:     `root.id = this.liveperson_text(["anonymousId", "anonymous_id"])`,
			want:        asText,
		}, {
			name:        "liveperson_object",
			description: "Reads an object.",
			example:     `root.context = this.liveperson_object(["context"])`,
			want:        asOnlyObject,
		}, {
			name:        "liveperson_number",
			description: "Reads a number, also one written as text with a decimal point.",
			example:     `root.total = this.properties.liveperson_number(["revenue", "total"], "properties")`,
			want:        asNumber,
		}, {
			name:        "liveperson_count",
			description: "Reads a whole number that is not negative. A fraction counts as a whole.",
			example:     `root.numItems = this.properties.liveperson_count(["num_items"], "properties")`,
			want:        asCount,
		}, {
			name:        "liveperson_answer",
			description: "Reads a yes or no: `true`, `\"granted\"`, `\"yes\"` and `1`, in any case, are a yes, and all else is a no.",
			example:     `root.consent = this.context.consent.liveperson_answer(["marketing"], "context.consent")`,
			want:        asAnswer,
		}, {
			name:        "liveperson_time",
			description: "Reads a time as ISO 8601, as `2006-01-02 15:04:05` in UTC, or as a Unix time in seconds, milliseconds or microseconds; gives RFC 3339 in UTC. What is no time is passed over.",
			example:     `root.at = this.liveperson_time(["timestamp", "sent_at"])`,
			want:        asTime,
		},
	} {
		spec := bloblang.NewPluginSpec().
			Category("LivePerson").
			Description(method.description+" Applied to an object, or to null. The value is that of the first of its members, in the order of names, that is neither null nor empty text; null if there is none. Errors name the member and never repeat its value.").
			Param(bloblang.NewAnyParam("names").Description("The names of the members.")).
			Param(bloblang.NewStringParam("at").Description("Where the object stands in the event, for errors.").Default("")).
			Example("", method.example)
		bloblang.MustRegisterMethodV2(method.name, spec, reader(method.want))
	}
	bloblang.MustRegisterMethodV2("liveperson_total", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Adds up what a list of product lines costs: price times quantity, which is 1 where a line has none, in decimal arithmetic and rounded to two places. Null when a line has no price.").
		Param(bloblang.NewAnyParam("prices").Description("The names of a line's price, in order.")).
		Param(bloblang.NewAnyParam("quantities").Description("The names of a line's quantity, in order.")).
		Example("", `root.total = this.properties.products.liveperson_total(["price"], ["quantity"])`), total)
}

// reader makes a method that reads one member of an object.
func reader(want func(any) (any, error)) bloblang.MethodConstructorV2 {
	return func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		names, err := nameList(args, "names")
		if err != nil {
			return nil, err
		}
		at, err := args.GetString("at")
		if err != nil {
			return nil, err
		}
		return func(object any) (any, error) {
			members, err := asObject(object, at)
			if err != nil {
				return nil, err
			}
			name, value := first(members, names)
			if value == nil {
				return nil, nil
			}
			read, err := want(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", memberPath(at, name), err)
			}
			return read, nil
		}, nil
	}
}

// first gives the first member, in the order of names, that is neither null nor
// empty text.
func first(members map[string]any, names []string) (name string, value any) {
	for _, name := range names {
		if value := members[name]; value != nil && value != "" {
			return name, value
		}
	}
	return "", nil
}

func nameList(args *bloblang.ParsedParams, param string) ([]string, error) {
	value, err := args.Get(param)
	if err != nil {
		return nil, err
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%s: expected a list of text", param)
	}
	names := make([]string, len(list))
	for i, item := range list {
		if names[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("%s[%d]: expected text", param, i)
		}
	}
	return names, nil
}

func asObject(value any, at string) (map[string]any, error) {
	switch v := value.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return nil, nil
	}
	if value == "" {
		return nil, nil
	}
	return nil, fmt.Errorf("%s: expected an object, got %s", at, typeName(value))
}

func memberPath(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func asOnlyObject(value any) (any, error) {
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, fmt.Errorf("expected an object, got %s", typeName(value))
}

func asText(value any) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return nil, fmt.Errorf("expected text, got %s", typeName(value))
}

var (
	// decimal is a number as text: no exponent, no thousands separator.
	decimal = regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)$`)
	// plain is a decimal that JSON writes in the same way.
	plain = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

var (
	errNoNumber = errors.New("expected a number, got text that is none; write it like 12.90, without currency sign, thousands separator or decimal comma")
	errTooLarge = errors.New("the number is too large")
)

// asNumber leaves a number as it is written.
func asNumber(value any) (any, error) {
	if text, ok := value.(string); ok {
		text = strings.TrimSpace(text)
		if !decimal.MatchString(text) {
			return nil, errNoNumber
		}
		if plain.MatchString(text) {
			value = json.Number(text) // with all its digits
		} else {
			return asFloat(json.Number(text))
		}
	}
	if _, err := asFloat(value); err != nil {
		return nil, err
	}
	return value, nil
}

func asCount(value any) (any, error) {
	number, err := asNumber(value)
	if err != nil {
		return nil, err
	}
	count, err := asFloat(number)
	switch {
	case err != nil:
		return nil, err
	case count < 0:
		return nil, errors.New("must not be negative")
	case count > math.MaxInt32:
		return nil, errTooLarge
	}
	return int64(math.Ceil(count)), nil
}

func asFloat(number any) (float64, error) {
	switch v := number.(type) {
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case json.Number:
		float, err := v.Float64()
		if err != nil {
			return 0, errTooLarge
		}
		return float, nil
	}
	return 0, fmt.Errorf("expected a number, got %s", typeName(number))
}

func asAnswer(value any) (any, error) {
	if yes, ok := value.(bool); ok {
		return yes, nil
	}
	text, err := asText(value)
	if err != nil {
		return false, nil
	}
	switch strings.ToLower(text.(string)) {
	case "true", "granted", "yes", "1":
		return true, nil
	}
	return false, nil
}

// The layouts of times written as text, apart from RFC 3339 itself.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "20060102T150405Z0700",
	"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 UTC",
}

func asTime(value any) (any, error) {
	if number, err := asNumber(value); err == nil {
		unix, err := asFloat(number)
		if err != nil || math.Abs(unix) >= 1e17 {
			return nil, nil
		}
		return formatTime(time.UnixMicro(int64(unix * microseconds(unix)))), nil
	}
	text, ok := value.(string)
	if !ok {
		return nil, nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return formatTime(t), nil
		}
	}
	return nil, nil
}

// microseconds tells by its size in which unit a Unix time is: as seconds, all
// three units would lie between the years 1973 and 5138.
func microseconds(unix float64) float64 {
	switch size := math.Abs(unix); {
	case size < 1e11:
		return 1e6
	case size < 1e14:
		return 1e3
	}
	return 1
}

func formatTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// typeName gives a value's type in Bloblang's words.
func typeName(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case json.Number, int64, float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "something else"
}
