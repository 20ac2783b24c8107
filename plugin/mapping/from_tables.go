package mapping

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const lfFieldTables = "tables"

func tablesField() *service.ConfigField {
	return service.NewAnyMapField(lfFieldTables).
		Description("For the source `debezium`: the events that changes of a table mean. The keys are tables, with or without schema or database, as in `public.orders`. Each value has changes and their events. A change is `c` (a row was inserted), `u` (updated) or `d` (deleted). `u status=cancelled` is an update that sets the column to this value. It wins over `u`. The event is `identify`, `page`, `group`, or the name of an event of the preset. The linter refuses a name that looks like a misspelt one of these. The adapter drops all other changes, and the rows that a snapshot reads.").
		Default(map[string]any{}).
		Example(map[string]any{
			"orders":    map[string]any{"c": "Order Completed", "u status=cancelled": "Order Cancelled"},
			"customers": map[string]any{"c": "Signed Up", "u": "identify"},
		}).
		LintRule(settings.Lint(tablesLint)).
		Advanced()
}

// The texts of the errors. The lint rule uses them too.
const (
	tableChanges = "expected an object of changes and their events, such as c: Order Completed"
	tableEvent   = "no preset knows one of the events: did you mean %s?"
	tableChange  = "a change must be c, u or d, or one of them with a column's value, such as u status=cancelled; rows that a snapshot reads (r) are never reported"
)

// tablesLint checks one table and accepts the whole field, because Benthos applies the rule to
// both.
const tablesLint = `root = match {
  this.type() != "object" => "` + lfFieldTables + `: ` + tableChanges + `"
  this.values().all(changes -> changes.type() == "object") => []
  this.values().any(event -> event.type() != "string" || event.trim() == "") => "` + lfFieldTables + `: ` + tableChanges + `"
  this.values().any(event -> event.liveperson_event_meant() != null) => "` + lfFieldTables + `: ` + tableEvent + `".format(this.values().map_each(event -> event.liveperson_event_meant()).filter(name -> name != null).index(0))
  this.keys().any(change -> !change.re_match("^[cud]( [^ =]+=.+)?$")) => "` + lfFieldTables + `: ` + tableChange + `"
  _ => []
}`

var changeOfRow = regexp.MustCompile(`^([cud])(?: ([^ =]+)=(.+))?$`)

// tablesFromParsed returns the rules by table and operation. In each list, rules with a column come
// first.
func tablesFromParsed(conf *service.ParsedConfig) (any, error) {
	tables, err := conf.FieldAnyMap(lfFieldTables)
	if err != nil {
		return nil, fmt.Errorf("%s: expected an object", lfFieldTables)
	}
	rules := map[string]any{}
	for table, changes := range tables {
		byOperation, err := rulesFromParsed(changes)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", lfFieldTables, table, err)
		}
		// The mapping would take a dot for a path.
		rules[strings.ReplaceAll(strings.ToLower(table), ".", "/")] = byOperation
	}
	return rules, nil
}

func rulesFromParsed(conf *service.ParsedConfig) (map[string]any, error) {
	content, err := conf.FieldAny()
	changes, isObject := content.(map[string]any)
	if err != nil || !isObject || len(changes) == 0 {
		return nil, errors.New(tableChanges)
	}
	rules := map[string][]any{}
	// The order is descending, so that rules with a column come first.
	for _, change := range slices.Backward(slices.Sorted(maps.Keys(changes))) {
		name, isText := changes[change].(string)
		if !isText || strings.TrimSpace(name) == "" {
			return nil, errors.New(tableChanges)
		}
		if meant := eventMeant(name); meant != "" {
			return nil, fmt.Errorf(tableEvent, meant)
		}
		parts := changeOfRow.FindStringSubmatch(change)
		if parts == nil {
			return nil, errors.New(tableChange)
		}
		rule := map[string]any{"event": name}
		if parts[2] != "" {
			rule["column"], rule["value"] = parts[2], strings.ToLower(parts[3])
		}
		rules[parts[1]] = append(rules[parts[1]], rule)
	}
	byOperation := map[string]any{}
	for operation, list := range rules {
		byOperation[operation] = list
	}
	return byOperation, nil
}
