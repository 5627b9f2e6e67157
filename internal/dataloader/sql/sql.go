// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sql counts seats with a query (api.md, SeatProduct; billing.md 12).
//
// What all databases share is here: reading the DSN from a Secret, pools, batches of keys, bounds on
// what is read, and sentences without secrets. What is particular to one is a dialect.
package sql

import (
	"context"
	databasesql "database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// maxBatch bounds the keys that one query takes as its parameter.
	maxBatch = 10_000
	// maxRows and maxBytes bound what one refresh reads.
	maxRows  = 1_000_000
	maxBytes = 128 << 20
	// defaultTimeout bounds one query, where the spec does not say it.
	defaultTimeout = 30 * time.Second
)

// dialect is what is particular to one kind of database.
type dialect interface {
	// resolve turns a DSN into a database. An error is a *dataloader.Failure.
	resolve(dsn dataloader.Secret) (database, error)
	// check refuses a query before any database sees it. An error is a *dataloader.Failure.
	check(spec *v1alpha1.SQLSource) error
	// bind encodes the keys as the one parameter of a Bound query.
	bind(keys []string) (any, error)
	// guard makes a connection safe to run a stranger's query on.
	guard(ctx context.Context, connection *databasesql.Conn) error
	// unreachable says whether an error means that the database is not there.
	unreachable(err error) bool
}

// database is a DSN that was understood.
type database struct {
	// identity tells databases apart, credentials included.
	identity  string
	connector driver.Connector
	// secrets are the texts that no message may repeat.
	secrets []string
}

// Options are the operator's own settings for SQL sources.
type Options struct {
	// SQLiteDir is the folder in which SQLite files may lie; "" turns SQLite off.
	SQLiteDir string
}

// Provider opens SQL sources. It keeps a pool of connections for each database until the products
// that use it are forgotten, or until Close.
type Provider struct {
	live     client.Reader
	dialects map[v1alpha1.SQLDriver]dialect
	pools    *pools
}

var (
	_ dataloader.Provider = (*Provider)(nil)
	_ dataloader.Keeper   = (*Provider)(nil)
)

// New returns a provider that reads Secrets through live; it needs get on Secrets and nothing else.
func New(live client.Reader, options Options) *Provider {
	return &Provider{
		live:     live,
		dialects: map[v1alpha1.SQLDriver]dialect{v1alpha1.DriverSQLite: sqliteDialect{dir: options.SQLiteDir}},
		pools:    newPools(),
	}
}

// Name implements dataloader.Provider.
func (*Provider) Name() string { return "sql" }

// Handles implements dataloader.Provider.
func (*Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.SQL != nil }

// Forget implements dataloader.Keeper.
func (p *Provider) Forget(scope dataloader.Scope) { p.pools.forget(scope) }

// Close implements dataloader.Keeper.
func (p *Provider) Close() error { return p.pools.close() }

// Open implements dataloader.Provider.
func (p *Provider) Open(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	chosen, ok := p.dialects[spec.SQL.Driver]
	if !ok {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"this version of the operator has no driver %s: use SQLite, or configMap", spec.SQL.Driver)
	}
	if err := chosen.check(spec.SQL); err != nil {
		return nil, err
	}
	dsn, err := dataloader.ReadSecret(ctx, p.live, scope.Namespace, spec.SQL.DSNSecretRef)
	if err != nil {
		return nil, err
	}
	target, err := chosen.resolve(dsn)
	if err != nil {
		return nil, err
	}
	db, err := p.pools.use(scope, target)
	if err != nil {
		return nil, dataloader.Failf(dataloader.ReasonSourceUnreachable, "the operator is stopping")
	}
	return &source{dialect: chosen, db: db, secrets: target.secrets, spec: spec.SQL}, nil
}

type source struct {
	dialect dialect
	db      *databasesql.DB
	secrets []string
	spec    *v1alpha1.SQLSource
}

// Load implements dataloader.Source: one query that answers for everyone, or one for each batch of
// keys, all on one connection and within one read-only transaction, so that they see one state.
func (s *source) Load(ctx context.Context, request dataloader.Request) (dataloader.Answer, error) {
	connection, err := s.db.Conn(ctx)
	if err != nil {
		return dataloader.Answer{}, s.failure(err)
	}
	defer func() { _ = connection.Close() }()
	if err := s.dialect.guard(ctx, connection); err != nil {
		return dataloader.Answer{}, s.failure(err)
	}
	transaction, err := connection.BeginTx(ctx, &databasesql.TxOptions{ReadOnly: true})
	if err != nil {
		return dataloader.Answer{}, s.failure(err)
	}
	// Nothing was written, so there is nothing to commit.
	defer func() { _ = transaction.Rollback() }()

	queries, err := s.parameters(request.Keys)
	if err != nil {
		return dataloader.Answer{}, s.failure(err)
	}
	result := &reader{}
	for _, parameters := range queries {
		if err := s.query(ctx, transaction, parameters, result); err != nil {
			return dataloader.Answer{}, s.failure(err)
		}
	}
	return dataloader.Answer{Rows: result.rows, Queries: result.queries}, nil
}

// parameters returns the parameters of each query that a request takes.
func (s *source) parameters(keys []string) ([][]any, error) {
	if s.spec.Keys != v1alpha1.QueryBound {
		return [][]any{nil}, nil
	}
	var all [][]any
	for batch := range slices.Chunk(keys, maxBatch) {
		encoded, err := s.dialect.bind(batch)
		if err != nil {
			return nil, err
		}
		all = append(all, []any{encoded})
	}
	return all, nil
}

func (s *source) query(ctx context.Context, transaction *databasesql.Tx, parameters []any, result *reader) error {
	limited, cancel := context.WithTimeoutCause(ctx, s.timeout(), errTimeout)
	defer cancel()
	err := readQuery(limited, transaction, s.spec.Query, parameters, result)
	if err != nil && errors.Is(context.Cause(limited), errTimeout) {
		return errTimeout
	}
	return err
}

func readQuery(ctx context.Context, transaction *databasesql.Tx, query string, parameters []any, result *reader) error {
	rows, err := transaction.QueryContext(ctx, query, parameters...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	return result.read(rows)
}

var errTimeout = errors.New("timeout")

func (s *source) timeout() time.Duration {
	if s.spec.TimeoutSeconds == nil {
		return defaultTimeout
	}
	return time.Duration(*s.spec.TimeoutSeconds) * time.Second
}

// failure says in a sentence without secrets what went wrong.
func (s *source) failure(err error) error {
	if failure, ok := errors.AsType[*dataloader.Failure](err); ok {
		return failure
	}
	if errors.Is(err, errTimeout) {
		return dataloader.Failf(dataloader.ReasonSourceError, "the query took longer than %d seconds and was stopped", int(s.timeout()/time.Second))
	}
	said := dataloader.Scrub(err.Error(), s.secrets...)
	if s.dialect.unreachable(err) {
		return dataloader.Failf(dataloader.ReasonSourceUnreachable, "the database cannot be reached: %s", said)
	}
	return dataloader.Failf(dataloader.ReasonSourceError, "the query failed: %s", said)
}
