// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// root is the folder of the repository.
const root = "../.."

// A list that no longer fits its sources proves nothing.
func TestListFitsTheSources(t *testing.T) {
	if len(mutants) < 40 {
		t.Errorf("the list has %d mutants, fewer than 40", len(mutants))
	}
	seen := map[string]bool{}
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join(root, m.file))
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := m.apply(string(source)); err != nil {
			t.Errorf("%s: %v", m, err)
		} else if changed == string(source) {
			t.Errorf("%s: it changes nothing", m)
		}
		if len(testsOf[filepath.ToSlash(filepath.Dir(m.file))]) == 0 {
			t.Errorf("%s: no tests watch over its folder", m)
		}
		if seen[m.String()] {
			t.Errorf("%s: it is in the list twice", m)
		}
		seen[m.String()] = true
	}
}

func TestSelection(t *testing.T) {
	all := []mutant{{file: "a", why: "1"}, {file: "a", why: "2"}, {file: "b", why: "3"}, {file: "b", why: "4"}}
	cases := map[string]struct {
		reason string
		choice selection
		want   []string
	}{
		"all":    {reason: "nothing is asked for", choice: selection{}, want: []string{"a: 1", "a: 2", "b: 3", "b: 4"}},
		"two":    {reason: "they are spread over the list", choice: selection{most: 2}, want: []string{"a: 1", "b: 3"}},
		"many":   {reason: "there are no more", choice: selection{most: 9}, want: []string{"a: 1", "a: 2", "b: 3", "b: 4"}},
		"a file": {reason: "by its name", choice: selection{match: "b:"}, want: []string{"b: 3", "b: 4"}},
		"none":   {reason: "nothing matches", choice: selection{match: "c:"}, want: nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, m := range tc.choice.from(all) {
				got = append(got, m.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestFailedTest(t *testing.T) {
	cases := map[string]struct {
		reason, output string
		want           bool
	}{
		"a failure":    {reason: "a test noticed", output: "--- FAIL: TestOracle (0.01s)\n    x\nFAIL\texample.com/p\t0.1s\n", want: true},
		"a subtest":    {reason: "it is indented", output: "    --- FAIL: TestOracle/a (0.01s)\n", want: true},
		"a panic":      {reason: "a program that dies is noticed too", output: "panic: index out of range\n", want: true},
		"a time-out":   {reason: "one that never ends is noticed", output: "panic: test timed out after 2m0s\n", want: true},
		"no compiling": {reason: "nothing ran", output: "# example.com/p\n./a.go:1:2: undefined: x\nFAIL\texample.com/p [build failed]\n", want: false},
		"no package":   {reason: "nothing ran", output: "no required module provides package\n", want: false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := failedTest.MatchString(tc.output); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}
