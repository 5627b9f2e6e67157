// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

const counting = "SELECT tenant, count(*) FROM users WHERE active GROUP BY tenant ORDER BY tenant"

var scope = dataloader.Scope{Namespace: "shop", Product: "editor-seat"}

// bench is a namespace's folder with a database of three customers, and a Secret that names it.
type bench struct {
	// root is what --sqlite-dir names, dir the namespace's folder in it.
	root, dir, file string
	secret          *corev1.Secret
	provider        *Provider
	// update stores what the test changed of the secret.
	update func()
}

func newBench(t *testing.T, dsn string) *bench {
	t.Helper()
	b := &bench{root: t.TempDir()}
	b.dir = filepath.Join(b.root, "shop")
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.file = filepath.Join(b.dir, "crm-hunter2.db")
	seed(t, b.file, map[string]int{"acme": 3, "bolt": 2, "coda": 1})
	if dsn == "" {
		dsn = b.file
	}
	b.secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "crm-db",
			Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN},
		},
		Data: map[string][]byte{"dsn": []byte(strings.ReplaceAll(dsn, "$DIR", b.dir))},
	}
	live := fake.NewClientBuilder().WithObjects(b.secret).Build()
	b.provider = New(live, inProcess, Options{SQLiteDir: b.root})
	b.update = func() {
		if err := live.Update(context.Background(), b.secret); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func seed(t *testing.T, file string, users map[string]int) {
	t.Helper()
	execute(t, file, "CREATE TABLE IF NOT EXISTS users (tenant TEXT, active BOOL)")
	for tenant, count := range users {
		for range count {
			execute(t, file, fmt.Sprintf("INSERT INTO users VALUES ('%s', true)", tenant))
		}
	}
}

func execute(t *testing.T, file, statement string) {
	t.Helper()
	db, err := databasesql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func spec(query string) *v1alpha1.DataLoader {
	return &v1alpha1.DataLoader{SQL: &v1alpha1.SQLSource{
		Driver:       v1alpha1.DriverSQLite,
		DSNSecretRef: v1alpha1.SecretKeyReference{Name: "crm-db", Key: "dsn"},
		Query:        query,
	}}
}

func (b *bench) load(query string, keys ...string) (dataloader.Answer, error) {
	return b.loadSpec(spec(query), keys...)
}

func (b *bench) loadSpec(spec *v1alpha1.DataLoader, keys ...string) (dataloader.Answer, error) {
	return dataloader.NewRegistry(b.provider).Load(context.Background(), scope, spec, dataloader.Request{Keys: keys})
}

func rows(pairs ...string) []dataloader.Row {
	var all []dataloader.Row
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, dataloader.Row{Key: pair[0], Count: pair[1]})
	}
	return all
}

