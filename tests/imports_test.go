package tests

import (
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

// mayImport says which of the project's rooms a room may import, and whether it
// may import Benthos. docs/architecture.md has the reasons.
var mayImport = map[string]struct {
	rooms   []string
	benthos bool
}{
	"bloblang":                  {},
	"internal/exit":             {},
	"plugin/contact":            {},
	"plugin/sde":                {rooms: []string{"plugin/contact"}},
	"plugin/client":             {rooms: []string{"plugin/panics"}},
	"plugin/delivery":           {},
	"plugin/panics":             {},
	"plugin/register":           {rooms: []string{"plugin/panics"}, benthos: true},
	"plugin/account":            {rooms: []string{"plugin/client"}, benthos: true},
	"plugin/dispatch":           {rooms: []string{"plugin/account", "plugin/client", "plugin/delivery", "plugin/panics"}, benthos: true},
	"plugin/cart":               {rooms: []string{"plugin/account", "plugin/delivery", "plugin/register"}, benthos: true},
	"plugin/privacy":            {rooms: []string{"plugin/account", "plugin/contact", "plugin/sde", "plugin/register"}, benthos: true},
	"plugin/identity":           {rooms: []string{"plugin/account", "plugin/register"}, benthos: true},
	"plugin/cache":              {rooms: []string{"plugin/delivery"}, benthos: true},
	"plugin/session":            {rooms: []string{"plugin/account", "plugin/cache", "plugin/client"}, benthos: true},
	"plugin/conversation":       {rooms: []string{"plugin/account"}, benthos: true},
	"plugin/engagement":         {rooms: []string{"plugin/account", "plugin/cache", "plugin/client", "plugin/delivery", "plugin/dispatch", "plugin/session", "plugin/sde", "plugin/panics", "plugin/register"}, benthos: true},
	"plugin/webhook":            {rooms: []string{"plugin/account", "plugin/cache", "plugin/conversation", "plugin/panics", "plugin/register"}, benthos: true},
	"plugin/intake":             {rooms: []string{"internal/exit", "plugin/account", "plugin/delivery", "plugin/panics", "plugin/register"}, benthos: true},
	"plugin/intake/intaketest":  {benthos: true},
	"plugin/report":             {rooms: []string{"plugin/account", "plugin/cache", "plugin/client", "plugin/delivery", "plugin/dispatch", "plugin/intake", "plugin/session", "plugin/sde", "plugin/panics", "plugin/register"}, benthos: true},
	"plugin/message":            {rooms: []string{"plugin/account", "plugin/client", "plugin/conversation", "plugin/delivery", "plugin/dispatch", "plugin/intake", "plugin/panics", "plugin/register"}, benthos: true},
	"plugin/preset":             {rooms: []string{"plugin/account", "plugin/sde", "bloblang", "plugin/register"}, benthos: true},
	"plugin/sandbox":            {rooms: []string{"plugin/sde", "plugin/sandbox/campaign", "plugin/sandbox/chaos", "plugin/sandbox/messaging", "plugin/sandbox/strictyaml"}},
	"plugin/sandbox/campaign":   {rooms: []string{"plugin/sde", "plugin/sandbox/strictyaml"}},
	"plugin/sandbox/chaos":      {rooms: []string{"plugin/sandbox/strictyaml"}},
	"plugin/sandbox/messaging":  {rooms: []string{"plugin/sandbox/strictyaml"}},
	"plugin/sandbox/strictyaml": {},
	"plugin":                    {rooms: []string{"plugin/report", "plugin/engagement", "plugin/message", "plugin/preset", "plugin/privacy", "plugin/identity", "plugin/cart", "plugin/webhook"}},
	"plugin/cli":                {rooms: []string{"internal/exit", "plugin/client", "plugin/sandbox", "plugin/sandbox/campaign", "plugin/sandbox/chaos", "plugin/sandbox/messaging", "plugin/webhook"}, benthos: true},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	seen, used := map[string]bool{}, map[[2]string]bool{}
	for _, root := range []string{"plugin", "internal", "bloblang"} {
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
