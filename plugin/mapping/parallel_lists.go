package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_rows", helperSpec(
		"Turns parallel lists into a list of objects. Each list has one value for each object. The first of the lists `longest` that is not empty has as many values as there are objects. Text counts as a list with one value. A value that is empty or missing is left out of its object. Objects without members are left out. Returns null if all lists in `longest` are empty.").
		Param(bloblang.NewAnyParam("longest").Description("The members that may have the list that gives the number of objects, in order.")).
		Param(bloblang.NewAnyParam("columns").Description("An object: the members of the result, each with a list of the members that may be its list, in order.")).
		Example("", `root.products = this.liveperson_rows(["product_id"], {"sku": ["product_id"], "price": ["product_price"]})`,
			[2]string{`{"product_id":["P1","P2"],"product_price":["12.00",""]}`, `{"products":[{"price":"12.00","sku":"P1"},{"sku":"P2"}]}`}), register.Method(parallelLists))
}

// A column is a member of the objects, with the lists that may have its values.
type column struct {
	name  string
	lists []memberPath
}

func parallelLists(args *bloblang.ParsedParams) (bloblang.Method, error) {
	longest, err := pathsArg(args, "longest")
	if err != nil {
		return nil, err
	}
	literal, err := args.Get("columns")
	if err != nil {
		return nil, err
	}
	object, err := asObject(literal)
	if err != nil {
		return nil, under("columns", err)
	}
	columns := make([]column, 0, len(object))
	for name, names := range object {
		lists, err := texts(names)
		if err != nil {
			return nil, under("columns."+name, err)
		}
		columns = append(columns, column{name, parsePaths(lists)})
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		count, err := firstList(object, longest)
		if len(count) == 0 || err != nil {
			return nil, err
		}
		rows := make([]map[string]any, len(count))
		for _, column := range columns {
			list, err := firstList(object, column.lists)
			if err != nil {
				return nil, err
			}
			for i, value := range list[:min(len(list), len(rows))] {
				if value == nil || value == "" {
					continue
				}
				if rows[i] == nil {
					rows[i] = make(map[string]any, len(columns))
				}
				rows[i][column.name] = value
			}
		}
		result := make([]any, 0, len(rows))
		for _, row := range rows {
			if row != nil {
				result = append(result, row)
			}
		}
		return result, nil
	}, nil
}

// firstList returns the first of the lists that is not empty.
func firstList(object map[string]any, paths []memberPath) ([]any, error) {
	for _, path := range paths {
		value, err := path.find(object)
		if err != nil {
			return nil, err
		}
		switch v := value.(type) {
		case nil:
		case []any:
			if len(v) > 0 {
				return v, nil
			}
		default:
			if v != "" {
				return []any{v}, nil
			}
		}
	}
	return nil, nil
}
