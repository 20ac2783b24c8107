package mapping

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_total", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Adds up what product lines cost, those of an object's first list or the object itself: price times quantity, which is 1 where a line has none, in decimal arithmetic and rounded to two places. Null when a line has no price.").
		Param(bloblang.NewAnyParam("lists").Description("The names of the members that may be the list.")).
		Param(bloblang.NewAnyParam("prices").Description("The names of a line's price, in order.")).
		Param(bloblang.NewAnyParam("quantities").Description("The names of a line's quantity, in order.")).
		Example("", `root.total = this.liveperson_total(["products"], ["price"], ["quantity"])`,
			[2]string{`{"products":[{"price":1.1,"quantity":3}]}`, `{"total":3.3}`}), register.Method(total))
}

// total makes the method that adds up product lines. Its errors need no paths: the
// lines are read one by one as well, and fail there first.
func total(args *bloblang.ParsedParams) (bloblang.Method, error) {
	lists, err := places(args, "lists")
	if err != nil {
		return nil, err
	}
	prices, err := places(args, "prices")
	if err != nil {
		return nil, err
	}
	quantities, err := places(args, "quantities")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		_, value, err = first(object, lists)
		if err != nil {
			return nil, err
		}
		lines, ok := value.([]any)
		if value == nil {
			lines = []any{object}
		} else if !ok {
			return nil, fmt.Errorf("expected an array, got %s", typeName(value))
		}
		sum := new(big.Rat)
		for _, item := range lines {
			cost, err := costOf(item, prices, quantities)
			if cost == nil || err != nil {
				return nil, err
			}
			sum.Add(sum, cost)
		}
		cost, err := json.Number(sum.FloatString(2)).Float64()
		if err != nil {
			return nil, fmt.Errorf("what the lines cost together: %w", errTooLarge)
		}
		return cost, nil
	}, nil
}

// costOf gives what a line costs, nil without a price.
func costOf(item any, prices, quantities []place) (*big.Rat, error) {
	line, err := asObject(item)
	if err != nil {
		return nil, err
	}
	price, err := readFirst(line, prices, asNumber)
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

// asDecimal gives a number without the rounding of a float. One that is too small for
// a float is nothing: its exponent, written out, would take seconds.
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
