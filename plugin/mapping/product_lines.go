package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

const methodLines = "liveperson_lines"

func productLinesSpec() *bloblang.PluginSpec {
	return methodSpec(
		"Reads the product lines of an object. They are the items of the first list in the object. An object in the place of the list is one product, or several if its members are named 0, 1, 2 and so on. Without a list, the object itself is the one line. A line has a `product`, read by a table as `liveperson_read` does, and a `quantity`. The quantity is 1 if the line has none. Returns null if there is no list and the object describes no product. Items that are null or empty are left out. Another item that describes no product is an error. Errors name the member and never repeat its value.").
		Param(bloblang.NewAnyParam("lists").Description("The members that may be the list, in order.")).
		Param(bloblang.NewAnyParam("product").Description("The table that says how to read a product.")).
		Param(bloblang.NewAnyParam("quantity").Description("The members that may be the quantity of a line, in order.")).
		Param(bloblang.NewStringParam("at").Description("The path of the object in the event, for errors.").Default("")).
		Example("", `root.lines = this.liveperson_lines(["products"], {"sku": ["text", "sku", "id"]}, ["quantity"])`,
			[2]string{`{"products":[{"id":"SKU-A"}]}`, `{"lines":[{"product":{"sku":"SKU-A"},"quantity":1}]}`})
}

func init() {
	bloblang.MustRegisterMethodV2(methodLines, productLinesSpec(), register.Method(productLines))
	bloblang.MustRegisterMethodV2("liveperson_item_count", methodSpec(
		"Adds up the quantities of product lines that `liveperson_lines` returned. Returns null for null. Lines without a quantity are an error.").
		Example("", `root.numItems = this.liveperson_lines(["products"], {"sku": ["text", "id"]}, ["quantity"]).liveperson_item_count()`,
			[2]string{`{"products":[{"id":"SKU-A","quantity":2},{"id":"SKU-B"}]}`, `{"numItems":3}`}), register.Method(itemCount))
}

// linesLeftOut counts empty product lines, such as null, until a processor takes the count. It is a
// global variable, because a method does not know which processor runs it.
var linesLeftOut atomic.Int64

// lineReader reads product lines.
type lineReader struct {
	lists, quantity []memberPath
	product         table
}

func productLines(args *bloblang.ParsedParams) (bloblang.Method, error) {
	lists, err := pathsArg(args, "lists")
	if err != nil {
		return nil, err
	}
	literal, err := args.Get("product")
	if err != nil {
		return nil, err
	}
	product, err := parseTable(readers, literal)
	if err != nil {
		return nil, err
	}
	quantity, err := pathsArg(args, "quantity")
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
		lines, err := reader.read(object)
		if lines == nil || err != nil {
			return nil, under(at, err)
		}
		return lines, nil
	}, nil
}

func (r lineReader) read(object map[string]any) ([]any, error) {
	path, value, err := firstValue(object, r.lists)
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
	list, ok := events.Lines(value)
	if !ok {
		return nil, &memberError{path.String(), fmt.Errorf("expected an array, got %s", typeName(value))}
	}
	lines := make([]any, 0, len(list))
	for i, item := range list {
		if events.IsNoLine(item) {
			linesLeftOut.Add(1)
			continue
		}
		line, err := r.listed(item)
		if err != nil {
			return nil, under(path.String()+"["+strconv.Itoa(i)+"]", err)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 && len(list) > 0 {
		return nil, nil // The items of the list are unknown.
	}
	return lines, nil
}

var errNoProduct = errors.New("describes no product")

// listed reads one item of a list of lines.
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

// line reads an object as a product line. It returns nil if the object does not describe a product.
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
