// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/markdown"
)

// Every relative link leads to a file of the project, and to a heading where it names one.
func TestLinks(t *testing.T) {
	report(t, brokenLinks(project, pagesOf(t, project)))
}

// elsewhere is what begins with a scheme, such as https: and mailto:.
var elsewhere = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)

func brokenLinks(files fs.FS, pages []markdown.Page) []problem {
	headings := map[string]map[string]bool{}
	for _, p := range pages {
		headings[p.File] = p.Headings
	}
	var problems []problem
	for _, p := range pages {
		for _, l := range p.Links {
			if elsewhere.MatchString(l.Target) {
				continue
			}
			if sentence := broken(files, headings, p.File, l.Target); sentence != "" {
				problems = append(problems, problem{p.File, l.Line, sentence})
			}
		}
	}
	return problems
}

// broken says what is wrong with a link; nothing when it leads somewhere.
func broken(files fs.FS, headings map[string]map[string]bool, from, target string) string {
	file, name, named := strings.Cut(target, "#")
	to := from
	if file != "" {
		to = path.Join(path.Dir(from), file)
	}
	if _, err := fs.Stat(files, to); err != nil {
		return fmt.Sprintf("the link %s leads to %s, which does not exist", target, to)
	}
	if named && !headings[to][name] {
		return fmt.Sprintf("the link %s leads to a heading that %s does not have", target, to)
	}
	return ""
}
