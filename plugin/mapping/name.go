package mapping

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_named", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Finds the name that a member of an object has in a table of lists of names, and gives the key of its list; null for other names, and for what is no text. Names are compared without regard to case, spaces and punctuation.").
		Param(bloblang.NewStringParam("member").Description("The member that has the name.")).
		Param(bloblang.NewAnyParam("table").Description("Keys, each with a list of names.")).
		Example("", `root.kind = this.liveperson_named("event", {"order": ["Order Completed", "purchase"]})`,
			[2]string{`{"event":"order_completed"}`, `{"kind":"order"}`}), register.Method(named))
}

func named(args *bloblang.ParsedParams) (bloblang.Method, error) {
	member, err := args.GetString("member")
	if err != nil {
		return nil, err
	}
	literal, err := args.Get("table")
	if err != nil {
		return nil, err
	}
	lists, err := asObject(literal)
	if err != nil {
		return nil, err
	}
	keys := map[string]any{}
	for key, list := range lists {
		names, err := texts(list)
		if err != nil {
			return nil, under(key, err)
		}
		for _, name := range names {
			squashed := string(squash(nil, name))
			if other, ok := keys[squashed]; ok && other != key {
				return nil, fmt.Errorf("%q is in the lists of %s and %s", name, other, key)
			}
			keys[squashed] = key
		}
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		name, ok := object[member].(string)
		if !ok {
			return nil, nil
		}
		var buffer [64]byte
		return keys[string(squash(buffer[:0], name))], nil
	}, nil
}

// squash appends the letters and digits of a name, in lower case.
func squash(to []byte, name string) []byte {
	for _, letter := range strings.ToLower(name) {
		switch {
		case letter < unicode.MaxASCII:
			if 'a' <= letter && letter <= 'z' || '0' <= letter && letter <= '9' {
				to = append(to, byte(letter))
			}
		case unicode.IsLetter(letter) || unicode.IsNumber(letter):
			to = append(to, string(letter)...)
		}
	}
	return to
}
