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
		got, err := s.loadSpec(loader, "42", "43")
		if diff := cmp.Diff(rows("42", "7"), got.Rows); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	})
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
		"Right":          {"a count", "SELECT 'acme', 7", counted(7)},
		"Zero":           {"nobody", "SELECT 'acme', 0", counted(0)},
		"WholeNumeric":   {"a sum of decimals that is whole", "SELECT 'acme', CAST(7 AS DECIMAL(10,2))", counted(7)},
		"WholeFloat":     {"a double that is whole", "SELECT 'acme', CAST(7 AS DOUBLE PRECISION)", counted(7)},
		"Text":           {"a number in a column of text", "SELECT 'acme', '7'", counted(7)},
		"Null":           {"a sum over nothing", "SELECT 'acme', sum(n) FROM (SELECT 1 AS n) AS none WHERE n = 2", bad("has no count (NULL)")},
		"Negative":       {"less than nobody", "SELECT 'acme', -1", bad(`has a negative count: "-1"`)},
		"Fractional":     {"half a person", "SELECT 'acme', CAST(7.5 AS DECIMAL(10,2))", bad(`has a count that is not whole: "7.50"`)},
		"FractionFloat":  {"a double", "SELECT 'acme', CAST(7.5 AS DOUBLE PRECISION)", bad(`has a count that is not whole: "7.5"`)},
		"Huge":           {"more than there are people", "SELECT 'acme', 9223372036854775807", bad(`has a count above 10000000: "9223372036854775807"`)},
		"Absurd":         {"one above the limit", "SELECT 'acme', 10000001", bad(`has a count above 10000000: "10000001"`)},
		"HugeFloat":      {"more than computers count", "SELECT 'acme', CAST(1e300 AS DOUBLE PRECISION)", bad(`has a count that is no number: "1e+300"`)},
		"NoNumber":       {"text", "SELECT 'acme', 'many'", bad(`has a count that is no number: "many"`)},
		"Empty":          {"empty text", "SELECT 'acme', ''", bad(`has a count that is no number: ""`)},
		"Duplicate":      {"two rows that agree", "SELECT 'acme', 7 UNION ALL SELECT 'acme', 7", bad("has more than one row")},
		"NullKey":        {"the row of nobody is not the row of acme", "SELECT NULL, 5 UNION ALL SELECT 'acme', 7", counted(7)},
		"OtherCase":      {"keys are compared exactly", "SELECT 'ACME', 5 UNION ALL SELECT 'acme', 7", counted(7)},
		"WrongOrder":     {"count and key the wrong way round", "SELECT 7, 'acme'", dataloader.Verdict{Outcome: dataloader.Kept, Reason: dataloader.ReasonKeyMissing, Message: `key "acme" is not in the answer`}},
		"SomebodyElse":   {"a key that is not in the answer", "SELECT 'bolt', 7", dataloader.Verdict{Outcome: dataloader.Kept, Reason: dataloader.ReasonKeyMissing, Message: `key "acme" is not in the answer`}},
		"DateForCount":   {"another type", "SELECT 'acme', DATE '2026-01-31'", dataloader.Verdict{}},
		"BytesForCount":  {"another type", "SELECT 'acme', CAST('x7' AS CHAR(2))", bad(`has a count that is no number: "x7"`)},
		"BooleanIsCount": {"PostgreSQL has booleans, MySQL takes them for numbers", "SELECT 'acme', 1 = 2", dataloader.Verdict{}},
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
				verdicts, err := dataloader.Judge(answer.Rows, []string{"acme"}, dataloader.Rules{}, 5)
				if err != nil {
					t.Fatalf("%s: %v", tc.reason, err)
				}
				want := tc.want
				switch {
				case name == "DateForCount" && s.driver == v1alpha1.DriverPostgres:
					want = bad(`has a count that is no number: "2026-01-31T00:00:00Z"`)
				case name == "DateForCount":
					want = bad(`has a count that is no number: "2026-01-31"`)
				case name == "BooleanIsCount" && s.driver == v1alpha1.DriverPostgres:
					want = bad(`has a count that is no number: "false"`)
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
		_, err = dataloader.Judge(answer.Rows, []string{"acme"}, dataloader.Rules{}, 5)
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
		"NoTable":        {"a table that is not there", "SELECT tenant, 1 FROM gone", "", dataloader.ReasonSourceError, "gone"},
		"Syntax":         {"a typing error", "SELECT tenant count(*) FROM users GROUP users", "", dataloader.ReasonSourceError, "syntax"},
		"NotGranted":     {"what the role may not read", "SELECT usename, 1 FROM pg_shadow", "SELECT user, 1 FROM mysql.user", dataloader.ReasonSourceError, "denied"},
		"OneColumn":      {"no count", "SELECT tenant FROM users", "", dataloader.ReasonSourceError, "returns 1 columns"},
		"ThreeColumns":   {"one too many", "SELECT tenant, 1, 2 FROM users", "", dataloader.ReasonSourceError, "returns 3 columns"},
		"ManyStatements": {"a second statement", "SELECT 1, 2; DELETE FROM users", "", dataloader.ReasonInvalidExpression, "more than one statement"},
		"Delete":         {"a write", "DELETE FROM users", "", dataloader.ReasonInvalidExpression, "no SELECT"},
		"Commit":         {"out of the transaction", "COMMIT", "", dataloader.ReasonInvalidExpression, "no SELECT"},
		"CTEWrites": {
			"a write behind a SELECT", "WITH gone AS (DELETE FROM users RETURNING tenant) SELECT tenant, 1 FROM gone",
			"WITH gone AS (SELECT 1) DELETE FROM users", dataloader.ReasonSourceError, "the query failed",
		},
		"Timeout":        {"a query without end", "SELECT 'acme', 1 FROM (SELECT pg_sleep(60)) AS s", "SELECT 'acme', sleep(60)", dataloader.ReasonSourceError, "longer than 1 seconds"},
		"Busy":           {"one that computes", "SELECT 'acme', count(*) FROM generate_series(1, 1000000000)", "SELECT 'acme', count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b", dataloader.ReasonSourceError, "longer than 1 seconds"},
		"FailsHalfWay":   {"a part of an answer is no answer", "SELECT 'k' || n, 1 / (99990 - n) FROM " + backends[0].numbers, "SELECT concat('k', n), (SELECT n FROM seq_1_to_2 WHERE numbers.n < 99990 LIMIT 1) + (SELECT seq FROM seq_1_to_2 WHERE seq = 1 OR numbers.n > 99990) FROM " + backends[1].numbers, dataloader.ReasonSourceError, "the query failed"},
		"ParameterInAll": {"a parameter that is not bound is an error, not NULL", "SELECT tenant, 1 FROM users WHERE tenant = $1", "SELECT tenant, 1 FROM users WHERE tenant = ?", dataloader.ReasonSourceError, "the query failed"},
		"Settings":       {"a query that makes itself free to write", "SELECT set_config('transaction_read_only', 'off', true), 1", "SELECT @@session.sql_mode := 'x', 1", dataloader.ReasonSourceError, "the query failed"},
	}
	onServers(t, func(t *testing.T, s *stage) {
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				query := tc.postgres
				if s.driver == v1alpha1.DriverMySQL && tc.mysql != "" {
					query = tc.mysql
				}
				loader := s.spec(query)
				loader.SQL.TimeoutSeconds = new(int32(1))
				answer, err := s.loadSpec(loader, "acme")
				failure, ok := errors.AsType[*dataloader.Failure](err)
				if !ok || !strings.Contains(failure.Message, tc.says) || (tc.want != "" && failure.Reason != tc.want) {
					t.Fatalf("%s: got %v, want %s with %q", tc.reason, err, tc.want, tc.says)
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
		if !s.provider.dialects[s.driver].timedOut(err) {
			t.Errorf("the server itself does not end a query after a second: %v", err)
		}
	})
}

