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
	"runtime"
	"slices"
	"strings"
	"sync"
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

// bench is a folder with a database of three customers, and a Secret that names it.
type bench struct {
	dir, file string
	secret    *corev1.Secret
	provider  *Provider
	// update stores what the test changed of the secret.
	update func()
}

func newBench(t *testing.T, dsn string) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	b.file = filepath.Join(b.dir, "crm-hunter2.db")
	seed(t, b.file, map[string]int{"acme": 3, "bolt": 2, "coda": 1})
	if dsn == "" {
		dsn = b.file
	}
	b.secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "crm-db",
			Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoader},
		},
		Data: map[string][]byte{"dsn": []byte(strings.ReplaceAll(dsn, "$DIR", b.dir))},
	}
	live := fake.NewClientBuilder().WithObjects(b.secret).Build()
	b.provider = New(live, Options{SQLiteDir: b.dir})
	b.update = func() {
		if err := live.Update(context.Background(), b.secret); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = b.provider.Close() })
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
	got, err := b.load("VALUES (1, 7.0), ('two', 7.5), (NULL, 3), ('four', NULL), (x'66697665', '5'), ('six', 1e300), ('seven', 9223372036854775807)")
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
			"SQLite is off without the flag", "", counting,
			func(_ *testing.T, b *bench) { b.provider.dialects[v1alpha1.DriverSQLite] = sqliteDialect{} }, nil,
			dataloader.ReasonSourceError, "--sqlite-dir",
		},
		"Outside":       {"an absolute path elsewhere", outside, counting, nil, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file"},
		"DotDot":        {"out by way of ..", "$DIR/../../../../../../.." + outside, counting, nil, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file"},
		"RelativeDots":  {"a relative path with ..", "../x.db", counting, nil, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file"},
		"SystemFile":    {"a file that exists is not told from one that does not", "/etc/passwd", counting, nil, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file"},
		"Missing":       {"no such file, and none is made", "$DIR/none.db", counting, nil, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file"},
		"URIParameters": {"parameters change what is opened", "file:$DIR/crm-hunter2.db?vfs=unix-none&mode=rwc", counting, nil, nil, dataloader.ReasonSourceError, "no parameters"},
		"Pragma":        {"parameters run statements", "$DIR/crm-hunter2.db?_pragma=query_only(0)", counting, nil, nil, dataloader.ReasonSourceError, "no parameters"},
		"Escapes":       {"an escape means another path to SQLite than to us", "$DIR/%2e%2e/x.db", counting, nil, nil, dataloader.ReasonSourceError, "without %"},
		"Memory":        {"a database in memory holds nobody's seats", ":memory:", counting, nil, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file"},
		"Directory":     {"the folder itself", "$DIR", counting, nil, nil, dataloader.ReasonSourceError, "no SQLite file"},
		"Empty":         {"blanks", "  ", counting, nil, nil, dataloader.ReasonSourceError, "names no SQLite file"},
		"LinkOut": {
			"a symbolic link that leads out", "$DIR/link.db", counting,
			func(t *testing.T, b *bench) {
				if err := os.Symlink(outside, filepath.Join(b.dir, "link.db")); err != nil {
					t.Fatal(err)
				}
			}, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file",
		},
		"LinkedFolderOut": {
			"a folder that leads out", "$DIR/folder/outside.db", counting,
			func(t *testing.T, b *bench) {
				if err := os.Symlink(filepath.Dir(outside), filepath.Join(b.dir, "folder")); err != nil {
					t.Fatal(err)
				}
			}, nil, dataloader.ReasonSourceUnreachable, "no such SQLite file",
		},
		"NotADatabase": {
			"some other file", "$DIR/notes.txt", counting,
			func(t *testing.T, b *bench) {
				if err := os.WriteFile(filepath.Join(b.dir, "notes.txt"), []byte(strings.Repeat("no database ", 200)), 0o600); err != nil {
					t.Fatal(err)
				}
			}, nil, dataloader.ReasonSourceError, "not a database",
		},
		"TableVanished": {
			"the table is gone", "", counting,
			func(t *testing.T, b *bench) { execute(t, b.file, "DROP TABLE users") }, nil,
			dataloader.ReasonSourceError, "no such table: users",
		},
		"Write":          {"a CTE that writes", "", "WITH a AS (SELECT 1) DELETE FROM users RETURNING tenant, 1", nil, nil, dataloader.ReasonSourceError, "readonly"},
		"ManyStatements": {"a second statement", "", "SELECT 1, 2; DELETE FROM users", nil, nil, dataloader.ReasonInvalidExpression, "more than one statement"},
		"Attach":         {"another file", "", "ATTACH '" + outside + "' AS o", nil, nil, dataloader.ReasonInvalidExpression, "no SELECT"},
		"Syntax":         {"a typing error", "", "SELECT tenant count(*) FROM users", nil, nil, dataloader.ReasonSourceError, "syntax error"},
		"OneColumn":      {"no count", "", "SELECT tenant FROM users", nil, nil, dataloader.ReasonSourceError, "returns 1 columns"},
		"ThreeColumns":   {"one too many", "", "SELECT tenant, 1, 2 FROM users", nil, nil, dataloader.ReasonSourceError, "returns 3 columns"},
		"FailsHalfWay":   {"a part of an answer is no answer", "", "SELECT 'k' || x, CASE WHEN x < 3 THEN x ELSE abs(-9223372036854775807 - 1) END FROM (SELECT 1 x UNION SELECT 2 UNION SELECT 3)", nil, nil, dataloader.ReasonSourceError, "integer overflow"},
		"Endless":        {"a query without end", "", endless, nil, timeout, dataloader.ReasonSourceError, "longer than 1 seconds"},
		"TooLargeValue":  {"a value that fills the memory", "", "SELECT hex(zeroblob(100000000)), 1", nil, nil, dataloader.ReasonSourceError, "too big"},
		"ParameterInAll": {"a parameter that is not bound is an error, not NULL", "", "SELECT tenant, 1 FROM users WHERE tenant = ?", nil, nil, dataloader.ReasonSourceError, "the query failed"},
		"NoBoundParameter": {
			"a Bound query without a parameter", "", counting, nil,
			func(s *v1alpha1.DataLoader) { s.SQL.Keys = v1alpha1.QueryBound }, dataloader.ReasonInvalidExpression, "does not take the wanted keys",
		},
		"NoSecret": {
			"the Secret is missing", "", counting, nil,
			func(s *v1alpha1.DataLoader) { s.SQL.DSNSecretRef.Name = "other" }, dataloader.ReasonSecretNotFound, `Secret "other" does not exist`,
		},
		"NoEntry": {
			"its entry is missing", "", counting, nil,
			func(s *v1alpha1.DataLoader) { s.SQL.DSNSecretRef.Key = "url" }, dataloader.ReasonSecretNotFound, `no value under the key "url"`,
		},
		"NotAllowed": {
			"the Secret does not allow it", "", counting,
			func(_ *testing.T, b *bench) { b.secret.Labels = nil; b.update() }, nil,
			dataloader.ReasonSecretNotAllowed, "billing.seatplane.dev/allow: loader",
		},
		"AllowedToSinks": {
			"it allows something else", "", counting,
			func(_ *testing.T, b *bench) { b.secret.Labels[v1alpha1.LabelAllow] = v1alpha1.AllowSink; b.update() }, nil,
			dataloader.ReasonSecretNotAllowed, "does not allow data loaders",
		},
		"Certificates": {
			"a file has no certificate", "", counting,
			func(_ *testing.T, b *bench) { b.secret.Data["ca"] = []byte("PEM"); b.update() },
			func(s *v1alpha1.DataLoader) {
				s.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "ca"}
			}, dataloader.ReasonSourceError, "leave it out with SQLite",
		},
		"OtherDriver": {
			"a database of a later version", "", counting, nil,
			func(s *v1alpha1.DataLoader) { s.SQL.Driver = "Oracle" }, dataloader.ReasonSourceError, "no driver Oracle",
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

// ATTACH is refused by its first word; this is the fence behind it.
func TestNothingCanBeAttached(t *testing.T) {
	b := newBench(t, "")
	target, err := b.provider.dialects[v1alpha1.DriverSQLite].resolve(login{dsn: dataloader.NewSecret(b.file)})
	if err != nil {
		t.Fatal(err)
	}
	db := open(target)
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

// The application goes on writing while seats are counted, and the operator sees what it wrote.
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

func TestPools(t *testing.T) {
	b := newBench(t, "")
	second := filepath.Join(b.dir, "second.db")
	seed(t, second, map[string]int{"acme": 8})
	registry := dataloader.NewRegistry(b.provider)
	load := func(product string) string {
		t.Helper()
		answer, err := registry.Load(t.Context(), dataloader.Scope{Namespace: "shop", Product: product}, spec(counting), dataloader.Request{})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Rows[0].Count
	}
	before := runtime.NumGoroutine()
	for range 50 {
		load("one")
		load("two")
	}
	if got := b.provider.pools.size(); got != 1 {
		t.Errorf("two products on one DSN have %d pools", got)
	}
	b.secret.Data["dsn"] = []byte(second)
	b.update()
	if got := load("one"); got != "8" {
		t.Errorf("after the secret changed: %s", got)
	}
	if got := b.provider.pools.size(); got != 2 {
		t.Errorf("while the other product still uses the old one: %d pools", got)
	}
	load("two")
	if got := b.provider.pools.size(); got != 1 {
		t.Errorf("after both have moved: %d pools", got)
	}
	registry.Forget(dataloader.Scope{Namespace: "shop", Product: "one"})
	registry.Forget(dataloader.Scope{Namespace: "shop", Product: "two"})
	registry.Forget(dataloader.Scope{Namespace: "shop", Product: "never"})
	if got := b.provider.pools.size(); got != 0 {
		t.Errorf("after both are gone: %d pools", got)
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("%d goroutines before, %d after", before, got)
	}
	load("one")
	if err := registry.Close(); err != nil {
		t.Error(err)
	}
	if _, err := registry.Load(t.Context(), scope, spec(counting), dataloader.Request{}); err == nil {
		t.Error("a closed provider answers")
	}
}

func TestConcurrentQueriesAreBounded(t *testing.T) {
	b := newBench(t, "")
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			name := dataloader.Scope{Namespace: "shop", Product: fmt.Sprint("product-", i)}
			if _, err := dataloader.NewRegistry(b.provider).Load(context.Background(), name, spec(counting), dataloader.Request{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, each := range b.provider.pools.byName {
		if got := each.db.Stats(); got.MaxOpenConnections != 2 || got.OpenConnections > 2 {
			t.Errorf("got %+v", got)
		}
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
