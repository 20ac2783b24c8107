package mapping

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, mapping, event, want, errContains string
	}{
		{name: "table, first name that has a value", mapping: `this.liveperson_read({"a": ["text", "x", "y"]})`, event: `{"x":"","y":1}`, want: `{"a":"1"}`},
		{name: "table, text is taken as it is", mapping: `this.liveperson_read({"type": "lead", "a": ["text", "x"]})`, event: `{"x":"v"}`, want: `{"a":"v","type":"lead"}`},
		{name: "table, text alone is nothing", mapping: `this.liveperson_read({"type": "lead", "a": ["text", "x"]})`, event: `{}`, want: `null`},
		{name: "table, a table in it", mapping: `this.liveperson_read({"a": {"b": ["number", "x.y"]}, "c": {"d": ["text", "z"]}})`, event: `{"x":{"y":"1.50"}}`, want: `{"a":{"b":1.50}}`},
		{name: "table, levels", mapping: `this.liveperson_read({"a": ["levels", ["x", "y"], ["z"]]})`, event: `{"y":"1","z":"2"}`, want: `{"a":"1/2"}`},
		{name: "table, several objects, each member by itself", mapping: `this.liveperson_read({"a": ["text", "a"], "b": ["text", "b"]}, ["x", "y.z"])`, event: `{"x":{"a":"1"},"y":{"z":{"a":"2","b":"3"}}}`, want: `{"a":"1","b":"3"}`},
		{name: "table, error in one of several objects", mapping: `this.liveperson_read({"a": ["count", "n"]}, ["x", "y.z"])`, event: `{"y":{"z":{"n":"hunter2"}}}`, errContains: "y.z.n: expected a number"},
		{name: "table, one of several is no object", mapping: `this.liveperson_read({"a": ["text", "a"]}, ["x", "y"])`, event: `{"x":{"a":"1"},"y":"hunter2"}`, errContains: "y: expected an object, got string"},
		{name: "table, question mark skips", mapping: `this.liveperson_read({"a": ["number?", "x", "y"]})`, event: `{"x":"hunter2","y":2}`, want: `{"a":2}`},
		{name: "table, of several errors the first by name", mapping: `this.liveperson_read({"b": ["text", "x"], "a": ["text", "y"]})`, event: `{"x":[1],"y":[1]}`, errContains: "y: expected text"},
		{name: "path through a list", mapping: `this.liveperson_text(["a.1.b"])`, event: `{"a":[1,{"b":"c"}]}`, want: `"c"`},
		{name: "path beyond a list", mapping: `this.liveperson_text(["a.2.b"])`, event: `{"a":[1]}`, want: `null`},
		{name: "path to a member of a list", mapping: `this.liveperson_text(["a.b"])`, event: `{"a":["hunter2"]}`, errContains: "a: expected an object, got array"},
		{name: "path to a member of what may be a list", mapping: `this.liveperson_text(["a?.b"])`, event: `{"a":["c"]}`, want: `null`},
		{name: "path through what is no object", mapping: `this.liveperson_text(["a.0.b"], "properties")`, event: `{"a":["hunter2"]}`, errContains: "properties.a[0]: expected an object, got string"},
		{name: "path through what may be no object", mapping: `this.liveperson_text(["a?.b", "a"])`, event: `{"a":"c"}`, want: `"c"`},
		{name: "path through an object that may be none", mapping: `this.liveperson_text(["a?.b", "a"])`, event: `{"a":{"b":"c"}}`, want: `"c"`},
		{name: "path through an item that may be none", mapping: `this.liveperson_text(["a?.0?.b", "c"])`, event: `{"a":["hunter2"],"c":"d"}`, want: `"d"`},
		{name: "path through an item that may be an object", mapping: `this.liveperson_text(["a?.0?.b"])`, event: `{"a":[{"b":"c"}]}`, want: `"c"`},
		{name: "path with a dot in a name", mapping: `this.liveperson_text(["a~1b", "c.d~1e"])`, event: `{"a":{"b":"no"},"c":{"d.e":"yes"}}`, want: `"yes"`},
		{name: "one name with dots and tildes", mapping: `this.liveperson_text(["a~1b~0c"])`, event: `{"a.b~c":1}`, want: `"1"`},
		{name: "rows, the first list that is not empty decides", mapping: `this.liveperson_rows(["x", "a"], {"a": ["a"], "b": ["c", "b"]})`, event: `{"x":[],"a":["1","2"],"b":["3"],"c":[]}`, want: `[{"a":"1","b":"3"},{"a":"2"}]`},
		{name: "rows, empty places keep the others in theirs", mapping: `this.liveperson_rows(["a"], {"a": ["a"], "b": ["b"]})`, event: `{"a":["1",null,"3"],"b":["","",7,"8"]}`, want: `[{"a":"1"},{"a":"3","b":7}]`},
		{name: "rows of text and numbers", mapping: `this.liveperson_rows(["a"], {"a": ["a"], "b": ["b"]})`, event: `{"a":"1","b":2.50}`, want: `[{"a":"1","b":2.50}]`},
		{name: "rows of nothing", mapping: `this.liveperson_rows(["a"], {"b": ["b"]})`, event: `{"a":[],"b":["1"]}`, want: `null`},
		{name: "members without a prefix", mapping: `this.o.liveperson_without_prefix("$")`, event: `{"o":{"$a":1,"b$":2}}`, want: `{"b$":2}`},
		{name: "members without a prefix, of nothing", mapping: `this.o.liveperson_without_prefix("$")`, event: `{}`, want: `null`},
		{name: "members without a prefix, of what is no object", mapping: `this.o.liveperson_without_prefix("$")`, event: `{"o":"hunter2"}`, errContains: "expected an object, got string"},
		{name: "lines of a list", mapping: `this.liveperson_lines(["l", "m"], {"sku": ["text", "id"]}, ["n"])`, event: `{"m":[{"id":1,"n":"2.5"}]}`, want: `[{"product":{"sku":"1"},"quantity":3}]`},
		{name: "lines of the object itself", mapping: `this.liveperson_lines(["l"], {"sku": ["text", "id"]}, ["n"])`, event: `{"id":1}`, want: `[{"product":{"sku":"1"},"quantity":1}]`},
		{name: "lines of nothing", mapping: `this.liveperson_lines(["l"], {"sku": ["text", "id"]}, ["n"])`, event: `{"n":5}`, want: `null`},
		{name: "lines, empty list", mapping: `this.liveperson_lines(["l"], {"sku": ["text", "id"]}, ["n"])`, event: `{"l":[],"id":1}`, want: `[]`},
		{name: "lines, one describes nothing", mapping: `this.liveperson_lines(["l"], {"sku": ["text", "id"]}, ["n"], "p")`, event: `{"l":[{"id":1},{"n":1}]}`, errContains: "p.l[1]: describes no product"},
		{name: "lines, error in one", mapping: `this.liveperson_lines(["l"], {"price": ["number", "price"]}, ["n"], "p")`, event: `{"l":[{"price":"hunter2"}]}`, errContains: "p.l[0].price: expected a number"},
		{name: "items are counted", mapping: `this.l.liveperson_item_count()`, event: `{"l":[]}`, want: `0`},
		{name: "items of what are no lines", mapping: `this.l.liveperson_item_count()`, event: `{"l":["hunter2"]}`, errContains: "line 0 has no quantity"},
		{name: "total in decimals", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[{"p":0.1,"q":3},{"p":"0.2"}]}`, want: `0.5`},
		{name: "total without a price", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[{"p":1},{"q":1}]}`, want: `null`},
		{name: "total with a line that is null", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[null,{"p":1,"q":2},{}]}`, want: `2`},
		{name: "total in dinars", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"currency":"kwd","l":[{"p":1.234,"q":3},{"p":0.001}]}`, want: `3.703`},
		{name: "total in the currency of the lines", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[null,{"currency":"BHD","p":1.2345}]}`, want: `1.235`},
		{name: "total in euros", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"currency":"EUR","l":[{"p":1.234,"q":3}]}`, want: `3.7`},
		{name: "total of prices with noise", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[{"p":0.30000000000000004,"q":10}]}`, want: `3`},
		{name: "total of nothing but null", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[null]}`, want: `null`},
		{name: "total of one product without a list", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":{"p":1.5,"q":2}}`, want: `3`},
		{name: "number with noise above", mapping: `this.liveperson_number(["n"])`, event: `{"n":183.60000000000002}`, want: `183.6`},
		{name: "number with noise below", mapping: `this.liveperson_number(["n"])`, event: `{"n":35.989999999999995}`, want: `35.99`},
		{name: "number with noise, written out", mapping: `this.liveperson_number(["n"])`, event: `{"n":183.599999999999994315658113919198513031005859375}`, want: `183.6`},
		{name: "number with noise as text", mapping: `this.liveperson_number(["n"])`, event: `{"n":"0.30000000000000004"}`, want: `0.3`},
		{name: "number with noise, of a currency without minor units", mapping: `this.liveperson_number(["n"])`, event: `{"n":1800.0000000000002}`, want: `1800`},
		{name: "number with noise, of a currency with three decimals", mapping: `this.liveperson_number(["n"])`, event: `{"n":1.2340000000000002}`, want: `1.234`},
		{name: "negative number with noise", mapping: `this.liveperson_number(["n"])`, event: `{"n":-12.990000000000002}`, want: `-12.99`},
		{name: "number of a float with 32 bits", mapping: `this.liveperson_number(["n"])`, event: `{"n":19.989999771118164}`, want: `19.99`},
		{name: "number with many decimals of its own", mapping: `this.liveperson_number(["n"])`, event: `{"n":10.005}`, want: `10.005`},
		{name: "third of a number", mapping: `this.liveperson_number(["n"])`, event: `{"n":33.333333333333336}`, want: `33.333333333333336`},
		{name: "large number", mapping: `this.liveperson_number(["n"])`, event: `{"n":9007199254740993.25}`, want: `9007199254740993.25`},
		{name: "positive number behind 0", mapping: `this.liveperson_positive(["a","b"])`, event: `{"a":0,"b":"12.90"}`, want: `12.90`},
		{name: "no positive number", mapping: `this.liveperson_positive(["a","b"])`, event: `{"a":0,"b":-1}`, want: `null`},
		{name: "name with an address", mapping: `this.liveperson_name(["n","m"])`, event: `{"n":"jane.roe@example.com","m":"Jane"}`, want: `"Jane"`},
		{name: "whole name with an address", mapping: `this.liveperson_given_name(["n"])`, event: `{"n":"Jane <jane.roe@example.com>"}`, want: `null`},
		{name: "family name with a phone number", mapping: `this.liveperson_family_name(["n"])`, event: `{"n":"Roe +1 212 788 8877"}`, want: `null`},
		{name: "role behind a salutation", mapping: `this.liveperson_role(["a","b"])`, event: `{"a":"Prof. Dr.","b":"Manager"}`, want: `"Manager"`},
		{name: "role with a title in it", mapping: `this.liveperson_role(["a"])`, event: `{"a":"Dr. Chief Physician"}`, want: `"Dr. Chief Physician"`},
		{name: "nothing but salutations", mapping: `this.liveperson_role(["a","b","c","d"])`, event: `{"a":"MR","b":"Mme.","c":"Señora","d":"Fräulein"}`, want: `null`},
		{name: "total of an exponent beyond all bounds", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[{"p":1e-99999999,"q":1e-999999},{"p":1,"q":2}]}`, want: `2`},
		{name: "total beyond all bounds", mapping: `this.liveperson_total(["l"], ["p"], ["q"])`, event: `{"l":[{"p":1e308},{"p":1e308}]}`, errContains: "what the lines cost together: the number is too large"},
		{name: "name by its letters and digits", mapping: `this.liveperson_named("e", {"k": ["Order Completed"]})`, event: `{"e":" ORDER-completed! "}`, want: `"k"`},
		{name: "name beyond ASCII", mapping: `this.liveperson_named("e", {"k": ["Größe"]})`, event: `{"e":"GRÖSSE größe"}`, want: `null`},
		{name: "name beyond ASCII that is known", mapping: `this.liveperson_named("e", {"k": ["Größe"]})`, event: `{"e":"GRÖßE"}`, want: `"k"`},
		{name: "name that is no text", mapping: `this.liveperson_named("e", {"k": ["a"]})`, event: `{"e":["a"]}`, want: `null`},
		{name: "has", mapping: `this.liveperson_has(["a", "b.c"])`, event: `{"a":"","b":{"c":false}}`, want: `true`},
		{name: "has not", mapping: `this.liveperson_has(["a", "b.c"])`, event: `{"a":null,"b":{}}`, want: `false`},
		{name: "where", mapping: `this.liveperson_where(["a", "b.c", "d"], ["x", "y.z"])`, event: `{"a":{"x":null},"b":{"c":{"y":{"z":0}}},"d":{"x":1}}`, want: `"b.c"`},
		{name: "where not", mapping: `this.liveperson_where(["a", "b.c"], ["x"])`, event: `{"a":"","b":{"c":{"x":""}}}`, want: `null`},
		{name: "where one is no object", mapping: `this.liveperson_where(["a", "b.c"], ["x"])`, event: `{"b":{"c":"hunter2"}}`, errContains: "b.c: expected an object, got string"},
		{name: "where a member is no object", mapping: `this.liveperson_where(["b.c"], ["x.y"])`, event: `{"b":{"c":{"x":"hunter2"}}}`, errContains: "b.c.x: expected an object, got string"},
		{name: "integer with all its digits", mapping: `this.liveperson_integer(["i"])`, event: `{"i":" 9007199254740993 "}`, want: `9007199254740993`},
		{name: "integer with an exponent", mapping: `this.liveperson_integer(["i"])`, event: `{"i":1.5e1}`, want: `15`},
		{name: "integer that was computed", mapping: `{"a": this.i / 2}.liveperson_integer(["a"])`, event: `{"i":7}`, errContains: "a: expected a whole number"},
		{name: "integer that a float has rounded", mapping: `{"a": this.i * 1.5}.liveperson_integer(["a"])`, event: `{"i":9007199254740992}`, errContains: "a: the number is too large"},
		{name: "setting of the metadata", mapping: `this.liveperson_setting("a", 1)`, event: `{"a":2}`, want: `2`},
		{name: "setting that is not set", mapping: `this.liveperson_setting("a", 1)`, event: `null`, want: `1`},
		{name: "settings that are none", mapping: `this.liveperson_setting("a", 1)`, event: `5`, errContains: "liveperson_options: expected an object"},
		{name: "date", mapping: `this.liveperson_date(["d"])`, event: `{"d":"2024-02-29"}`, want: `{"day":29,"month":2,"year":2024}`},
		{name: "date of a Unix time", mapping: `this.liveperson_date(["d"])`, event: `{"d":1772030000}`, want: `{"day":25,"month":2,"year":2026}`},
		{name: "date that is a year", mapping: `this.liveperson_date(["d"])`, event: `{"d":"1984"}`, want: `null`},
		{name: "date before the first year", mapping: `this.liveperson_date(["d", "e"])`, event: `{"d":"0000-01-01","e":-99999999999}`, want: `null`},
		{name: "language with its country", mapping: `this.liveperson_language(["l"])`, event: `{"l":"DE_at"}`, want: `"de_AT"`},
		{name: "language alone", mapping: `this.liveperson_language(["l", "m"])`, event: `{"l":"en","m":"en-GB"}`, want: `"en-GB"`},
		{name: "phone as a number", mapping: `this.liveperson_phone(["p"])`, event: `{"p":4930123456}`, want: `"4930123456"`},
		{name: "phone that is no text", mapping: `this.liveperson_phone(["p"])`, event: `{"p":["hunter2"]}`, errContains: "p: expected text"},
		{name: "keywords, first that has any", mapping: `this.liveperson_keywords(["a", "b"])`, event: `{"a":{"page":1},"b":["x","",3]}`, want: `["x"]`},
		{name: "currency in capitals", mapping: `this.liveperson_currency(["a.0.c"])`, event: `{"a":[{"c":"gbp"}]}`, want: `"GBP"`},
		{name: "value as it is", mapping: `this.liveperson_read({"a": ["value", "x", "y"]})`, event: `{"x":null,"y":[1.50]}`, want: `{"a":[1.50]}`},
		{name: "columns, a line end and empty values at the end", mapping: `this.t.liveperson_columns(["a", "b", "c"])`, event: `{"t":"1\t\t\r\n"}`, want: `{"a":"1"}`},
		{name: "columns, one too few", mapping: `this.t.liveperson_columns(["a", "b", "c"])`, event: `{"t":"hunter2\thunter2"}`, errContains: "expected 3 values separated by tabs, got 2"},
		{name: "columns of what is no text", mapping: `this.t.liveperson_columns(["a"])`, event: `{"t":["hunter2"]}`, errContains: "expected a line of text, got array"},
		{name: "pairs, the first of a key", mapping: `this.l.liveperson_pairs(["k"], ["v.a", "v.b"])`, event: `{"l":[{"k":"x","v":{"a":"","b":0}},{"k":"x","v":{"a":"2"}},{"v":{"a":"3"}},{"k":"y","v":{}}]}`, want: `{"x":0}`},
		{name: "pairs of nothing", mapping: `this.l.liveperson_pairs(["k"], ["v"])`, event: `{}`, want: `null`},
		{name: "pairs that are none", mapping: `this.l.liveperson_pairs(["k"], ["v"], "l")`, event: `{"l":[{"k":"x","v":"y"},"hunter2"]}`, errContains: "l[1]: expected an object, got string"},
		{name: "pairs with a value that is none", mapping: `this.l.liveperson_pairs(["k"], ["v.a"])`, event: `{"l":[{"k":"x","v":"hunter2"}]}`, errContains: "[0].v: expected an object, got string"},
		{name: "pairs in what is no list", mapping: `this.l.liveperson_pairs(["k"], ["v"])`, event: `{"l":"hunter2"}`, errContains: "expected an array, got string"},
		{name: "without texts, at any depth", mapping: `this.liveperson_without(["(not set)"])`, event: `{"a":"(not set)","b":[{"c":null,"d":"","e":0}],"f":["(not set)"]}`, want: `{"b":[{"e":0}],"f":["(not set)"]}`},
		{name: "self-describing, by any spelling", mapping: `this.liveperson_self_describing({"e": "com.acme-shop/AddToBasket"}, {"p": "com.acme-shop/LineItem"})`, event: `{"UNSTRUCT_EVENT_COM_ACME_SHOP_ADD_TO_BASKET_1_0_2":{"a":1},"contexts_com_acme-shop_line_item_2":[{"b":1}],"contexts_com_acme_shop_lineitem_1_0_0":{"b":2},"contexts_x_1":"hunter2"}`, want: `{"e":{"a":1},"p":[{"b":1},{"b":2}]}`},
		{name: "self-describing, a column for each event", mapping: `this.liveperson_self_describing({}, {})`, event: `{"event_vendor":"com.acme","event_name":"b","unstruct_event_com_acme_a_1":{"a":1},"unstruct_event_com_acme_b_1":{"b":1},"unstruct_event_com_acme_c_1":null}`, want: `{"own":{"b":1}}`},
		{name: "self-describing, the only data", mapping: `this.liveperson_self_describing({}, {})`, event: `{"event_vendor":"com.acme","event_name":"other","unstruct_event_com_acme_a_1":{"a":1},"unstruct_event_com_acme_b_1":""}`, want: `{"own":{"a":1}}`},
		{name: "self-describing, none of several", mapping: `this.liveperson_self_describing({}, {})`, event: `{"event_name":"other","unstruct_event_com_acme_a_1":{"a":1},"unstruct_event_com_acme_b_1":{"b":1}}`, want: `{}`},
		{name: "self-describing, a column of a broken schema", mapping: `this.liveperson_self_describing({"e": "com.acme/a"}, {})`, event: `{"unstruct_event_com_acme_a_1_0_1_recovered_9999999":{"a":1}}`, want: `{"e":{"a":1}}`},
		{name: "self-describing, JSON text with all digits", mapping: `this.liveperson_self_describing({}, {"p": "com.acme/p"})`, event: `{"contexts":"{\"data\":[{\"schema\":\"iglu:com.acme/p/jsonschema/1-0-0\",\"data\":{\"a\":9007199254740993}}]}","CONTEXTS_COM_ACME_P_1":"[{\"a\":1.50}]"}`, want: `{"p":[{"a":1.50},{"a":9007199254740993}]}`},
		{name: "self-describing, of any vendor", mapping: `this.liveperson_self_describing({}, {"p": "liveperson"})`, event: `{"contexts_com_acme_liveperson_1":[{"vid":"v"}]}`, want: `{"p":[{"vid":"v"}]}`},
		{name: "self-describing, an entity that is none", mapping: `this.liveperson_self_describing({}, {"p": "com.acme/p"})`, event: `{"contexts_com_acme_p_1":["hunter2"]}`, errContains: "contexts_com_acme_p_1: expected a list of objects"},
		{name: "self-describing, text that is no JSON", mapping: `this.liveperson_self_describing({}, {"p": "com.acme/p"})`, event: `{"contexts_com_acme_p_1":"hunter2"}`, errContains: "contexts_com_acme_p_1: text that is no JSON"},
		{name: "self-describing, an event that is none", mapping: `this.liveperson_self_describing({}, {})`, event: `{"unstruct_event_com_acme_p_1":["hunter2"]}`, errContains: "unstruct_event_com_acme_p_1: expected an object, got array"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mapping, err := bloblang.Parse("root = " + test.mapping)
			require.NoError(t, err)
			decoder := json.NewDecoder(strings.NewReader(test.event))
			decoder.UseNumber()
			var event any
			require.NoError(t, decoder.Decode(&event))

			got, err := mapping.Query(event)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.NotContains(t, err.Error(), "hunter2")
				return
			}
			require.NoError(t, err)
			text, err := json.Marshal(got)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(text))
		})
	}
}

func TestWrongTablesDoNotParse(t *testing.T) {
	t.Parallel()
	for mapping, want := range map[string]string{
		`this.liveperson_read("a")`:                                "expected a table as an object",
		`this.liveperson_read({"a": 1})`:                           "a: expected text, a list or a table",
		`this.liveperson_read({"a": ["text"]})`:                    "a: expected a reader and at least one name",
		`this.liveperson_read({"a": ["txet", "x"]})`:               "a: expected first one of answer",
		`this.liveperson_read({"a": ["text", 1]})`:                 "a: [0]: expected text",
		`this.liveperson_read({"a": ["levels", "x"]})`:             "a: expected a list of text",
		`this.liveperson_read({"a": ["text", "x"]}, 1)`:            "in: expected a list of text",
		`this.liveperson_named("e", {"k": ["A b"], "l": ["a_b"]})`: "is in the lists of",
		`this.liveperson_named("e", {"k": "a"})`:                   "k: expected a list of text",
		`this.liveperson_text({"a": 1})`:                           "names: expected a list of text",
	} {
		_, err := bloblang.Parse("root = " + mapping)
		assert.ErrorContains(t, err, want, mapping)
	}
}
