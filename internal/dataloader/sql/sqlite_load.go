// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// sqliteDialect reads SQLite files.
type sqliteDialect struct{}

var _ dialect = sqliteDialect{}

// connector implements dialect.
func (sqliteDialect) connector(o order) (driver.Connector, error) {
	connector, err := sqlite.NewConnector(sqliteURI(o.File))
	if err != nil {
		return nil, dataloader.Failf(dataloader.ReasonSourceError, "the connection string does not name a SQLite file: write the path of one")
	}
	return connector, nil
}

// sqliteURI opens a file read-only, in two independent ways. With trusted_schema off, views in the file
// cannot use a function or table that reaches beyond the file. busy_timeout waits for the application
// that writes the file.
func sqliteURI(file string) string {
	uri := url.URL{Scheme: "file", Path: file, RawQuery: url.Values{
		"mode":          {"ro"},
		"_query_only":   {"1"},
		"_busy_timeout": {"5000"},
		"_defensive":    {"1"},
		"_dqs":          {"0"},
		"_error_rc":     {"1"},
		"_pragma":       {"trusted_schema(0)"},
	}.Encode()}
	return uri.String()
}

// maxSQLiteValue bounds one value and one parameter in bytes. Ten thousand keys of maximum length fit, and a
// query cannot fill the memory with one string.
const maxSQLiteValue = 32 << 20

// begin implements dialect. Read-only mode does not prevent a statement from attaching another file, so
// attaching is disabled. The file is opened read-only, regardless of the transaction.
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

// excess implements dialect: a file has no users.
func (sqliteDialect) excess(context.Context, *databasesql.Conn) (string, error) { return "", nil }

// binder implements dialect: the keys as one JSON array, for json_each(?).
func (sqliteDialect) binder(context.Context, *databasesql.Conn, string) (binder, error) {
	return bindJSON, nil
}

// sqliteWords are sentences about a query, by words in SQLite's own error. SQLite has one code for all of
// them.
var sqliteWords = []struct{ said, sentence string }{
	{"no such table", "the query names a table that does not exist (%s): check its name"},
	{"no such column", "the query names a column that does not exist (%s): check its name, and write texts in single quotes"},
	{"no such function", "the query uses a function that does not exist (%s): check its name"},
	{"ambiguous column", "the query names a column that more than one table has (%s): write the table's name before it"},
	{"syntax error", "the query has a syntax error (%s): correct it"},
	{"unrecognized token", "the query has a syntax error (%s): correct it"},
	{"incomplete input", "the query has a syntax error (%s): correct it"},
	{"integer overflow", "a number is too large for its type (%s): cast to a larger type"},
	{"unsafe use", "a view of the file uses something that reaches beyond the file (%s): query its tables instead"},
	{"missing argument", "the query has a parameter without a value (%s): write keys: Bound, and use ? once"},
}

// sqliteCodes are sentences by the primary code of an error.
var sqliteCodes = map[int]explanation{
	sqlite3.SQLITE_CANTOPEN: {dataloader.ReasonSourceUnreachable, "the SQLite file could not be opened (%s): check that the operator may read it"},
	sqlite3.SQLITE_BUSY:     {dataloader.ReasonSourceUnreachable, "the SQLite file is locked by the application that writes it (%s): the next refresh tries again"},
	sqlite3.SQLITE_LOCKED:   {dataloader.ReasonSourceUnreachable, "the SQLite file is locked by the application that writes it (%s): the next refresh tries again"},
	sqlite3.SQLITE_IOERR:    {dataloader.ReasonSourceUnreachable, "the SQLite file could not be read (%s): check the disk"},
	sqlite3.SQLITE_NOTADB:   {dataloader.ReasonSourceError, "the file is not a SQLite database (%s): check the path in the connection string"},
	sqlite3.SQLITE_CORRUPT:  {dataloader.ReasonSourceError, "the SQLite file is damaged (%s): restore it"},
	sqlite3.SQLITE_READONLY: {dataloader.ReasonSourceError, "the query writes, and a data loader only reads (%s): remove what writes"},
	sqlite3.SQLITE_TOOBIG:   {dataloader.ReasonSourceError, "a value is too large (%s): return keys and counts only"},
	sqlite3.SQLITE_NOMEM:    {dataloader.ReasonSourceError, "the query needs more memory than a load may use (%s): make it simpler"},
}

// explain implements dialect.
func (sqliteDialect) explain(err error) explanation {
	problem, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		if text := err.Error(); strings.Contains(text, "missing argument") {
			return explanation{dataloader.ReasonSourceError, "the query has a parameter without a value: write keys: Bound, and use ? once"}
		}
		return explanation{}
	}
	code := problem.Code() & 0xff
	number := fmt.Sprintf("error %d", code)
	if found, known := sqliteCodes[code]; known {
		return explanation{found.reason, fmt.Sprintf(found.sentence, number)}
	}
	for _, each := range sqliteWords {
		if strings.Contains(problem.Error(), each.said) {
			return explanation{dataloader.ReasonSourceError, fmt.Sprintf(each.sentence, number)}
		}
	}
	return explanation{dataloader.ReasonSourceError, fmt.Sprintf(unknownError, number)}
}
