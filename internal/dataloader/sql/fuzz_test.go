// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// The lexers decide what of a query is code. They are compared with the real servers: a sentinel is written
// behind a text, and the server is asked to parse it, and not to execute it. The sentinel is a row of names
// that no statement has, so that a server whose error points at it reads it as code. One that has another
// verdict (no error, or one that a parser cannot have before the end) reads it as a part of a comment or a
// string. An error before the sentinel says nothing.
const sentinel = "\tseatplane_a seatplane_b seatplane_c seatplane_d"

// seen is what is known about how a server reads the sentinel.
type seen int

const (
	unknown seen = iota
	asCode
	asLiteral
)

// atoms are what the first bytes of the alphabet stand for in the texts of the fuzzer, so that a change of one
// byte is a change of what matters to a lexer. No query may have these bytes themselves.
var atoms = []string{
	"'", `"`, "`", `\`, "''", `\'`, "--", "-- ", "--\n", "\n", "\r", "/*", "*/", "#", "$$", "$a$", "E'", "e'", "N'", "x'", "U&'",
	"[", "]", "@", "$a(", ":", ";", "INTO",
}

// spelled returns the text that an input of the fuzzer stands for. The blanks of a query stand for themselves.
func spelled(input string) string {
	var text strings.Builder
	for _, r := range input {
		at := int(r) - 1
		if r != '\t' && r != '\n' && r != '\r' && at >= 0 && at < len(atoms) {
			text.WriteString(atoms[at])
			continue
		}
		text.WriteRune(r)
	}
	return text.String()
}

// lexerSeeds are texts that one lexer or another was wrong about, and the pieces that they are made of.
var lexerSeeds = []string{
	"SELECT 1, 2 --\nINTO OUTFILE 'x'",
	`SELECT 'a\', 1; SELECT 'b', 2`,
	`SELECT E'a\'; ', 1`,
	`SELECT E'it''s \' ; ', 1`,
	"SELECT E''\n'\\' ', 1",
	"SELECT E'a' -- one\n -- two\n '\\' ', 1",
	`SELECT name'\', 1; SELECT '`,
	"SELECT 1 AS a$$ , 2 AS b$$",
	"SELECT $a$ $b$ ; $a$, 1",
	"SELECT $ü$ ' $ü$ , 1",
	"SELECT 1 /* /* */ ' */ , 2",
	"SELECT 1 -- \r, 2",
	"SELECT 1 # ' \n, 2",
	"SELECT 1--1, 2",
	"SELECT `a``b` , 1",
	"SELECT [a'b] , 1 FROM t",
	"SELECT $a(') , 1",
	"SELECT @a(';') , :b",
	"SELECT @'a\\'b' , 1",
	"SELECT x'' , N'\\' , 1",
	"SELECT U&'\\0061' , 1",
	`SELECT _utf8'a\'b' , 1`,
	"SELECT 1 /* never closed",
	"SELECT 'never closed",
}

// fuzzLexer compares a lexer with what a server has to say.
func fuzzLexer(f *testing.F, by lexicon, ask func(ctx context.Context, query string) seen) {
	f.Helper()
	for _, seed := range lexerSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		query := spelled(input)
		if checkText(query) != nil || len(query) > 1000 || strings.Contains(query, "seatplane_") {
			return
		}
		ours := asLiteral
		if strings.HasSuffix(by.withoutLiterals(query+sentinel), sentinel) {
			ours = asCode
		}
		limited, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if theirs := ask(limited, query+sentinel); theirs != unknown && theirs != ours {
			t.Errorf("%q: the server reads its end as code: %v, the lexer: %v", query, theirs == asCode, ours == asCode)
		}
	})
}

// parsedBy returns a pool of one connection for the administrator of a server.
func parsedBy(f *testing.F, b *backend) *databasesql.DB {
	f.Helper()
	db, err := b.server(f).Open("")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	return db
}

// parse has a server read a statement without executing it.
func parse(ctx context.Context, db *databasesql.DB, query string) error {
	prepared, err := db.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = prepared.Close() }()
	if err := ctx.Err(); err != nil {
		return err
	}
	return nil
}

func FuzzPostgresLexer(f *testing.F) {
	db := parsedBy(f, backends[0])
	fuzzLexer(f, postgresLexicon, func(ctx context.Context, query string) seen { return postgresSees(ctx, db, query) })
}

// postgresParsed reports whether an error comes from after the parser, so that the text has no error.
var postgresParsed = regexp.MustCompile(`^(?:42P|42703|42883|42803|42804|42846|42702|42712|42704|42725|0A|25)`)

func postgresSees(ctx context.Context, db *databasesql.DB, query string) seen {
	err := parse(ctx, db, query)
	if err == nil {
		return asLiteral
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return unknown
	}
	at := len([]rune(query)) - len([]rune(sentinel))
	switch {
	case said.Code == "42601" && strings.HasPrefix(said.Message, "syntax error at or near") && int(said.Position) > at+1:
		return asCode
	case strings.HasPrefix(said.Message, "unterminated"), strings.HasPrefix(said.Message, "cannot insert multiple commands"):
		return asLiteral
	case postgresParsed.MatchString(said.Code):
		return asLiteral
	}
	return unknown
}

func FuzzMySQLLexer(f *testing.F) {
	db := parsedBy(f, backends[1])
	fuzzLexer(f, mysqlLexicon, func(ctx context.Context, query string) seen { return mysqlSees(ctx, db, query) })
}

