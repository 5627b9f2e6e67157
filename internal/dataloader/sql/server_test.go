// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

func TestServerLoadAll(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		got, err := s.load(counting, "acme")
		if err != nil {
			t.Fatal(err)
		}
		want := dataloader.Answer{Rows: rows("acme", "3", "bolt", "2", "coda", "1"), Queries: 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestServerLoadBound(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		odd := []string{`x"'];--`, "a\x00b", `back\slash`, "ünï💺", "%", "{a,b}", "NULL", ""}
		got, err := s.loadSpec(s.boundSpec(), append(odd, "acme", "coda")...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dataloader.Answer{Rows: rows("acme", "3", "coda", "2"), Queries: 1}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		many := make([]string, 25_000)
		for i := range many {
			many[i] = fmt.Sprintf("customer-%05d", i)
		}
		many[17], many[24_999] = "acme", "bolt"
		if got, err = s.loadSpec(s.boundSpec(), many...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dataloader.Answer{Rows: rows("acme", "3", "bolt", "2"), Queries: 3}, got); diff != "" {
			t.Errorf("25,000 keys take three batches: -want +got:\n%s", diff)
		}
	})
}

// The columns of wanted keys may be of a type that is no text.
func TestServerBoundNumbers(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		s.exec("CREATE TABLE seats (tenant BIGINT, seats INT)", "INSERT INTO seats VALUES (41, 4), (42, 7)")
		loader := s.spec("SELECT tenant, seats FROM seats WHERE tenant = ANY($1)")
		if s.driver == v1alpha1.DriverMySQL {
			loader.SQL.Query = "SELECT tenant, seats FROM seats WHERE tenant IN (SELECT k FROM JSON_TABLE(?, '$[*]' COLUMNS (k VARCHAR(256) PATH '$')) AS wanted)"
		}
		loader.SQL.Keys = v1alpha1.QueryBound
		// One customer whose ID is not a number takes nothing away from the others.
		got, err := s.loadSpec(loader, "42", "43", "acme", "", "042", "9223372036854775808", "4.2e1")
		if diff := cmp.Diff(rows("42", "7"), got.Rows); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	})
}

