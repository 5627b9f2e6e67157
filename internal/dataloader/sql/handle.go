// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

const (
	// maxBatch bounds the number of keys in the parameter of one query.
	maxBatch = 10_000
	// connectTimeout bounds connecting and logging in.
	connectTimeout = 10 * time.Second
	// spare is how much longer than the load the server lets a statement run. The load's own limit applies
	// first and has its own sentence. The server's limit is for a loader process that was killed.
	spare = time.Second
)

// dialect is what a loader process needs to know about one kind of database.
type dialect interface {
	// connector returns a connector to the database of the order.
	connector(o order) (driver.Connector, error)
	// begin makes a connection safe for a stranger's query, and begins a read-only transaction in which all
	// queries see the same state. The server itself ends a statement that takes longer than the limit.
	begin(ctx context.Context, connection *databasesql.Conn, limit time.Duration) error
	// excess returns a right that the user has but must not have, or "".
	excess(ctx context.Context, connection *databasesql.Conn) (string, error)
	// binder returns how keys are encoded in the parameter of a query.
	binder(ctx context.Context, connection *databasesql.Conn, query string) (binder, error)
	// explain describes an error of the database. It returns the zero value if the error is not the database's
	// own.
	explain(err error) explanation
}

// binder encodes keys as the single parameter of a query.
type binder func(keys []string) (any, error)

// explanation describes an error, in words that contain nothing of the database's text.
type explanation struct {
	reason   dataloader.Reason
	sentence string
}

var dialects = map[v1alpha1.SQLDriver]dialect{
	v1alpha1.DriverPostgres: postgresDialect{},
	v1alpha1.DriverMySQL:    mysqlDialect{},
	v1alpha1.DriverSQLite:   sqliteDialect{},
}

// Handle is the guest.Handler of a Provider's jobs, and runs in a loader process. It connects, queries
// within one read-only transaction, and returns the rows.
func Handle(ctx context.Context, source json.RawMessage, request dataloader.Request) (dataloader.Answer, error) {
	o, err := guest.Decode[order](source)
	if err != nil {
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError, "the loader process cannot read its job")
	}
	chosen, known := dialects[o.Driver]
	if !known {
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError, "the loader process has no driver %s", o.Driver)
	}
	l := &load{order: o, dialect: chosen}
	answer, err := l.run(ctx, request.Keys)
	if err != nil {
		return dataloader.Answer{}, l.failure(err)
	}
	dataloader.ScrubCounts(answer.Rows, func(text string) string { return dataloader.Scrub(text, o.Secrets...) })
	return answer, nil
}

// load is one load in a loader process.
type load struct {
	order
	dialect
}

// run connects, queries, and disconnects. Nothing here is deferred: after a panic of the driver its locks
// are never released, and the process ends anyway.
func (l *load) run(ctx context.Context, keys []string) (dataloader.Answer, error) {
	connector, err := l.connector(l.order)
	if err != nil {
		return dataloader.Answer{}, err
	}
	pool := databasesql.OpenDB(connector)
	pool.SetMaxIdleConns(-1)
	connection, err := l.connect(ctx, pool)
	if err != nil {
		_ = pool.Close()
		return dataloader.Answer{}, err
	}
	answer, err := l.ask(ctx, connection, keys)
	// The transaction ends with its connection. Nothing was written, so there is nothing to commit.
	_ = connection.Close()
	_ = pool.Close()
	return answer, err
}

// errConnect is an error of connecting.
type errConnect struct{ error }

// Unwrap returns the cause.
func (e errConnect) Unwrap() error { return e.error }

// connect opens the connection. It takes at most half of the load's remaining time, so that a silent
// server cannot be distinguished from one that refuses. The author of a SeatProduct must not learn
// which ports of a network are open.
func (l *load) connect(ctx context.Context, pool *databasesql.DB) (*databasesql.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, min(connectTimeout, left(ctx)/2))
	defer cancel()
	connection, err := pool.Conn(limited)
	if err != nil {
		return nil, errConnect{err}
	}
	return connection, nil
}

// left returns the remaining time of a load.
func left(ctx context.Context) time.Duration {
	deadline, has := ctx.Deadline()
	if !has {
		return defaultTimeout
	}
	return max(0, time.Until(deadline))
}

// ask runs one query that answers for everyone, or one for each batch of keys.
func (l *load) ask(ctx context.Context, connection *databasesql.Conn, keys []string) (dataloader.Answer, error) {
	if err := l.begin(ctx, connection, left(ctx)+spare); err != nil {
		return dataloader.Answer{}, err
	}
	right, err := l.excess(ctx, connection)
	if err != nil {
		return dataloader.Answer{}, err
	}
	if right != "" {
		return dataloader.Answer{}, tooPowerful(right)
	}
	queries, err := l.parameters(ctx, connection, keys)
	if err != nil {
		return dataloader.Answer{}, err
	}
	result := &reader{}
	for _, parameters := range queries {
		if err := readQuery(ctx, connection, l.Query, parameters, result); err != nil {
			return dataloader.Answer{}, err
		}
	}
	return dataloader.Answer{Rows: result.rows, Queries: result.queries}, nil
}

// parameters returns the parameters of each query of a load.
func (l *load) parameters(ctx context.Context, connection *databasesql.Conn, keys []string) ([][]any, error) {
	if !l.Bound {
		return [][]any{nil}, nil
	}
	bind, err := l.binder(ctx, connection, l.Query)
	if err != nil {
		return nil, err
	}
	var all [][]any
	for batch := range slices.Chunk(keys, maxBatch) {
		encoded, err := bind(batch)
		if err != nil {
			return nil, err
		}
		all = append(all, []any{encoded})
	}
	return all, nil
}

func readQuery(ctx context.Context, connection *databasesql.Conn, query string, parameters []any, result *reader) error {
	rows, err := connection.QueryContext(ctx, query, parameters...)
	if err != nil {
		return err
	}
	err = result.read(rows)
	return errors.Join(err, rows.Close()) //nolint:sqlclosecheck // a panic of the driver has to end the process, and not wait for its locks
}

// dialer returns a dialer that connects only to servers that the operator's flags permit.
func (o order) dialer() dialer {
	return dialer{policy: egress.Policy{Networks: o.Networks}}
}

// bindJSON encodes keys as one JSON array.
func bindJSON(keys []string) (any, error) {
	encoded, err := json.Marshal(keys)
	return string(encoded), err
}
