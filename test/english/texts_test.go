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

// text is something that users read: a page, or a message within a file.
type text struct {
	file string
	// line is where in the file the content begins.
	line    int
	content string
}

// textsOf returns what users read in a project.
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

// isForOthers reports whether a folder has nothing that users read: what was built, and tests.
func isForOthers(folder string) bool {
	return folder == "bin" || folder == "dist" || folder == ".git" || folder == "test" || folder == "internal/testing"
}

// textsIn returns what users read in one file: a page, or descriptions of fields, as a whole; of other code, the
// strings.
func textsIn(files fs.FS, file string) ([]text, error) {
	isPage := path.Ext(file) == ".md"
	isAPI := strings.HasPrefix(file, "api/") && path.Ext(file) == ".go"
	isCRD := strings.HasPrefix(file, "config/crd/") && path.Ext(file) == ".yaml"
	isGo := path.Ext(file) == ".go" && (strings.HasPrefix(file, "internal/") || strings.HasPrefix(file, "cmd/"))
	isTest := strings.HasSuffix(file, "_test.go")
	if isTest || !isPage && !isAPI && !isCRD && !isGo {
		return nil, nil
	}
	content, err := fs.ReadFile(files, file)
	if err != nil || !isGo {
		return []text{{file, 1, string(content)}}, err
	}
	return literals(file, content)
}

// literals returns the strings of a Go file. Those that are joined by + are one text.
func literals(file string, content []byte) ([]text, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, content, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
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
	return texts, nil
}

// join returns the strings of a sum in their order; nothing of another expression. A sum's other parts are values,
// and stand for a word.
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
		"a message":      {"users read it", "internal/a.go", "package a\n\n// No message.\nvar a = \"Two\" +\n\t\" lines\"\n", []text{{"internal/a.go", 4, "Two lines"}}},
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
