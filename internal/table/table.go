// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package table lays out text in columns, as kubectl does, and makes text fit to be shown.
package table

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Characters without a width that names in some scripts need.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// gap is how far columns are apart, as in kubectl's tables.
const gap = 3

// Table has columns and rows. A row that is shorter than the columns ends early.
type Table struct {
	// Columns are the headings; none for a table without headings.
	Columns []string
	// Rows are the cells.
	Rows [][]string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// String returns the table with a newline after each line, and no spaces at the end of lines. Characters that control
// a terminal become a space.
func (t *Table) String() string {
	rows, columns := t.Rows, len(t.Columns)
	if columns > 0 {
		rows = append([][]string{t.Columns}, t.Rows...)
	}
	for _, row := range t.Rows {
		columns = max(columns, len(row))
	}
	widths := make([]int, columns)
	for _, row := range rows {
		for n, cell := range row {
			widths[n] = max(widths[n], utf8.RuneCountInString(cell))
		}
	}
	out := &strings.Builder{}
	for _, row := range rows {
		out.WriteString(line(row, widths))
		out.WriteByte('\n')
	}
	return out.String()
}

func line(row []string, widths []int) string {
	out := &strings.Builder{}
	for n, cell := range row {
		out.WriteString(Plain(cell))
		out.WriteString(strings.Repeat(" ", widths[n]+gap-utf8.RuneCountInString(cell)))
	}
	return strings.TrimRight(out.String(), " ")
}

// Cut shortens a text to a number of characters, and marks that it did.
func Cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// PlainLines is [Plain] for each line of a text. The lines stay separate.
func PlainLines(text string) string {
	lines := strings.Split(text, "\n")
	for n := range lines {
		lines[n] = Plain(lines[n])
	}
	return strings.Join(lines, "\n")
}

// Plain replaces characters that control a terminal by spaces.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != zeroWidthJoiner && r != zeroWidthNonJoiner {
			return ' '
		}
		return r
	}, text)
}
