package mapping

import (
	"maps"
	"slices"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// A read function reads a value of an event. It returns nil to skip the value.
type read func(value any) (any, error)

// A reader is a read function with a name. Each reader is a Bloblang method, and its name can be
// used in the tables of liveperson_read.
type reader struct {
	name, description string
	example           [3]string // mapping, input, output
	read              read
}

// readers are all readers by name. If they were written in Bloblang, they would take ten times as
// long, and their errors would repeat the value instead of naming the member.
var readers = byName(
	reader{
		name:        "value",
		description: "Reads a value of any type unchanged.",
		example:     [3]string{`root.value = this.properties.liveperson_value(["revenue", "total"], "properties")`, `{"properties":{"total":"12.90"}}`, `{"value":"12.90"}`},
		read:        func(value any) (any, error) { return value, nil },
	}, reader{
		name:        "text",
		description: "Reads text. Numbers become text with all their digits.",
		example:     [3]string{`root.id = this.liveperson_text(["anonymousId", "anonymous_id"])`, `{"anonymous_id":2103807459595387724}`, `{"id":"2103807459595387724"}`},
		read:        asText,
	}, reader{
		name:        "id",
		description: "Reads an id as text. The method skips placeholders, which are no ids: `(not set)`, `undefined`, `null`, `NaN`, `None`, `nil`, `0`, `-1`, `[object Object]`, ids of zeros, text without a letter or a digit such as `--`, `guest`, `anonymous` and the like, in any case, and `false`. The field `placeholders` adds others.",
		example:     [3]string{`root.id = this.liveperson_id(["anonymousId", "userId"])`, `{"anonymousId":"undefined","userId":"u-7"}`, `{"id":"u-7"}`},
		read:        idReader(nil),
	}, reader{
		name:        "object",
		description: "Reads an object.",
		example:     [3]string{`root.context = this.liveperson_object(["context"])`, `{"context":{"locale":"en"}}`, `{"context":{"locale":"en"}}`},
		read:        asOnlyObject,
	}, reader{
		name:        "number",
		description: "Reads a number. Text counts if it is a number with a decimal point, such as 12.90. The noise of binary fractions is rounded away: 183.60000000000002 is 183.6.",
		example:     [3]string{`root.total = this.properties.liveperson_number(["revenue", "total"], "properties")`, `{"properties":{"total":"12.90"}}`, `{"total":12.90}`},
		read:        asAmount,
	}, reader{
		name:        "positive",
		description: "Reads a number as `liveperson_number` does. The method skips 0 and negative numbers.",
		example:     [3]string{`root.total = this.properties.liveperson_positive(["revenue", "total"], "properties")`, `{"properties":{"revenue":0,"total":"12.90"}}`, `{"total":12.90}`},
		read:        asPositive,
	}, reader{
		name:        "count",
		description: "Reads a whole number that is not negative. A fraction is rounded up.",
		example:     [3]string{`root.numItems = this.properties.liveperson_count(["num_items"], "properties")`, `{"properties":{"num_items":2.5}}`, `{"numItems":3}`},
		read:        asCount,
	}, reader{
		name:        "integer",
		description: "Reads a whole number that is not negative, with all its digits, such as LivePerson's ids of campaigns and engagements. Text counts if it is such a number.",
		example:     [3]string{`root.campaign = this.engagement.liveperson_integer(["campaign_id", "campaignId"], "engagement")`, `{"engagement":{"campaignId":"9007199254740993"}}`, `{"campaign":9007199254740993}`},
		read:        asInteger,
	}, reader{
		name:        "answer",
		description: "Reads a yes or no. `true`, `\"granted\"`, `\"yes\"` and `1` mean yes, in upper or lower case. Every other value means no.",
		example:     [3]string{`root.consent = this.liveperson_answer(["context.consent.marketing"])`, `{"context":{"consent":{"marketing":"GRANTED"}}}`, `{"consent":true}`},
		read:        asAnswer,
	}, reader{
		name:        "time",
		description: "Reads a time: ISO 8601, `2006-01-02 15:04:05` in UTC, or a Unix time in seconds, milliseconds or microseconds. Returns RFC 3339 in UTC. The method skips values that are not a time.",
		example:     [3]string{`root.at = this.liveperson_time(["timestamp", "sent_at"])`, `{"sent_at":1772030000}`, `{"at":"2026-02-25T14:33:20.000Z"}`},
		read:        asTime,
	}, reader{
		name:        "currency",
		description: "Reads the code of a currency. Returns it in capitals. The method skips `XXX`, which means no currency, and text that is not three letters.",
		example:     [3]string{`root.currency = this.liveperson_currency(["currency", "products.0.currency"])`, `{"products":[{"currency":"gbp"}]}`, `{"currency":"GBP"}`},
		read:        asCurrency,
	}, reader{
		name:        "keywords",
		description: "Reads what a visitor searched for: text, a list of texts, or an object with `text`, `term` or `query`. Returns a list. The method skips values without text.",
		example:     [3]string{`root.keywords = this.properties.liveperson_keywords(["query", "q"], "properties")`, `{"properties":{"q":"jacket"}}`, `{"keywords":["jacket"]}`},
		read:        asKeywords,
	}, reader{
		name:        "date",
		description: "Reads a date, or a time as `liveperson_time` does. Returns its `day`, `month` and `year` in UTC. The method skips other values.",
		example:     [3]string{`root.registrationDate = this.traits.liveperson_date(["createdAt", "created_at"], "traits")`, `{"traits":{"created_at":"2025-03-15"}}`, `{"registrationDate":{"day":15,"month":3,"year":2025}}`},
		read:        asDate,
	}, reader{
		name:        "email",
		description: "Reads an e-mail address. The method skips text without `@`, such as a hash.",
		example:     [3]string{`root.email = this.traits.liveperson_email(["email"], "traits")`, `{"traits":{"email":"jane.roe@example.com"}}`, `{"email":"jane.roe@example.com"}`},
		read:        asEmail,
	}, reader{
		name:        "phone",
		description: "Reads a phone number and returns it as it is written. The method skips text of more than 32 characters, such as a hash.",
		example:     [3]string{`root.phone = this.traits.liveperson_phone(["phone"], "traits")`, `{"traits":{"phone":"+1 212 555 0123"}}`, `{"phone":"+1 212 555 0123"}`},
		read:        asPhone,
	}, reader{
		name:        "gender",
		description: "Reads a gender. Returns `MALE` for male and m, `FEMALE` for female and f, in any case, and `OTHER` for other text.",
		example:     [3]string{`root.gender = this.traits.liveperson_gender(["gender"], "traits")`, `{"traits":{"gender":"f"}}`, `{"gender":"FEMALE"}`},
		read:        asGender,
	}, reader{
		name:        "language",
		description: "Reads a language with its country, and returns it as LivePerson writes it, such as `en-GB`. The method skips other values, also a language without a country.",
		example:     [3]string{`root.language = this.context.liveperson_language(["locale"], "context")`, `{"context":{"locale":"EN-gb"}}`, `{"language":"en-GB"}`},
		read:        asLanguage,
	}, reader{
		name:        "name",
		description: "Reads a part of a person's name. The method skips text with an e-mail address or a phone number in it, which some shops store as the name.",
		example:     [3]string{`root.firstname = this.traits.liveperson_name(["first_name"], "traits")`, `{"traits":{"first_name":"Mary Jane"}}`, `{"firstname":"Mary Jane"}`},
		read:        asName,
	}, reader{
		name:        "role",
		description: "Reads what a person does at work. The method skips salutations and academic titles, such as Mr or Dr., which some forms call a title.",
		example:     [3]string{`root.role = this.traits.liveperson_role(["role", "title"], "traits")`, `{"traits":{"title":"Head of Purchasing"}}`, `{"role":"Head of Purchasing"}`},
		read:        asRole,
	}, reader{
		name:        "given_name",
		description: "Reads a whole name and returns the part before its last space. The method skips text with an e-mail address or a phone number in it.",
		example:     [3]string{`root.firstname = this.traits.liveperson_given_name(["name"], "traits")`, `{"traits":{"name":"Mary Jane Roe"}}`, `{"firstname":"Mary Jane"}`},
		read:        asGivenName,
	}, reader{
		name:        "family_name",
		description: "Reads a whole name and returns the part after its last space. The method skips text with an e-mail address or a phone number in it.",
		example:     [3]string{`root.lastname = this.traits.liveperson_family_name(["name"], "traits")`, `{"traits":{"name":"Mary Jane Roe"}}`, `{"lastname":"Roe"}`},
		read:        asFamilyName,
	},
)

// idReader returns the read function of ids. more are the user's placeholders.
func idReader(more []string) read {
	return func(value any) (any, error) {
		if value == false {
			return nil, nil // PHP writes false where it has no id.
		}
		id, err := asText(value)
		if err != nil || text.IsPlaceholder(id.(string), more...) {
			return nil, err
		}
		return id, nil
	}
}

// readersWith returns the readers with further placeholders for ids.
func readersWith(more []string) map[string]reader {
	own := maps.Clone(readers)
	id := own["id"]
	id.read = idReader(more)
	own["id"] = id
	return own
}

func byName(all ...reader) map[string]reader {
	names := map[string]reader{}
	for _, r := range all {
		names[r.name] = r
	}
	return names
}

func readerNames() []string { return slices.Sorted(maps.Keys(readers)) }

const readerDescription = " Call the method on an object or on null. It reads the first of the members, in the order of `names`, that is neither null nor empty. It returns null if there is none. Errors name the member and never repeat its value."

func init() {
	for _, r := range readers {
		bloblang.MustRegisterMethodV2("liveperson_"+r.name, r.spec(), register.Method(r.method()))
	}
	bloblang.MustRegisterMethodV2("liveperson_has", methodSpec("Returns whether an object has one of the members. A member that is null or empty text does not count.").
		Param(bloblang.NewAnyParam("names").Description("The members to look for. A name with dots is a path.")).
		Param(bloblang.NewStringParam("at").Description("The path of the object in the event, for errors.").Default("")).
		Example("", `root.known = this.liveperson_has(["userId", "user_id"])`,
			[2]string{`{"user_id":"u1"}`, `{"known":true}`}), register.Method(memberMethod(func(object map[string]any, names []memberPath) (any, error) {
		_, value, err := firstValue(object, names)
		return value != nil, err
	})))
}

func (r reader) spec() *bloblang.PluginSpec {
	return methodSpec(r.description+readerDescription).
		Param(bloblang.NewAnyParam("names").Description("The members to read, in order. A name with dots is a path.")).
		Param(bloblang.NewStringParam("at").Description("The path of the object in the event, for errors.").Default("")).
		Example("", r.example[0], [2]string{r.example[1], r.example[2]})
}

func (r reader) method() bloblang.MethodConstructorV2 {
	return memberMethod(func(object map[string]any, names []memberPath) (any, error) {
		return readFirst(object, names, r.read)
	})
}

// memberMethod makes a method with the parameters names and at.
func memberMethod(do func(object map[string]any, names []memberPath) (any, error)) bloblang.MethodConstructorV2 {
	return func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		names, err := pathsArg(args, "names")
		if err != nil {
			return nil, err
		}
		at, err := args.GetString("at")
		if err != nil {
			return nil, err
		}
		return func(value any) (any, error) {
			object, err := asObject(value)
			if err != nil {
				return nil, under(at, err)
			}
			result, err := do(object, names)
			return result, under(at, err)
		}, nil
	}
}

// readFirst reads the first of the paths that has a value. It goes on to the next one
// if the read function skips the value.
func readFirst(object map[string]any, paths []memberPath, read read) (any, error) {
	for i := range paths {
		value, err := paths[i].find(object)
		if err != nil {
			return nil, err
		}
		if value == nil || value == "" {
			continue
		}
		result, err := read(value)
		if err != nil && !isEmpty(value) {
			return nil, under(paths[i].String(), err)
		}
		if result != nil {
			return result, nil
		}
	}
	return nil, nil
}

// isEmpty tells whether a value is an empty list or object. PHP writes one if it has no value.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
