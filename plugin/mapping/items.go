package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_items", helperSpec(
		"Reads each item of a list by a table, as `liveperson_read` does. The list is the first of the members that is neither null nor empty text. It may be an object whose members are the items, as PHP writes some lists. An item in which nothing was found is an empty object. Returns null if there is no list. Errors name the item and the member, and never repeat a value.").
		Param(bloblang.NewAnyParam("lists").Description("The members that may be the list, in order. A name with dots is a path.")).
		Param(bloblang.NewAnyParam("table").Description("The table.")).
		Param(bloblang.NewAnyParam("without").Description("An item that has an id in one of these members is left out, such as a part of a set.").Default([]any{})).
		Example("", `root.products = this.liveperson_items(["line_items"], {"sku": ["id", "sku"], "price": ["number", "price"]}, ["parent_id"])`,
			[2]string{`{"line_items":[{"sku":"A","price":"1.50"},{"sku":"B","parent_id":7}]}`, `{"products":[{"price":1.50,"sku":"A"}]}`}), register.Method(items))
}

func items(args *bloblang.ParsedParams) (bloblang.Method, error) {
	lists, err := pathsArg(args, "lists")
	if err != nil {
		return nil, err
	}
	literal, err := args.Get("table")
	if err != nil {
		return nil, err
	}
	table, err := parseTable(readers, literal)
	if err != nil {
		return nil, err
	}
	without, err := pathsArg(args, "without")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		path, found, err := firstValue(object, lists)
		if found == nil || err != nil {
			return nil, err
		}
		list, err := listOfItems(found)
		if err != nil {
			return nil, &memberError{path.String(), err}
		}
		result := make([]any, 0, len(list))
		for i, item := range list {
			read, err := readItem(item, table, without)
			if err != nil {
				return nil, under(path.String()+"["+strconv.Itoa(i)+"]", err)
			}
			if read != nil {
				result = append(result, read)
			}
		}
		return result, nil
	}, nil
}

// listOfItems returns the items of a list. Those of an object are in the order of their keys:
// numbers by their size.
func listOfItems(value any) ([]any, error) {
	switch v := value.(type) {
	case []any:
		return v, nil
	case map[string]any:
		list := make([]any, 0, len(v))
		for _, key := range slices.SortedFunc(maps.Keys(v), func(a, b string) int {
			return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
		}) {
			list = append(list, v[key])
		}
		return list, nil
	}
	return nil, fmt.Errorf("expected an array, got %s", typeName(value))
}

// readItem reads an item, or returns nil if it is to be left out.
func readItem(item any, table table, without []memberPath) (any, error) {
	object, err := asObject(item)
	if err != nil {
		return nil, err
	}
	owner, err := readFirst(object, without, readers["id"].read)
	if owner != nil || err != nil {
		return nil, err
	}
	objects := [...]located{{object: object}}
	read, err := table.read(objects[:])
	if err != nil {
		return nil, err
	}
	if read == nil {
		read = map[string]any{}
	}
	return read, nil
}
