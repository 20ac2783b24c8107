package tests

import (
	"bytes"
	_ "embed"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/reference instead of comparing it")

const referenceFolder = "docs/reference"

// mocksFolder has a config unit test for each component. TestMappings runs them.
const mocksFolder = "tests/mocks"

//go:embed reference.md.tmpl
var referenceTemplate string

// The reference is generated from the specs of the components. After a change of a spec, run:
//
//	go test ./tests -run Reference -update
func TestReferenceIsUpToDate(t *testing.T) {
	pages := referencePages(t)
	if *update {
		require.NoError(t, os.MkdirAll(referenceFolder, 0o755))
	}
	for name, want := range pages {
		path := filepath.Join(referenceFolder, name)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.True(t, want == string(got), "%s is stale: go test ./tests -run Reference -update", path) // not Equal: it would print both pages
		assert.NotContains(t, want, "missing documentation")
	}
	files, err := filepath.Glob(referenceFolder + "/*")
	require.NoError(t, err)
	pages["errors.md"], pages["cli.md"] = "", "" // tests of their own write them
	for _, file := range files {
		_, known := pages[filepath.Base(file)]
		assert.True(t, known, "%s is a page of nothing", file)
	}
}

func TestEveryComponentHasExamples(t *testing.T) {
	for name, component := range ourComponents(t) {
		assert.GreaterOrEqual(t, len(component.Examples), 2, name)
	}
}

func referencePages(t *testing.T) map[string]string {
	t.Helper()
	page, err := template.New("reference").Funcs(template.FuncMap{
		"trim": strings.TrimSpace,
		"ours": withoutForeignMembers,
		"type": fieldType,
		"mock": func(c service.TemplateDataPlugin) (string, error) {
			text, err := os.ReadFile(filepath.Join(mocksFolder, c.Type+"-"+c.Name+".yaml"))
			return string(text), err
		},
		// The description of a field is part of a list, so its paragraphs are indented.
		"inList": func(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") },
	}).Parse(referenceTemplate)
	require.NoError(t, err)

	pages := map[string]string{}
	render := func(name, block string, data any) {
		var text bytes.Buffer
		require.NoError(t, page.ExecuteTemplate(&text, block, data))
		pages[name] = strings.TrimSpace(text.String()) + "\n"
	}
	for name, component := range ourComponents(t) {
		render(name+".md", "component", component)
	}
	render("bloblang.md", "bloblang", map[string]any{"Functions": ourFunctions(), "Methods": ourMethods()})
	render("engagement-attributes.md", "attributes", attributesOf(t))
	render("../events.md", "events", samplesOf(t))
	return pages
}

// withoutForeignMembers leaves out the members of Benthos' own object fields, which Benthos
// documents.
func withoutForeignMembers(fields []service.TemplateDataPluginField) []service.TemplateDataPluginField {
	return slices.DeleteFunc(slices.Clone(fields), func(f service.TemplateDataPluginField) bool {
		object, _, member := strings.Cut(f.FullName, ".")
		return member && slices.Contains([]string{"batching", "tls"}, object)
	})
}

// fieldType returns the type of a field. For the linter's sake, Benthos does not know the type of some
// fields (settings.Count). Their default shows it.
func fieldType(f service.TemplateDataPluginField) string {
	if f.Type != "unknown" {
		return f.Type
	}
	if _, err := strconv.Atoi(f.DefaultMarshalled); err == nil {
		return "int"
	}
	if _, err := strconv.ParseBool(f.DefaultMarshalled); err == nil {
		return "bool"
	}
	if strings.HasPrefix(f.DefaultMarshalled, "[") {
		return "array"
	}
	return f.Type
}

func ourComponents(t *testing.T) map[string]service.TemplateDataPlugin {
	t.Helper()
	components := map[string]service.TemplateDataPlugin{}
	collect := func(name string, view *service.ConfigView) {
		if strings.HasPrefix(name, "liveperson_") && !view.IsDeprecated() {
			data, err := view.TemplateData()
			require.NoError(t, err)
			components[data.Type+"-"+name] = data
		}
	}
	env := service.GlobalEnvironment()
	env.WalkInputs(collect)
	env.WalkOutputs(collect)
	env.WalkProcessors(collect)
	return components
}

func ourFunctions() []bloblang.TemplateFunctionData {
	var functions []bloblang.TemplateFunctionData
	bloblang.GlobalEnvironment().WalkFunctions(func(name string, view *bloblang.FunctionView) {
		if strings.HasPrefix(name, "liveperson_") {
			functions = append(functions, view.TemplateData())
		}
	})
	slices.SortFunc(functions, func(a, b bloblang.TemplateFunctionData) int { return strings.Compare(a.Name, b.Name) })
	return functions
}

func ourMethods() []bloblang.TemplateMethodData {
	var methods []bloblang.TemplateMethodData
	bloblang.GlobalEnvironment().WalkMethods(func(name string, view *bloblang.MethodView) {
		// Methods for our own mappings are marked as deprecated, so that no list shows them.
		if data := view.TemplateData(); strings.HasPrefix(name, "liveperson_") && data.Status != "deprecated" {
			methods = append(methods, data)
		}
	})
	slices.SortFunc(methods, func(a, b bloblang.TemplateMethodData) int { return strings.Compare(a.Name, b.Name) })
	return methods
}
