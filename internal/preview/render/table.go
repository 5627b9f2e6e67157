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

// width is how many columns a table has at most.
const width = 100

// Table writes a report for a terminal, at most 100 columns wide.
func Table(r *preview.Report) string {
	b := &strings.Builder{}
	line := func(format string, args ...any) {
		text, blank := strings.CutPrefix(format, "\n")
		if blank {
			b.WriteString("\n")
		}
		b.WriteString(fit(table.Plain(fmt.Sprintf(text, args...))) + "\n")
	}
	for _, text := range wrap(headline(r), width) {
		line("%s", text)
	}
	if r.Hash != "" {
		b.WriteString("Hash " + r.Hash + "\n")
	}
	for _, text := range wrap(fmt.Sprintf("%s Compared with %s, as of %s.", counts(r), r.Against, r.StateTime), width) {
		line("%s", text)
	}
	tableProblems(line, r)
	tableTotals(line, r)
	if len(r.Changes) > 0 {
		line("\n%-24s %-30s %13s %13s %13s", "SUBSCRIPTION", "CHANGE", "DUE NOW", "NEXT INVOICE", "A MONTH")
	}
	for i := range r.Changes {
		tableChange(line, &r.Changes[i])
	}
	for i := range r.Catalogue {
		tableEffect(line, &r.Catalogue[i])
	}
	for _, text := range r.Limits {
		line("")
		for _, wrapped := range wrap("Limit exceeded: "+text, width) {
			line("%s", wrapped)
		}
	}
	for _, text := range r.Warnings {
		line("")
		for _, wrapped := range wrap("Warning: "+text, width) {
			line("%s", wrapped)
		}
	}
	if len(r.Ignored) > 0 {
		line("\nIgnored: %s.", ignored(r))
	}
	return b.String()
}

// tableProblems writes the objects for which there is no price, and why.
func tableProblems(line func(string, ...any), r *preview.Report) {
	for _, list := range []struct {
		title    string
		problems []preview.Problem
	}{{"INVALID", r.Invalid}, {"REFUSED", r.Refused}, {"NOT EXAMINED", r.NotExamined}} {
		if len(list.problems) > 0 {
			line("\n%s", list.title)
		}
		for _, p := range list.problems {
			for _, wrapped := range wrap(problemLine(p), width-2) {
				line("  %s", wrapped)
			}
		}
	}
}

// tableTotals writes the sums, one table for each currency.
func tableTotals(line func(string, ...any), r *preview.Report) {
	for i := range r.Totals {
		t := &r.Totals[i]
		line("\n%-22s %18s %18s %18s", "TOTAL "+t.Currency, "BEFORE", "AFTER", "DIFFERENCE")
		for _, h := range horizons(&t.Horizons) {
			line("%-22s %18s %18s %18s", h.name, h.money.Before, h.money.After, signed(h.money.Difference))
		}
	}
}

func tableChange(line func(string, ...any), c *preview.Change) {
	line("%-24s %-30s %13s %13s %13s", table.Cut(c.Name, 24), table.Cut(what(c), 30), signed(c.DueNow.Difference),
		c.NextInvoice.After, signed(c.PerMonth.Difference))
	for i := range c.Outcomes {
		o := &c.Outcomes[i]
		for _, l := range o.Lines {
			line("  %-82s %13s", table.Cut(fmt.Sprintf("%s: %s", l.Item, l.Description), 82), signed(l.Amount))
		}
		if o.Message != "" {
			for _, text := range wrap(o.Message, width-2) {
				line("  %s", text)
			}
		}
	}
	for _, note := range c.Notes {
		for _, text := range wrap(note, width-2) {
			line("  %s", text)
		}
	}
}

func tableEffect(line func(string, ...any), e *preview.Effect) {
	line("\n%s", table.Cut(fmt.Sprintf("%s, effect on other subscriptions: %s", strings.Join(e.Objects, " + "), effectCounts(e)), width))
	for _, edit := range e.Edits {
		line("  %s", table.Cut(edit, width-2))
	}
	for i := range e.Totals {
		t := &e.Totals[i]
		line("  %-20s %18s %18s %18s", t.Currency, "BEFORE", "AFTER", "DIFFERENCE")
		for _, h := range horizons(&t.Horizons) {
			line("  %-20s %18s %18s %18s", h.name, h.money.Before, h.money.After, signed(h.money.Difference))
		}
	}
	for i := range e.Largest {
		c := &e.Largest[i]
		line("  %-40s %13s a month", table.Cut(c.Name, 40), signed(c.PerMonth.Difference))
	}
}

func ignored(r *preview.Report) string {
	var kinds []string
	for _, each := range r.Ignored {
		kinds = append(kinds, fmt.Sprintf("%d %s", each.Count, each.Kind))
	}
	return strings.Join(kinds, ", ")
}

// fit leaves out the blanks at the end of a line.
func fit(text string) string { return strings.TrimRight(text, " ") }

// wrap breaks a text at spaces, into lines of at most the given number of characters.
func wrap(text string, to int) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(text) {
		switch {
		case current == "":
			current = word
		case utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) <= to:
			current += " " + word
		default:
			lines = append(lines, current)
			current = word
		}
	}
	return append(lines, current)
}
