// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	contributing = "CONTRIBUTING.md"
	writersTitle = "Who writes to the cluster"
)

// placesTitles are the tables that say where something is.
var placesTitles = []string{"Where is …?", "Where would I add …?"}

// Every file that writes to the cluster is in the table of those who do, and no other one is.
func TestWritersAreListed(t *testing.T) {
	report(t, wrongWriters(project, writersOf(t, project)))
}

// Every file that CONTRIBUTING leads to exists, and declares what the row says is there.
func TestPlacesExist(t *testing.T) {
	report(t, wrongPlaces(project))
}

// codeSpan is what a page shows as code within a line.
var codeSpan = regexp.MustCompile("`[^`]*`")

// row is a row of a table, with what stands as code in it.
type row struct {
	line  int
	spans []string
}

// rowsOf returns the rows of the table under a heading that name something as code.
func rowsOf(files fs.FS, title string) []row {
	content, err := fs.ReadFile(files, contributing)
	if err != nil {
		return nil
	}
	var rows []row
	inside := false
	for n, line := range strings.Split(string(content), "\n") {
		if strings.HasPrefix(line, "#") {
			inside = strings.TrimLeft(line, "# ") == title
		}
		if !inside || !strings.HasPrefix(line, "|") {
			continue
		}
		each := row{line: n + 1}
		for _, found := range codeSpan.FindAllString(line, -1) {
			each.spans = append(each.spans, strings.Trim(found, "`"))
		}
		if len(each.spans) > 0 {
			rows = append(rows, each)
		}
	}
	return rows
}

func wrongWriters(files fs.FS, writers []string) []problem {
	var problems []problem
	var listed []string
	for _, each := range rowsOf(files, writersTitle) {
		file := each.spans[0]
		listed = append(listed, file)
		if !slices.Contains(writers, file) {
			problems = append(problems, problem{contributing, each.line, file + " does not write to the cluster: remove the row"})
		}
	}
	for _, file := range writers {
		if !slices.Contains(listed, file) {
			problems = append(problems, problem{file, 1, fmt.Sprintf("the file writes to the cluster: add it to %q in %s, or write "+
				"in a file that is listed", writersTitle, contributing)})
		}
	}
	return problems
}

// writersOf returns the files of the operator that write through a client.
func writersOf(t *testing.T, files fs.FS) []string {
	t.Helper()
	var writers []string
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && !isOperator(file):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parseGo(files, file)
		if err == nil && writes(parsed) {
			writers = append(writers, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return writers
}

// isOperator reports whether a folder has code that runs in the operator.
func isOperator(folder string) bool {
	top, _, _ := strings.Cut(folder, "/")
	return (top == "internal" || top == "cmd" || top == "operator") && folder != "internal/testing"
}

func parseGo(files fs.FS, file string) (*ast.File, error) {
	content, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, err
	}
	return parser.ParseFile(token.NewFileSet(), file, content, parser.SkipObjectResolution)
}

// writingMethods are those of a client that writes to the API server.
var writingMethods = []string{"Apply", "Create", "Delete", "DeleteAllOf", "Patch", "Update"}

// statusWriters are the functions of internal/status that call such a method.
var statusWriters = []string{"Commit", "Write"}

// writes reports whether a file calls a client's method that writes, which takes the context first, or
// a function of internal/status that does so for it.
func writes(file *ast.File) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		call, isCall := n.(*ast.CallExpr)
		if !isCall || len(call.Args) == 0 {
			return true
		}
		method, isMethod := call.Fun.(*ast.SelectorExpr)
		first, isName := call.Args[0].(*ast.Ident)
		if !isMethod || !isName || first.Name != "ctx" {
			return true
		}
		of, _ := method.X.(*ast.Ident)
		viaStatus := of != nil && of.Name == "status" && slices.Contains(statusWriters, method.Sel.Name)
		found = found || viaStatus || slices.Contains(writingMethods, method.Sel.Name)
		return true
	})
	return found
}

// goName is what something in Go is called by.
var goName = regexp.MustCompile(`^[A-Za-z]\w+$`)

// notGo are words of the tables that no file declares: fields of the API and commands.
var notGo = []string{"keepTrial", "main.go", "make generate"}

func wrongPlaces(files fs.FS) []problem {
	var problems []problem
	for _, title := range placesTitles {
		rows := rowsOf(files, title)
		if len(rows) == 0 {
			problems = append(problems, problem{contributing, 1, fmt.Sprintf("there is no table under %q", title)})
		}
		for _, each := range rows {
			problems = append(problems, wrongPlace(files, each)...)
		}
	}
	return problems
}

