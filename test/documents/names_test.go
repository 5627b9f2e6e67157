// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seatplane/seatplane/internal/testing/markdown"
)

// A page that says which test checks a figure names one that exists.
func TestNamedTests(t *testing.T) {
	report(t, unknownTests(pagesOf(t, project), testsOf(t, project)))
}

var (
	namedTest = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")
	testFunc  = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]*)\(t \*testing\.T\)`)
)

func unknownTests(pages []markdown.Page, tests map[string]bool) []problem {
	var problems []problem
	for _, p := range pages {
		for i, line := range strings.Split(p.Text, "\n") {
			for _, m := range namedTest.FindAllStringSubmatch(line, -1) {
				if name := m[1]; !tests[name] && name != "TestClock" {
					problems = append(problems, problem{p.File, i + 1, fmt.Sprintf("there is no test %s", name)})
				}
			}
		}
	}
	return problems
}

// testsOf returns the names of the project's tests.
func testsOf(t *testing.T, files fs.FS) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	err := fs.WalkDir(files, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(files, file)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

func TestUnknownTestsAreFound(t *testing.T) {
	files := fstest.MapFS{"a_test.go": {Data: []byte("func TestKnown(t *testing.T) {\n")}}
	found := unknownTests([]markdown.Page{markdown.Parse("a.md", "`TestKnown` and a `TestClock`\n\n`TestLost`\n")}, testsOf(t, files))
	expect(t, "a test was renamed", "a.md:3: there is no test TestLost", found)
}
