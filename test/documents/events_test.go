// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/announce"
)

const (
	eventsPage    = "docs/operations/events.md"
	apiFolder     = "api/v1alpha1"
	recorderCalls = "internal/controller"
)

// reasonArgument says which argument of a call that sends an event is its reason.
var reasonArgument = map[string]int{"Eventf": 3, "event": 3}

// reasonFunctions are the functions that choose the reason of an event. Every reason that they name may be sent.
var reasonFunctions = []string{"deservesEvent", "eventOfNotice", "unrecordedEdit", "loadedEvent"}

// Every reason of an event is a constant of the API and has a row on the page; the page has no other row.
func TestEventsAreListed(t *testing.T) {
	values, problems := constantsOf(project, apiFolder)
	report(t, problems)
	sent, problems := eventReasons(project, recorderCalls, values)
	report(t, problems)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(sent)), reasonsOn(t, project)); diff != "" {
		t.Errorf("the reasons that are sent (-) and those on %s (+):\n%s", eventsPage, diff)
	}
	for _, reason := range slices.Sorted(maps.Keys(sent)) {
		if diff := cmp.Diff(announce.IsRoutine(reason), slices.Contains(routineOn(t, project), reason)); diff != "" {
			t.Errorf("whether %s is routine, by internal/announce (-) and on %s (+):\n%s", reason, eventsPage, diff)
		}
	}
	for name, value := range values {
		if strings.HasPrefix(name, "Event") && !sent[value] {
			t.Errorf("no event has the reason %s: remove the constant %s", value, name)
		}
	}
}

// reasonsOn returns the reasons in the tables of the page, sorted.
func reasonsOn(t *testing.T, files fs.FS) []string {
	t.Helper()
	text, err := fs.ReadFile(files, eventsPage)
	if err != nil {
		t.Fatal(err)
	}
	return reasonsIn(string(text))
}

// routineOn returns the reasons that the page calls routine, sorted.
func routineOn(t *testing.T, files fs.FS) []string {
	t.Helper()
	text, err := fs.ReadFile(files, eventsPage)
	if err != nil {
		t.Fatal(err)
	}
	_, routine, found := strings.Cut(string(text), "\n## Routine\n")
	if !found {
		t.Fatalf("%s has no section Routine", eventsPage)
	}
	return reasonsIn(routine)
}

// reasonsIn returns the reasons in tables, sorted. A row has a type, an object and an occasion.
func reasonsIn(text string) []string {
	var reasons []string
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (?:Normal|Warning) \\| [A-Z][A-Za-z, ]+ \\| .+ \\|$")
	for _, found := range row.FindAllStringSubmatch(text, -1) {
		reasons = append(reasons, found[1])
	}
	slices.Sort(reasons)
	return reasons
}

// constantsOf returns the constants Event… and Reason… of a package, by their names.
func constantsOf(files fs.FS, folder string) (map[string]string, []problem) {
	values := map[string]string{}
	problems := eachFile(files, folder, func(_ *token.FileSet, parsed *ast.File) []problem {
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			name := spec.Names[0].Name
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if ok && (strings.HasPrefix(name, "Event") || strings.HasPrefix(name, "Reason")) {
				values[name] = strings.Trim(literal.Value, `"`)
			}
			return true
		})
		return nil
	})
	return values, problems
}

// eventReasons returns every reason that the code sends events with, and a problem for each that is a literal.
func eventReasons(files fs.FS, folder string, values map[string]string) (map[string]bool, []problem) {
	sent := map[string]bool{}
	take := func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok && values[selector.Sel.Name] != "" {
			sent[values[selector.Sel.Name]] = true
		}
		return true
	}
	problems := eachFile(files, folder, func(positions *token.FileSet, parsed *ast.File) []problem {
		var problems []problem
		ast.Inspect(parsed, func(n ast.Node) bool {
			if function, ok := n.(*ast.FuncDecl); ok && slices.Contains(reasonFunctions, function.Name.Name) {
				ast.Inspect(function.Body, take)
			}
			reason := reasonOf(n)
			if reason == nil {
				return true
			}
			if literal, ok := reason.(*ast.BasicLit); ok {
				at := positions.Position(literal.Pos())
				problems = append(problems, problem{at.Filename, at.Line, "the reason " + literal.Value + " of an event is a literal: " +
					"add a constant Event… to " + apiFolder})
			}
			ast.Inspect(reason, take)
			return true
		})
		return problems
	})
	return sent, problems
}

// reasonOf returns the reason of a call that sends an event; nil for any other node.
func reasonOf(n ast.Node) ast.Expr {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	at, sends := reasonArgument[selector.Sel.Name]
	if !sends || len(call.Args) <= at {
		return nil
	}
	return call.Args[at]
}

// eachFile calls visit for each file of a folder and below it that is not a test.
func eachFile(files fs.FS, folder string, visit func(*token.FileSet, *ast.File) []problem) []problem {
	var problems []problem
	err := fs.WalkDir(files, folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		positions := token.NewFileSet()
		parsed, err := parser.ParseFile(positions, file, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		problems = append(problems, visit(positions, parsed)...)
		return nil
	})
	if err != nil {
		problems = append(problems, problem{folder, 1, err.Error()})
	}
	return problems
}

func TestEventReasons(t *testing.T) {
	values := map[string]string{"EventStarted": "Started", "ReasonApplied": "Applied", "ReasonParked": "Parked"}
	tests := map[string]struct {
		reason, code string
		want         []string
		problem      string
	}{
		"a call": {
			reason: "the fourth argument is the reason",
			code:   `func f() { r.event(sub, nil, normal, v1alpha1.EventStarted, "x"); r.Recorder.Eventf(s, nil, n, v1alpha1.ReasonApplied, a, "x") }`,
			want:   []string{"Applied", "Started"},
		},
		"a function": {reason: "its reasons may be sent", code: `func deservesEvent() bool { return r == v1alpha1.ReasonParked }`, want: []string{"Parked"}},
		"another":    {reason: "other functions choose no reason", code: `func other() bool { return r == v1alpha1.ReasonParked }`},
		"a literal":  {reason: "nobody could list it", code: `func f() { r.event(sub, nil, normal, "Odd", "x") }`, problem: `the reason "Odd" of an event is a literal`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"c/x.go": {Data: []byte("package c\n" + tc.code)}}
			sent, problems := eventReasons(files, "c", values)
			if diff := cmp.Diff(tc.want, slices.Sorted(maps.Keys(sent))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if (len(problems) > 0) != (tc.problem != "") || (len(problems) > 0 && !strings.Contains(problems[0].String(), tc.problem)) {
				t.Errorf("%s: got the problems %v, want %q", tc.reason, problems, tc.problem)
			}
		})
	}
}
