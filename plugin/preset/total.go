package preset

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

// total makes the method that adds up product lines. Its errors need no paths: the
// lines are read one by one as well, and fail there first.
func total(args *bloblang.ParsedParams) (bloblang.Method, error) {
	prices, err := nameList(args, "prices")
	if err != nil {
		return nil, err
	}
	quantities, err := nameList(args, "quantities")
	if err != nil {
		return nil, err
	}
	return bloblang.ArrayMethod(func(lines []any) (any, error) {
		sum := new(big.Rat)
		for i, item := range lines {
			line, err := asObject(item, fmt.Sprintf("line %d", i))
			if err != nil {
				return nil, err
			}
			_, price := first(line, prices)
			if price == nil {
				return nil, nil
			}
			cost, err := asDecimal(price)
			if err != nil {
				return nil, fmt.Errorf("line %d: price: %w", i, err)
			}
			if _, quantity := first(line, quantities); quantity != nil {
				count, err := asDecimal(quantity)
				if err != nil {
					return nil, fmt.Errorf("line %d: quantity: %w", i, err)
				}
				cost.Mul(cost, count)
			}
			sum.Add(sum, cost)
		}
		return json.Number(sum.FloatString(2)).Float64()
	}), nil
}

// asDecimal gives a number without the rounding of a float.
func asDecimal(value any) (*big.Rat, error) {
	number, err := asNumber(value)
	if err != nil {
		return nil, err
	}
	decimal, ok := new(big.Rat).SetString(fmt.Sprint(number))
	if !ok {
		return nil, errNoNumber
	}
	return decimal, nil
}