// A column of another type than text takes no key from the others, or the message says what to write.
func TestPostgresBoundTypes(t *testing.T) {
	s := newStage(t, backends[0])
	const id = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
	s.exec("CREATE TYPE plan AS ENUM ('acme', 'bolt')",
		"CREATE TABLE seats (small SMALLINT, number INT, id UUID, name NAME, plan plan, amount NUMERIC, day DATE)",
		"INSERT INTO seats VALUES (7, 7, '"+id+"', 'acme', 'acme', 7, '2026-01-31')")
	cases := map[string]struct {
		reason, column string
		keys           []string
		want           []dataloader.Row
		says           string
	}{
		"Small":      {reason: "a number that is too large for the type", column: "small", keys: []string{"7", "70000", "acme"}, want: rows("7", "1")},
		"Integer":    {reason: "a key that is not a number", column: "number", keys: []string{"7", "7.0", "acme", "4294967303"}, want: rows("7", "1")},
		"UUID":       {reason: "a key that is not a UUID", column: "id", keys: []string{id, "acme", "{" + id + "}"}, want: rows(id, "1")},
		"Name":       {reason: "a kind of text", column: "name", keys: []string{"acme", "a\x00b"}, want: rows("acme", "1")},
		"Enum":       {reason: "a key that is not a value of it", column: "plan", keys: []string{"acme", "coda"}, says: "tenant_id::text = ANY($1)"},
		"Numeric":    {reason: "a key that is not a number", column: "amount", keys: []string{"7", "acme"}, says: "tenant_id::text = ANY($1)"},
		"Date":       {reason: "a key that is not a date", column: "day", keys: []string{"acme"}, says: "tenant_id::text = ANY($1)"},
		"EnumAsText": {reason: "what the message says", column: "plan::text", keys: []string{"acme", "coda"}, want: rows("acme", "1")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			loader := s.spec("SELECT " + tc.column + ", 1 FROM seats WHERE " + tc.column + " = ANY($1)")
			loader.SQL.Keys = v1alpha1.QueryBound
			answer, err := s.loadSpec(loader, tc.keys...)
			if tc.says != "" {
				if failure := dataloader.AsFailure(err); err == nil || !strings.Contains(failure.Message, tc.says) {
					t.Errorf("%s: got %v, for the log %q", tc.reason, err, failure.Detail)
				}
				return
			}
			if diff := cmp.Diff(tc.want, answer.Rows); diff != "" || err != nil {
				t.Errorf("%s: %v, -want +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

// Every kind of answer that is wrong about a key, as the two steps of a refresh see it.
func TestServerWrongAnswers(t *testing.T) {
	counted := func(count int64) dataloader.Verdict {
		return dataloader.Verdict{Outcome: dataloader.Counted, Count: count}
	}
	bad := func(problem string) dataloader.Verdict {
		return dataloader.Verdict{Outcome: dataloader.Failed, Reason: dataloader.ReasonBadCounts, Message: `key "acme" ` + problem}
	}
	cases := map[string]struct {
		reason, query string
		want          dataloader.Verdict
	}{
		"Right":          {reason: "a count", query: "SELECT 'acme', 7", want: counted(7)},
		"Zero":           {reason: "nobody", query: "SELECT 'acme', 0", want: counted(0)},
		"WholeNumeric":   {reason: "a sum of decimals that is whole", query: "SELECT 'acme', CAST(7 AS DECIMAL(10,2))", want: counted(7)},
		"WholeFloat":     {reason: "a double that is whole", query: "SELECT 'acme', CAST(7 AS DOUBLE PRECISION)", want: counted(7)},
		"Text":           {reason: "a number in a column of text", query: "SELECT 'acme', '7'", want: counted(7)},
		"Null":           {reason: "a sum over nothing", query: "SELECT 'acme', sum(n) FROM (SELECT 1 AS n) AS none WHERE n = 2", want: bad("has no count (NULL)")},
		"Negative":       {reason: "less than nobody", query: "SELECT 'acme', -1", want: bad(`has a negative count: "-1"`)},
		"Fractional":     {reason: "half a person", query: "SELECT 'acme', CAST(7.5 AS DECIMAL(10,2))", want: bad(`has a count that is not whole: "7.50"`)},
		"FractionFloat":  {reason: "a double", query: "SELECT 'acme', CAST(7.5 AS DOUBLE PRECISION)", want: bad(`has a count that is not whole: "7.5"`)},
		"Huge":           {reason: "more than there are people", query: "SELECT 'acme', 9223372036854775807", want: bad(`has a count above 10000000: "9223372036854775807"`)},
		"Absurd":         {reason: "one above the limit", query: "SELECT 'acme', 10000001", want: bad(`has a count above 10000000: "10000001"`)},
		"HugeFloat":      {reason: "more than computers count", query: "SELECT 'acme', CAST(1e300 AS DOUBLE PRECISION)", want: bad(`has a count that is not a number: "1e+300"`)},
		"NoNumber":       {reason: "text", query: "SELECT 'acme', 'many'", want: bad(`has a count that is not a number: a text of 4 characters`)},
		"Empty":          {reason: "empty text", query: "SELECT 'acme', ''", want: bad(`has a count that is not a number: ""`)},
		"Duplicate":      {reason: "two rows that agree", query: "SELECT 'acme', 7 UNION ALL SELECT 'acme', 7", want: bad("has more than one row")},
		"NullKey":        {reason: "the row of nobody is not the row of acme", query: "SELECT NULL, 5 UNION ALL SELECT 'acme', 7", want: counted(7)},
		"OtherCase":      {reason: "keys are compared exactly", query: "SELECT 'ACME', 5 UNION ALL SELECT 'acme', 7", want: counted(7)},
		"WrongOrder":     {reason: "count and key the wrong way round", query: "SELECT 7, 'acme'", want: dataloader.Verdict{Outcome: dataloader.Kept, Reason: dataloader.ReasonKeyMissing, Message: `key "acme" is not in the answer`}},
		"SomebodyElse":   {reason: "a key that is not in the answer", query: "SELECT 'bolt', 7", want: dataloader.Verdict{Outcome: dataloader.Kept, Reason: dataloader.ReasonKeyMissing, Message: `key "acme" is not in the answer`}},
		"DateForCount":   {reason: "another type", query: "SELECT 'acme', DATE '2026-01-31'", want: dataloader.Verdict{}},
		"BytesForCount":  {reason: "another type", query: "SELECT 'acme', CAST('x7' AS CHAR(2))", want: bad(`has a count that is not a number: a text of 2 characters`)},
		"BooleanIsCount": {reason: "PostgreSQL has booleans, MySQL takes them for numbers", query: "SELECT 'acme', 1 = 2", want: dataloader.Verdict{}},
	}
	onServers(t, func(t *testing.T, s *stage) {
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				query := tc.query
				if s.driver == v1alpha1.DriverMySQL {
					query = strings.ReplaceAll(query, "DOUBLE PRECISION", "DOUBLE")
				}
				answer, err := s.load(query, "acme")
				if err != nil {
					t.Fatalf("%s: %v", tc.reason, err)
				}
				verdicts, err := dataloader.Judge(answer, []string{"acme"}, dataloader.Rules{}, 5)
				if err != nil {
					t.Fatalf("%s: %v", tc.reason, err)
				}
				want := tc.want
				switch {
				case name == "DateForCount" && s.driver == v1alpha1.DriverPostgres:
					want = bad(`has a count that is not a number: a text of 20 characters`)
				case name == "DateForCount":
					want = bad(`has a count that is not a number: "2026-01-31"`)
				case name == "BooleanIsCount" && s.driver == v1alpha1.DriverPostgres:
					want = bad(`has a count that is not a number: "false"`)
				case name == "BooleanIsCount":
					want = counted(0)
				}
				if diff := cmp.Diff(want, verdicts["acme"]); diff != "" {
					t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
				}
			})
		}
		answer, err := s.load("SELECT tenant, 1 FROM users WHERE tenant = 'nobody'", "acme")
		if err != nil || len(answer.Rows) != 0 {
			t.Fatalf("no rows: %v, %v", answer, err)
		}
		_, err = dataloader.Judge(answer, []string{"acme"}, dataloader.Rules{}, 5)
		if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != dataloader.ReasonEmptyResult {
			t.Errorf("no rows: %v", err)
		}
	})
}

// What goes wrong with a query fails the whole refresh, and says what a person can do.
func TestServerQueryFails(t *testing.T) {
	cases := map[string]struct {
		reason          string
		postgres, mysql string
		want            dataloader.Reason
		says            string
	}{
		"NoTable":        {reason: "a table that is not there", postgres: "SELECT tenant, 1 FROM gone", want: dataloader.ReasonSourceError, says: "names a table that does not exist"},
		"Syntax":         {reason: "a typing error", postgres: "SELECT tenant count(*) FROM users GROUP users", want: dataloader.ReasonSourceError, says: "has a syntax error"},
		"NotGranted":     {reason: "what the role may not read", postgres: "SELECT usename, 1 FROM pg_shadow", mysql: "SELECT user, 1 FROM mysql.user", want: dataloader.ReasonSourceError, says: "the user may not read"},
		"OneColumn":      {reason: "no count", postgres: "SELECT tenant FROM users", want: dataloader.ReasonSourceError, says: "returns 1 columns"},
		"ThreeColumns":   {reason: "one too many", postgres: "SELECT tenant, 1, 2 FROM users", want: dataloader.ReasonSourceError, says: "returns 3 columns"},
		"ManyStatements": {reason: "a second statement", postgres: "SELECT 1, 2; DELETE FROM users", want: dataloader.ReasonInvalidExpression, says: "more than one statement"},
		"Delete":         {reason: "a write", postgres: "DELETE FROM users", want: dataloader.ReasonInvalidExpression, says: "is not a SELECT"},
		"Commit":         {reason: "out of the transaction", postgres: "COMMIT", want: dataloader.ReasonInvalidExpression, says: "is not a SELECT"},
		"CTEWrites": {
			reason: "a write behind a SELECT", postgres: "WITH gone AS (DELETE FROM users RETURNING tenant) SELECT tenant, 1 FROM gone",
			mysql: "WITH gone AS (SELECT 1) DELETE FROM users", want: dataloader.ReasonSourceError, says: "the query writes|has a syntax error",
		},
		"Timeout":        {reason: "a query without end", postgres: "SELECT 'acme', 1 FROM (SELECT pg_sleep(60)) AS s", mysql: "SELECT 'acme', sleep(60)", want: dataloader.ReasonSourceError, says: "took longer than 1 seconds"},
		"Busy":           {reason: "one that computes", postgres: "SELECT 'acme', count(*) FROM generate_series(1, 1000000000)", mysql: "SELECT 'acme', count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b", want: dataloader.ReasonSourceError, says: "took longer than 1 seconds"},
		"FailsHalfWay":   {reason: "a part of an answer is no answer", postgres: "SELECT 'k' || n, 1 / (99990 - n) FROM " + backends[0].numbers, mysql: "SELECT concat('k', n), (SELECT n FROM seq_1_to_2 WHERE numbers.n < 99990 LIMIT 1) + (SELECT seq FROM seq_1_to_2 WHERE seq = 1 OR numbers.n > 99990) FROM " + backends[1].numbers, want: dataloader.ReasonSourceError, says: "divides by zero|returns more than one row"},
		"ParameterInAll": {reason: "a parameter that is not bound is an error, not NULL", postgres: "SELECT tenant, 1 FROM users WHERE tenant = $1", mysql: "SELECT tenant, 1 FROM users WHERE tenant = ?", want: dataloader.ReasonSourceError, says: "a parameter without a value|has a syntax error"},
		"Settings":       {reason: "a query that makes itself free to write", postgres: "SELECT set_config('transaction_read_only', 'off', true), 1", mysql: "SELECT @@session.sql_mode := 'x', 1", want: dataloader.ReasonSourceError, says: "the query failed|has a syntax error"},
	}
	onServers(t, func(t *testing.T, s *stage) {
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				query := tc.postgres
				if s.driver == v1alpha1.DriverMySQL && tc.mysql != "" {
					query = tc.mysql
				}
				says := tc.says
				if both := strings.Split(tc.says, "|"); len(both) == 2 {
					says = both[place(s.driver)]
				}
				loader := s.spec(query)
				if strings.HasPrefix(says, "took longer") {
					loader.SQL.TimeoutSeconds = new(int32(1))
				}
				answer, err := s.loadSpec(loader, "acme")
				failure, ok := errors.AsType[*dataloader.Failure](err)
				if !ok || !strings.Contains(failure.Message, says) || (tc.want != "" && failure.Reason != tc.want) {
					t.Fatalf("%s: got %v, want %s with %q", tc.reason, err, tc.want, says)
				}
				if len(answer.Rows) > 0 {
					t.Errorf("%s: a failure came with %d rows", tc.reason, len(answer.Rows))
				}
				s.mustBeSilent(err)
				if _, again := s.loadSpec(loader, "acme"); again == nil || again.Error() != err.Error() {
					t.Errorf("%s: the same failure reads differently: %v, then %v", tc.reason, err, again)
				}
			})
		}
		if got := s.asked("SELECT count(*) FROM users"); got != 7 {
			t.Errorf("%d users are left of 7", got)
		}
	})
}

