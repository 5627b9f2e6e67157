// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sql counts seats with a query (docs/kinds/seatproduct.md; billing.md#12-refreshes).
//
// It has two halves. The Provider runs in the manager: it reads the Secrets, judges the connection string
// and the query, and never speaks to a database. Handle runs in a loader process: it connects once, asks
// within one read-only transaction, and returns rows (trust.md#loads). An order is what the
// first tells the second.
package sql

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

// Kind is the kind of the jobs that Handle carries out, and the name of the source.
const Kind = "sql"

// defaultTimeout limits a load whose spec does not say how long it may take.
const defaultTimeout = 30 * time.Second

// Options are the operator's own settings for SQL sources.
type Options struct {
	// SQLiteDir is the folder that has a folder of SQLite files for each namespace; "" turns SQLite off.
	SQLiteDir string
	// Egress says which servers may be reached, and whether they must be verified.
	Egress egress.Policy
}

// Provider opens SQL sources.
type Provider struct {
	live   client.Reader
	runner guest.Runner
	kinds  map[v1alpha1.SQLDriver]kind
	turns  *turns
}

var _ dataloader.Provider = (*Provider)(nil)

// New returns a provider that reads Secrets through live, on which it needs nothing but get, and has
// runner carry out its loads: jobs of the kind Kind.
func New(live client.Reader, runner guest.Runner, options Options) *Provider {
	return &Provider{
		live:   live,
		runner: runner,
		kinds: map[v1alpha1.SQLDriver]kind{
			v1alpha1.DriverPostgres: postgresKind(options.Egress),
			v1alpha1.DriverMySQL:    mysqlKind(options.Egress),
			v1alpha1.DriverSQLite:   sqliteKind{dir: options.SQLiteDir},
		},
		turns: newTurns(),
	}
}

// kind is what the manager knows about one kind of database.
type kind interface {
	// check refuses a query before any database sees it. An error is a *dataloader.Failure.
	check(spec *v1alpha1.SQLSource) error
	// resolve turns a login of a namespace into a database. An error is a *dataloader.Failure.
	resolve(namespace string, l login) (target, error)
}

// login is what the Secrets of a source say.
type login struct {
	dsn dataloader.Released
	// ca is certificates in PEM; empty where the spec names none.
	ca dataloader.Secret
}

// target is a login that was understood and may be used.
type target struct {
	// server is where to connect; nil for SQLite.
	server *server
	// file is the path of a SQLite file; "" for servers.
	file string
	// egress says which addresses the loader process may connect to.
	egress egress.Policy
	// secrets are the texts that no message and no log may repeat.
	secrets []string
}

// Name implements dataloader.Provider.
func (*Provider) Name() string { return Kind }

// Handles implements dataloader.Provider.
func (*Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.SQL != nil }

// Open implements dataloader.Provider.
func (p *Provider) Open(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	chosen, ok := p.kinds[spec.SQL.Driver]
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
	to, err := chosen.resolve(scope.Namespace, secrets)
	if err != nil {
		return nil, err
	}
	return &source{namespace: scope.Namespace, runner: p.runner, turns: p.turns, spec: spec.SQL, to: to}, nil
}

func (p *Provider) readSecrets(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.SQLSource) (login, error) {
	dsn, err := dataloader.ReadSecret(ctx, p.live, scope.Namespace, spec.DSNSecretRef, dataloader.UseDSN)
	if err != nil || spec.CASecretRef == nil {
		return login{dsn: dsn}, err
	}
	ca, err := dataloader.ReadSecret(ctx, p.live, scope.Namespace, *spec.CASecretRef, dataloader.UseCA)
	return login{dsn: dsn, ca: ca.Secret}, err
}

// source is a database that can be asked through a loader process.
type source struct {
	namespace string
	runner    guest.Runner
	turns     *turns
	spec      *v1alpha1.SQLSource
	to        target
}

// Load implements dataloader.Source.
func (s *source) Load(ctx context.Context, request dataloader.Request) (dataloader.Answer, error) {
	done, err := s.turns.take(ctx, s.to.database(s.namespace, s.spec.Driver))
	if err != nil {
		return dataloader.Answer{}, err
	}
	defer done()
	return s.runner.Run(ctx, s.job(request.Keys))
}

// job returns the load as a loader process gets it. The keys go along only where the query takes them.
func (s *source) job(wanted []string) guest.Job {
	job := guest.Job{
		Kind:    Kind,
		Timeout: s.timeout(),
		Wanted:  wanted,
		Secrets: slices.Clone(s.to.secrets),
		Source:  guest.NewPayload(s.order()),
	}
	if s.bound() {
		job.Keys = wanted
	}
	if s.to.file != "" {
		job.Folders = []string{filepath.Dir(s.to.file)}
	}
	return job
}

// order returns what the loader process gets in addition to the keys.
func (s *source) order() order {
	return order{
		Driver:   s.spec.Driver,
		Query:    s.spec.Query,
		Bound:    s.bound(),
		Server:   s.to.server,
		File:     s.to.file,
		Networks: s.to.egress.Networks,
		Secrets:  s.to.secrets,
	}
}

// bound says whether the query takes the wanted keys as its parameter.
func (s *source) bound() bool { return s.spec.Keys == v1alpha1.QueryBound }

func (s *source) timeout() time.Duration {
	if s.spec.TimeoutSeconds == nil {
		return defaultTimeout
	}
	return time.Duration(*s.spec.TimeoutSeconds) * time.Second
}

func noParameter(usage string) error {
	return dataloader.Failf(dataloader.ReasonInvalidExpression,
		"keys is Bound, but the query does not take the wanted keys: use them, with %s, or write keys: All", usage)
}
