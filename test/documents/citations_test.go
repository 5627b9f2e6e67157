// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Code, manifests and pages cite the documentation in one form, page.md#anchor, and every citation leads to a
// heading.
func TestCitations(t *testing.T) {
	report(t, wrongCitations(project, headingsOf(t, project), textsOf(t, project)))
}

// designFolder is where the pages are that are cited without a path.
const designFolder = "docs/design"

// gap is what separates words: also the end of a comment's line.
const gap = `[\s/#*]+`

var (
	// citation is a page, with the heading that it is cited for; without a heading it has to be a path.
	citation = regexp.MustCompile(`((?:[\w.-]+/)*[\w-]+\.md)(#[\w-]+)?`)

	// linkTarget is where a link of a page leads: TestLinks follows it.
	linkTarget = regexp.MustCompile(`\]\([^()\s]+\)`)

	// olderForms are citations that lead nowhere. The space between words may be the end of a line.
	olderForms = []*regexp.Regexp{
		regexp.MustCompile(`(?i)\b(?:api|architecture|billing|consistency|trust)` + gap + `design\b`),
		regexp.MustCompile(`(?i)\bdesign` + gap + `README\b`),
		regexp.MustCompile(`(?i)\bsections?` + gap + `\d+(?:\.\d+)?`),
		regexp.MustCompile(`\b(?:api|architecture|billing|consistency|trust)\.md,?\s[\s/#*]*(?:"|\d+(?:\.\d+)?)`),
	}
)

// text is a file in which something may be cited.
type text struct{ file, content string }