func TestServerBoundWithoutParameter(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		loader := s.spec("SELECT tenant, count(*) FROM users WHERE tenant <> '$1 ?' GROUP BY tenant")
		loader.SQL.Keys = v1alpha1.QueryBound
		_, err := s.loadSpec(loader, "acme")
		if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != dataloader.ReasonInvalidExpression ||
			!strings.Contains(err.Error(), "does not take the wanted keys") {
			t.Errorf("got %v", err)
		}
	})
}

// A table that goes while the batches of one refresh are read takes nothing away from them.
func TestServerSeesOneState(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		connection := s.begun(t, time.Minute)
		count := func() (number int) {
			t.Helper()
			if err := connection.QueryRowContext(t.Context(), "SELECT count(*) FROM users").Scan(&number); err != nil {
				t.Fatal(err)
			}
			return number
		}
		before := count()
		s.exec("DELETE FROM users WHERE tenant = 'acme'")
		if after := count(); after != before {
			t.Errorf("the first batch sees %d rows, the second %d", before, after)
		}
	})
}

// What stands behind the first word of a query: the database itself refuses to write, to execute two
// statements at once, and to be asked for too long; the driver refuses to hand it the operator's files.
func TestServerFences(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		s.exec("CREATE TABLE open_to_all (tenant TEXT)", "GRANT INSERT, UPDATE, DELETE ON open_to_all TO "+roleName)
		for _, statement := range []string{
			"INSERT INTO open_to_all VALUES ('x')", "UPDATE open_to_all SET tenant = 'x'", "DELETE FROM open_to_all", "DROP TABLE users",
			"CREATE TABLE mine (x INT)", "SELECT 1; SELECT 2", "SELECT 1; DELETE FROM users",
			map[v1alpha1.SQLDriver]string{
				v1alpha1.DriverPostgres: "COPY open_to_all FROM '/etc/passwd'",
				v1alpha1.DriverMySQL:    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE open_to_all",
			}[s.driver],
		} {
			if err := readQuery(t.Context(), s.begun(t, time.Minute), statement, nil, &reader{}); !refusedByServer(err) {
				t.Errorf("%s: got %v, want it to be refused", statement, err)
			}
		}
		if got := s.asked("SELECT count(*) FROM open_to_all"); got != 0 {
			t.Errorf("%d rows were written", got)
		}
		connection := s.begun(t, time.Second)
		_, err := connection.ExecContext(context.Background(), "SELECT "+fmt.Sprintf(s.sleep, 60))
		if found := dialects[s.driver].explain(err); !strings.Contains(found.sentence, "limit of time on the server") {
			t.Errorf("the server itself does not end a query after a second: %v", err)
		}
	})
}

