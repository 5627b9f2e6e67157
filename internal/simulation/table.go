// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seatplane/seatplane/internal/picture"
	"github.com/seatplane/seatplane/internal/table"
)

// pageWidth is the largest width of a table, in characters.
const pageWidth = 100

// Text writes a result for people: a table for each subscription, then the totals. No line of a table is longer than 100
// characters.
func (r *Result) Text() string {
	out := &strings.Builder{}
	for i := range r.Subscriptions {
		s := &r.Subscriptions[i]
		fmt.Fprintf(out, "%s\n", table.Plain(s.heading()))
		if len(s.Steps) > 0 {
			rows := s.Table()
			fit(&rows, 1)
			out.WriteString(rows.String())
		}
		for _, note := range s.notes() {
			fmt.Fprintf(out, "%s\n", table.Plain(note))
		}
		out.WriteByte('\n')
	}
	for _, total := range r.Totals {
		fmt.Fprintf(out, "%s to %s: %s, %s %s due\n", day(r.From), day(r.Until), counted(total.Invoices, "invoice"), total.AmountDue, total.Currency)
	}
	if len(r.Totals) == 0 {
		fmt.Fprintf(out, "%s to %s: no invoices\n", day(r.From), day(r.Until))
	}
	for _, p := range r.NotSimulated {
		fmt.Fprintf(out, "Not simulated, and not in the totals: Subscription %s: %s\n", table.Plain(p.Subscription), table.Plain(p.Message))
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(out, "Warning: %s\n", table.Plain(w))
	}
	return out.String()
}

func (s *Subscription) heading() string {
	heading := fmt.Sprintf("Subscription %s/%s", s.Namespace, s.Name)
	if s.Currency != "" {
		heading += ", amounts in " + s.Currency
	}
	return heading
}

// Table has a row for each step.
func (s *Subscription) Table() table.Table {
	rows := table.Table{Columns: []string{"TIME (UTC)", "WHAT", "SEATS", "DUE", "BALANCE", "INVOICED"}}
	for i := range s.Steps {
		step := &s.Steps[i]
		rows.Add(minute(step.Time), step.What, strconv.FormatInt(step.Seats, 10), step.AmountDue, step.Balance, step.Total)
	}
	return rows
}

// notes are the sentences below a table.
func (s *Subscription) notes() []string {
	var notes []string
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Message != "" && step.Kind != Scheduled && step.Kind != Dropped {
			notes = append(notes, fmt.Sprintf("%s, %s: %s", minute(step.Time), step.What, step.Message))
		}
	}
	if s.End.NextInvoiceTime != "" {
		notes = append(notes, fmt.Sprintf("The next invoice is due on %s, for %s.", day(s.End.NextInvoiceTime), s.End.NextInvoice))
	}
	if len(s.Steps) == 0 {
		notes = append([]string{"Nothing happens."}, notes...)
	}
	return notes
}

// fit shortens one column until no row is wider than a page.
func fit(t *table.Table, column int) {
	const gap = 3
	wide := make([]int, len(t.Columns))
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		for n, cell := range row {
			wide[n] = max(wide[n], utf8.RuneCountInString(cell))
		}
	}
	room := pageWidth - gap*(len(wide)-1)
	for n, w := range wide {
		if n != column {
			room -= w
		}
	}
	room = max(room, len("…")+10)
	for _, row := range t.Rows {
		if runes := []rune(row[column]); len(runes) > room {
			row[column] = string(runes[:room-1]) + "…"
		}
	}
}

// minute is an instant as tables show it.
func minute(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func day(at string) string { return at[:min(len(at), len(time.DateOnly))] }

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// CSV writes a row for each step of every subscription, for spreadsheets.
func (r *Result) CSV() (string, error) {
	out := &strings.Builder{}
	w := csv.NewWriter(out)
	rows := [][]string{{
		"time", "namespace", "subscription", "kind", "what", "seats", "currency", "update", "adjustment",
		"invoice", "amountDue", "balance", "total", "message",
	}}
	for i := range r.Subscriptions {
		s := &r.Subscriptions[i]
		for _, step := range s.Steps {
			rows = append(rows, []string{
				step.Time, s.Namespace, s.Name, string(step.Kind), harmless(step.What), strconv.FormatInt(step.Seats, 10), s.Currency,
				step.Update, step.Adjustment, step.Invoice, step.AmountDue, step.Balance, step.Total, harmless(step.Message),
			})
		}
	}
	err := w.WriteAll(rows)
	return out.String(), err
}

// harmless keeps a spreadsheet from reading a text as a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r") {
		return "'" + text
	}
	return text
}

// HTML writes the picture with the tables below it, in one file.
func (r *Result) HTML() (string, error) {
	var sections []picture.Section
	for i := range r.Subscriptions {
		s := &r.Subscriptions[i]
		sections = append(sections, picture.Section{Heading: s.heading(), Table: s.Table(), Notes: s.notes()})
	}
	return picture.HTML(r.Picture(), sections)
}
