package errortexts

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Hole stands in a text for a value that is known only when the program runs.
const Hole = "…"

// Text is the text of an error or warning.
type Text struct {
	// Folder is the package that has it, such as plugin/report.
	Folder string
	Text   string
}

// finder follows texts from the places where errors are made and warnings are logged to where the words are.
type finder struct {
	*flow
	seen  map[types.Object]bool
	found map[Text]bool
}

// Find returns the texts of a command's errors and warnings, sorted. They come from errors.New, fmt.Errorf, Error methods,
// warnings and errors in the log and on standard error, rules for the linter, the doctor's verdicts, the sandbox's reasons,
// and throw in mappings. Find leaves out the texts of panics, which tell developers that the program is wrong, and texts
// without words of their own, such as "field: …".
func Find(command string) ([]Text, error) {
	c, err := load(command)
	if err != nil {
		return nil, err
	}
	f := &finder{newFlow(c), map[types.Object]bool{}, map[Text]bool{}}
	c.inOrder(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "panic" {
				return false
			}
			for _, e := range f.printed(n) {
				f.follow(e)
			}
		case *ast.FuncDecl:
			if n.Recv != nil && (n.Name.Name == "Error" || n.Name.Name == "Reason") {
				f.followResults(c.object(n.Name))
			}
		}
		return true
	})
	for o := range f.values {
		if isSandboxReason(o) {
			f.followObject(o)
		}
	}
	if err := f.mappings("bloblang"); err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Keys(f.found), func(a, b Text) int {
		return cmp.Or(strings.Compare(a.Folder, b.Folder), strings.Compare(a.Text, b.Text))
	}), nil
}

// isSandboxReason says whether a field has the reason why the sandbox refused a call. Its page shows the reasons.
func isSandboxReason(o types.Object) bool {
	v, ok := o.(*types.Var)
	return ok && v.IsField() && strings.EqualFold(v.Name(), "reason") && strings.HasPrefix(v.Pkg().Path(), module+"sandbox")
}

// printed returns the arguments of a call whose texts people read as an error or warning.
func (f *finder) printed(call *ast.CallExpr) []ast.Expr {
	pkg, name := f.code.foreignCall(call)
	switch {
	case pkg == "errors" && name == "New", pkg == "fmt" && name == "Errorf":
		return []ast.Expr{call}
	case pkg == "fmt" && strings.HasPrefix(name, "Fprint"):
		if f.isStderr(call.Args[0]) {
			return []ast.Expr{call}
		}
		return nil
	case pkg == "log/slog" && (name == "Error" || name == "Warn"):
		return call.Args[:1]
	case pkg != "":
		return nil
	}
	if method, ok := call.Fun.(*ast.SelectorExpr); ok && len(call.Args) > 0 {
		switch method.Sel.Name {
		case "Warn", "Warnf", "Error", "Errorf": // of Benthos' logger
			return []ast.Expr{call}
		case "LintRule":
			return call.Args[:1]
		}
	}
	if o := f.code.object(call.Fun); o != nil && o.Pkg() != nil && o.Pkg().Path() == module+"plugin/cli" && (o.Name() == "warn" || o.Name() == "fail") {
		return call.Args // the doctor's verdicts
	}
	return nil
}

var stderrNames = []string{"Stderr", "stderr", "ErrWriter", "problems", "warnings"}

func (f *finder) isStderr(writer ast.Expr) bool {
	switch w := writer.(type) {
	case *ast.Ident:
		return slices.Contains(stderrNames, w.Name)
	case *ast.SelectorExpr:
		return slices.Contains(stderrNames, w.Sel.Name)
	}
	return false
}

// formats are the functions whose result has the text of one of their arguments, with that argument's index.
func formatOf(pkg, name string) (index int, isFormat bool) {
	switch {
	case pkg == "fmt" && (name == "Sprintf" || name == "Errorf"):
		return 0, true
	case pkg == "fmt" && name == "Fprintf":
		return 1, true
	}
	return 0, false
}