// refusedByServer says that an error is not what reading rows has to say about those of a statement.
func refusedByServer(err error) bool {
	_, ours := errors.AsType[*dataloader.Failure](err)
	return err != nil && !ours
}

// What a MySQL server would do for a user who may, regardless of the transaction.
func TestMySQLWritesNoFile(t *testing.T) {
	s := newStage(t, backends[1])
	cases := map[string]struct {
		reason, query, says string
	}{
		"Outfile":         {reason: "as it is written", query: "SELECT tenant, 1 FROM users INTO OUTFILE '/tmp/seats'", says: "OUTFILE or DUMPFILE"},
		"Dumpfile":        {reason: "its sister", query: "SELECT tenant, 1 into dumpfile '/tmp/seats' FROM users", says: "OUTFILE or DUMPFILE"},
		"Variable":        {reason: "what does not write a file does not count either", query: "SELECT tenant, 1 FROM users INTO @a, @b", says: "the word INTO"},
		"Executed":        {reason: "code in a comment", query: "SELECT tenant, 1 FROM users /*!50000 INTO @a, @b*/", says: "without /*!"},
		"ExecutedMariaDB": {reason: "code in a comment for MariaDB", query: "SELECT tenant, 1 FROM users /*M! INTO @a, @b*/", says: "without /*M!"},
		"Hint":            {reason: "a hint sets variables of the server", query: "SELECT /*+ SET_VAR(max_execution_time=0) */ tenant, 1 FROM users", says: "without /*+"},
		"HyphensLine":     {reason: "the line break ends the comment that it opens", query: "SELECT 1, 2 --\nINTO OUTFILE 'x'", says: "OUTFILE or DUMPFILE"},
		"HyphensInto":     {reason: "the same without the word", query: "SELECT 1, 2 --\nINTO @a, @b", says: "the word INTO"},
		"Backslash":       {reason: "a string that ends elsewhere where backslashes are letters", query: `SELECT '\' INTO OUTFILE 'x' -- ', 1`, says: "OUTFILE or DUMPFILE"},
		"InString":        {reason: "also where it seems to be a string", query: "SELECT 'outfile', 1", says: "OUTFILE or DUMPFILE"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := s.load(tc.query)
			failure, ok := errors.AsType[*dataloader.Failure](err)
			if !ok || failure.Reason != dataloader.ReasonInvalidExpression || !strings.Contains(failure.Message, tc.says) {
				t.Errorf("%s: got %v", tc.reason, err)
			}
		})
	}
	if _, err := s.load("SELECT 'into', 1 -- INTO"); err != nil {
		t.Errorf("the word in a string: %v", err)
	}
}

