// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Every folder of internal and of test is in the list of folders in CONTRIBUTING, and every folder of the list exists.
func TestFoldersAreListed(t *testing.T) {
	report(t, wrongFolders(project))
}

func wrongFolders(files fs.FS) []problem {
	content, err := fs.ReadFile(files, contributing)
	if err != nil {
		return []problem{{contributing, 1, err.Error()}}
	}
	var problems []problem
	var listed []string
	_, section, _ := strings.Cut(string(content), "\n## Find your way\n")
	_, section, _ = strings.Cut(section, "\n```\n")
	list, _, _ := strings.Cut(section, "\n```\n")
	for line := range strings.Lines(list) {
		for _, folder := range foldersOf(line) {
			listed = append(listed, folder)
			if _, err := fs.Stat(files, folder); err != nil {
				problems = append(problems, problem{contributing, 1, folder + " is listed under \"Find your way\", and does not exist"})
			}
		}
	}
	for _, top := range []string{"internal", "test"} {
		entries, err := fs.ReadDir(files, top)
		if err != nil {
			return append(problems, problem{top, 1, err.Error()})
		}
		for _, entry := range entries {
			if folder := top + "/" + entry.Name(); entry.IsDir() && !slices.Contains(listed, folder) {
				problems = append(problems, problem{folder, 1, fmt.Sprintf("add the folder to \"Find your way\" in %s", contributing)})
			}
		}
	}
	return problems
}

// foldersOf returns the folders of internal or test that a line of the list begins with, such as "internal/slim, wake".
func foldersOf(line string) []string {
	top, _, _ := strings.Cut(line, "/")
	if top != "internal" && top != "test" {
		return nil
	}
	var folders []string
	for part := range strings.SplitSeq(strings.TrimPrefix(line, top+"/"), ", ") {
		name, _, last := strings.Cut(strings.TrimPrefix(part, top+"/"), " ")
		name, _, _ = strings.Cut(strings.TrimSpace(name), "/")
		folders = append(folders, top+"/"+name)
		if last {
			break
		}
	}
	return folders
}

func TestWrongFoldersAreFound(t *testing.T) {
	cases := map[string]struct{ reason, line, want string }{
		"both":      {reason: "one line can have two folders", line: "internal/a, b  what they do, in words"},
		"in full":   {reason: "the top folder may be repeated", line: "internal/a, internal/b  what they do"},
		"kinds":     {reason: "the folders below are meant", line: "internal/a/<kind>  each\ninternal/b  what it does"},
		"not both":  {reason: "readers find what is listed", line: "internal/a  what it does, b too", want: "internal/b:1: add the folder"},
		"a former":  {reason: "it was renamed", line: "internal/a, b, c  what they do", want: "CONTRIBUTING.md:1: internal/c is listed"},
		"elsewhere": {reason: "other folders are not checked", line: "internal/a, b  what they do\nhack  scripts"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{
				contributing:      {Data: []byte("# C\n\n## Find your way\n\n```\n" + tc.line + "\ntest/e  tests\n```\n")},
				"internal/a/a.go": {}, "internal/b/b.go": {}, "test/e/e.go": {},
			}
			expect(t, tc.reason, tc.want, wrongFolders(files))
		})
	}
}
