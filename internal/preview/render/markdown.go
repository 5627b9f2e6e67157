// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seatplane/seatplane/internal/preview"
	"github.com/seatplane/seatplane/internal/table"
)

const (
	// Marker is the first line of every comment. It is invisible, and a job finds its own comment by
	// it.
	Marker = "<!-- seatplane-preview -->"

	// MaxMarkdown is the largest number of characters in a comment. GitHub accepts 65,536.
	MaxMarkdown = 60000

	// room is kept for what comes last: what was left out, what was ignored, and the hash.
	room = 1500

	// maxIgnored bounds the text about ignored kinds, of which manifests may have any number. Escaped, it fits into room.
	maxIgnored = 200
)

// Markdown writes a report as a comment on a pull request, for GitHub and GitLab: the headline, a table, and folded
// details. It has at most [MaxMarkdown] characters, and says what it leaves out.
func Markdown(r *preview.Report) string {
	m := &comment{}
	m.add("%s\n### Seatplane: %s\n\n%s Compared with %s, as of %s.\n", Marker, escape(headline(r)), counts(r), escape(r.Against), r.StateTime)
	for _, text := range r.Limits {
		m.add("\n> **Limit exceeded.** %s\n", escape(text))
	}
	m.problems("Invalid manifests", r.Invalid)
	m.problems("Would be refused", r.Refused)
	m.problems("Not examined", r.NotExamined)
	m.totals(r.Totals)
	for i := range r.Catalogue {
		m.effect(&r.Catalogue[i])
	}
	m.changes(r.Changes)
	for _, text := range r.Warnings {
		m.add("\n> Warning: %s\n", escape(text))
	}
	end := ""
	if len(r.Ignored) > 0 {
		end += fmt.Sprintf("\n<sub>Ignored: %s.</sub>\n", escape(table.Cut(ignored(r), maxIgnored)))
	}
	if r.Hash != "" {
		end += fmt.Sprintf("\n<sub>Hash %#q</sub>\n", r.Hash)
	}
	return m.text.String() + m.leftOut() + end
}

// comment is a comment that grows up to its size.
type comment struct {
	text strings.Builder
	size int
	// left counts what found no room, by what it is.
	left map[string]int
}

// fits reports whether there is room for a text.
func (m *comment) fits(text string) bool {
	return m.size+utf8.RuneCountInString(text) <= MaxMarkdown-room
}

// add writes a text that has to be there.
func (m *comment) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	m.size += utf8.RuneCountInString(text)
	m.text.WriteString(text)
}

// try writes a text if there is room, and otherwise counts it as left out.
func (m *comment) try(name, text string) {
	if len(m.left) == 0 && m.fits(text) {
		m.add("%s", text)
		return
	}
	if m.left == nil {
		m.left = map[string]int{}
	}
	m.left[name]++
}

func (m *comment) leftOut() string {
	if len(m.left) == 0 {
		return ""
	}
	var parts []string
	for _, name := range []string{"problems", "effects", "changes", "details"} {
		if n := m.left[name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(n), name))
		}
	}
	return fmt.Sprintf("\n> Left out, because a comment holds %s characters: %s. `kubectl seatplane preview -o html` shows all.\n",
		grouped(MaxMarkdown), strings.Join(parts, ", "))
}

func (m *comment) problems(title string, problems []preview.Problem) {
	if len(problems) == 0 {
		return
	}
	m.add("\n**%s**\n\n", title)
	for _, p := range problems {
		m.try("problems", "- "+escape(problemLine(p))+"\n")
	}
}

func (m *comment) totals(totals []preview.Total) {
	for i := range totals {
		m.add("\n| %s | before | after | difference |\n|---|--:|--:|--:|\n", totals[i].Currency)
		for _, h := range horizons(&totals[i].Horizons) {
			m.add("| %s | %s | %s | **%s** |\n", h.name, h.money.Before, h.money.After, signed(h.money.Difference))
		}
	}
}

