// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	databasesql "database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// backend is a real database server that allows far too much to the user editor, whose password is hunter2.
type backend struct {
	*databases.Server
	driver v1alpha1.SQLDriver
	dsn    string
}

func postgres(t *testing.T, statements ...string) backend {
	t.Helper()
	server := databases.StartPostgres(t)
	prepare(t, server, append([]string{"CREATE ROLE editor LOGIN PASSWORD 'hunter2'"}, statements...)...)
	return backend{server, v1alpha1.DriverPostgres, server.DSN("editor", "hunter2", "crm", "sslmode=disable")}
}

func mariadb(t *testing.T, statements ...string) backend {
	t.Helper()
	server := databases.StartMariaDB(t)
	prepare(t, server, append([]string{"CREATE USER editor IDENTIFIED BY 'hunter2'"}, statements...)...)
	return backend{server, v1alpha1.DriverMySQL, server.DSN("editor", "hunter2", "crm", "tls=false")}
}

func prepare(t *testing.T, server *databases.Server, statements ...string) {
	t.Helper()
	if err := server.Exec("", "CREATE DATABASE crm"); err != nil {
		t.Fatal(err)
	}
	if err := server.Exec("crm", statements...); err != nil {
		t.Fatal(err)
	}
}

// runs creates a product with a query on the server.
func (b backend) runs(s *system, namespace, name, query string) product {
	s.Helper()
	return s.sells(namespace, name, s.sql(namespace, name, b.driver, b.Address(), b.dsn, query))
}

// Row 8: a query wrote a file on the database's server, because its comment was read in two ways.
func TestQueriesWriteNoFiles(t *testing.T) {
	s := start(t, reachable...)
	namespace := s.namespace("hostile")
	server := mariadb(t, "GRANT ALL ON *.* TO editor")
	for name, written := range map[string]string{
		"line-break":    "SELECT 1, 2 --\nINTO OUTFILE '%s'",
		"dumpfile":      "SELECT 1, 2 --\nINTO DUMPFILE '%s'",
		"two-hyphens":   "SELECT 1, 2 --x\nINTO OUTFILE '%s'",
		"tab":           "SELECT 1, 2 --\t\nINTO OUTFILE '%s'",
		"carriage":      "SELECT 1, 2 --\rINTO OUTFILE '%s'",
		"executable":    "SELECT 1, 2 /*!50000 INTO OUTFILE '%s' */",
		"of-mariadb":    "SELECT 1, 2 /*M!100000 INTO OUTFILE '%s' */",
		"plain":         "SELECT 1, 2 INTO OUTFILE '%s'",
		"comment-aside": "SELECT 1, 2 INTO/**/OUTFILE '%s'",
		"in-backslash":  `SELECT '\', 2 INTO OUTFILE ''%s'' -- '`,
		"in-union":      "SELECT 1, 2 UNION SELECT 3, 4 --\nINTO OUTFILE '%s'",
	} {
		file := filepath.Join(server.Dir, name)
		attack := server.runs(s, namespace, name, fmt.Sprintf(written, file))
		attack.loaded(v1alpha1.ReasonInvalidExpression, v1alpha1.ReasonSourceError)
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s: the query wrote a file on the server", name)
		}
	}
}

// Row 12: the error text of a database carried a cell into the status.
func TestCellsStayInTheirDatabase(t *testing.T) {
	const cell, encoded = "canary cell 4711", "Y2FuYXJ5IGNlbGwgNDcxMQ"
	table := []string{"CREATE TABLE vault (secret VARCHAR(100))", "INSERT INTO vault VALUES ('" + cell + "')"}
	cases := map[string]struct {
		server  backend
		queries map[string]string
	}{
		"postgres": {postgres(t, append(table, "GRANT SELECT ON vault TO editor")...), map[string]string{
			"cast":    "SELECT 'acme', CAST(secret AS int) FROM vault",
			"base64":  "SELECT 'acme', CAST(encode(secret::bytea, 'base64') AS int) FROM vault",
			"reverse": "SELECT 'acme', CAST(reverse(secret) AS date) FROM vault",
		}},
		"mariadb": {mariadb(t, append(table, "GRANT SELECT ON crm.* TO editor")...), map[string]string{
			"xpath":  "SELECT 'acme', extractvalue(1, concat('~', secret)) FROM vault",
			"base64": "SELECT 'acme', extractvalue(1, concat('~', to_base64(secret))) FROM vault",
		}},
	}
	s := start(t, reachable...)
	for database, tc := range cases {
		namespace := s.namespace("hostile")
		// Nothing has to fail for a query to answer with a cell in the place of a count.
		tc.server.runs(s, namespace, database+"-count", "SELECT 'acme', secret FROM vault").fails(v1alpha1.ReasonBadCounts, "a text of 16 characters")
		for name, text := range tc.queries {
			tc.server.runs(s, namespace, database+"-"+name, text).fails(v1alpha1.ReasonSourceError, "SQLSTATE [0-9A-Z]{5}|error [0-9]+")
		}
		s.requireHidden(namespace, cell, encoded, "1174 llec yranac", "hunter2")
	}
}

