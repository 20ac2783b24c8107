package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/benthos-liveperson/benthos-liveperson/"

// mayImport has, for each package, the packages of the project that it may import, and whether it may
// import Benthos. docs/architecture.md has the reasons.
var mayImport = map[string]struct {
	rooms   []string
	benthos bool
}{
	"bloblang":                    {},
	"internal/doctest":            {},
	"internal/exit":               {},
	"internal/contact":            {rooms: []string{"internal/text"}},
	"internal/text":               {},
	"internal/events":             {rooms: []string{"internal/text"}},
	"internal/sde":                {rooms: []string{"internal/contact", "internal/text"}},
	"internal/liveperson":         {rooms: []string{"internal/singleflight"}},
	"internal/singleflight":       {rooms: []string{"internal/panics"}},
	"internal/delivery":           {},
	"internal/panics":             {},
	"internal/metric":             {benthos: true},
	"internal/register":           {rooms: []string{"internal/metric", "internal/panics"}, benthos: true},
	"internal/tally":              {rooms: []string{"internal/contact", "internal/metric", "internal/receipt", "internal/text"}, benthos: true},
	"internal/settings":           {rooms: []string{"internal/events", "internal/liveperson"}, benthos: true},
	"internal/receipt":            {rooms: []string{"internal/contact", "internal/liveperson", "internal/metric", "internal/settings", "internal/text"}, benthos: true},
	"internal/requests":           {rooms: []string{"internal/metric", "internal/settings", "internal/liveperson", "internal/delivery"}, benthos: true},
	"plugin/cart":                 {rooms: []string{"internal/metric", "internal/settings", "internal/cache", "internal/delivery", "internal/events", "internal/text", "internal/register"}, benthos: true},
	"internal/deadletter":         {rooms: []string{"internal/contact", "internal/events", "internal/receipt", "internal/sde"}, benthos: true},
	"plugin/deadletter":           {rooms: []string{"internal/deadletter", "internal/register", "internal/settings", "internal/tally"}, benthos: true},
	"plugin/privacy":              {rooms: []string{"internal/tally", "internal/text", "internal/metric", "internal/settings", "internal/cache", "internal/contact", "internal/sde", "internal/register", "internal/receipt"}, benthos: true},
	"plugin/identity":             {rooms: []string{"internal/metric", "internal/settings", "internal/register", "internal/liveperson", "internal/sde", "internal/singleflight", "internal/text"}, benthos: true},
	"internal/cache":              {rooms: []string{"internal/metric", "internal/settings"}, benthos: true},
	"internal/session":            {rooms: []string{"internal/text", "internal/settings", "internal/cache", "internal/liveperson"}, benthos: true},
	"internal/conversation":       {rooms: []string{"internal/cache"}, benthos: true},
	"plugin/engagement":           {rooms: []string{"internal/metric", "internal/conversation", "internal/settings", "internal/cache", "internal/liveperson", "internal/delivery", "internal/requests", "internal/session", "internal/singleflight", "internal/sde", "internal/panics", "internal/register"}, benthos: true},
	"internal/readback":           {rooms: []string{"internal/liveperson", "internal/sde"}},
	"internal/richcontent":        {},
	"plugin/readback":             {rooms: []string{"internal/metric", "internal/settings", "internal/liveperson", "internal/requests", "internal/readback", "internal/sde", "internal/panics", "internal/register"}, benthos: true},
	"plugin/webhook":              {rooms: []string{"internal/metric", "internal/settings", "internal/cache", "internal/conversation", "internal/panics", "internal/register"}, benthos: true},
	"internal/output":             {rooms: []string{"internal/exit", "internal/metric", "internal/settings", "internal/delivery", "internal/panics", "internal/register"}, benthos: true},
	"internal/output/outputtest":  {benthos: true},
	"plugin/report":               {rooms: []string{"internal/tally", "internal/text", "internal/metric", "internal/settings", "internal/cache", "internal/liveperson", "internal/delivery", "internal/requests", "internal/output", "internal/session", "internal/sde", "internal/panics", "internal/register", "internal/receipt"}, benthos: true},
	"plugin/message":              {rooms: []string{"internal/text", "internal/richcontent", "internal/metric", "internal/settings", "internal/liveperson", "internal/conversation", "internal/delivery", "internal/requests", "internal/output", "internal/panics", "internal/register", "internal/receipt", "internal/contact", "internal/sde"}, benthos: true},
	"plugin/mapping":              {rooms: []string{"internal/tally", "internal/contact", "internal/metric", "internal/settings", "internal/sde", "internal/events", "internal/text", "bloblang", "internal/register", "internal/receipt"}, benthos: true},
	"sandbox":                     {rooms: []string{"sandbox/internal/access", "sandbox/internal/campaign", "sandbox/internal/chaos", "sandbox/internal/clock", "sandbox/internal/control", "sandbox/internal/httpapi", "sandbox/internal/journal", "sandbox/internal/messaging", "sandbox/internal/monitoring", "sandbox/internal/page", "sandbox/internal/storage"}},
	"sandbox/internal/access":     {},
	"sandbox/internal/page":       {rooms: []string{"sandbox/internal/httpapi"}},
	"sandbox/internal/campaign":   {rooms: []string{"internal/sde", "sandbox/internal/strictyaml"}},
	"sandbox/internal/chaos":      {rooms: []string{"sandbox/internal/httpapi", "sandbox/internal/strictyaml"}},
	"sandbox/internal/clock":      {},
	"sandbox/internal/control":    {rooms: []string{"internal/sde", "sandbox/internal/campaign", "sandbox/internal/chaos", "sandbox/internal/clock", "sandbox/internal/httpapi", "sandbox/internal/journal", "sandbox/internal/jsonbody", "sandbox/internal/openapi", "sandbox/internal/storage", "sandbox/internal/strictyaml"}},
	"sandbox/internal/history":    {},
	"sandbox/internal/httpapi":    {},
	"sandbox/internal/journal":    {rooms: []string{"sandbox/internal/chaos", "sandbox/internal/httpapi"}},
	"sandbox/internal/jsonbody":   {rooms: []string{"internal/sde", "sandbox/internal/chaos", "sandbox/internal/journal"}},
	"sandbox/internal/messaging":  {rooms: []string{"sandbox/internal/history", "sandbox/internal/httpapi", "sandbox/internal/openapi", "sandbox/internal/strictyaml"}},
	"sandbox/internal/monitoring": {rooms: []string{"internal/sde", "sandbox/internal/access", "sandbox/internal/campaign", "sandbox/internal/chaos", "sandbox/internal/history", "sandbox/internal/httpapi", "sandbox/internal/journal", "sandbox/internal/jsonbody", "sandbox/internal/storage"}},
	"sandbox/internal/openapi":    {rooms: []string{"sandbox/internal/httpapi"}},
	"sandbox/internal/storage":    {rooms: []string{"internal/sde", "sandbox/internal/journal", "sandbox/internal/jsonbody", "sandbox/internal/strictyaml"}},
	"sandbox/internal/strictyaml": {},
	"plugin":                      {rooms: []string{"plugin/report", "plugin/engagement", "plugin/message", "plugin/mapping", "plugin/privacy", "plugin/identity", "plugin/cart", "plugin/webhook", "plugin/deadletter", "plugin/readback"}},
	"plugin/cli":                  {rooms: []string{"internal/deadletter", "internal/receipt", "bloblang", "internal/metric", "internal/tally", "internal/exit", "internal/liveperson", "internal/readback", "internal/sde", "internal/settings", "sandbox"}, benthos: true},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	seen, used := map[string]bool{}, map[[2]string]bool{}
	for _, root := range []string{"plugin", "internal", "sandbox", "bloblang"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			room := filepath.ToSlash(filepath.Dir(path))
			allowed, known := mayImport[room]
			if !assert.True(t, known, "%s is a room without a rule", room) {
				return nil
			}
			seen[room] = true
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, spec := range file.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if other, ours := strings.CutPrefix(imported, module); ours {
					assert.True(t, slices.Contains(allowed.rooms, other), "%s imports %s", path, other)
					used[[2]string{room, other}] = true
				}
				if strings.HasPrefix(imported, "github.com/redpanda-data/") {
					assert.True(t, allowed.benthos, "%s imports %s", path, imported)
				}
			}
			return nil
		}))
	}
	for room, allowed := range mayImport {
		assert.True(t, seen[room], "%s has a rule but no code", room)
		for _, other := range allowed.rooms {
			assert.True(t, used[[2]string{room, other}], "%s may import %s, and does not", room, other)
		}
	}
}

// public are the packages that other modules may use. bloblang is one of them, because a package can embed
// only files of its own folder.
var public = []string{"plugin", "plugin/cli", "sandbox", "bloblang"}

func TestOnlyPublicPackagesExport(t *testing.T) {
	checked := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && len(path) > 1 && strings.HasPrefix(entry.Name(), ".") { // other people's code
			return filepath.SkipDir
		}
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(path))
		if slices.Contains(public, folder) || slices.Contains(strings.Split(folder, "/"), "internal") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil || file.Name.Name == "main" {
			return err
		}
		checked++
		for _, name := range exported(file) {
			assert.Fail(t, "a package that is not public exports a name", "%s: %s", path, name)
		}
		return nil
	}))
	assert.Positive(t, checked)
}

// exported returns the functions, types, constants and variables that a file exports. A
// method is exported only with its type.
func exported(file *ast.File) (names []string) {
	add := func(idents ...*ast.Ident) {
		for _, ident := range idents {
			if ident.IsExported() {
				names = append(names, ident.Name)
			}
		}
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name)
				case *ast.ValueSpec:
					add(s.Names...)
				}
			}
		}
	}
	return names
}
