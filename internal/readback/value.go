package readback

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Masked replaces a personal value in receipts and results.
const Masked = "***"

// isMasked tells whether a part of a value is masked. Such a value can't be compared.
func isMasked(value any) bool {
	text, is := value.(string)
	return is && strings.Contains(text, Masked)
}

// flatten returns the values of an object by their paths, such as products[0].product.sku. Empty
// values are left out, because they are not sent.
func flatten(members map[string]any) map[string]any {
	leaves := map[string]any{}
	for name, value := range members {
		walk(leaves, name, value)
	}
	return leaves
}

func walk(leaves map[string]any, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			walk(leaves, path+"."+name, member)
		}
	case []any:
		for i, item := range v {
			walk(leaves, fmt.Sprintf("%s[%d]", path, i), item)
		}
	case nil:
	default:
		if v != "" {
			leaves[path] = v
		}
	}
}

// unshown are members that LivePerson documents for sending attributes, but not for reading them.
var unshown = []string{"currency", "statusInStock", "quantityInStock", "phoneType", "country", "region"}

// memberOf returns the name at the end of a path.
func memberOf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// equal compares values. A number equals the same number as text, because LivePerson stores some
// texts as numbers and shows some numbers as texts.
func equal(a, b any) bool {
	x, isNumber := number(a)
	y, alsoNumber := number(b)
	if isNumber && alsoNumber && !(isText(a) && isText(b)) {
		return x == y
	}
	return reflect.DeepEqual(a, b)
}

func isText(value any) bool {
	_, is := value.(string)
	return is
}

func number(value any) (float64, bool) {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	case bool:
		return 0, false
	default:
		text = fmt.Sprint(v)
	}
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil
}
