// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	cases := map[string]struct {
		reason string
		table  Table
		want   string
	}{
		"columns": {
			reason: "cells of one column start at one place, and no line ends in spaces",
			table:  Table{Columns: []string{"NAME", "DUE"}, Rows: [][]string{{"acme-000001", "125.00"}, {"b", ""}}},
			want:   "NAME          DUE\nacme-000001   125.00\nb\n",
		},
		"no headings": {
			reason: "a table without headings starts with its first row",
			table:  Table{Rows: [][]string{{"a", "1"}, {"bb", "2"}}},
			want:   "a    1\nbb   2\n",
		},
		"short row": {
			reason: "a row may end early",
			table:  Table{Columns: []string{"A", "B"}, Rows: [][]string{{"a"}}},
			want:   "A   B\na\n",
		},
		"other scripts": {
			reason: "a cell is as wide as it has characters, not bytes",
			table:  Table{Columns: []string{"A", "B"}, Rows: [][]string{{"2 → 7", "x"}, {"12345", "y"}}},
			want:   "A       B\n2 → 7   x\n12345   y\n",
		},
		"a hostile name": {
			reason: "nothing that a cell says moves the cursor or starts a line",
			table:  Table{Columns: []string{"A"}, Rows: [][]string{{"x\x1b[2Jy\nz\u202e"}}},
			want:   "A\nx [2Jy z\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.table.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCut(t *testing.T) {
	cases := map[string]struct{ reason, text, want string }{
		"fits":     {reason: "nothing is missing, and nothing is marked", text: "Möbel", want: "Möbel"},
		"too long": {reason: "it is counted in characters, and the mark is one of them", text: "Möbelhaus", want: "Möbe…"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Cut(tc.text, 5); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
