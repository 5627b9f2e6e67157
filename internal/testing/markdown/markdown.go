// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Page is a Markdown file.
type Page struct {
	// File is its path.
	File string
	// Blocks are its blocks, in order.
	Blocks []Block
	// Links are its links, in order.
	Links []Link
	// Headings are the anchors of its headings.
	Headings map[string]bool
	// Text is the whole file.
	Text string
}

// Block is a fenced block of code, or a script in a comment that begins with "test:".
type Block struct {
	// Line is the number of its first line of code.
	Line int
	// Language is the first word after the fence. It is sh if the block is hidden.
	Language string
	// Word is what follows the language.
	Word string
	// Code is the text between the fences.
	Code string
	// Before is the line of text right before the block. Empty lines do not count.
	Before string
	// Hidden means that readers do not see the block, because it is a comment.
	Hidden bool
}

// Link leads to a file or to a heading.
type Link struct {
	// Line is the number of its line.
	Line int
	// Target is the target of the link.
	Target string
}

// hiddenFrom begins a script that only tests run. The end of the comment ends it.
const (
	hiddenFrom = "<!-- test:"
	hiddenTo   = "-->"
)

var (
	fence   = regexp.MustCompile("^( *)(`{3,}|~{3,})[ ]*([^`]*)$")
	heading = regexp.MustCompile(`^#{1,6} +(.+?) *#*$`)
	inline  = regexp.MustCompile(`\]\(<?([^()<>\s]+)>?(?: +"[^"]*")?\)`)
	// A link may be defined separately from its use. Pictures may be HTML.
	defined = regexp.MustCompile(`^ {0,3}\[[^\]]+\]: *(\S+)`)
	source  = regexp.MustCompile(`(?:src|srcset|href)="([^"]+)"`)
	span    = regexp.MustCompile("`[^`]*`")
)

// Parse parses a page.
func Parse(file, text string) Page {
	p := Page{File: file, Headings: map[string]bool{}, Text: text}
	lines := strings.Split(text, "\n")
	before := ""
	for i := 0; i < len(lines); i++ {
		if block, end, found := blockAt(lines, i); found {
			block.Before, before = before, ""
			p.Blocks = append(p.Blocks, block)
			i = end
			continue
		}
		if m := heading.FindStringSubmatch(lines[i]); m != nil {
			p.addHeading(anchor(m[1]))
		}
		p.Links = append(p.Links, linksIn(i+1, lines[i])...)
		if strings.TrimSpace(lines[i]) != "" {
			before = lines[i]
		}
	}
	return p
}

// blockAt returns the block that begins in a line, and the index of its last line.
func blockAt(lines []string, start int) (Block, int, bool) {
	if m := fence.FindStringSubmatch(lines[start]); m != nil {
		end := closing(lines, start, m[2])
		return newBlock(start+2, m[3], len(m[1]), lines[start+1:end]), end, true
	}
	if !strings.HasPrefix(lines[start], hiddenFrom) {
		return Block{}, 0, false
	}
	code, last := "", start
	for ; last < len(lines); last++ {
		line, _, ends := strings.Cut(strings.TrimPrefix(lines[last], hiddenFrom), hiddenTo)
		code += line + "\n"
		if ends {
			break
		}
	}
	return Block{Line: start + 1, Language: "sh", Code: code, Hidden: true}, last, true
}

// closing returns the index of the line that closes the block, or the end of the page.
func closing(lines []string, start int, mark string) int {
	for i := start + 1; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if strings.HasPrefix(line, mark) && strings.Trim(line, mark[:1]) == "" {
			return i
		}
	}
	return len(lines)
}

func newBlock(line int, info string, indent int, lines []string) Block {
	margin := strings.Repeat(" ", indent)
	var code strings.Builder
	for _, l := range lines {
		code.WriteString(strings.TrimPrefix(l, margin) + "\n")
	}
	language, word, _ := strings.Cut(strings.TrimSpace(info), " ")
	return Block{Line: line, Language: language, Word: strings.TrimSpace(word), Code: code.String()}
}

func linksIn(line int, text string) []Link {
	var links []Link
	text = span.ReplaceAllString(text, "")
	for _, pattern := range []*regexp.Regexp{inline, defined, source} {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			links = append(links, Link{line, m[1]})
		}
	}
	return links
}

// addHeading adds a heading. A repeated heading gets a number, as on rendered pages.
func (p Page) addHeading(name string) {
	unique := name
	for n := 1; p.Headings[unique]; n++ {
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	p.Headings[unique] = true
}

var (
	linked   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	unlinked = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// anchor returns the anchor of a heading.
func anchor(title string) string {
	title = linked.ReplaceAllString(title, "$1")
	title = unlinked.ReplaceAllString(strings.ToLower(title), "")
	return strings.ReplaceAll(title, " ", "-")
}

// Pages returns the Markdown files of a project, except for build outputs and Git's own files.
func Pages(files fs.FS) ([]Page, error) {
	var pages []Page
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
		pages = append(pages, Parse(file, string(text)))
		return err
	})
	return pages, err
}
