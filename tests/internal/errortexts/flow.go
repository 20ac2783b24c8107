package errortexts

import (
	"go/ast"
	"go/types"
)

// flow says where the values of variables, fields, parameters and results come from.
type flow struct {
	code *code
	// values are what a variable, a field or a parameter gets.
	values map[types.Object][]value
	// results are the results of functions, one list for each return.
	results map[types.Object][][]ast.Expr
	bodies  map[types.Object]*ast.BlockStmt
	// params are the parameters of functions and of function literals that have a name.
	params map[types.Object][]types.Object
}

// value is an expression, or one result of a call.
type value struct {
	from ast.Expr
	// result is the index of the result. -1: the expression has one value.
	result int
}

func newFlow(c *code) *flow {
	f := &flow{c, map[types.Object][]value{}, map[types.Object][][]ast.Expr{}, map[types.Object]*ast.BlockStmt{}, map[types.Object][]types.Object{}}
	c.inOrder(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				f.function(c.object(n.Name), n.Type, n.Body)
			}
		case *ast.AssignStmt:
			f.assignment(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			names := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				names[i] = name
			}
			f.assignment(names, n.Values)
		case *ast.RangeStmt:
			if n.Value != nil {
				f.value(c.object(n.Value), n.X, -1)
			}
		case *ast.CompositeLit:
			f.literal(n)
		}
		return true
	})
	// Calls come last: a function may be called before it is declared.
	c.inOrder(func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			f.call(call)
		}
		return true
	})
	return f
}

func (f *flow) value(o types.Object, e ast.Expr, result int) {
	if o == nil {
		return
	}
	f.values[o] = append(f.values[o], value{e, result})
	if list := listType(o); list != nil {
		f.values[list] = append(f.values[list], value{e, result})
	}
	if literal, ok := e.(*ast.FuncLit); ok {
		f.function(o, literal.Type, literal.Body)
	}
}

// listType returns the name of a variable's type if it is a list with methods, which may add to it. All variables of such a
// type count as one. nil: it is no such list.
func listType(o types.Object) types.Object {
	variable, ok := o.(*types.Var)
	if !ok {
		return nil
	}
	t := variable.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	if !ok || named.NumMethods() == 0 {
		return nil
	}
	if _, ok := named.Underlying().(*types.Slice); !ok {
		return nil
	}
	return named.Obj()
}

func (f *flow) assignment(to, from []ast.Expr) {
	for i, target := range to {
		if index, ok := target.(*ast.IndexExpr); ok {
			target = index.X
		}
		switch o := f.code.object(target); {
		case len(from) == len(to):
			f.value(o, from[i], -1)
		case len(from) == 1: // several results of a call, or a value with ok
			f.value(o, from[0], i)
		}
	}
}

// function notes the parameters and results of a function.
func (f *flow) function(o types.Object, t *ast.FuncType, body *ast.BlockStmt) {
	if o == nil {
		return
	}
	f.bodies[o] = body
	for _, field := range t.Params.List {
		for _, name := range field.Names {
			f.params[o] = append(f.params[o], f.code.object(name))
		}
	}
	var named []ast.Expr
	if t.Results != nil {
		for _, field := range t.Results.List {
			for _, name := range field.Names {
				named = append(named, name)
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit: // its results are not the function's
			return false
		case *ast.ReturnStmt:
			if len(n.Results) > 0 {
				f.results[o] = append(f.results[o], n.Results)
			} else if named != nil {
				f.results[o] = append(f.results[o], named)
			}
		}
		return true
	})
}

func (f *flow) literal(l *ast.CompositeLit) {
	t := f.code.info.Types[l].Type
	if t == nil {
		return
	}
	if p, ok := t.Underlying().(*types.Pointer); ok { // of &T{…} in a list, where the type is left out
		t = p.Elem()
	}
	fields, _ := t.Underlying().(*types.Struct)
	for i, element := range l.Elts {
		pair, named := element.(*ast.KeyValueExpr)
		switch {
		case fields == nil:
		case named:
			f.value(f.code.object(pair.Key), pair.Value, -1)
		case i < fields.NumFields():
			f.value(origin(fields.Field(i)), element, -1)
		}
	}
}

// call notes the arguments of a call as the values of the function's parameters.
func (f *flow) call(call *ast.CallExpr) {
	params := f.params[f.code.object(call.Fun)]
	for i, argument := range call.Args {
		switch {
		case i < len(params):
			f.value(params[i], argument, -1)
		case len(params) > 0: // the last one is variadic
			f.value(params[len(params)-1], argument, -1)
		}
	}
}
