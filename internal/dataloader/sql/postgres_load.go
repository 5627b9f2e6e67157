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

// connector implements dialect. It sets whatever the driver takes from a connection string, or else from
// environment variables and files.
func (postgresDialect) connector(o order) (driver.Connector, error) {
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
		// Of all ways to log in, this one does not show the password to whoever answers.
		config.RequireAuth = "scram-sha-256"
	}
	config.KerberosSrvName, config.KerberosSpn = "", ""
	config.ValidateConnect = nil
	config.ConnectTimeout = 0 // the load has its own
	// The dialer looks the name up, and judges the address that it connects to.
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.DialFunc = o.dialer().dial
	config.MaxProtocolMessageBodyLen = maxPostgresMessage
	config.RuntimeParams = map[string]string{"application_name": to.Application, "client_encoding": "UTF8"}
	// Statements without a name work through poolers too, and the server says which types the parameter and
	// the columns have.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	return stdlib.GetConnector(*config), nil
}

// begin implements dialect. The strings of a query are read as postgresLexicon reads them.
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

// postgresExcess finds a right that reaches beyond tables, and that a query can use in a read-only
// transaction: also one of a role that the user is only a member of, because set_config('role', …) is a
// function.
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

// binder implements dialect: the keys as one array, for = ANY($1). The server says of which type the
// parameter is. A key that cannot be a value of the type is left out: nobody is counted under it, and the
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

// postgresBinder returns how keys become an array of a type.
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
	// No text of PostgreSQL holds a byte of zero.
	return bindTexts(func(key string) bool { return !strings.Contains(key, "\x00") })
}

// uuidForm is how PostgreSQL writes a UUID, and so how a key has to be written to be found in an answer.
var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// bindTexts returns a binder of the keys that fit.
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

// bindIntegers returns a binder of the keys that are integers of so many bits, as the database writes them.
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
