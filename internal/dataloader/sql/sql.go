// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sql counts seats with a query (api.md, SeatProduct; billing.md 12).
//
// What all databases share is here: reading the DSN from a Secret, pools, batches of keys, bounds on
// what is read, and sentences without secrets. What is particular to one is a dialect.
package sql

import (
	"context"
	"crypto/sha256"
	databasesql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	// resolve turns a login into a database. An error is a *dataloader.Failure.
	resolve(login) (database, error)
	// check refuses a query before any database sees it. An error is a *dataloader.Failure.
	check(spec *v1alpha1.SQLSource) error
	// bind encodes the keys as the one parameter of a Bound query.
	bind(keys []string) (any, error)
	// begin makes a fresh connection safe to run a stranger's query on, and begins a read-only
	// transaction in which all queries see one state. timeout is for each query.
	begin(ctx context.Context, connection *databasesql.Conn, timeout time.Duration) error
	// timedOut says whether an error may mean that the database stopped a query for its length.
	timedOut(err error) bool
	// explain says which kind of failure an error is, and what went wrong in a sentence, which may
	// still repeat secrets.
	explain(err error) (dataloader.Reason, string)
}

// login is what the Secrets of a source say.
type login struct {
	dsn dataloader.Secret
	// ca is certificates in PEM; empty where the spec names none.
	ca dataloader.Secret
}

// identity tells databases apart, credentials included.
func (l login) identity(driver v1alpha1.SQLDriver) string {
	return identity(driver, l.dsn.Reveal(), l.ca.Reveal())
}

// identity is a hash, because it is kept for as long as a pool is.
func identity(driver v1alpha1.SQLDriver, parts ...string) string {
	return fmt.Sprintf("%s:%x", driver, sha256.Sum256([]byte(strings.Join(parts, "\x00"))))
}

// database is a login that was understood.
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
		live: live,
		dialects: map[v1alpha1.SQLDriver]dialect{
			v1alpha1.DriverPostgres: postgresDialect{},
			v1alpha1.DriverMySQL:    mysqlDialect{},
			v1alpha1.DriverSQLite:   sqliteDialect{dir: options.SQLiteDir},
		},
		pools: newPools(),
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
			"this version of the operator has no driver %s: use Postgres, MySQL or SQLite", spec.SQL.Driver)
	}
	if err := chosen.check(spec.SQL); err != nil {
		return nil, err
	}
	secrets, err := p.readSecrets(ctx, scope, spec.SQL)
	if err != nil {
		return nil, err
	}
	target, err := chosen.resolve(secrets)
	if err != nil {
		return nil, err
	}
	db, err := p.pools.use(scope, target)
	if err != nil {
		return nil, dataloader.Failf(dataloader.ReasonSourceUnreachable, "the operator is stopping")
	}
	return &source{dialect: chosen, db: db, secrets: target.secrets, spec: spec.SQL}, nil
}

func (p *Provider) readSecrets(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.SQLSource) (login, error) {
	dsn, err := dataloader.ReadSecret(ctx, p.live, scope.Namespace, spec.DSNSecretRef)
	if err != nil || spec.CASecretRef == nil {
		return login{dsn: dsn}, err
	}
	ca, err := dataloader.ReadSecret(ctx, p.live, scope.Namespace, *spec.CASecretRef)
	return login{dsn: dsn, ca: ca}, err
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
	// The transaction ends with its connection: nothing was written, so there is nothing to commit.
	defer discard(connection)
	err = within(ctx, connectTimeout, errSilent, func(ctx context.Context) error {
		return s.dialect.begin(ctx, connection, s.timeout())
	})
	if err != nil {
		return dataloader.Answer{}, s.failure(err)
	}
	queries, err := s.parameters(request.Keys)
	if err != nil {
		return dataloader.Answer{}, s.failure(err)
	}
	result := &reader{}
	for _, parameters := range queries {
		if err := s.query(ctx, connection, parameters, result); err != nil {
			return dataloader.Answer{}, s.failure(err)
		}
	}
	dataloader.ScrubCounts(result.rows, func(text string) string { return dataloader.Scrub(text, s.secrets...) })
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

// query asks once. Both the database and the operator keep the time; whoever is first, it reads the same.
func (s *source) query(ctx context.Context, connection *databasesql.Conn, parameters []any, result *reader) error {
	began := time.Now()
	err := within(ctx, s.timeout(), errTimeout, func(ctx context.Context) error {
		return readQuery(ctx, connection, s.spec.Query, parameters, result)
	})
	if err != nil && s.dialect.timedOut(err) && time.Since(began) >= s.timeout() {
		return errTimeout
	}
	return err
}

func readQuery(ctx context.Context, connection *databasesql.Conn, query string, parameters []any, result *reader) error {
	rows, err := connection.QueryContext(ctx, query, parameters...)
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
	reason, sentence := s.dialect.explain(err)
	return dataloader.Failf(reason, "%s", dataloader.Scrub(sentence, s.secrets...))
}

// The sentences that the dialects share.
const (
	loginRefused    = "the database refuses the user, the password or the address that the operator comes from (%s)"
	databaseUnknown = "the server has no database of that name for that user (%s)"
)

func unreachable(why string) string { return "the database cannot be reached: " + why }

func queryFailed(said string) string { return "the query failed: " + said }

func noParameter(usage string) error {
	return dataloader.Failf(dataloader.ReasonInvalidExpression,
		"the query does not take the wanted keys, but keys is Bound: use them, with %s, or write keys: All", usage)
}