// Row 13: a query of a role that may do everything read the server's files, within READ ONLY.
func TestPowerfulRolesAreRefused(t *testing.T) {
	cases := map[string]struct {
		start  func(*testing.T, ...string) backend
		grant  string
		query  string
		naming string
	}{
		"superuser":  {postgres, "ALTER ROLE editor SUPERUSER", "SELECT 'acme', length(pg_read_file('/etc/hostname'))", "(?i)superuser"},
		"files":      {postgres, "GRANT pg_read_server_files TO editor", "SELECT 'acme', length(pg_read_file('/etc/hostname'))", "pg_read_server_files"},
		"file-right": {mariadb, "GRANT FILE, SELECT ON *.* TO editor", "SELECT 'acme', length(load_file('/etc/hostname'))", "FILE"},
		"all-rights": {mariadb, "GRANT ALL ON *.* TO editor", query, "FILE|SUPER|ALL"},
	}
	s := start(t, reachable...)
	namespace := s.namespace("hostile")
	for name, tc := range cases {
		attack := tc.start(t, tc.grant).runs(s, namespace, name, tc.query)
		attack.fails(v1alpha1.ReasonSourceError, tc.naming)
		attack.requireUncounted()
	}
}

// A role that may do no more than it has to is not refused: what the rows above see is not a server that
// nobody can use.
func TestModestRolesAreServed(t *testing.T) {
	s := start(t, reachable...)
	namespace := s.namespace("honest")
	table := []string{"CREATE TABLE users (tenant VARCHAR(20))", "INSERT INTO users VALUES ('acme'), ('acme')"}
	const count = "SELECT tenant, count(*) FROM users GROUP BY tenant"
	postgres(t, append(table, "GRANT SELECT ON users TO editor")...).runs(s, namespace, "postgres", count).loaded(v1alpha1.ReasonRefreshed)
	mariadb(t, append(table, "GRANT SELECT ON crm.users TO editor")...).runs(s, namespace, "mariadb", count).loaded(v1alpha1.ReasonRefreshed)
}

// Row 14: one folder of SQLite files was for all namespaces.
func TestNamespacesReadTheirOwnFiles(t *testing.T) {
	s := start(t, reachable...)
	victim, attacker := s.namespace("victim"), s.namespace("hostile")
	folder := filepath.Join(ground.SQLiteDir, victim)
	makeSQLite(t, filepath.Join(folder, "crm.db"))
	makeSQLite(t, filepath.Join(ground.SQLiteDir, "top.db"))
	own := filepath.Join(ground.SQLiteDir, attacker)
	makeSQLite(t, filepath.Join(own, "own.db"))
	if err := os.Symlink(filepath.Join(folder, "crm.db"), filepath.Join(own, "link.db")); err != nil {
		t.Fatal(err)
	}
	const counting = "SELECT tenant, seats FROM seats"
	reads := func(namespace, name, dsn string) product {
		return s.sells(namespace, name, s.sql(namespace, name, v1alpha1.DriverSQLite, "", dsn, counting))
	}
	reads(victim, "seat", "crm.db").loaded(v1alpha1.ReasonRefreshed)
	reads(attacker, "own", "own.db").loaded(v1alpha1.ReasonRefreshed)
	for name, dsn := range map[string]string{
		"by-namespace": victim + "/crm.db", "upwards": "../" + victim + "/crm.db", "absolute": filepath.Join(folder, "crm.db"),
		"as-url": "file:" + filepath.Join(folder, "crm.db") + "?mode=ro", "in-the-top": "../top.db", "top-absolute": filepath.Join(ground.SQLiteDir, "top.db"),
		"by-link": "link.db",
	} {
		attack := reads(attacker, name, dsn)
		attack.loaded(v1alpha1.ReasonSourceUnreachable, v1alpha1.ReasonSourceError)
		attack.requireUncounted()
	}
	s.requireHidden(attacker, ground.SQLiteDir)
}

// makeSQLite makes a database in which acme has three seats.
func makeSQLite(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := databasesql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE seats (tenant TEXT, seats INTEGER); INSERT INTO seats VALUES ('acme', 3)"); err != nil {
		t.Fatal(err)
	}
}