// textsOf returns every file that may cite the documentation. The tests of this folder are left out: they quote
// citations that are wrong on purpose.
func textsOf(t *testing.T, files fs.FS) []text {
	t.Helper()
	var texts []text
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{"bin", "dist", ".git", "test/documents"}, file) {
			return fs.SkipDir
		}
		if entry.IsDir() || !slices.Contains([]string{".go", ".md", ".sh", ".tpl", ".yaml"}, path.Ext(file)) {
			return nil
		}
		content, err := fs.ReadFile(files, file)
		texts = append(texts, text{file, string(content)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// headingsOf returns the anchors of each page.
func headingsOf(t *testing.T, files fs.FS) map[string]map[string]bool {
	t.Helper()
	headings := map[string]map[string]bool{}
	for _, p := range pagesOf(t, files) {
		headings[p.File] = p.Headings
	}
	return headings
}

func wrongCitations(files fs.FS, headings map[string]map[string]bool, texts []text) []problem {
	var problems []problem
	for _, each := range texts {
		content := each.content
		if path.Ext(each.file) == ".md" {
			content = linkTarget.ReplaceAllString(content, "]")
		}
		say := func(at int, sentence string) {
			problems = append(problems, problem{each.file, 1 + strings.Count(content[:at], "\n"), sentence})
		}
		for _, form := range olderForms {
			for _, at := range form.FindAllStringIndex(content, -1) {
				say(at[0], fmt.Sprintf("%q leads nowhere: cite the page and its heading, such as billing.md#5-coverage",
					strings.Join(strings.Fields(content[at[0]:at[1]]), " ")))
			}
		}
		for _, at := range citation.FindAllStringIndex(content, -1) {
			if sentence := unresolved(files, headings, content[at[0]:at[1]], content[:at[0]]); sentence != "" {
				say(at[0], sentence)
			}
		}
	}
	return problems
}

// unresolved says why a citation leads nowhere; nothing when it leads to a heading, or is none.
func unresolved(files fs.FS, headings map[string]map[string]bool, cited, before string) string {
	if word := before[strings.LastIndexAny(before, " \t\n\"'(`")+1:]; strings.Contains(word, "://") {
		return "" // the page of another project
	}
	file, name, named := strings.Cut(cited, "#")
	switch {
	case !strings.Contains(file, "/") && named:
		file = path.Join(designFolder, file)
	case !strings.HasPrefix(file, "docs/") && !named:
		return "" // a file of whatever folder the text is about
	}
	if _, err := fs.Stat(files, file); err != nil {
		return fmt.Sprintf("the citation %s leads to %s, which does not exist", cited, file)
	}
	if named && !headings[file][name] {
		return fmt.Sprintf("the citation %s leads to a heading that %s does not have", cited, file)
	}
	return ""
}

func TestWrongCitationsAreFound(t *testing.T) {
	const leadsNowhere = "leads nowhere: cite the page and its heading"
	cases := map[string]struct{ reason, file, content, want string }{
		"a heading":             {"it is there", "a.go", "// (billing.md#5-coverage)\n", ""},
		"two headings":          {"each is followed", "a.go", "// (billing.md#5-coverage, billing.md#6-items)\n", "a.go:1: the citation billing.md#6-items leads to a heading that docs/design/billing.md does not have"},
		"no heading":            {"a reader finds the top of the page", "a.yaml", "a: 1\n# billing.md#coverage\n", "a.yaml:2: the citation billing.md#coverage leads to a heading"},
		"no page":               {"a reader finds nothing", "a.go", "// (prices.md#5-coverage)\n", "a.go:1: the citation prices.md#5-coverage leads to docs/design/prices.md, which does not exist"},
		"another page":          {"it is named by its path", "a.go", "// docs/kinds/x.md#guards\n", ""},
		"no other heading":      {"its heading was renamed", "a.go", "// docs/kinds/x.md#guard\n", "a.go:1: the citation docs/kinds/x.md#guard leads to a heading"},
		"a page as a whole":     {"it is there", "a.go", "// see docs/kinds/x.md.\n", ""},
		"no page as a whole":    {"it was moved", "a.go", "// see docs/x.md.\n", "a.go:1: the citation docs/x.md leads to docs/x.md, which does not exist"},
		"another project":       {"the network is not asked", "a.go", "// https://example.com/docs/x.md#there\n", ""},
		"in a string":           {"a test's reason is read too", "a_test.go", "reason: \"billing.md#6-items: 10 → 15\"\n", "a_test.go:1: the citation billing.md#6-items leads"},
		"a link":                {"other tests follow links", "a.md", "[x](gone.md#there)\n", ""},
		"on a page":             {"a page is a text too", "a.md", "`billing.md#6-items`\n", "a.md:1: the citation billing.md#6-items leads"},
		"a design":              {"it has no page", "a.go", "\n// (billing design, of seats)\n", "a.go:2: \"billing design\" " + leadsNowhere},
		"a design at the end":   {"a comment continues in the next line", "a.go", "// (consistency\n// design)\n", "a.go:1: \"consistency // design\" " + leadsNowhere},
		"a section":             {"the reader does not know of what", "a.go", "// (section 12.6)\n", "a.go:1: \"section 12.6\" " + leadsNowhere},
		"sections":              {"the reader does not know of what", "a.go", "// Sections 5 to 7\n", "a.go:1: \"Sections 5\" " + leadsNowhere},
		"a section at the end":  {"a comment continues in the next line", "a.go", "\t// section\n\t// 5)\n", "a.go:1: \"section // 5\" " + leadsNowhere},
		"a number after a page": {"numbers are no links", "a.go", "// (billing.md 12.3)\n", "a.go:1: \"billing.md 12.3\" " + leadsNowhere},
		"a title after a page":  {"titles are no links", "a.go", "// (trust.md, \"Loads\")\n", "a.go:1: \"trust.md, \\\"\" " + leadsNowhere},
		"this section":          {"it is prose", "a.md", "This section describes two kinds.\n", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{
				"docs/design/billing.md": {Data: []byte("# What a change costs\n\n## 5. Coverage\n")},
				"docs/kinds/x.md":        {Data: []byte("# X\n\n## Guards\n")},
				tc.file:                  {Data: []byte(tc.content)},
			}
			expect(t, tc.reason, tc.want, wrongCitations(files, headingsOf(t, files), textsOf(t, files)))
		})
	}
}
