// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/markdown"
)

// problem is what is wrong in a file, in one sentence.
type problem struct {
	file     string
	line     int
	sentence string
}

func (p problem) String() string { return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.sentence) }

// report fails the test for each problem.
func report(t *testing.T, problems []problem) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

// pagesOf returns the Markdown files of a project.
func pagesOf(t *testing.T, files fs.FS) []markdown.Page {
	t.Helper()
	pages, err := markdown.Pages(files)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}
