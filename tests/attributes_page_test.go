package tests

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// attributePage has the data for the reference of engagement attributes. It is made from the schemas.
type attributePage struct {
	Attributes []attributeSection
	Codes      map[string]string
}

type attributeSection struct {
	Name, Title, Description, File, Source, Example string
	Members                                         []memberRow
}

type memberRow struct{ Path, Type, Mandatory, Description, Example string }

func attributesOf(t *testing.T) attributePage {
	t.Helper()
	page := attributePage{Codes: sde.Codes}
	for _, name := range append([]string{"report"}, sde.WriteTypes()...) {
		schema := schemaFile(t, name+".json")
		_, source, _ := strings.Cut(schema["$comment"].(string), "See ")
		example, err := json.Marshal(schema["examples"].([]any)[0])
		require.NoError(t, err)
		section := attributeSection{
			Name: name, Title: schema["title"].(string), Description: schema["description"].(string),
			File: "internal/sde/schema/" + name + ".json", Source: strings.TrimSuffix(source, "."), Example: string(example),
		}
		section.addMembers(t, schema, "")
		page.Attributes = append(page.Attributes, section)
	}
	return page
}

func schemaFile(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := sde.Schemas.ReadFile("schema/" + name)
	require.NoError(t, err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(text, &schema))
	return schema
}

// resolved follows a $ref in our schemas. It names a file, or a definition in common.json.
func resolved(t *testing.T, schema map[string]any) map[string]any {
	t.Helper()
	ref, isRef := schema["$ref"].(string)
	if !isRef {
		return schema
	}
	file, name, inside := strings.Cut(ref, "#/$defs/")
	target := schemaFile(t, file)
	if inside {
		target = target["$defs"].(map[string]any)[name].(map[string]any)
	}
	return resolved(t, target)
}

func (s *attributeSection) addMembers(t *testing.T, schema map[string]any, at string) {
	t.Helper()
	members, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		member := resolved(t, members[name].(map[string]any))
		row := memberRow{Path: at + name, Type: typeOf(member), Description: member["description"].(string) + valuesOf(member)}
		if slices.Contains(required, any(name)) {
			row.Mandatory = "yes"
		}
		if examples, ok := member["examples"].([]any); ok {
			text, err := json.Marshal(examples[0])
			require.NoError(t, err)
			row.Example = string(text)
		}
		s.Members = append(s.Members, row)
		if items, ok := member["items"].(map[string]any); ok {
			row.Path += "[]"
			member = resolved(t, items)
		}
		s.addMembers(t, member, row.Path+".")
	}
}

func typeOf(schema map[string]any) string {
	switch kind := schema["type"].(type) {
	case string:
		return kind
	case []any:
		return kind[0].(string) + " or " + kind[1].(string)
	}
	if name, ok := schema["const"]; ok {
		return "`" + name.(string) + "`"
	}
	if list, ok := schema["enum"].([]any); ok {
		return "`" + list[0].(string) + "` or `" + list[1].(string) + "`"
	}
	return "any"
}

// valuesOf returns the values that a text may have. It skips values that the type already shows.
func valuesOf(schema map[string]any) string {
	list, _ := schema["enum"].([]any)
	if schema["type"] == nil || len(list) == 0 {
		return ""
	}
	values := make([]string, len(list))
	for i, value := range list {
		values[i] = "`" + value.(string) + "`"
	}
	return " One of " + strings.Join(values, ", ") + "."
}
