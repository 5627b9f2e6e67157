// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package english

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// text is something that people read: a page, or a message or comment within a file.
type text struct {
	file string
	// line is where in the file the content begins.
	line    int
	content string
}

// textsOf returns what people read in a project.
func textsOf(files fs.FS) ([]text, error) {
	var texts []text
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isForOthers(file):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		found, err := textsIn(files, file)
		texts = append(texts, found...)
		return err
	})
	return texts, err
}

// isForOthers reports whether a folder is left out: build outputs, tests, and what earlier versions said.
func isForOthers(folder string) bool {
	return path.Base(folder) == "testdata" || folder == "bin" || folder == "dist" || folder == ".git" || folder == "test" || folder == "internal/testing"
}

// textsIn returns what people read in one file. A page, a manifest or an API type is one text. In other code, each
// string and each comment is one.
func textsIn(files fs.FS, file string) ([]text, error) {
	isPage := path.Ext(file) == ".md" || path.Base(file) == "NOTES.txt"
	isManifest := path.Ext(file) == ".yaml"
	isAPI := strings.HasPrefix(file, "api/") && path.Ext(file) == ".go"
	isGo := path.Ext(file) == ".go" && !isAPI
	isTest := strings.HasSuffix(file, "_test.go")
	if isTest || !isPage && !isManifest && !isAPI && !isGo {
		return nil, nil
	}
	content, err := fs.ReadFile(files, file)
	if err != nil || !isGo {
		return []text{{file, 1, string(content)}}, err
	}
	return textsOfCode(file, content)
}

// textsOfCode returns the comments and the strings of a Go file.
func textsOfCode(file string, content []byte) ([]text, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, content, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var texts []text
	for _, group := range parsed.Comments {
		var lines []string
		for _, line := range group.List {
			lines = append(lines, line.Text)
		}
		texts = append(texts, text{file, set.Position(group.Pos()).Line, strings.Join(lines, "\n")})
	}
	return append(texts, literals(file, set, parsed)...), nil
}

// literals returns the strings of a Go file. Strings that are joined by + are one text.
func literals(file string, set *token.FileSet, parsed *ast.File) []text {
	var texts []text
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BinaryExpr:
			if joined := join(n); joined != "" {
				texts = append(texts, text{file, set.Position(n.Pos()).Line, joined})
				return false
			}
		case *ast.BasicLit:
			texts = append(texts, text{file, set.Position(n.Pos()).Line, unquoted(n)})
		}
		return true
	})
	return texts
}

// join returns the strings of a sum in their order. It returns nothing for another expression. The other parts of a
// sum are values that stand for a word.
func join(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return unquoted(e)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return join(e.X) + join(e.Y)
		}
	}
	return ""
}

func unquoted(l *ast.BasicLit) string {
	if l.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		return l.Value
	}
	return s
}

func TestTextsOf(t *testing.T) {
	cases := map[string]struct {
		reason, file, content string
		want                  []text
	}{
		"a page":         {"users read it", "docs/README.md", "A page.\n", []text{{"docs/README.md", 1, "A page.\n"}}},
		"descriptions":   {"kubectl explain prints them", "api/v1/a.go", "// A field.\n", []text{{"api/v1/a.go", 1, "// A field.\n"}}},
		"a CRD":          {"it is what a cluster has", "config/crd/a.yaml", "a: b\n", []text{{"config/crd/a.yaml", 1, "a: b\n"}}},
		"a manifest":     {"users copy it with its comments", "examples/a.yaml", "# A seat.\n", []text{{"examples/a.yaml", 1, "# A seat.\n"}}},
		"chart notes":    {"helm install prints them", "charts/a/templates/NOTES.txt", "A note.\n", []text{{"charts/a/templates/NOTES.txt", 1, "A note.\n"}}},
		"a message":      {"users read it", "internal/a.go", "package a\n\nvar a = \"Two\" +\n\t\" lines\"\n", []text{{"internal/a.go", 3, "Two lines"}}},
		"a comment":      {"engineers read it", "hack/a.go", "package a\n\n// Two\n// lines.\nvar a int // One.\n", []text{{"hack/a.go", 3, "// Two\n// lines."}, {"hack/a.go", 5, "// One."}}},
		"two messages":   {"each is a text", "cmd/a.go", "package a\n\nvar a = f(\"One\", `Two`)\n", []text{{"cmd/a.go", 3, "One"}, {"cmd/a.go", 3, "Two"}}},
		"an import":      {"it is a path", "cmd/a.go", "package a\n\nimport \"is/no\"\n", nil},
		"a test":         {"users do not read it", "internal/a_test.go", "package a\n\nvar a = \"A\"\n", nil},
		"a helper":       {"users do not read it", "internal/testing/a.go", "package a\n\nvar a = \"A\"\n", nil},
		"something else": {"users do not read it", "hack/a.sh", "echo a\n", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := textsOf(fstest.MapFS{tc.file: {Data: []byte(tc.content)}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(text{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
