// Package errortexts finds the texts of errors and warnings in the project's code, for the page that lists them.
package errortexts

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is the import path of the project.
const module = "github.com/benthos-liveperson/benthos-liveperson/"

// code is the type-checked source of the packages that a command links.
type code struct {
	files    *token.FileSet
	packages map[string]*checked // by folder
	info     types.Info
	// foreign are empty stand-ins for packages of other modules and of the standard library. The types of what they
	// export stay unknown, which is no hindrance: only texts of the project matter.
	foreign map[string]*types.Package
}

// checked is a package of the project.
type checked struct {
	types *types.Package
	files []*ast.File
}

// load reads a command's package and all of the project's packages that it imports.
func load(command string) (*code, error) {
	c := &code{
		files:    token.NewFileSet(),
		packages: map[string]*checked{},
		foreign:  map[string]*types.Package{},
		info: types.Info{
			Types:      map[ast.Expr]types.TypeAndValue{},
			Defs:       map[*ast.Ident]types.Object{},
			Uses:       map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
	}
	_, err := c.check(command)
	return c, err
}

func (c *code) check(folder string) (*types.Package, error) {
	if p, found := c.packages[folder]; found {
		return p.types, nil
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &checked{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(c.files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
	}
	// Foreign types are unknown, so the checker finds faults, which it passes over.
	config := types.Config{Importer: c, Error: func(error) {}, FakeImportC: true}
	p.types, _ = config.Check(module+folder, c.files, p.files, &c.info)
	c.packages[folder] = p
	return p.types, nil
}

// Import is called by the type checker.
func (c *code) Import(path string) (*types.Package, error) {
	if folder, ours := strings.CutPrefix(path, module); ours {
		return c.check(folder)
	}
	if c.foreign[path] == nil {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "v") && len(name) < 4 { // a major version
			name = filepath.Base(filepath.Dir(path))
		}
		c.foreign[path] = types.NewPackage(path, name)
		c.foreign[path].MarkComplete()
	}
	return c.foreign[path], nil
}

// inOrder calls f with every node of the code, in an order that does not change.
func (c *code) inOrder(f func(ast.Node) bool) {
	var files []*ast.File
	for _, p := range c.packages {
		files = append(files, p.files...)
	}
	slices.SortFunc(files, func(a, b *ast.File) int { return cmp.Compare(c.path(a.Pos()), c.path(b.Pos())) })
	for _, file := range files {
		ast.Inspect(file, f)
	}
}

func (c *code) path(at token.Pos) string { return filepath.ToSlash(c.files.Position(at).Filename) }

// object returns what a name stands for: a variable, a field, a function. nil: not of the project.
func (c *code) object(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.object(e.X)
	case *ast.StarExpr:
		return c.object(e.X)
	case *ast.Ident:
		return origin(cmp.Or(c.info.Uses[e], c.info.Defs[e]))
	case *ast.SelectorExpr:
		if s := c.info.Selections[e]; s != nil {
			return origin(s.Obj())
		}
		return origin(c.info.Uses[e.Sel])
	case *ast.IndexExpr: // a generic function, with its types
		return c.object(e.X)
	}
	return nil
}

// origin returns the declaration of a generic function or field, and not one of its instances.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return o
}

// foreignCall returns the package and the name of a called function of another module, such as "fmt" and "Errorf".
func (c *code) foreignCall(call *ast.CallExpr) (pkg, name string) {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if x, ok := s.X.(*ast.Ident); ok {
		if p, ok := c.info.Uses[x].(*types.PkgName); ok && !strings.HasPrefix(p.Imported().Path(), module) {
			return p.Imported().Path(), s.Sel.Name
		}
	}
	return "", ""
}

// constant returns the value of a text that does not change.
func (c *code) constant(e ast.Expr) (string, bool) {
	value := c.info.Types[e].Value
	if value == nil {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err := strconv.Unquote(literal.Value)
			return text, err == nil
		}
		return "", false
	}
	text, err := strconv.Unquote(value.ExactString())
	return text, err == nil
}