func TestLoadAll(t *testing.T) {
	b := newBench(t, "")
	got, err := b.load(counting, "acme")
	if err != nil {
		t.Fatal(err)
	}
	want := dataloader.Answer{Rows: rows("acme", "3", "bolt", "2", "coda", "1"), Queries: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoadBound(t *testing.T) {
	b := newBench(t, "")
	bound := spec("SELECT tenant, count(*) FROM users WHERE tenant IN (SELECT value FROM json_each(?)) GROUP BY tenant ORDER BY tenant")
	bound.SQL.Keys = v1alpha1.QueryBound
	got, err := b.loadSpec(bound, "acme", "coda", `x"'];--`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dataloader.Answer{Rows: rows("acme", "3", "coda", "1"), Queries: 1}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	many := make([]string, 0, 25_000)
	for i := range 25_000 {
		many = append(many, fmt.Sprintf("customer-%05d", i))
	}
	many[17], many[24_999] = "acme", "bolt"
	if got, err = b.loadSpec(bound, many...); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dataloader.Answer{Rows: rows("acme", "3", "bolt", "2"), Queries: 3}, got); diff != "" {
		t.Errorf("25,000 keys take three batches: -want +got:\n%s", diff)
	}
}

func TestValues(t *testing.T) {
	b := newBench(t, "")
	got, err := b.load("VALUES (1, 7.0), ('two', 7.5), (NULL, 3), ('four', NULL), (x'66697665', '5'), ('six', 1e300), ('seven', 9223372036854775807), (1234567.0, 8)")
	if err != nil {
		t.Fatal(err)
	}
	want := []dataloader.Row{
		{Key: "1", Count: "7"},
		{Key: "two", Count: "7.5"},
		{NullKey: true, Count: "3"},
		{Key: "four", NullCount: true},
		{Key: "five", Count: "5"},
		{Key: "six", Count: "1e+300"},
		{Key: "seven", Count: "9223372036854775807"},
		{Key: "1234567", Count: "8"},
	}
	if diff := cmp.Diff(want, got.Rows); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.db")
	seed(t, outside, map[string]int{"secret": 9})
	timeout := func(s *v1alpha1.DataLoader) { s.SQL.TimeoutSeconds = new(int32(1)) }
	endless := "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'acme', max(x) FROM n"
	cases := map[string]struct {
		reason  string
		dsn     string
		query   string
		prepare func(*testing.T, *bench)
		edit    func(*v1alpha1.DataLoader)
		want    dataloader.Reason
		says    string
	}{
		"NoDirectory": {
			reason: "SQLite is off without the flag", query: counting,
			prepare: func(_ *testing.T, b *bench) { b.provider.kinds[v1alpha1.DriverSQLite] = sqliteKind{} },
			want:    dataloader.ReasonSourceError, says: "--sqlite-dir",
		},
		"Outside":       {reason: "an absolute path elsewhere", dsn: outside, query: counting, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist"},
		"DotDot":        {reason: "out by way of ..", dsn: "$DIR/../../../../../../.." + outside, query: counting, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist"},
		"RelativeDots":  {reason: "a relative path with ..", dsn: "../x.db", query: counting, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist"},
		"SystemFile":    {reason: "a file that exists is not told from one that does not", dsn: "/etc/passwd", query: counting, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist"},
		"Missing":       {reason: "no such file, and none is made", dsn: "$DIR/none.db", query: counting, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist"},
		"URIParameters": {reason: "parameters change what is opened", dsn: "file:$DIR/crm-hunter2.db?vfs=unix-none&mode=rwc", query: counting, want: dataloader.ReasonSourceError, says: "no parameters"},
		"Pragma":        {reason: "parameters run statements", dsn: "$DIR/crm-hunter2.db?_pragma=query_only(0)", query: counting, want: dataloader.ReasonSourceError, says: "no parameters"},
		"Escapes":       {reason: "an escape means another path to SQLite than to us", dsn: "$DIR/%2e%2e/x.db", query: counting, want: dataloader.ReasonSourceError, says: "without %"},
		"Memory":        {reason: "a database in memory holds nobody's seats", dsn: ":memory:", query: counting, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist"},
		"Directory":     {reason: "the folder itself", dsn: "$DIR", query: counting, want: dataloader.ReasonSourceError, says: "does not name a SQLite file"},
		"Empty":         {reason: "blanks", dsn: "  ", query: counting, want: dataloader.ReasonSourceError, says: "does not name a SQLite file"},
		"LinkOut": {
			reason: "a symbolic link that leads out", dsn: "$DIR/link.db", query: counting,
			prepare: func(t *testing.T, b *bench) {
				if err := os.Symlink(outside, filepath.Join(b.dir, "link.db")); err != nil {
					t.Fatal(err)
				}
			}, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist",
		},
		"LinkedFolderOut": {
			reason: "a folder that leads out", dsn: "$DIR/folder/outside.db", query: counting,
			prepare: func(t *testing.T, b *bench) {
				if err := os.Symlink(filepath.Dir(outside), filepath.Join(b.dir, "folder")); err != nil {
					t.Fatal(err)
				}
			}, want: dataloader.ReasonSourceUnreachable, says: "the SQLite file does not exist",
		},
		"NotADatabase": {
			reason: "some other file", dsn: "$DIR/notes.txt", query: counting,
			prepare: func(t *testing.T, b *bench) {
				if err := os.WriteFile(filepath.Join(b.dir, "notes.txt"), []byte(strings.Repeat("no database ", 200)), 0o600); err != nil {
					t.Fatal(err)
				}
			}, want: dataloader.ReasonSourceError, says: "the file is not a SQLite database (error 26)",
		},
		"TableVanished": {
			reason: "the table is gone", query: counting,
			prepare: func(t *testing.T, b *bench) { execute(t, b.file, "DROP TABLE users") },
			want:    dataloader.ReasonSourceError, says: "names a table that does not exist (error 1)",
		},
		"Write":          {reason: "a CTE that writes", query: "WITH a AS (SELECT 1) DELETE FROM users RETURNING tenant, 1", want: dataloader.ReasonSourceError, says: "the query writes, and a data loader only reads"},
		"ManyStatements": {reason: "a second statement", query: "SELECT 1, 2; DELETE FROM users", want: dataloader.ReasonInvalidExpression, says: "more than one statement"},
		"Attach":         {reason: "another file", query: "ATTACH '" + outside + "' AS o", want: dataloader.ReasonInvalidExpression, says: "is not a SELECT"},
		"Syntax":         {reason: "a typing error", query: "SELECT tenant count(*) FROM users", want: dataloader.ReasonSourceError, says: "syntax error"},
		"OneColumn":      {reason: "no count", query: "SELECT tenant FROM users", want: dataloader.ReasonSourceError, says: "returns 1 columns"},
		"ThreeColumns":   {reason: "one too many", query: "SELECT tenant, 1, 2 FROM users", want: dataloader.ReasonSourceError, says: "returns 3 columns"},
		"FailsHalfWay":   {reason: "a part of an answer is no answer", query: "SELECT 'k' || x, CASE WHEN x < 3 THEN x ELSE abs(-9223372036854775807 - 1) END FROM (SELECT 1 x UNION SELECT 2 UNION SELECT 3)", want: dataloader.ReasonSourceError, says: "a number is too large for its type"},
		"Endless":        {reason: "a query without end", query: endless, edit: timeout, want: dataloader.ReasonSourceError, says: "took longer than 1 seconds"},
		"TooLargeValue":  {reason: "a value that fills the memory", query: "SELECT hex(zeroblob(100000000)), 1", want: dataloader.ReasonSourceError, says: "a value is too large"},
		"ParameterInAll": {reason: "a parameter that is not bound is an error, not NULL", query: "SELECT tenant, 1 FROM users WHERE tenant = ?", want: dataloader.ReasonSourceError, says: "a parameter without a value"},
		"NoBoundParameter": {
			reason: "a Bound query without a parameter", query: counting,
			edit: func(s *v1alpha1.DataLoader) { s.SQL.Keys = v1alpha1.QueryBound }, want: dataloader.ReasonInvalidExpression, says: "does not take the wanted keys",
		},
		"NoSecret": {
			reason: "the Secret is missing", query: counting,
			edit: func(s *v1alpha1.DataLoader) { s.SQL.DSNSecretRef.Name = "other" }, want: dataloader.ReasonSecretNotFound, says: `Secret "other" does not exist`,
		},
		"NoEntry": {
			reason: "its entry is missing", query: counting,
			edit: func(s *v1alpha1.DataLoader) { s.SQL.DSNSecretRef.Key = "url" }, want: dataloader.ReasonSecretNotFound, says: `no value under the key "url"`,
		},
		"NotAllowed": {
			reason: "the Secret does not allow it", query: counting,
			prepare: func(_ *testing.T, b *bench) { b.secret.Labels = nil; b.update() },
			want:    dataloader.ReasonSecretNotAllowed, says: "give it the label billing.seatplane.dev/allow: loader-dsn",
		},
		"AllowedToSinks": {
			reason: "it allows something else", query: counting,
			prepare: func(_ *testing.T, b *bench) { b.secret.Labels[v1alpha1.LabelAllow] = v1alpha1.AllowSink; b.update() },
			want:    dataloader.ReasonSecretNotAllowed, says: "is not released for this use",
		},
		"Certificates": {
			reason: "a file has no certificate", query: counting,
			prepare: func(_ *testing.T, b *bench) { b.secret.Data["ca"] = []byte("PEM"); b.update() },
			edit: func(s *v1alpha1.DataLoader) {
				s.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "ca"}
			}, want: dataloader.ReasonSourceError, says: "caSecretRef is for database servers",
		},
		"FormerLabel": {
			reason: "it was released before uses were told apart", query: counting,
			prepare: func(_ *testing.T, b *bench) { b.secret.Labels[v1alpha1.LabelAllow] = "loader"; b.update() },
			want:    dataloader.ReasonSecretNotAllowed, says: "set it to loader-dsn",
		},
		"NoFolder": {
			reason: "a namespace without a folder", query: counting,
			prepare: func(t *testing.T, b *bench) {
				if err := os.Rename(b.dir, filepath.Join(b.root, "stage")); err != nil {
					t.Fatal(err)
				}
			},
			want: dataloader.ReasonSourceUnreachable, says: `the folder "shop" does not exist`,
		},
		"OtherNamespace": {
			reason: "a file of another namespace", dsn: "$DIR/../stage/outside.db", query: counting,
			prepare: func(t *testing.T, b *bench) { stageFile(t, b) },
			want:    dataloader.ReasonSourceUnreachable, says: "each namespace reads its own folder",
		},
		"LinkToOtherNamespace": {
			reason: "a link into the folder of another namespace", dsn: "link.db", query: counting,
			prepare: func(t *testing.T, b *bench) {
				if err := os.Symlink(stageFile(t, b), filepath.Join(b.dir, "link.db")); err != nil {
					t.Fatal(err)
				}
			},
			want: dataloader.ReasonSourceUnreachable, says: "each namespace reads its own folder",
		},
		"RootFolder": {
			reason: "a file outside of the namespaces' folders", dsn: "../root.db", query: counting,
			prepare: func(t *testing.T, b *bench) { seed(t, filepath.Join(b.root, "root.db"), map[string]int{"secret": 9}) },
			want:    dataloader.ReasonSourceUnreachable, says: "each namespace reads its own folder",
		},
		"PragmaTable": {
			reason: "the path of the file, by a table that SQLite makes up", query: "SELECT file, 1 FROM pragma_database_list",
			want: dataloader.ReasonInvalidExpression, says: "pragma_",
		},
		"QuotedPragmaTable": {
			reason: "the same by a quoted name", query: `SELECT file, 1 FROM "PRAGMA_database_list"`,
			want: dataloader.ReasonInvalidExpression, says: "pragma_",
		},
		"PragmaView": {
			reason: "the same by a view of the file", query: "SELECT file, 1 FROM place",
			prepare: func(t *testing.T, b *bench) {
				execute(t, b.file, "CREATE VIEW place AS SELECT file FROM pragma_database_list")
			},
			want: dataloader.ReasonSourceError, says: "a view of the file uses something that reaches beyond the file",
		},
		"CellInError": {
			reason: "an error of the database quotes a cell", query: "SELECT json_extract('{}', tenant || ' hunter2'), 1 FROM users",
			want: dataloader.ReasonSourceError, says: "the query failed (error 1)",
		},
		"FloatKey": {
			reason: "nobody has half an ID", query: "VALUES (1.5, 3)",
			want: dataloader.ReasonSourceError, says: "a floating-point number",
		},
		"OtherDriver": {
			reason: "a database of a later version", query: counting,
			edit: func(s *v1alpha1.DataLoader) { s.SQL.Driver = "Oracle" }, want: dataloader.ReasonSourceError, says: "no driver Oracle",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tc.dsn)
			if tc.prepare != nil {
				tc.prepare(t, b)
			}
			loader := spec(tc.query)
			if tc.edit != nil {
				tc.edit(loader)
			}
			answer, err := b.loadSpec(loader, "acme")
			failure, ok := errors.AsType[*dataloader.Failure](err)
			if !ok || failure.Reason != tc.want || !strings.Contains(failure.Message, tc.says) {
				t.Fatalf("%s: got %v, want %s with %q", tc.reason, err, tc.want, tc.says)
			}
			if len(answer.Rows) > 0 {
				t.Errorf("%s: a failure came with %d rows", tc.reason, len(answer.Rows))
			}
			for _, canary := range []string{"hunter2", b.dir, outside, filepath.Base(outside)} {
				if strings.Contains(err.Error(), canary) {
					t.Errorf("%s: %q repeats %q", tc.reason, err, canary)
				}
			}
			if _, again := b.loadSpec(loader, "acme"); again == nil || again.Error() != err.Error() {
				t.Errorf("%s: the same failure reads differently: %v, then %v", tc.reason, err, again)
			}
		})
	}
}

// stageFile makes a database of another namespace and returns its path.
func stageFile(t *testing.T, b *bench) string {
	t.Helper()
	folder := filepath.Join(b.root, "stage")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "outside.db")
	seed(t, file, map[string]int{"secret": 9})
	return file
}

// ATTACH is refused by its first word; this is the fence behind it.
func TestNothingCanBeAttached(t *testing.T) {
	b := newBench(t, "")
	connector, err := sqliteDialect{}.connector(order{File: b.file})
	if err != nil {
		t.Fatal(err)
	}
	db := databasesql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	connection, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if err := (sqliteDialect{}).begin(t.Context(), connection, time.Second); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"ATTACH '" + b.file + "' AS other", "ATTACH ':memory:' AS other", "DELETE FROM users", "CREATE TABLE x (y)", "VACUUM INTO '" + b.file + ".copy'",
	} {
		if _, err := connection.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s is done", statement)
		}
	}
}

func TestRelativeAndURI(t *testing.T) {
	for _, dsn := range []string{"crm-hunter2.db", "./crm-hunter2.db", "file:$DIR/crm-hunter2.db", "file:///$DIR/crm-hunter2.db?mode=ro", " $DIR/crm-hunter2.db\n"} {
		if answer, err := newBench(t, dsn).load(counting); err != nil || len(answer.Rows) != 3 {
			t.Errorf("%q: %v, %v", dsn, answer, err)
		}
	}
}

// The application continues writing while seats are counted, and the operator sees what it wrote.
func TestCountsWhileWritten(t *testing.T) {
	b := newBench(t, "")
	execute(t, b.file, "PRAGMA journal_mode = WAL")
	for want := 3; want < 8; want++ {
		answer, err := b.load(counting)
		if err != nil || answer.Rows[0].Count != fmt.Sprint(want) {
			t.Fatalf("got %v, %v, want %d", answer, err, want)
		}
		execute(t, b.file, "INSERT INTO users VALUES ('acme', true)")
	}
}

func TestStopping(t *testing.T) {
	b := newBench(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := dataloader.NewRegistry(b.provider).Load(ctx, scope, spec(counting), dataloader.Request{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the operator stops: got %v, which reads as if the source had failed", err)
	}
}

func TestReaderIsBounded(t *testing.T) {
	full := &reader{rows: make([]dataloader.Row, maxRows)}
	if err := full.add("acme", int64(1)); err == nil {
		t.Error("a million rows and one are read")
	}
	heavy := &reader{bytes: maxBytes}
	if err := heavy.add("acme", int64(1)); err == nil {
		t.Error("more bytes than allowed are read")
	}
}
