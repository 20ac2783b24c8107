package mapping

import (
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_columns", helperSpec(
		"Splits a line of tab-separated values. Returns an object of the values that are not empty, by the names of their columns. A line has as many values as there are names.").
		Param(bloblang.NewAnyParam("names").Description("The names of the columns, in order.")).
		Example("", `root = this.line.liveperson_columns(["app_id", "platform", "user_id"])`,
			[2]string{`{"line":"shop\tweb\t"}`, `{"app_id":"shop","platform":"web"}`}), register.Method(columns))
	bloblang.MustRegisterMethodV2("liveperson_pairs", helperSpec(
		"Makes an object of a list of pairs. Of several pairs with the same key, the first counts. A pair without a key or a value is left out.").
		Param(bloblang.NewAnyParam("keys").Description("The members of a pair that may be the key, in order.")).
		Param(bloblang.NewAnyParam("values").Description("The members or paths of a pair that may be the value, in order. The first that is neither null nor empty text counts.")).
		Param(bloblang.NewStringParam("at").Description("The path of the list in the event, for errors.").Default("")).
		Example("", `root.params = this.event_params.liveperson_pairs(["key"], ["value.string_value", "value.int_value"])`,
			[2]string{`{"event_params":[{"key":"page","value":{"string_value":"Home"}},{"key":"step","value":{"string_value":null,"int_value":2}}]}`, `{"params":{"page":"Home","step":2}}`}), register.Method(pairs))
	bloblang.MustRegisterMethodV2("liveperson_without", helperSpec(
		"Returns the value without members that are null, empty text or one of the given texts, at any depth.").
		Param(bloblang.NewAnyParam("texts").Description("The texts that mean that there is no value.")).
		Example("", `root = this.liveperson_without(["(not set)"])`,
			[2]string{`{"coupon":"(not set)","items":[{"item_id":"A","item_brand":null}]}`, `{"items":[{"item_id":"A"}]}`}), register.Method(withoutTexts))
}

func columns(args *bloblang.ParsedParams) (bloblang.Method, error) {
	literal, err := args.Get("names")
	if err != nil {
		return nil, err
	}
	names, err := texts(literal)
	if err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	return func(value any) (any, error) {
		line, isText := value.(string)
		if !isText {
			return nil, fmt.Errorf("expected a line of text, got %s", typeName(value))
		}
		// The last values may be empty, so tabs at the end are not trimmed.
		values := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(values) != len(names) {
			return nil, fmt.Errorf("expected %d values separated by tabs, got %d", len(names), len(values))
		}
		object := map[string]any{}
		for i, value := range values {
			if value != "" {
				object[names[i]] = value
			}
		}
		return object, nil
	}, nil
}

func pairs(args *bloblang.ParsedParams) (bloblang.Method, error) {
	keys, err := pathsArg(args, "keys")
	if err != nil {
		return nil, err
	}
	values, err := pathsArg(args, "values")
	if err != nil {
		return nil, err
	}
	at, err := args.GetString("at")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		list, isList := value.([]any)
		switch {
		case value == nil:
			return nil, nil
		case !isList:
			return nil, under(at, fmt.Errorf("expected an array, got %s", typeName(value)))
		}
		object := make(map[string]any, len(list))
		for i, item := range list {
			if err := addPair(object, item, keys, values); err != nil {
				return nil, under(fmt.Sprintf("%s[%d]", at, i), err)
			}
		}
		return object, nil
	}, nil
}

// addPair adds a pair to an object that does not have its key yet.
func addPair(object map[string]any, item any, keys, values []memberPath) error {
	pair, err := asObject(item)
	if err != nil {
		return err
	}
	key, err := readFirst(pair, keys, asText)
	if err != nil {
		return err
	}
	_, value, err := firstValue(pair, values)
	if err != nil {
		return err
	}
	name, _ := key.(string)
	if _, known := object[name]; name != "" && value != nil && !known {
		object[name] = value
	}
	return nil
}

func withoutTexts(args *bloblang.ParsedParams) (bloblang.Method, error) {
	literal, err := args.Get("texts")
	if err != nil {
		return nil, err
	}
	list, err := texts(literal)
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	nothing := map[string]bool{"": true}
	for _, text := range list {
		nothing[text] = true
	}
	return func(value any) (any, error) { return without(value, nothing), nil }, nil
}

// without returns a copy of a value without the members that are null or one of the texts.
func without(value any, nothing map[string]bool) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			if text, isText := member.(string); member == nil || isText && nothing[text] {
				continue
			}
			object[name] = without(member, nothing)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = without(v[i], nothing)
		}
		return list
	}
	return value
}
