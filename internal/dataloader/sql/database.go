// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

// Database is a PostgreSQL database that an Archive writes to. It contains credentials, so it belongs in a
// guest.Payload and nowhere else.
type Database struct {
	// Server is the server to connect to.
	Server *server
	// Networks may be reached even if they are not public.
	Networks []netip.Prefix
	// Secrets are the texts that no message and no log may contain.
	Secrets []string
}

// ResolvePostgres parses a connection string, and checks that its Secret may be used for the server, that the policy
// allows the address, and that the server is verified unless the policy allows otherwise. It makes no connection. The
// error is a *dataloader.Failure.
func ResolvePostgres(dsn dataloader.Released, ca dataloader.Secret, policy egress.Policy) (Database, error) {
	to, err := postgresKind(policy).resolve("", login{dsn: dsn, ca: ca})
	if err != nil {
		return Database{}, err
	}
	return Database{Server: to.server, Networks: to.egress.Networks, Secrets: to.secrets}, nil
}

// Connect opens a connection, in a loader process. It takes at most half of the remaining time, and refuses a user who
// can do more than work with tables. The error is a *dataloader.Failure.
func (d Database) Connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := postgresConfig(d.order())
	if err != nil {
		return nil, dataloader.AsFailure(err)
	}
	limited, cancel := context.WithTimeout(ctx, min(connectTimeout, left(ctx)/2))
	defer cancel()
	connection, err := pgx.ConnectConfig(limited, config)
	if err != nil {
		return nil, d.unreachable(err)
	}
	var right string
	err = connection.QueryRow(limited, postgresExcess).Scan(&right)
	if errors.Is(err, pgx.ErrNoRows) {
		return connection, nil
	}
	_ = connection.Close(ctx)
	if err != nil {
		return nil, d.Failure(err)
	}
	return nil, dataloader.Failf(dataloader.ReasonSourceError,
		"the database user has the right %s, which the archive does not need: use a user who owns nothing but the archive's schema", right)
}

func (d Database) order() order {
	return order{Server: d.Server, Networks: d.Networks, Secrets: d.Secrets}
}

// unreachable explains why there is no connection.
func (d Database) unreachable(err error) error {
	if said, isPostgres := errors.AsType[*pgconn.PgError](err); isPostgres && isBusy(said.Code) {
		return d.Failure(said)
	}
	l := &load{order: d.order(), dialect: postgresDialect{}}
	return l.failure(errConnect{err})
}

// Failure explains an error of an open connection in a sentence without secrets. The text of the database is the
// detail, for the operator's log. The error is a *dataloader.Failure.
func (d Database) Failure(err error) error {
	if failure, ok := errors.AsType[*dataloader.Failure](err); ok {
		return failure
	}
	reason, sentence := explainArchive(err)
	failure := dataloader.Failf(reason, "%s", sentence)
	failure.Detail = dataloader.Scrub(err.Error(), d.Secrets...)
	return failure
}

// isBusy reports whether a SQLSTATE means that the server has no room, or is starting or stopping.
func isBusy(code string) bool {
	return len(code) == 5 && (code[:2] == "53" || code[:2] == "08" || code == "57P01" || code == "57P02" || code == "57P03")
}

// archiveWords are sentences about an archive's statements, by SQLSTATE.
var archiveWords = map[string]string{
	"42501": "the database user may not do what the archive needs (%s): grant the rights that docs/archive.md lists",
	"57014": "the database took too long (%s): look for locks on the tables of the archive, or for too little memory",
	"55P03": "the database took too long (%s): look for locks on the tables of the archive",
	"25006": "the database is read-only (%s): connect to the primary server",
	"42P01": "a table of the archive is missing (%s): restore it from a backup",
	"42703": "a column of the archive is missing (%s): restore it from a backup",
	"42P07": "the schema has tables that are not the archive's (%s): use a schema of its own",
}

func explainArchive(err error) (dataloader.Reason, string) {
	said, isPostgres := errors.AsType[*pgconn.PgError](err)
	switch {
	case isPostgres && isBusy(said.Code):
		return dataloader.ReasonSourceUnreachable, fmt.Sprintf("the database server is starting, stopping or has no room (%s)", stateOf(said))
	case isPostgres && archiveWords[said.Code] != "":
		return dataloader.ReasonSourceError, fmt.Sprintf(archiveWords[said.Code], stateOf(said))
	case isPostgres:
		return dataloader.ReasonSourceError, fmt.Sprintf("the database refused a statement of the archive (%s): the operator's log has its words", stateOf(said))
	case errors.Is(err, context.DeadlineExceeded):
		return dataloader.ReasonSourceUnreachable, "the database did not answer in time"
	case errors.Is(err, errTooMuch):
		return dataloader.ReasonSourceError, "the database sent more than the archive may read"
	case brokenOff(err), errors.Is(err, pgconn.ErrConnClosed):
		return dataloader.ReasonSourceUnreachable, "the connection to the database was lost"
	}
	return dataloader.ReasonSourceError, "the database answered in a way that the archive does not understand: the operator's log has details"
}

// stateOf returns the SQLSTATE of an error. A server can send anything, so only a valid one is repeated.
func stateOf(said *pgconn.PgError) string {
	if !sqlState.MatchString(said.Code) {
		return "no SQLSTATE"
	}
	return "SQLSTATE " + said.Code
}