// A server that reads backslashes and quotation marks in its own way reads those of a query as everywhere,
// and goes on to group and to concatenate in its own way.
func TestMySQLModes(t *testing.T) {
	s := newStage(t, backends[1])
	if err := s.server.Exec("", "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI,ONLY_FULL_GROUP_BY'"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.server.Exec("", "SET GLOBAL sql_mode = DEFAULT") }()
	answer, err := s.load(`SELECT 'a\'b', 1 UNION ALL SELECT "c", 1 UNION ALL SELECT 'd' || 'e', 1`)
	if diff := cmp.Diff(rows("a'b", "1", "c", "1", "de", "1"), answer.Rows); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if _, err := s.load("SELECT tenant, active FROM users GROUP BY tenant"); err == nil || !strings.Contains(err.Error(), "neither grouped nor counted") {
		t.Errorf("a column that is not grouped: got %v", err)
	}
}

// A limit that a server has for its users would cut the answer.
func TestMySQLRowLimit(t *testing.T) {
	s := newStage(t, backends[1])
	if err := s.server.Exec("", "SET GLOBAL sql_select_limit = 2"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.server.Exec("", "SET GLOBAL sql_select_limit = DEFAULT") }()
	answer, err := s.load(counting)
	if err != nil || len(answer.Rows) != 3 {
		t.Errorf("got %v, %v", answer, err)
	}
}