// mysqlNear takes the text out of an error at which the parser of MySQL stopped.
var mysqlNear = regexp.MustCompile(`(?s)syntax to use near '(.*)' at line [0-9]+$`)

func mysqlSees(ctx context.Context, db *databasesql.DB, query string) seen {
	err := parse(ctx, db, query)
	if err == nil {
		return asLiteral
	}
	said, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return unknown
	}
	if said.Number != 1064 {
		// Names are looked up after the whole text was parsed.
		if said.Number == 1054 || said.Number == 1146 || said.Number == 1046 {
			return asLiteral
		}
		return unknown
	}
	near := mysqlNear.FindStringSubmatch(said.Message)
	if len(near) == 2 && strings.HasPrefix(near[1], "seatplane_") && strings.HasSuffix(sentinel, near[1]) {
		return asCode
	}
	return unknown
}

func FuzzSQLiteLexer(f *testing.F) {
	db, err := databasesql.Open("sqlite", ":memory:")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	fuzzLexer(f, sqliteLexicon, func(ctx context.Context, query string) seen { return sqliteSees(ctx, db, query) })
}

// sqliteSees asks SQLite. Its driver prepares one statement at a time, and a text of several only as it
// executes them: EXPLAIN keeps the first from being more than a list of steps.
func sqliteSees(ctx context.Context, db *databasesql.DB, query string) seen {
	rows, err := db.QueryContext(ctx, "EXPLAIN "+query)
	if err == nil {
		defer func() { _ = rows.Close() }()
		err = rows.Err()
	}
	switch {
	case err == nil:
		return asLiteral
	case strings.Contains(err.Error(), `near "seatplane_`):
		return asCode
	case strings.Contains(query, ";"):
		// The first statement failed, and nobody looked at what comes after it.
		return unknown
	case strings.Contains(err.Error(), "no such column"), strings.Contains(err.Error(), "no such table"):
		return asLiteral
	}
	return unknown
}

// The seeds say something: on each server there are some that end in code and some that do not. Without this,
// a comparison that never learns anything would never fail.
func TestServersSeeSentinel(t *testing.T) {
	asked := map[v1alpha1.SQLDriver]func(context.Context, *databasesql.DB, string) seen{
		v1alpha1.DriverPostgres: postgresSees, v1alpha1.DriverMySQL: mysqlSees,
	}
	onServers(t, func(t *testing.T, s *stage) {
		for query, want := range map[string]seen{
			"SELECT 1, 2": asCode, "SELECT 'a', 1": asCode, "SELECT 1, 2 -- ": asLiteral, "SELECT 1 AS a, (2": asCode,
		} {
			if got := asked[s.driver](t.Context(), s.admin, query+sentinel); got != want {
				t.Errorf("%q: got %v, want %v", query, got, want)
			}
		}
	})
}

// Texts that hid a second statement or a file from an earlier lexer are refused.
func TestHiddenCode(t *testing.T) {
	cases := map[string]struct {
		reason, query string
		by            lexicon
	}{
		"TypedString":     {reason: "E at the end of a name begins no string with backslashes", query: `SELECT name'\', 1; DELETE FROM users --'`, by: postgresLexicon},
		"Continued":       {reason: "the next line continues with the string", query: "SELECT E''\n'\\' ', 1; DELETE FROM users --'", by: postgresLexicon},
		"ContinuedFar":    {reason: "also behind a comment", query: "SELECT E'' -- x\n'\\' ', 1; DELETE FROM users --'", by: postgresLexicon},
		"Doubled":         {reason: "a doubled quotation mark does not end the string", query: `SELECT E'''\' ', 1; DELETE FROM users --'`, by: postgresLexicon},
		"DollarInName":    {reason: "dollar signs of a name begin no string", query: "SELECT 1 AS a$$, 2; DELETE FROM users; --$$", by: postgresLexicon},
		"AccentTag":       {reason: "a tag may have any letter", query: "SELECT $ü$ ' $ü$, 1; DELETE FROM users --'", by: postgresLexicon},
		"NestedComment":   {reason: "the comment ends with its outer end", query: "SELECT 1 /* /* */ ' */, 2; DELETE FROM users --'", by: postgresLexicon},
		"CarriageReturn":  {reason: "it ends the comment in PostgreSQL", query: "SELECT 1, 2 -- \r; DELETE FROM users", by: postgresLexicon},
		"HyphensLine":     {reason: "the line break ends the comment that it opens", query: "SELECT 1, 2 --\n; DELETE FROM users\n", by: mysqlLexicon},
		"Variable":        {reason: "a variable of Tcl has parentheses", query: "SELECT $a('), 1; DELETE FROM users --'", by: sqliteLexicon},
		"ZeroByte":        {reason: "it ends a comment in MySQL", query: "SELECT 1, 2 -- \x00; DELETE FROM users", by: mysqlLexicon},
		"ByteOrderMark":   {reason: "a blank to one, a letter to another", query: "\uFEFFSELECT 1, 2", by: sqliteLexicon},
		"InvalidEncoding": {reason: "not UTF-8", query: "SELECT '\xff', 2", by: postgresLexicon},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if err := checkStatement(tc.query, tc.by); err == nil {
				t.Errorf("%s: %q is accepted", tc.reason, tc.query)
			}
		})
	}
}
