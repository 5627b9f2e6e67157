// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sql counts seats with a query (docs/kinds/seatproduct.md; billing.md#12-refreshes).
//
// It has two halves. The Provider runs in the manager. It reads the Secrets, checks the connection string
// and the query, and never connects to a database. Handle runs in a loader process. It connects once,
// queries within one read-only transaction, and returns rows (trust.md#loads). The Provider sends Handle
// an order.
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

// defaultTimeout limits a load whose spec sets no timeout.
const defaultTimeout = 30 * time.Second

// Options are the operator's settings for SQL sources.
type Options struct {
	// SQLiteDir is the folder that contains a folder of SQLite files for each namespace. "" turns SQLite
	// off.
	SQLiteDir string
	// Egress defines which servers may be reached, and whether they must be verified.
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

// New returns a provider that uses the runner for its loads, which are jobs of the kind Kind. It
// reads Secrets through live, and only needs get on Secrets.
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

// kind is what the manager needs to know about one kind of database.
type kind interface {
	// check refuses a query before any database gets it. The error is a *dataloader.Failure.
	check(spec *v1alpha1.SQLSource) error
	// resolve turns a login of a namespace into a target. The error is a *dataloader.Failure.
	resolve(namespace string, l login) (target, error)
}

// login contains the Secrets of a source.
type login struct {
	dsn dataloader.Released
	// ca contains certificates in PEM. It is empty if the spec names none.
	ca dataloader.Secret
}

// target is a login that was parsed and may be used.
type target struct {
	// server is the server to connect to, or nil for SQLite.
	server *server
	// file is the path of a SQLite file, or "" for servers.
	file string
	// egress defines which addresses the loader process may connect to.
	egress egress.Policy
	// secrets are the texts that no message and no log may contain.
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

// source is a database that is queried through a loader process.
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

// job returns the load as a job of a loader process. The keys are included only if the query takes
// them.
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

// bound reports whether the query takes the wanted keys as its parameter.
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
