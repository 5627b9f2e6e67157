// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import "testing"

func TestLexicons(t *testing.T) {
	cases := map[string]struct {
		reason          string
		query           string
		postgres, mysql bool
	}{
		"Parenthesis":     {"a union in parentheses", "(SELECT 1, 2) UNION ALL (SELECT 3, 4)", true, true},
		"Backslash":       {"only MySQL takes a quotation mark along", `SELECT 'a\', 1; SELECT 'b', 2`, false, true},
		"BackslashQuote":  {"the string ends in PostgreSQL and goes on in MySQL", `SELECT 'a\'; DELETE FROM users; --', 1`, false, true},
		"EscapeString":    {"PostgreSQL's own strings with escapes", `SELECT E'a\'; ', 1`, true, true},
		"Dollar":          {"PostgreSQL's dollar quotes", "SELECT $$;$$, $x$ $$; $x$, 1", true, false},
		"DollarIsNoEnd":   {"another tag does not end it", "SELECT $x$ ; $y$; DELETE FROM users", true, false},
		"HashComment":     {"a comment in MySQL alone", "SELECT 1, 2 # ; DELETE", false, true},
		"DashesAreMinus":  {"two dashes are a comment in MySQL only before a blank", "SELECT 1--1, 2; SELECT 3", true, false},
		"Backquote":       {"a name in MySQL", "SELECT `;`, 1 FROM t", false, true},
		"DoubleQuote":     {"a name or a string", `SELECT ";", 1`, true, true},
		"Brackets":        {"an array, no quotation", "SELECT a[1], 1; SELECT 2", false, false},
		"Semicolon":       {"one at the end is how people write", "SELECT 1, 2;\n", true, true},
		"SecondStatement": {"two", "SELECT 1, 2; SELECT 3, 4", false, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if err := checkStatement(tc.query, postgresLexicon); (err == nil) != tc.postgres {
				t.Errorf("%s: PostgreSQL: got %v", tc.reason, err)
			}
			if err := checkStatement(tc.query, mysqlLexicon); (err == nil) != tc.mysql {
				t.Errorf("%s: MySQL: got %v", tc.reason, err)
			}
		})
	}
}
