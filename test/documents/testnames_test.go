// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Tests and their files are named after what they are about: a number tells a reader nothing.
func TestTestsAreNamedAfterSubjects(t *testing.T) {
	report(t, numbered(textsOf(t, project)))
}

var (
	numberedFile = regexp.MustCompile(`^section\d+_test\.go$`)
	numberedTest = regexp.MustCompile(`\bTestSection\d\w*`)
)

func numbered(texts []text) []problem {
	var problems []problem
	for _, each := range texts {
		if numberedFile.MatchString(path.Base(each.file)) {
			problems = append(problems, problem{each.file, 1, "name the file after its subject"})
		}
		for n, line := range strings.Split(each.content, "\n") {
			if found := numberedTest.FindString(line); found != "" {
				problems = append(problems, problem{each.file, n + 1, fmt.Sprintf("name %s after its subject", found)})
			}
		}
	}
	return problems
}

func TestNumberedTestsAreFound(t *testing.T) {
	cases := map[string]struct {
		reason string
		text   text
		want   string
	}{
		"a subject":       {"a reader finds it", text{"a/coverage_test.go", "func TestCoverage(t *testing.T) {"}, ""},
		"a number":        {"a reader has to look it up", text{"a/a_test.go", "\nfunc TestSection5Words(t *testing.T) {"}, "a/a_test.go:2: name TestSection5Words"},
		"on a page":       {"the page names a test", text{"a.md", "(`TestSection5`)"}, "a.md:1: name TestSection5"},
		"a file's number": {"a reader has to look it up", text{"a/section5_test.go", "package a"}, "a/section5_test.go:1: name the file"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) { expect(t, tc.reason, tc.want, numbered([]text{tc.text})) })
	}
}
