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
		"Parenthesis":     {reason: "a union in parentheses", query: "(SELECT 1, 2) UNION ALL (SELECT 3, 4)", postgres: true, mysql: true},
		"Backslash":       {reason: "only MySQL takes a quotation mark along", query: `SELECT 'a\', 1; SELECT 'b', 2`, mysql: true},
		"BackslashQuote":  {reason: "the string ends in PostgreSQL and continues in MySQL", query: `SELECT 'a\'; DELETE FROM users; --', 1`, mysql: true},
		"EscapeString":    {reason: "PostgreSQL's own strings with escapes", query: `SELECT E'a\'; ', 1`, postgres: true, mysql: true},
		"Dollar":          {reason: "PostgreSQL's dollar quotes", query: "SELECT $$;$$, $x$ $$; $x$, 1", postgres: true},
		"DollarIsNoEnd":   {reason: "another tag does not end it", query: "SELECT $x$ ; $y$; DELETE FROM users", postgres: true},
		"HashComment":     {reason: "a comment in MySQL alone", query: "SELECT 1, 2 # ; DELETE", mysql: true},
		"DashesAreMinus":  {reason: "two dashes are a comment in MySQL only before a blank", query: "SELECT 1--1, 2; SELECT 3", postgres: true},
		"Backquote":       {reason: "a name in MySQL", query: "SELECT `;`, 1 FROM t", mysql: true},
		"DoubleQuote":     {reason: "a name or a string", query: `SELECT ";", 1`, postgres: true, mysql: true},
		"Brackets":        {reason: "an array, no quotation", query: "SELECT a[1], 1; SELECT 2"},
		"Semicolon":       {reason: "one at the end is how people write", query: "SELECT 1, 2;\n", postgres: true, mysql: true},
		"SecondStatement": {reason: "two", query: "SELECT 1, 2; SELECT 3, 4"},
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
