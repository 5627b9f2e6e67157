// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A view answers questions, so that the receiver of a method says whether it can change
// what is billed. The compiler keeps a view from calling a method of replay; this test keeps
// it from writing through one of its own pointers.
func TestViewOnlyReads(t *testing.T) {
	p := parsePackage(t, ".")
	if methods := p.methodsOfView(); len(methods) < 100 {
		t.Fatalf("found %d methods of view: the test looks in the wrong place", len(methods))
	}
	if diff := cmp.Diff([]string(nil), p.writesOfViews()); diff != "" {
		t.Errorf("a method that changes something belongs to replay (-want +got):\n%s", diff)
	}
}

func TestWritesOfViewsAreFound(t *testing.T) {
	const types = `package subscription
type Item struct{ N int }
type State struct{ Items []Item; N int }
type pending struct{ tried bool }
type view struct{ state *State; updates []*pending }
func (v view) itemOf() *Item { return &v.state.Items[0] }
`
	cases := map[string]struct {
		reason, body string
		want         []string
	}{
		"field of the state":  {reason: "through the view itself", body: "v.state.N = 1", want: []string{"ask: v.state.N"}},
		"increment":           {reason: "no assignment, and a write all the same", body: "v.state.N++", want: []string{"ask: v.state.N"}},
		"the whole state":     {reason: "through the pointer as such", body: "*v.state = State{}", want: []string{"ask: *v.state"}},
		"field of the view":   {reason: "it would be lost with the copy", body: "v.updates = nil", want: []string{"ask: v.updates"}},
		"element of the list": {reason: "the copy shares its elements", body: "v.updates[0] = nil", want: []string{"ask: v.updates[0]"}},
		"pointer of its own":  {reason: "by another name", body: "item := &v.state.Items[0]; item.N = 1", want: []string{"ask: item.N"}},
		"pointer from a call": {reason: "by another name, found elsewhere", body: "item := v.itemOf(); item.N = 1", want: []string{"ask: item.N"}},
		"element of a range":  {reason: "by another name, one after the other", body: "for _, p := range v.updates { p.tried = true }", want: []string{"ask: p.tried"}},
		"slice of its own":    {reason: "a slice shares its elements", body: "items := v.state.Items; items[0].N = 1", want: []string{"ask: items[0].N"}},
		"range variable":      {reason: "a range can assign too", body: "for v.state.N = range 3 {}", want: []string{"ask: v.state.N"}},
		"a copy":              {reason: "a copy is nobody else's", body: "item := v.state.Items[0]; item.N = 1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			source := types + "func (v view) ask() { " + tc.body + " }\n"
			if err := os.WriteFile(path.Join(dir, "view.go"), []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, parsePackage(t, dir).writesOfViews()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// parsed is a package with the types of its own expressions. What it imports is not read:
// everything that a view can write to is declared in the package.
type parsed struct {
	files []*ast.File
	info  types.Info
}

func parsePackage(t *testing.T, dir string) parsed {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	p := parsed{info: types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path.Join(dir, entry.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		p.files = append(p.files, file)
	}
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	_, _ = config.Check("subscription", fset, p.files, &p.info)
	return p
}

// nothing imports every package as an empty one.
type nothing struct{}

func (nothing) Import(name string) (*types.Package, error) {
	empty := types.NewPackage(name, path.Base(name))
	empty.MarkComplete()
	return empty, nil
}

func (p parsed) methodsOfView() []*ast.FuncDecl {
	var methods []*ast.FuncDecl
	for _, file := range p.files {
		for _, decl := range file.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if ok && method.Recv != nil && types.ExprString(method.Recv.List[0].Type) == "view" {
				methods = append(methods, method)
			}
		}
	}
	return methods
}

// writesOfViews lists the methods of view that write, and to what.
func (p parsed) writesOfViews() []string {
	var found []string
	for _, method := range p.methodsOfView() {
		write := func(targets ...ast.Expr) {
			for _, target := range targets {
				if p.shared(method, target) {
					found = append(found, method.Name.Name+": "+types.ExprString(target))
				}
			}
		}
		ast.Inspect(method.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					write(n.Lhs...)
				}
			case *ast.IncDecStmt:
				write(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					write(n.Key, n.Value)
				}
			}
			return true
		})
	}
	return found
}

// shared reports whether what is written to is more than a local copy: it is part of the
// view, or lies behind a pointer or a slice to what a replay works on.
func (p parsed) shared(method *ast.FuncDecl, target ast.Expr) bool {
	for deep := false; ; deep = true {
		switch x := target.(type) {
		case *ast.SelectorExpr:
			if p.worksOn(x.X) {
				return true
			}
			target = x.X
		case *ast.IndexExpr:
			if p.worksOn(x.X) {
				return true
			}
			target = x.X
		case *ast.StarExpr:
			if p.worksOn(x.X) {
				return true
			}
			target = x.X
		case *ast.ParenExpr:
			target = x.X
		case *ast.Ident:
			names := method.Recv.List[0].Names
			return deep && len(names) > 0 && x.Name == names[0].Name
		default:
			return false
		}
	}
}

// worksOn reports whether an expression is a pointer to, or a slice of, what a replay works
// on.
func (p parsed) worksOn(e ast.Expr) bool {
	var elem types.Type
	switch t := p.info.Types[e].Type.(type) {
	case *types.Pointer:
		elem = t.Elem()
	case *types.Slice:
		elem = t.Elem()
	}
	named, ok := elem.(*types.Named)
	if !ok {
		return false
	}
	switch named.Obj().Name() {
	case "Input", "State", "Item", "ActedOnItem", "Deferred", "Leftover", "Update", "pending":
		return true
	}
	return false
}
