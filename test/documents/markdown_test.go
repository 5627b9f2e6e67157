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
)

// page is a Markdown file, as far as the tests read it.
type page struct {
	file     string
	blocks   []block
	links    []link
	headings map[string]bool // the anchors of its headings
	text     string
}

// block is a fenced block of code.
type block struct {
	line     int    // of its first line of code
	language string // the first word after the fence
	word     string // what follows it
	code     string
}

// link leads to a file or to a heading.
type link struct {
	line   int
	target string
}

var (
	fence   = regexp.MustCompile("^( *)(`{3,}|~{3,})[ ]*([^`]*)$")
	heading = regexp.MustCompile(`^#{1,6} +(.+?) *#*$`)
	inline  = regexp.MustCompile(`\]\(<?([^()<>\s]+)>?(?: +"[^"]*")?\)`)
	// A link may be defined apart from where it is used; pictures may be HTML.
	defined = regexp.MustCompile(`^ {0,3}\[[^\]]+\]: *(\S+)`)
	source  = regexp.MustCompile(`(?:src|srcset|href)="([^"]+)"`)
	span    = regexp.MustCompile("`[^`]*`")
)

// parse reads a page.
func parse(file, text string) page {
	p := page{file: file, headings: map[string]bool{}, text: text}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if m := fence.FindStringSubmatch(lines[i]); m != nil {
			end := closing(lines, i, m[2])
			p.blocks = append(p.blocks, newBlock(i+2, m[3], len(m[1]), lines[i+1:end]))
			i = end
			continue
		}
		if m := heading.FindStringSubmatch(lines[i]); m != nil {
			p.addHeading(anchor(m[1]))
		}
		p.links = append(p.links, linksIn(i+1, lines[i])...)
	}
	return p
}

// closing returns the index of the line that closes the block; the end of the page when none does.
func closing(lines []string, start int, mark string) int {
	for i := start + 1; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if strings.HasPrefix(line, mark) && strings.Trim(line, mark[:1]) == "" {
			return i
		}
	}
	return len(lines)
}

func newBlock(line int, info string, indent int, lines []string) block {
	margin := strings.Repeat(" ", indent)
	var code strings.Builder
	for _, l := range lines {
		code.WriteString(strings.TrimPrefix(l, margin) + "\n")
	}
	language, word, _ := strings.Cut(strings.TrimSpace(info), " ")
	return block{line: line, language: language, word: strings.TrimSpace(word), code: code.String()}
}

func linksIn(line int, text string) []link {
	var links []link
	text = span.ReplaceAllString(text, "")
	for _, pattern := range []*regexp.Regexp{inline, defined, source} {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			links = append(links, link{line, m[1]})
		}
	}
	return links
}

// addHeading gives the second heading of a name a number, as those who render pages do.
func (p page) addHeading(name string) {
	unique := name
	for n := 1; p.headings[unique]; n++ {
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	p.headings[unique] = true
}

var (
	linked   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	unlinked = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// anchor returns what a heading is linked to by.
func anchor(title string) string {
	title = linked.ReplaceAllString(title, "$1")
	title = unlinked.ReplaceAllString(strings.ToLower(title), "")
	return strings.ReplaceAll(title, " ", "-")
}

// pagesOf returns the Markdown files of the project, but for what is built and what Git keeps.
func pagesOf(t *testing.T, files fs.FS) []page {
	t.Helper()
	var pages []page
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "bin" || name == "dist" || name == ".git") {
			return fs.SkipDir
		}
		if entry.IsDir() || path.Ext(file) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(files, file)
		pages = append(pages, parse(file, string(text)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}
