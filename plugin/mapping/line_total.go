package mapping

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"golang.org/x/text/currency"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_total", methodSpec(
		"Adds up the cost of product lines, price times quantity, in decimal arithmetic. The total has as many decimals as the `currency` of the object or of its first line, but at least two. The lines are the items of the first list in the object. Without a list, the object itself is the only line. The quantity is 1 if a line has none. Returns null if a line has no price. A price or quantity that is not a number is an error.").
		Param(bloblang.NewAnyParam("lists").Description("The members that may be the list, in order.")).
		Param(bloblang.NewAnyParam("prices").Description("The members that may be the price of a line, in order.")).
		Param(bloblang.NewAnyParam("quantities").Description("The members that may be the quantity of a line, in order.")).
		Example("", `root.total = this.liveperson_total(["products"], ["price"], ["quantity"])`,
			[2]string{`{"products":[{"price":1.1,"quantity":3}]}`, `{"total":3.3}`}), register.Method(total))
}

// total returns the method that adds up product lines. Its errors have no paths. They need none,
// because a preset first reads the same lines with liveperson_lines, whose errors have paths.
func total(args *bloblang.ParsedParams) (bloblang.Method, error) {
	lists, err := pathsArg(args, "lists")
	if err != nil {
		return nil, err
	}
	prices, err := pathsArg(args, "prices")
	if err != nil {
		return nil, err
	}
	quantities, err := pathsArg(args, "quantities")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		_, value, err = firstValue(object, lists)
		if err != nil {
			return nil, err
		}
		lines, ok := events.Lines(value)
		if value == nil {
			lines = []any{object}
		} else if !ok {
			return nil, fmt.Errorf("expected an array, got %s", typeName(value))
		}
		sum, added := new(big.Rat), 0
		for _, item := range lines {
			if events.IsNoLine(item) {
				continue
			}
			cost, err := costOf(item, prices, quantities)
			if cost == nil || err != nil {
				return nil, err
			}
			sum.Add(sum, cost)
			added++
		}
		if added == 0 && len(lines) > 0 {
			return nil, nil
		}
		cost, err := json.Number(sum.FloatString(decimalsOf(object, lines))).Float64()
		if err != nil {
			return nil, fmt.Errorf("what the lines cost together: %w", errTooLarge)
		}
		return cost, nil
	}, nil
}

// decimalsOf returns the number of decimals of a total: that of the currency of the object or of
// its first line (ISO 4217), but at least two. Some currencies have three, such as dinars.
func decimalsOf(object map[string]any, lines []any) int {
	code, _ := object["currency"].(string)
	if first, isLine := firstOf(lines).(map[string]any); code == "" && isLine {
		code, _ = first["currency"].(string)
	}
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	decimals, _ := currency.Standard.Rounding(unit)
	return max(2, decimals)
}

func firstOf(lines []any) any {
	for _, line := range lines {
		if !events.IsNoLine(line) {
			return line
		}
	}
	return nil
}

// costOf returns the cost of a line, or nil if the line has no price.
func costOf(item any, prices, quantities []memberPath) (*big.Rat, error) {
	line, err := asObject(item)
	if err != nil {
		return nil, err
	}
	price, err := readFirst(line, prices, asAmount)
	if price == nil || err != nil {
		return nil, err
	}
	quantity, err := readFirst(line, quantities, asNumber)
	if err != nil {
		return nil, err
	}
	cost, err := asDecimal(price)
	if quantity == nil || err != nil {
		return cost, err
	}
	count, err := asDecimal(quantity)
	if err != nil {
		return nil, err
	}
	return cost.Mul(cost, count), nil
}

// asDecimal returns a number without the rounding of a float64. A number too small for a float64
// becomes 0, because writing out its exponent would take seconds.
func asDecimal(number any) (*big.Rat, error) {
	if float, err := asFloat(number); err != nil || float == 0 {
		return new(big.Rat), err
	}
	decimal, ok := new(big.Rat).SetString(fmt.Sprint(number))
	if !ok {
		return nil, errTooLarge
	}
	return decimal, nil
}
