package mapping

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_connect", helperSpec(
		"Returns the payload of a record of Kafka Connect, an object with `schema` and `payload`. Decimals become numbers with all their digits, times become RFC 3339, and dates are written like 2026-03-02.").
		Example("", `root = this.liveperson_connect()`,
			[2]string{`{"schema":{"type":"struct","fields":[{"field":"total","type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}]},"payload":{"total":"BNI="}}`, `{"total":12.34}`}),
		register.Method(func(*bloblang.ParsedParams) (bloblang.Method, error) {
			return func(value any) (any, error) {
				record, err := asObject(value)
				if err != nil {
					return nil, err
				}
				schema, err := asObject(record["schema"])
				if err != nil {
					return nil, under("schema", err)
				}
				payload, err := decodeConnect(schema, record["payload"], 0)
				return payload, under("payload", err)
			}, nil
		}))
	bloblang.MustRegisterMethodV2("liveperson_row", helperSpec(
		"Returns a row of Debezium without passwords, secrets, and columns that Debezium did not read. A MongoDB document may be JSON in a text. Decimals that carry their scale become numbers. A decimal whose scale is unknown is an error.").
		Example("", `root = this.after.liveperson_row()`,
			[2]string{`{"after":{"id":7,"total":{"scale":2,"value":"AJw="},"notes":"__debezium_unavailable_value"}}`, `{"id":7,"total":1.56}`}),
		register.Method(func(*bloblang.ParsedParams) (bloblang.Method, error) { return row, nil }))
}

// maxConnectDepth is how deep schemas may be nested.
const maxConnectDepth = 32

// decodeConnect decodes a value by its schema. A value without a schema is returned as it is.
func decodeConnect(schema map[string]any, value any, depth int) (any, error) {
	if depth > maxConnectDepth {
		return nil, fmt.Errorf("more than %d levels", maxConnectDepth)
	}
	if value == nil || schema == nil {
		return value, nil
	}
	name, _ := schema["name"].(string)
	if decode := logicalTypes[name]; decode != nil {
		return decode(schema, value)
	}
	switch v := value.(type) {
	case map[string]any:
		return decodeMembers(schema, v, depth)
	case []any:
		items, _ := schema["items"].(map[string]any)
		list := make([]any, len(v))
		for i, item := range v {
			decoded, err := decodeConnect(items, item, depth+1)
			if err != nil {
				return nil, under(fmt.Sprintf("[%d]", i), err)
			}
			list[i] = decoded
		}
		return list, nil
	}
	return value, nil
}

func decodeMembers(schema, object map[string]any, depth int) (any, error) {
	values, _ := schema["values"].(map[string]any)
	types := map[string]map[string]any{}
	fields, _ := schema["fields"].([]any)
	for _, item := range fields {
		if field, isObject := item.(map[string]any); isObject {
			name, _ := field["field"].(string)
			types[name] = field
		}
	}
	members := make(map[string]any, len(object))
	for name, member := range object {
		of := types[name]
		if of == nil {
			of = values
		}
		decoded, err := decodeConnect(of, member, depth+1)
		if err != nil {
			return nil, under(name, err)
		}
		members[name] = decoded
	}
	return members, nil
}

// logicalTypes has a decoder for each logical type of Kafka Connect and of Debezium that has no
// JSON type. See https://debezium.io/documentation/reference/stable/connectors/postgresql.html
var logicalTypes = map[string]func(schema map[string]any, value any) (any, error){
	"org.apache.kafka.connect.data.Decimal": func(schema map[string]any, value any) (any, error) {
		parameters, _ := schema["parameters"].(map[string]any)
		return decodeDecimal(parameters["scale"], value)
	},
	variableScale: func(_ map[string]any, value any) (any, error) { return decodeVariable(value) },
	"org.apache.kafka.connect.data.Timestamp": unixTime(time.Millisecond),
	"io.debezium.time.Timestamp":              unixTime(time.Millisecond),
	"io.debezium.time.MicroTimestamp":         unixTime(time.Microsecond),
	"io.debezium.time.NanoTimestamp":          unixTime(time.Nanosecond),
	"org.apache.kafka.connect.data.Date":      unixDate,
	"io.debezium.time.Date":                   unixDate,
	"io.debezium.data.Json":                   jsonText,
}

const variableScale = "io.debezium.data.VariableScaleDecimal"

var errNoDecimal = errors.New("expected a decimal as Base64")

const (
	maxDecimalBytes = 64
	maxScale        = 100
)