// follow takes the text of an expression, and those of the values in it.
func (f *finder) follow(e ast.Expr) {
	if e == nil {
		return
	}
	if text, ok := f.code.constant(e); ok {
		f.take(e.Pos(), text)
		return
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		f.follow(e.X)
	case *ast.UnaryExpr:
		f.follow(e.X)
	case *ast.StarExpr:
		f.follow(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			f.take(e.Pos(), f.render(e))
			f.followHoles(e)
		}
	case *ast.CallExpr:
		f.followCall(e)
	case *ast.Ident, *ast.SelectorExpr:
		f.followObject(f.code.object(e))
	case *ast.IndexExpr:
		f.follow(e.X)
	case *ast.SliceExpr:
		f.follow(e.X)
	case *ast.CompositeLit:
		f.followElements(e)
	case *ast.FuncLit:
		ast.Inspect(e.Body, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok {
				for _, result := range r.Results {
					f.follow(result)
				}
			}
			return true
		})
	}
}

func (f *finder) followElements(list *ast.CompositeLit) {
	t := f.code.info.Types[list].Type
	if t == nil {
		return
	}
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array, *types.Map:
	default:
		return // a field is followed where it is read
	}
	for _, element := range list.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			element = pair.Value
		}
		f.follow(element)
	}
}

func (f *finder) followHoles(e ast.Expr) {
	if _, constant := f.code.constant(e); constant {
		return
	}
	if sum, ok := e.(*ast.BinaryExpr); ok {
		f.followHoles(sum.X)
		f.followHoles(sum.Y)
		return
	}
	f.follow(e)
}

func (f *finder) followCall(call *ast.CallExpr) {
	pkg, name := f.code.foreignCall(call)
	o := f.code.object(call.Fun)
	switch format, isFormat := formatOf(pkg, name); {
	case isFormat:
		f.take(call.Pos(), f.render(call))
		f.followFormat(call.Args[format])
		for _, argument := range call.Args[format+1:] {
			f.follow(argument)
		}
	case o != nil && f.bodies[o] != nil:
		f.followResults(o)
	case pkg == "maps" && name == "Keys", pkg == "strings" && name == "Fields": // names
	default: // a conversion, a logger, strings.Join and the like
		for _, argument := range call.Args {
			f.follow(argument)
		}
	}
}

// followFormat follows a format that is not constant, such as a parameter.
func (f *finder) followFormat(format ast.Expr) {
	if _, constant := f.code.constant(format); !constant {
		f.follow(format)
	}
}

func (f *finder) followObject(o types.Object) {
	if o == nil || f.seen[o] || o.Name() == "err" { // an error's text is found where the error is made
		return
	}
	f.seen[o] = true
	if f.bodies[o] != nil {
		f.seen[o] = false
		f.followResults(o)
		return
	}
	for _, v := range f.values[o] {
		call, isCall := v.from.(*ast.CallExpr)
		switch {
		case isCall && v.result >= 0 && f.bodies[f.code.object(call.Fun)] != nil:
			f.followResult(f.code.object(call.Fun), v.result)
		case v.result <= 0: // the other results of foreign functions are errors and the like
			f.follow(v.from)
		}
	}
	f.followString(o)
	if list := listType(o); list != nil {
		f.followObject(list)
	}
}

// followString follows the String method of a value that is printed.
func (f *finder) followString(o types.Object) {
	variable, ok := o.(*types.Var)
	if !ok {
		return
	}
	if named, ok := variable.Type().(*types.Named); ok {
		for method := range named.Methods() {
			if method.Name() == "String" {
				f.followResults(method)
			}
		}
	}
}

// followResults follows the texts that a function returns or writes into what it returns.
func (f *finder) followResults(o types.Object) {
	o = origin(o)
	if f.seen[o] || f.bodies[o] == nil {
		return
	}
	f.seen[o] = true
	f.followResult(o, 0)
	ast.Inspect(f.bodies[o], func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if pkg, name := f.code.foreignCall(call); pkg == "fmt" && name == "Fprintf" && isAddress(call.Args[0]) {
			f.follow(call)
		}
		if method, ok := call.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "WriteString" {
			f.follow(call.Args[0])
		}
		return true
	})
}

