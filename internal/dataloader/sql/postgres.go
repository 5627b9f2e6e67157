// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// postgresDialect reads PostgreSQL servers.
type postgresDialect struct{}

var postgresForm = form{
	schemes:  []string{"postgres", "postgresql"},
	port:     5432,
	example:  "postgres://USER:PASSWORD@HOST:5432/DATABASE",
	accepted: []string{"sslmode", "application_name"},
	ignored:  []string{"connect_timeout"},
}

// postgresTrust is the values of sslmode that are accepted. "allow" is not: it is without TLS wherever
// the server lets it.
var postgresTrust = map[string]trust{
	"disable": plain, "prefer": preferred, "require": anyone, "verify-ca": chained, "verify-full": verified,
}

// resolve implements dialect.
func (postgresDialect) resolve(l login) (database, error) {
	dsn := strings.TrimSpace(l.dsn.Reveal())
	to, err := postgresForm.parseURL(dsn)
	if err != nil {
		return database{}, err
	}
	mode, said := to.parameters["sslmode"]
	level, known := postgresTrust[mode]
	switch {
	case !said:
		level = preferred
	case !known:
		return database{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the connection string has an sslmode that is not accepted: it may be disable, prefer, require, verify-ca or verify-full")
	}
	if level, err = level.strengthen(said, l.ca); err != nil {
		return database{}, err
	}
	config, err := postgresConfig(to, level, l.ca)
	if err != nil {
		return database{}, err
	}
	return database{identity: l.identity("Postgres"), connector: stdlib.GetConnector(*config), secrets: to.secrets}, nil
}

// maxPostgresMessage bounds one row in bytes, as maxSQLiteValue bounds a value.
const maxPostgresMessage = 32 << 20

// postgresConfig sets whatever the driver takes from a connection string, or else from environment
// variables and files of the operator's.
func postgresConfig(to address, level trust, ca dataloader.Secret) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig("host=localhost user=nobody database=nothing sslmode=disable")
	if err != nil {
		return nil, dataloader.Failf(dataloader.ReasonSourceError, "the operator's own environment variables for PostgreSQL cannot be used")
	}
	encryption, err := level.config(to.host, ca)
	if err != nil {
		return nil, err
	}
	config.Host, config.Port, config.Database = to.host, to.port, to.database
	config.User, config.Password = to.user, to.password
	config.TLSConfig, config.Fallbacks = encryption, nil
	if level == preferred {
		config.Fallbacks = []*pgconn.FallbackConfig{{Host: to.host, Port: to.port}}
	}
	config.SSLNegotiation, config.SSLCertMode, config.RequireAuth = "", "", ""
	config.KerberosSrvName, config.KerberosSpn = "", ""
	config.ValidateConnect = nil
	config.ConnectTimeout = 0 // the connector has its own
	config.DialFunc = dial
	config.MaxProtocolMessageBodyLen = maxPostgresMessage
	config.RuntimeParams = map[string]string{"application_name": "seatplane"}
	if name, ok := to.parameters["application_name"]; ok {
		config.RuntimeParams["application_name"] = name
	}
	// Statements without a name work through poolers too, and the server says which types the
	// parameter and the columns have.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	return config, nil
}

var postgresParameter = regexp.MustCompile(`\$1\b`)

// check implements dialect.
func (postgresDialect) check(spec *v1alpha1.SQLSource) error {
	if err := checkStatement(spec.Query, postgresLexicon); err != nil {
		return err
	}
	if spec.Keys == v1alpha1.QueryBound && !postgresParameter.MatchString(postgresLexicon.withoutLiterals(spec.Query)) {
		return noParameter("PostgreSQL as = ANY($1)")
	}
	return nil
}

// bind implements dialect: the keys as one array, for = ANY($1). A key with a byte of zero is left
// out: no text of PostgreSQL holds one, so nobody is counted under it, and the server would refuse all.
func (postgresDialect) bind(keys []string) (any, error) {
	storable := make([]string, 0, len(keys))
	for _, key := range keys {
		if !strings.Contains(key, "\x00") {
			storable = append(storable, key)
		}
	}
	return storable, nil
}

// begin implements dialect: every batch sees the state of one instant, and the server itself ends a
// statement that takes too long, or a transaction whose operator is gone.
func (postgresDialect) begin(ctx context.Context, connection *databasesql.Conn, timeout time.Duration) error {
	if _, err := connection.ExecContext(ctx, "BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ"); err != nil {
		return err
	}
	_, err := connection.ExecContext(ctx,
		"SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)",
		strconv.FormatInt(timeout.Milliseconds(), 10))
	return err
}

// timedOut implements dialect: query_canceled. A person may have canceled it too.
func (postgresDialect) timedOut(err error) bool {
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && said.Code == "57014"
}

// explain implements dialect.
func (postgresDialect) explain(err error) (dataloader.Reason, string) {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return explainPostgres(said)
	}
	_, isLogin := errors.AsType[*pgconn.ConnectError](err)
	if _, ok := errors.AsType[*pgproto3.ExceededMaxBodyLenErr](err); ok && !isLogin {
		return dataloader.ReasonSourceError, fmt.Sprintf("the server sends more than %d MiB at once: return keys and counts", maxPostgresMessage>>20)
	}
	// The driver has no value for it.
	if strings.Contains(err.Error(), "server refused TLS connection") {
		return dataloader.ReasonSourceUnreachable, unreachable("it has no TLS: have it offer TLS, or write sslmode=disable in the connection string")
	}
	if problem := networkProblem(err); problem != "" {
		return dataloader.ReasonSourceUnreachable, unreachable(problem)
	}
	if errors.Is(err, pgconn.ErrConnClosed) {
		return dataloader.ReasonSourceUnreachable, unreachable(brokeOff)
	}
	// Its text names users, hosts and addresses.
	if isLogin {
		return dataloader.ReasonSourceUnreachable, unreachable("what answers is no PostgreSQL, or asks for a way to log in that is not supported")
	}
	return dataloader.ReasonSourceError, queryFailed(err.Error())
}

func explainPostgres(said *pgconn.PgError) (dataloader.Reason, string) {
	words := fmt.Sprintf("%s (SQLSTATE %s)", said.Message, said.Code)
	class := said.Code[:min(2, len(said.Code))]
	switch {
	case class == "28":
		return dataloader.ReasonSourceError, fmt.Sprintf(loginRefused, "SQLSTATE "+said.Code)
	case said.Code == "3D000":
		return dataloader.ReasonSourceError, fmt.Sprintf(databaseUnknown, "SQLSTATE "+said.Code)
	case class == "08", class == "53", said.Code == "57P01", said.Code == "57P02", said.Code == "57P03":
		return dataloader.ReasonSourceUnreachable, unreachable(words)
	}
	return dataloader.ReasonSourceError, queryFailed(words)
}
