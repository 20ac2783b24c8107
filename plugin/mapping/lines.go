package mapping

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_lines", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Reads the product lines of an object: of the first list that it has, or of itself when it has none. A line is a `product`, read by a table as `liveperson_read` does, and a `quantity`, which is 1 where none is given. Null when there is no list and the object describes no product; a line in a list that describes none is an error.").
		Param(bloblang.NewAnyParam("lists").Description("The names of the members that may be the list.")).
		Param(bloblang.NewAnyParam("product").Description("The table by which a product is read.")).
		Param(bloblang.NewAnyParam("quantity").Description("The names of a line's quantity, in order.")).
		Param(bloblang.NewStringParam("at").Description("Where the object stands in the event, for errors.").Default("")).
		Example("", `root.lines = this.liveperson_lines(["products"], {"sku": ["text", "sku", "id"]}, ["quantity"])`,
			[2]string{`{"products":[{"id":"SKU-A"}]}`, `{"lines":[{"product":{"sku":"SKU-A"},"quantity":1}]}`}), register.Method(lines))
	bloblang.MustRegisterMethodV2("liveperson_item_count", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("How many items product lines are, as `liveperson_lines` gives them. Null of null.").
		Example("", `root.numItems = this.liveperson_lines(["products"], {"sku": ["text", "id"]}, ["quantity"]).liveperson_item_count()`,
			[2]string{`{"products":[{"id":"SKU-A","quantity":2},{"id":"SKU-B"}]}`, `{"numItems":3}`}), register.Method(itemCount))
}

// lineReader reads product lines.
type lineReader struct {
	lists, quantity []place
	product         table
}

func lines(args *bloblang.ParsedParams) (bloblang.Method, error) {
	lists, err := places(args, "lists")
	if err != nil {
		return nil, err
	}
	literal, err := args.Get("product")
	if err != nil {
		return nil, err
	}
	product, err := tableOf(literal)
	if err != nil {
		return nil, err
	}
	quantity, err := places(args, "quantity")
	if err != nil {
		return nil, err
	}
	at, err := args.GetString("at")
	if err != nil {
		return nil, err
	}
	reader := lineReader{lists, quantity, product}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, under(at, err)
		}
		read, err := reader.read(object)
		if read == nil || err != nil {
			return nil, under(at, err)
		}
		return read, nil
	}, nil
}

func (r lineReader) read(object map[string]any) ([]any, error) {
	p, value, err := first(object, r.lists)
	if err != nil {
		return nil, err
	}
	if value == nil {
		line, err := r.line(object)
		if line == nil || err != nil {
			return nil, err
		}
		return []any{line}, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, &memberError{p.String(), fmt.Errorf("expected an array, got %s", typeName(value))}
	}
	read := make([]any, len(list))
	for i, item := range list {
		if read[i], err = r.listed(item); err != nil {
			return nil, under(p.String()+"["+strconv.Itoa(i)+"]", err)
		}
	}
	return read, nil
}

var errNoProduct = errors.New("describes no product")

// listed reads one line of a list.
func (r lineReader) listed(item any) (any, error) {
	object, err := asObject(item)
	if err != nil {
		return nil, err
	}
	line, err := r.line(object)
	if err == nil && line == nil {
		err = errNoProduct
	}
	return line, err
}

// line gives nil for an object that describes no product.
func (r lineReader) line(object map[string]any) (any, error) {
	objects := [...]located{{object: object}}
	product, err := r.product.read(objects[:])
	if err != nil {
		return nil, err
	}
	quantity, err := readFirst(object, r.quantity, asCount)
	if product == nil || err != nil {
		return nil, err
	}
	if quantity == nil {
		quantity = int64(1)
	}
	return map[string]any{"product": product, "quantity": quantity}, nil
}

func itemCount(*bloblang.ParsedParams) (bloblang.Method, error) {
	return func(value any) (any, error) {
		if value == nil {
			return nil, nil
		}
		lines, ok := value.([]any)
		if !ok {
			return nil, fmt.Errorf("expected product lines, got %s", typeName(value))
		}
		var count int64
		for i, item := range lines {
			line, _ := item.(map[string]any)
			quantity, ok := line["quantity"].(int64)
			if !ok {
				return nil, fmt.Errorf("line %d has no quantity", i)
			}
			count += quantity
		}
		return count, nil
	}, nil
}
