// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package howto

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/testing/markdown"
)

// Readers find every page: the list of pages has it, and stands first in the navigation.
func TestIndex(t *testing.T) {
	for _, problem := range unfound(t, project) {
		t.Error(problem)
	}
}

// unfound says how readers would miss a page.
func unfound(t *testing.T, files fs.FS) []string {
	t.Helper()
	var problems []string
	listed := map[string]bool{}
	for _, l := range pageAt(t, files, home+"/README.md").Links {
		listed[l.Target] = true
	}
	pages, err := fs.Glob(files, home+"/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range pages {
		if name := path.Base(file); name != "README.md" && !listed[name] {
			problems = append(problems, home+"/README.md does not link "+name)
		}
	}
	if first := firstLink(pageAt(t, files, "docs/README.md")); first != "how-to/README.md" {
		problems = append(problems, "the first link of docs/README.md is not how-to/README.md but "+first)
	}
	_, readOn, _ := strings.Cut(pageAt(t, files, "README.md").Text, "\n## Read on")
	if first := firstLink(markdown.Parse("README.md", readOn)); first != home+"/README.md" {
		problems = append(problems, "the first link of \"Read on\" in README.md is not "+home+"/README.md but "+first)
	}
	return problems
}

func pageAt(t *testing.T, files fs.FS, file string) markdown.Page {
	t.Helper()
	text, err := fs.ReadFile(files, file)
	if err != nil {
		t.Fatal(err)
	}
	return markdown.Parse(file, string(text))
}

func firstLink(p markdown.Page) string {
	if len(p.Links) == 0 {
		return "missing"
	}
	return p.Links[0].Target
}

func TestUnfoundPagesAreFound(t *testing.T) {
	const good = "how-to/README.md"
	cases := map[string]struct {
		reason, list, docs, readme string
		want                       []string
	}{
		"all of them": {"readers find the page", "[A](a.md)", "[x](" + good + ")", "[y](z.md)\n\n## Read on\n\n[x](docs/" + good + ")", nil},
		"an unlisted page": {
			"nobody finds it", "", "[x](" + good + ")", "\n## Read on\n[x](docs/" + good + ")",
			[]string{"docs/how-to/README.md does not link a.md"},
		},
		"not first": {
			"readers look for jobs first", "[A](a.md)", "[k](kinds/README.md) [x](" + good + ")", "\n## Read on\n[k](docs/kinds)\n",
			[]string{
				"the first link of docs/README.md is not how-to/README.md but kinds/README.md",
				"the first link of \"Read on\" in README.md is not docs/how-to/README.md but docs/kinds",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{
				home + "/README.md": {Data: []byte(tc.list)}, home + "/a.md": {Data: []byte("# A\n")},
				"docs/README.md": {Data: []byte(tc.docs)}, "README.md": {Data: []byte(tc.readme)},
			}
			if diff := cmp.Diff(tc.want, unfound(t, files)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