func wrongPlace(files fs.FS, r row) []problem {
	var problems []problem
	say := func(sentence string) { problems = append(problems, problem{contributing, r.line, sentence}) }
	declared := map[string]bool{}
	var names []string
	for _, word := range r.spans {
		switch {
		case slices.Contains(notGo, word):
		case goName.MatchString(word):
			names = append(names, word)
		default:
			if err := declarations(files, path.Clean(word), declared); err != nil {
				say(word + " does not exist")
			}
		}
	}
	for _, each := range names {
		if !declared[each] {
			say(fmt.Sprintf("none of the files of this row declares %s", each))
		}
	}
	return problems
}

// declarations adds the names that a file declares. A folder, and a file that is not Go, declare none.
func declarations(files fs.FS, file string, declared map[string]bool) error {
	if _, err := fs.Stat(files, file); err != nil || path.Ext(file) != ".go" {
		return err
	}
	parsed, err := parseGo(files, file)
	if err != nil {
		return err
	}
	for _, each := range parsed.Decls {
		switch d := each.(type) {
		case *ast.FuncDecl:
			declared[d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if t, isType := spec.(*ast.TypeSpec); isType {
					declared[t.Name.Name] = true
				}
			}
		}
	}
	return nil
}

func TestUnlistedWritersAreFound(t *testing.T) {
	const table = "## Who writes to the cluster\n\n| file | writes |\n|---|---|\n| `internal/a/commit.go` | it |\n\n## Next\n\n| `internal/b.go` |\n"
	cases := map[string]struct{ reason, file, code, want string }{
		"a listed one":     {"it is in the table", "internal/a/commit.go", "r.Client.Status().Update(ctx, o)", ""},
		"another one":      {"readers trust the table", "internal/a/gather.go", "r.Client.Create(ctx, o)", "internal/a/gather.go:1: the file writes to the cluster: add it"},
		"by a helper":      {"the helper writes for it", "internal/a/gather.go", "status.Write(ctx, c, a, b)", "internal/a/gather.go:1: the file writes"},
		"by a pass":        {"the helper writes for it", "internal/a/reconciler.go", "status.Commit(ctx, c, a, b)", "internal/a/reconciler.go:1: the file writes"},
		"a command":        {"the manager is part of the operator", "cmd/manager/run.go", "c.Patch(ctx, o)", "cmd/manager/run.go:1: the file writes"},
		"the operator":     {"what runs the reconcilers is part of it too", "operator/run.go", "c.Patch(ctx, o)", "operator/run.go:1: the file writes"},
		"a slice":          {"it is not a client", "internal/a/gather.go", "slices.Delete(s, 0, 1)", ""},
		"a read":           {"it does not write", "internal/a/gather.go", "r.Client.Get(ctx, key, o)", ""},
		"a test":           {"tests write what they need", "internal/a/x_test.go", "c.Create(ctx, o)", ""},
		"a helper of test": {"it does not run in the operator", "internal/testing/x.go", "c.Create(ctx, o)", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{
				contributing:           {Data: []byte(table)},
				"internal/a/commit.go": {Data: []byte("package a\n\nfunc f() { c.Delete(ctx, o) }\n")},
			}
			files[tc.file] = &fstest.MapFile{Data: []byte("package a\n\nfunc f() { " + tc.code + " }\n")}
			expect(t, tc.reason, tc.want, wrongWriters(files, writersOf(t, files)))
		})
	}
	files := fstest.MapFS{contributing: {Data: []byte(table)}}
	expect(t, "the file was moved", "CONTRIBUTING.md:5: internal/a/commit.go does not write to the cluster", wrongWriters(files, nil))
}

func TestWrongPlacesAreFound(t *testing.T) {
	const code = "package a\n\ntype Guard struct{}\n\nfunc (g Guard) exceeds() {}\n"
	cases := map[string]struct{ reason, row, want string }{
		"a method":      {"it is there", "| Where? | `a/guard.go` | `exceeds` |", ""},
		"a type":        {"it is there", "| Where? | `a/guard.go` | `Guard` |", ""},
		"a lost method": {"it was renamed", "| Where? | `a/guard.go` | `exceed` |", "CONTRIBUTING.md:3: none of the files of this row declares exceed"},
		"a lost file":   {"it was moved", "| Where? | `a/guards.go` | here |", "CONTRIBUTING.md:3: a/guards.go does not exist"},
		"a folder":      {"it is there", "| Where? | `a/` | here |", ""},
		"a field":       {"the API has it", "| `keepTrial`? | `a/guard.go` | `exceeds` |", ""},
		"a row without": {"it names nothing that could be lost", "| Where? | a | b |", "CONTRIBUTING.md:1: there is no table under \"Where is …?\""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			page := "## Where is …?\n\n" + tc.row + "\n\n## Where would I add …?\n\n| a | `a/guard.go` |\n"
			files := fstest.MapFS{contributing: {Data: []byte(page)}, "a/guard.go": {Data: []byte(code)}}
			expect(t, tc.reason, tc.want, wrongPlaces(files))
		})
	}
}