// isAddress says whether a writer is &b, where b is the builder of a text.
func isAddress(writer ast.Expr) bool {
	address, ok := writer.(*ast.UnaryExpr)
	return ok && address.Op == token.AND
}

// followResult follows one of a function's results.
func (f *finder) followResult(o types.Object, i int) {
	for _, list := range f.results[o] {
		switch {
		case i < len(list):
			f.follow(list[i])
		case len(list) == 1: // of a call with several results
			f.follow(list[0])
		}
	}
}

// render returns a text with holes.
func (f *finder) render(e ast.Expr) string {
	if text, ok := f.code.constant(e); ok {
		return text
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return f.render(e.X)
	case *ast.BinaryExpr:
		return f.render(e.X) + f.render(e.Y)
	case *ast.CallExpr:
		pkg, name := f.code.foreignCall(e)
		if i, isFormat := formatOf(pkg, name); isFormat {
			return verb.ReplaceAllStringFunc(f.render(e.Args[i]), func(v string) string {
				if v == "%%" {
					return "%"
				}
				return Hole
			})
		}
	}
	return Hole
}

var (
	verb = regexp.MustCompile(`%[-+#0]*(?:\[\d+\])?(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z%]`)
	// quoted is a text in a mapping.
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	thrown = regexp.MustCompile(`throw\(("(?:[^"\\]|\\.)*")`)
	holes  = regexp.MustCompile(`…(?:[ ,;:/]*…)+`)
	word   = regexp.MustCompile(`\p{L}{2,}`)
	// mapping is a piece of a rule.
	mapping = regexp.MustCompile(`root = |\.re_match\(`)
	// thing is a part of texts that says nothing alone, such as "a web page".
	thing = regexp.MustCompile(`^an? (?:\S+ )?\S+$`)
	// route is one of the sandbox's addresses, which a text lists.
	route = regexp.MustCompile(`^[A-Z, or]*(?:GET|POST|PUT) /`)
)

// take notes a text. A rule for the linter is a mapping, in which the texts are quoted.
func (f *finder) take(at token.Pos, text string) {
	folder := path.Dir(f.code.path(at))
	if !mapping.MatchString(text) {
		f.note(folder, text)
		return
	}
	for _, literal := range quoted.FindAllString(text, -1) {
		if inner, err := strconv.Unquote(literal); err == nil && !strings.Contains(inner, "[$]") {
			f.note(folder, inner)
		}
	}
}

func (f *finder) note(folder, text string) {
	text = strings.ReplaceAll(verb.ReplaceAllString(text, Hole), "{field}", Hole)
	text = strings.Join(strings.Fields(strings.TrimLeft(text, " ,;.")), " ")
	text = holes.ReplaceAllString(text, Hole)
	words := len(word.FindAllString(text, -1))
	if words < 2 || words == 2 && !strings.Contains(text, ": ") && !strings.Contains(text, Hole) || !strings.Contains(text, " ") {
		return
	}
	if !thing.MatchString(text) && !route.MatchString(text) {
		f.found[Text{folder, text}] = true
	}
}

// mappings takes the texts of throw in the files of a folder.
func (f *finder) mappings(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.blobl"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, found := range thrown.FindAllStringSubmatch(string(text), -1) {
			if inner, err := strconv.Unquote(found[1]); err == nil {
				f.note(folder, inner)
			}
		}
	}
	return nil
}

// leastWords is the shortest run of words, in bytes, by which Matches recognises a text.
const leastWords = 10

// Matches says whether a printed error has the words of the text, in their order. A text with few words matches nothing.
func (t Text) Matches(printed string) bool {
	longest := 0
	for words := range strings.SplitSeq(t.Text, Hole) {
		at := strings.Index(printed, words)
		if at < 0 {
			return false
		}
		longest = max(longest, len(strings.TrimSpace(words)))
		printed = printed[at+len(words):]
	}
	return longest >= leastWords
}
