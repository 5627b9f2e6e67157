// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"database/sql/driver"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// postgresDialect reads PostgreSQL servers.
type postgresDialect struct{}

var _ dialect = postgresDialect{}

// maxPostgresMessage bounds one row in bytes.
const maxPostgresMessage = 8 << 20

// connector implements dialect.
func (postgresDialect) connector(o order) (driver.Connector, error) {
	config, err := postgresConfig(o)
	if err != nil {
		return nil, err
	}
	return stdlib.GetConnector(*config), nil
}

// postgresConfig sets everything that the driver would otherwise take from a connection string, environment
// variables or files.
func postgresConfig(o order) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig("host=localhost user=nobody database=nothing sslmode=disable")
	if err != nil {
		return nil, dataloader.Failf(dataloader.ReasonSourceError, "the operator's own environment variables for PostgreSQL cannot be used")
	}
	to := o.Server
	encryption, err := to.tls()
	if err != nil {
		return nil, err
	}
	config.Host, config.Port, config.Database = to.Host, to.Port, to.Database
	config.User, config.Password = to.User, to.Password
	config.TLSConfig, config.Fallbacks = encryption, nil
	if to.Trust == preferred {
		config.Fallbacks = []*pgconn.FallbackConfig{{Host: to.Host, Port: to.Port}}
	}
	config.SSLNegotiation, config.SSLCertMode, config.RequireAuth = "", "", ""
	if !to.Trust.isVerified() {
		// This is the only authentication method that does not reveal the password to the server.
		config.RequireAuth = "scram-sha-256"
	}
	config.KerberosSrvName, config.KerberosSpn = "", ""
	config.ValidateConnect = nil
	config.ConnectTimeout = 0 // the load has its own timeout
	// The dialer resolves the name, and checks the address that it connects to.
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.DialFunc = o.dialer().dial
	config.MaxProtocolMessageBodyLen = maxPostgresMessage
	config.RuntimeParams = map[string]string{"application_name": to.Application, "client_encoding": "UTF8"}
	// Unnamed statements also work through connection poolers, and the server reports the types of the
	// parameter and the columns.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	return config, nil
}

// begin implements dialect. The server parses the strings of a query as postgresLexicon does.
func (postgresDialect) begin(ctx context.Context, connection *databasesql.Conn, limit time.Duration) error {
	if _, err := connection.ExecContext(ctx, "BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ"); err != nil {
		return err
	}
	_, err := connection.ExecContext(ctx,
		"SELECT set_config('standard_conforming_strings', 'on', true),"+
			" set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)",
		strconv.FormatInt(limit.Milliseconds(), 10))
	return err
}

// postgresExcess finds a right that allows more than reading tables, and that a query can use in a
// read-only transaction. It includes rights of a role that the user is only a member of, because
// set_config('role', …) is a function.
const postgresExcess = `SELECT CASE WHEN rolsuper THEN 'SUPERUSER' WHEN rolreplication THEN 'REPLICATION' ELSE rolname::text END
FROM pg_catalog.pg_roles
WHERE (rolsuper OR rolreplication
	OR rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend'))
	AND pg_catalog.pg_has_role(session_user, oid, 'MEMBER')
ORDER BY rolsuper DESC, rolreplication DESC, rolname LIMIT 1`

// excess implements dialect.
func (postgresDialect) excess(ctx context.Context, connection *databasesql.Conn) (string, error) {
	var right string
	err := connection.QueryRowContext(ctx, postgresExcess).Scan(&right)
	if err == databasesql.ErrNoRows {
		return "", nil
	}
	return right, err
}

// binder implements dialect. It encodes the keys as one array, for = ANY($1). The server reports the type
// of the parameter. A key that is not a valid value of the type is left out: no row can have it, and the
// server would refuse all keys because of it.
func (postgresDialect) binder(ctx context.Context, connection *databasesql.Conn, query string) (binder, error) {
	var parameters []uint32
	err := connection.Raw(func(raw any) error {
		description, err := raw.(*stdlib.Conn).Conn().Prepare(ctx, "", query)
		if err == nil {
			parameters = description.ParamOIDs
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(parameters) != 1 {
		return nil, dataloader.Failf(dataloader.ReasonInvalidExpression, "the query has more parameters than one: use $1 alone, for the wanted keys")
	}
	return postgresBinder(parameters[0]), nil
}

// postgresBinder returns how keys are encoded as an array of a type.
func postgresBinder(arrayType uint32) binder {
	switch arrayType {
	case pgtype.Int2ArrayOID:
		return bindIntegers(16)
	case pgtype.Int4ArrayOID:
		return bindIntegers(32)
	case pgtype.Int8ArrayOID:
		return bindIntegers(64)
	case pgtype.UUIDArrayOID:
		return bindTexts(uuidForm.MatchString)
	}
	// A PostgreSQL text never contains a zero byte.
	return bindTexts(func(key string) bool { return !strings.Contains(key, "\x00") })
}

// uuidForm is the form in which PostgreSQL writes a UUID, which a key must have to be found in an
// answer.
var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// bindTexts returns a binder for the keys that fit.
func bindTexts(fits func(string) bool) binder {
	return func(keys []string) (any, error) {
		kept := make([]string, 0, len(keys))
		for _, key := range keys {
			if fits(key) {
				kept = append(kept, key)
			}
		}
		return kept, nil
	}
}

// bindIntegers returns a binder for the keys that are integers of the given number of bits, in the form in
// which the database writes them.
func bindIntegers(bits int) binder {
	return func(keys []string) (any, error) {
		kept := make([]int64, 0, len(keys))
		for _, key := range keys {
			if number, err := strconv.ParseInt(key, 10, bits); err == nil && strconv.FormatInt(number, 10) == key {
				kept = append(kept, number)
			}
		}
		return kept, nil
	}
}
