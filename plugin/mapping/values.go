package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// asObject reads an object. It returns nil for null and for an empty list, because PHP writes an
// empty map as an empty list.
func asObject(value any) (map[string]any, error) {
	switch v := value.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
	case []any:
		if len(v) == 0 {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("expected an object, got %s", typeName(value))
}

func asOnlyObject(value any) (any, error) {
	object, err := asObject(value)
	if object == nil {
		return nil, err
	}
	return object, nil
}

func asText(value any) (any, error) {
	if _, isText := value.(string); isText {
		return value, nil
	}
	if result, ok := text.Of(value); ok {
		return result, nil
	}
	return nil, fmt.Errorf("expected text, got %s", typeName(value))
}

// noCurrency is ISO 4217's code for "no currency".
const noCurrency = "XXX"

func asCurrency(value any) (any, error) {
	written, _ := text.Of(value)
	code := strings.ToUpper(strings.TrimSpace(written))
	switch {
	case code == noCurrency || isEmpty(value):
		return nil, nil
	case !threeLetters.MatchString(code):
		currenciesLeftOut.Add(1)
		return nil, nil
	case code == value:
		return value, nil // as it is, without an allocation
	}
	return code, nil
}

var threeLetters = regexp.MustCompile(`^[A-Z]{3}$`)

// currenciesLeftOut counts currencies that are not codes, such as € or US$, until a processor takes
// the count. The reports go out without a currency, because that is better than no report.
var currenciesLeftOut atomic.Int64

func asKeywords(value any) (any, error) {
	var found []any
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if text, ok := item.(string); ok && text != "" {
				found = append(found, item)
			}
		}
	case map[string]any:
		for _, name := range []string{"text", "term", "query"} {
			if text, ok := v[name].(string); ok && text != "" {
				found = []any{text}
				break
			}
		}
	default:
		if text, err := asText(value); err == nil {
			found = []any{text}
		}
	}
	if found == nil {
		return nil, nil
	}
	return found, nil
}

var (
	// decimal matches a number that is written as text, without exponent and thousands
	// separator.
	decimal = regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)$`)
	// plain matches a decimal that JSON writes in the same way.
	plain = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

var (
	errNoNumber = errors.New("expected a number, got text that is not one; write it like 12.90, without currency sign, thousands separator or decimal comma")
	errTooLarge = errors.New("the number is too large")
)

// asNumber returns a number with all the digits that the event has.
func asNumber(value any) (any, error) {
	if text, ok := value.(string); ok {
		text = strings.TrimSpace(text)
		if !decimal.MatchString(text) {
			return nil, errNoNumber
		}
		if !plain.MatchString(text) {
			return asFloat(json.Number(text))
		}
		value = json.Number(text) // keeps all digits
	}
	if _, err := asFloat(value); err != nil {
		return nil, err
	}
	return value, nil
}

// asAmount returns a number without the noise of binary fractions.
func asAmount(value any) (any, error) {
	number, err := asNumber(value)
	if err != nil {
		return nil, err
	}
	return withoutNoise(number), nil
}

func asPositive(value any) (any, error) {
	number, err := asAmount(value)
	if err != nil {
		return nil, err
	}
	if float, err := asFloat(number); err != nil || float <= 0 {
		return nil, err
	}
	return number, nil
}

const (
	// noisyDigits is the least number of significant digits of a number with binary noise. For
	// example, 0.1 + 0.2 is 0.30000000000000004. People write fewer digits.
	noisyDigits = 15
	// mostNoisyDigits is the greatest number of digits of such a number: that of a float written out
	// exactly, as Java's BigDecimal does.
	mostNoisyDigits = 60
	// mostDecimals is the most decimals of an amount. Currencies have 0 to 4 (ISO 4217). Prices of
	// very small units have more.
	mostDecimals = 6
)

var (
	// noise is the largest share of an amount that counts as noise. One operation on floats adds
	// 1e-16.
	noise = big.NewRat(1, 1e12)
	// mostNoise is the largest noise, for large amounts.
	mostNoise = big.NewRat(1, 1e4)
)

// withoutNoise removes the noise of binary fractions from an amount: it rounds the amount to its
// intended decimals. It leaves other numbers unchanged.
func withoutNoise(number any) any {
	written, _ := text.Of(number)
	if digits := digitsOf(written); digits < noisyDigits || digits > mostNoisyDigits {
		return number
	}
	amount, ok := new(big.Rat).SetString(written)
	if !ok {
		return number
	}
	float, _ := amount.Float64()
	most := new(big.Rat).Mul(new(big.Rat).Abs(amount), noise)
	if most.Cmp(mostNoise) > 0 {
		most = mostNoise
	}
	for decimals := 0; decimals <= mostDecimals; decimals++ {
		rounded := amount.FloatString(decimals)
		meant, _ := new(big.Rat).SetString(rounded)
		difference := new(big.Rat).Sub(amount, meant)
		// Some databases have floats of 32 bits, which are exact to seven digits only.
		single, _ := meant.Float32()
		if difference.Abs(difference).Cmp(most) <= 0 || decimals <= 4 && meant.Sign() != 0 && float64(single) == float {
			return json.Number(rounded)
		}
	}
	return number
}

// digitsOf returns the number of significant digits of a number with a decimal point. Whole
// numbers have no noise.
func digitsOf(number string) int {
	whole, fraction, hasPoint := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	if !hasPoint || strings.ContainsAny(fraction, "eE") {
		return 0
	}
	return len(strings.TrimLeft(whole+fraction, "0"))
}

func asCount(value any) (any, error) {
	number, err := asAmount(value)
	if err != nil {
		return nil, err
	}
	count, err := asFloat(number)
	switch {
	case err != nil:
		return nil, err
	case count < 0:
		return nil, errNegative
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
	switch strings.ToLower(strings.TrimSpace(text.(string))) {
	case "true", "granted", "yes", "1":
		return true, nil
	}
	return false, nil
}

func asTime(value any) (any, error) {
	if t, ok := events.Time(value); ok {
		return t.UTC().Format("2006-01-02T15:04:05.000Z07:00"), nil
	}
	return nil, nil
}

// typeName returns the type of a value as Bloblang names it.
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