// decodeDecimal decodes a decimal. value is Base64 of a number in two's complement, highest byte
// first. scale is how many of its digits stand behind the point. With decimal.format=NUMERIC the
// value is already a number.
func decodeDecimal(scale, value any) (any, error) {
	written, isText := value.(string)
	if !isText {
		return value, nil
	}
	digits, _ := text.Of(scale)
	places, err := strconv.Atoi(digits)
	if err != nil || places < -maxScale || places > maxScale {
		return nil, errors.New("the schema of the decimal has no scale")
	}
	data, err := base64.StdEncoding.DecodeString(written)
	if err != nil || len(data) == 0 || len(data) > maxDecimalBytes {
		return nil, errNoDecimal
	}
	number := new(big.Int).SetBytes(data)
	if data[0]&0x80 != 0 {
		number.Sub(number, new(big.Int).Lsh(big.NewInt(1), uint(8*len(data))))
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil)
	if places < 0 {
		return json.Number(number.Mul(number, power).String()), nil
	}
	return json.Number(new(big.Rat).SetFrac(number, power).FloatString(places)), nil
}

// decodeVariable decodes a decimal of a column without a fixed scale: an object with the members
// scale and value.
func decodeVariable(value any) (any, error) {
	object, err := asObject(value)
	if object == nil || err != nil {
		return value, err
	}
	return decodeDecimal(object["scale"], object["value"])
}

func unixTime(unit time.Duration) func(map[string]any, any) (any, error) {
	return func(_ map[string]any, value any) (any, error) {
		count, err := wholeNumber(value)
		if err != nil {
			return nil, err
		}
		perSecond := int64(time.Second / unit)
		seconds, rest := count/perSecond, count%perSecond
		return time.Unix(seconds, rest*int64(unit)).UTC().Format(time.RFC3339Nano), nil
	}
}

func unixDate(_ map[string]any, value any) (any, error) {
	days, err := wholeNumber(value)
	if err != nil || days > 1e7 || days < -1e7 {
		return nil, errNoInteger
	}
	return time.Unix(days*24*60*60, 0).UTC().Format(time.DateOnly), nil
}

func wholeNumber(value any) (int64, error) {
	digits, _ := text.Of(value)
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, errNoInteger
	}
	return number, nil
}

func jsonText(_ map[string]any, value any) (any, error) {
	written, _ := value.(string)
	if parsed, isJSON := parseJSON(strings.TrimSpace(written)); isJSON {
		return parsed, nil
	}
	return value, nil
}

// unavailable is the text, also in Base64, that Debezium writes for a large column that did not
// change.
const unavailable = "__debezium_unavailable_value"

var unavailableInBase64 = base64.StdEncoding.EncodeToString([]byte(unavailable))

var (
	secretColumn = regexp.MustCompile(`passw|secret|salt$|otp$`)
	moneyColumn  = regexp.MustCompile(`(total|subtotal|revenue|amount|price|balance)$|^value$`)
)

// row cleans a row of Debezium. MongoDB's documents are JSON in a text.
func row(value any) (any, error) {
	if written, isText := value.(string); isText {
		if parsed, isJSON := parseJSON(strings.TrimSpace(written)); isJSON {
			value = parsed
		}
	}
	columns, err := asObject(value)
	if err != nil {
		return nil, err
	}
	cleaned := make(map[string]any, len(columns))
	for name, value := range columns {
		squashed := text.Squash(name)
		written, isText := value.(string)
		if written == unavailable || written == unavailableInBase64 || secretColumn.MatchString(squashed) {
			continue
		}
		value = withoutBSON(value)
		object, isObject := value.(map[string]any)
		if isObject && len(object) == 2 && object["scale"] != nil && object["value"] != nil {
			if value, err = decodeVariable(object); err != nil {
				return nil, under(name, err)
			}
		}
		if isText && moneyColumn.MatchString(squashed) && isBareDecimal(written) {
			return nil, under(name, errors.New("a decimal as Base64, whose scale is unknown: set decimal.handling.mode=string in the connector, or value.converter.schemas.enable=true"))
		}
		cleaned[name] = value
	}
	return cleaned, nil
}

// withoutBSON returns the value of an object such as {"$oid": "…"}. MongoDB writes such an object
// for a type that JSON does not have.
func withoutBSON(value any) any {
	object, _ := value.(map[string]any)
	if len(object) != 1 {
		return value
	}
	for _, bson := range []string{"$oid", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$date", "$uuid"} {
		if inner := object[bson]; inner != nil {
			return withoutBSON(inner)
		}
	}
	return value
}

// isBareDecimal tells whether a text is Base64 and not a number.
func isBareDecimal(written string) bool {
	data, err := base64.StdEncoding.DecodeString(written)
	return err == nil && len(data) > 0 && !decimal.MatchString(written)
}