// refusedByServer says that an error is not what reading rows has to say about those of a statement.
func refusedByServer(err error) bool {
	_, ours := errors.AsType[*dataloader.Failure](err)
	return err != nil && !ours
}

// What a MySQL server would do for a user who may, whatever the transaction is.
func TestMySQLWritesNoFile(t *testing.T) {
	s := newStage(t, backends[1])
	for query, says := range map[string]string{
		"SELECT tenant, 1 FROM users INTO OUTFILE '/tmp/seats'":            "the word INTO",
		"SELECT tenant, 1 into dumpfile '/tmp/seats' FROM users":           "the word INTO",
		"SELECT tenant, 1 FROM users /*!50000 INTO OUTFILE '/tmp/seats'*/": "a comment that the server executes",
		"SELECT tenant, 1 FROM users /*M! INTO OUTFILE '/tmp/seats'*/":     "a comment that the server executes",
	} {
		_, err := s.load(query)
		failure, ok := errors.AsType[*dataloader.Failure](err)
		if !ok || failure.Reason != dataloader.ReasonInvalidExpression || !strings.Contains(failure.Message, says) {
			t.Errorf("%s: got %v", query, err)
		}
	}
	if _, err := s.load("SELECT 'into', 1 -- INTO"); err != nil {
		t.Errorf("the word in a string: %v", err)
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
