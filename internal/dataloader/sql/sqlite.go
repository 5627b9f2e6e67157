// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// sqliteDialect reads SQLite files that lie inside one folder, and only there: a SeatProduct is
// written by people who must not be able to read the operator's own disk.
type sqliteDialect struct {
	// dir is the folder that the flag --sqlite-dir names; "" is off.
	dir string
}

// resolve implements dialect. The DSN is a path, absolute or relative to the folder; a leading "file:"
// and "?mode=ro" are what people copy along, any other parameter is refused.
func (d sqliteDialect) resolve(l login) (database, error) {
	if d.dir == "" {
		return database{}, dataloader.Failf(dataloader.ReasonSourceError,
			"SQLite is off: the operator was started without the flag --sqlite-dir, which names the folder of the databases")
	}
	if l.ca.Reveal() != "" {
		return database{}, dataloader.Failf(dataloader.ReasonSourceError, "caSecretRef is for database servers: leave it out with SQLite")
	}
	dsn := l.dsn
	path, problem := sqlitePath(dsn.Reveal())
	if problem != "" {
		return database{}, dataloader.Failf(dataloader.ReasonSourceError, "%s", problem)
	}
	file, err := d.inside(path)
	if err != nil {
		return database{}, err
	}
	connector, err := sqlite.NewConnector(sqliteURI(file))
	if err != nil {
		return database{}, dataloader.Failf(dataloader.ReasonSourceError, "the connection string names no SQLite file")
	}
	return database{
		identity:  identity("SQLite", file),
		connector: connector,
		secrets:   []string{dsn.Reveal(), path, file, filepath.Base(file), d.dir},
	}, nil
}

// sqlitePath takes the path out of a DSN, or says what is wrong with it.
func sqlitePath(dsn string) (path, problem string) {
	dsn = strings.TrimSpace(dsn)
	if rest, isURI := strings.CutPrefix(dsn, "file:"); isURI {
		dsn = strings.TrimPrefix(rest, "//")
	}
	path, parameters, _ := strings.Cut(dsn, "?")
	switch {
	case parameters != "" && parameters != "mode=ro":
		return "", "the connection string of a SQLite file takes no parameters: write its path alone"
	case path == "" || strings.ContainsAny(path, "\x00%#"):
		return "", "the connection string names no SQLite file: write its path, without % and #"
	}
	return path, ""
}

// inside returns the real path of a file that lies in the folder, wherever symbolic links lead. It
// says the same of a file outside as of one that is not there: what is on the operator's disk is
// nobody's to find out.
func (d sqliteDialect) inside(path string) (string, error) {
	absent := dataloader.Failf(dataloader.ReasonSourceUnreachable,
		"there is no such SQLite file in the folder that the operator's flag --sqlite-dir names")
	folder, err := filepath.Abs(d.dir)
	if err != nil {
		return "", absent
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", dataloader.Failf(dataloader.ReasonSourceUnreachable,
			"the folder that the operator's flag --sqlite-dir names does not exist")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", absent
	}
	within, err := filepath.Rel(folder, file)
	if err != nil || !filepath.IsLocal(within) {
		return "", absent
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", absent
	case err != nil || !info.Mode().IsRegular():
		return "", dataloader.Failf(dataloader.ReasonSourceError, "the connection string names something that is no SQLite file")
	}
	return file, nil
}

// sqliteURI opens a file to be read and nothing else, by two means that do not depend on each other.
// busy_timeout waits for the application that writes the file.
func sqliteURI(file string) string {
	uri := url.URL{Scheme: "file", Path: file, RawQuery: url.Values{
		"mode":          {"ro"},
		"_query_only":   {"1"},
		"_busy_timeout": {"5000"},
		"_defensive":    {"1"},
		"_dqs":          {"0"},
		"_error_rc":     {"1"},
	}.Encode()}
	return uri.String()
}

// check implements dialect. The driver refuses a parameter that is not bound, and passes over one
// that the query does not take: then every batch would get everyone's rows again.
func (sqliteDialect) check(spec *v1alpha1.SQLSource) error {
	if err := checkStatement(spec.Query, sqliteLexicon); err != nil {
		return err
	}
	if spec.Keys == v1alpha1.QueryBound && !strings.ContainsAny(sqliteLexicon.withoutLiterals(spec.Query), "?:@$") {
		return noParameter("SQLite as json_each(?)")
	}
	return nil
}

// bind implements dialect: the keys as one JSON array, for json_each(?).
func (sqliteDialect) bind(keys []string) (any, error) {
	encoded, err := json.Marshal(keys)
	return string(encoded), err
}

// maxSQLiteValue bounds one value and one parameter in bytes: ten thousand keys of the longest kind
// fit, and a query cannot fill the memory with one string.
const maxSQLiteValue = 32 << 20

// begin implements dialect. Read-only does not keep a statement from attaching another file to read,
// so no file may be attached at all. The file is open for reading only, whatever the transaction says.
func (sqliteDialect) begin(ctx context.Context, connection *databasesql.Conn, _ time.Duration) error {
	limits := []struct{ id, value int }{
		{sqlite3.SQLITE_LIMIT_ATTACHED, 0},
		{sqlite3.SQLITE_LIMIT_LENGTH, maxSQLiteValue},
	}
	for _, limit := range limits {
		if _, err := sqlite.Limit(connection, limit.id, limit.value); err != nil {
			return err
		}
	}
	_, err := connection.ExecContext(ctx, "BEGIN")
	return err
}

// timedOut implements dialect: nobody but the operator stops a query.
func (sqliteDialect) timedOut(error) bool { return false }

// explain implements dialect.
func (sqliteDialect) explain(err error) (dataloader.Reason, string) {
	if problem, ok := errors.AsType[*sqlite.Error](err); ok {
		switch problem.Code() & 0xff {
		case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR:
			return dataloader.ReasonSourceUnreachable, unreachable(err.Error())
		}
		return dataloader.ReasonSourceError, queryFailed(err.Error())
	}
	if errors.Is(err, driver.ErrBadConn) {
		return dataloader.ReasonSourceUnreachable, unreachable(err.Error())
	}
	return dataloader.ReasonSourceError, queryFailed(err.Error())
}