func (m *comment) effect(e *preview.Effect) {
	b := &strings.Builder{}
	fmt.Fprintf(b, "\n**%s**, effect on other subscriptions: %s\n\n", escape(strings.Join(e.Objects, " + ")), effectCounts(e))
	for _, edit := range e.Edits {
		fmt.Fprintf(b, "- %s\n", escape(edit))
	}
	if len(e.Largest) > 0 {
		fmt.Fprintf(b, "\n<details><summary>The largest changes</summary>\n\n| subscription | a month before | after | difference |\n|---|--:|--:|--:|\n")
		for i := range e.Largest {
			c := &e.Largest[i]
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", escape(c.Name), c.PerMonth.Before, c.PerMonth.After, signed(c.PerMonth.Difference))
		}
		b.WriteString("\n</details>\n")
	}
	m.try("effects", b.String())
}

// changes writes a row for each change first, and then the details of as many as there is room for.
func (m *comment) changes(changes []preview.Change) {
	if len(changes) == 0 {
		return
	}
	m.add("\n| subscription | change | due now | next invoice | a month |\n|---|---|--:|--:|--:|\n")
	for i := range changes {
		c := &changes[i]
		m.try("changes", fmt.Sprintf("| %s | %s | %s %s | %s | %s → %s |\n", escape(c.Name), escape(what(c)), signed(c.DueNow.Difference),
			c.Currency, c.NextInvoice.After, c.PerMonth.Before, c.PerMonth.After))
	}
	if len(m.left) > 0 {
		return
	}
	for i := range changes {
		if text := details(&changes[i]); text != "" {
			m.try("details", text)
		}
	}
}

// details shows the arithmetic of a change, folded.
func details(c *preview.Change) string {
	b := &strings.Builder{}
	for i := range c.Outcomes {
		o := &c.Outcomes[i]
		fmt.Fprintf(b, "- %s: %s", escape(o.Summary), strings.ToLower(o.State))
		if o.Adjustment != "" {
			fmt.Fprintf(b, ", %s %s", signed(o.Adjustment), c.Currency)
		}
		if o.Hash != "" {
			fmt.Fprintf(b, ", hash `%s`", short(o.Hash))
		}
		b.WriteString("\n")
		for _, l := range o.Lines {
			fmt.Fprintf(b, "  - %s: %s: %s\n", escape(l.Item), escape(l.Description), l.Amount)
		}
		if o.Message != "" {
			fmt.Fprintf(b, "  - %s\n", escape(o.Message))
		}
	}
	for i := range c.Documents {
		d := &c.Documents[i]
		fmt.Fprintf(b, "- %s at once (%s): %s %s\n", escape(d.Type), escape(d.Reason), d.AmountDue, c.Currency)
		for _, l := range d.Lines {
			fmt.Fprintf(b, "  - %s: %s: %s\n", escape(l.Item), escape(l.Description), l.Amount)
		}
	}
	for _, note := range c.Notes {
		fmt.Fprintf(b, "- %s\n", escape(note))
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("\n<details><summary>%s</summary>\n\n%s\n</details>\n", escape(c.Name), b.String())
}

// markup replaces the characters that have a meaning in Markdown, HTML or on a forge. The backslash is one of them: a
// backslash in the text would escape the one that is added. A zero-width space prevents a forge from notifying the people
// that a text mentions, and from turning an address into a link.
var markup = strings.NewReplacer(`\`, `\\`, "&", "&amp;", "<", "&lt;", ">", "&gt;", "|", `\|`, "`", "'", "*", `\*`, "_", `\_`, "~", `\~`,
	"#", `\#`, "[", `\[`, "]", `\]`, "@", "@\u200b", "://", ":\u200b//", "www.", "www\u200b.")

// escape prevents text from a manifest from being read as Markdown or HTML. The result is one line.
func escape(text string) string { return markup.Replace(table.Plain(text)) }
