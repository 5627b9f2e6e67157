// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

const (
	// timeout bounds a job, and work what it may take of that before it reports by itself.
	timeout = 60 * time.Second
	work    = 55 * time.Second
	// statementTimeout and lockTimeout bound one statement, and its wait for locks, on the server. They apply even if
	// the loader process was killed.
	statementTimeout = 40 * time.Second
	lockTimeout      = 15 * time.Second
	// lockClass is the first number of the advisory lock for migrations. The second is computed from the schema.
	lockClass = 0x5ea7
)

// Handle is the guest.Handler of a Client's jobs, and runs in a loader process. It connects once, brings the schema up
// to date, and does what the order lists. The answer has one row for each record and subscription that there is
// something to say about.
func Handle(ctx context.Context, source json.RawMessage, _ dataloader.Request) (dataloader.Answer, error) {
	o, err := guest.Decode[order](source)
	if err != nil || o.Database.Server == nil {
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError, "the loader process cannot read its job")
	}
	ctx, cancel := context.WithTimeout(ctx, work)
	defer cancel()
	connection, err := o.Database.Connect(ctx)
	if err != nil {
		return dataloader.Answer{}, err
	}
	s := &session{order: o, connection: connection}
	err = s.run(ctx)
	_ = connection.Close(ctx)
	if err != nil {
		return dataloader.Answer{}, o.Database.Failure(err)
	}
	return dataloader.Answer{Rows: s.rows, Queries: 1}, nil
}

// session is one job in a loader process.
type session struct {
	order
	connection *pgx.Conn
	rows       []dataloader.Row
}

func (s *session) run(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.store(ctx, s.Records); err != nil {
		return err
	}
	if len(s.States) > 0 {
		err := s.within(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, replaceStates(), columnsOf(s.States, len(archive.InvoiceStates.Columns))...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.within(ctx, func(tx pgx.Tx) error {
		if err := s.answerKnown(ctx, tx); err != nil {
			return err
		}
		return s.answerCheck(ctx, tx)
	})
}

// say adds an answer.
func (s *session) say(kind archive.Kind, uid, answer string) {
	s.rows = append(s.rows, dataloader.Row{Key: keyOf(kind, uid), Count: answer})
}

// within runs a transaction, with settings that end with it: connections may be pooled.
func (s *session) within(ctx context.Context, do func(pgx.Tx) error) error {
	tx, err := s.connection.Begin(ctx)
	if err != nil {
		return err
	}
	err = s.settings(ctx, tx)
	if err == nil {
		err = do(tx)
	}
	if err != nil {
		_ = tx.Rollback(ctx)
		return err
	}
	return tx.Commit(ctx)
}

func (s *session) settings(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "SELECT set_config('search_path', $1, true), set_config('statement_timeout', $2, true),"+
		" set_config('lock_timeout', $3, true), set_config('idle_in_transaction_session_timeout', $2, true),"+
		" set_config('synchronous_commit', 'on', true), set_config('DateStyle', 'ISO', true),"+
		" set_config('standard_conforming_strings', 'on', true)",
		pgx.Identifier{s.Schema}.Sanitize()+", pg_temp", milliseconds(statementTimeout), milliseconds(lockTimeout))
	return err
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// migrate brings the schema to the version of this program. Of several programs that start at once, one does it and
// the others wait.
func (s *session) migrate(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil || version == archive.Version() {
		return err
	}
	if version > archive.Version() {
		return tooNew(version)
	}
	return s.within(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1::int, hashtext($2))", lockClass, s.Schema); err != nil {
			return err
		}
		version, err := s.versionIn(ctx, tx)
		if err != nil {
			return err
		}
		return s.migrateFrom(ctx, tx, version)
	})
}

func tooNew(version int) error {
	return dataloader.Failf(dataloader.ReasonSourceError,
		"the schema of the archive has the version %d, and this operator works with %d: upgrade the operator", version, archive.Version())
}

func (s *session) migrateFrom(ctx context.Context, tx pgx.Tx, version int) error {
	if version == 0 {
		if err := s.createSchema(ctx, tx); err != nil {
			return err
		}
	}
	for _, each := range archive.Migrations() {
		if each.Version <= version {
			continue
		}
		if err := tx.Conn().PgConn().Exec(ctx, each.SQL).Close(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO "+archive.VersionsTable+" (version) VALUES ($1)", each.Version); err != nil {
			return err
		}
	}
	return nil
}

// createSchema makes the schema, unless somebody has prepared it, and the table of versions.
func (s *session) createSchema(ctx context.Context, tx pgx.Tx) error {
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)", s.Schema).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{s.Schema}.Sanitize()); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "CREATE TABLE "+archive.VersionsTable+
		" (version integer PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now())")
	return err
}

// version returns the version of the schema, which is 0 before the first migration.
func (s *session) version(ctx context.Context) (version int, err error) {
	err = s.within(ctx, func(tx pgx.Tx) error {
		version, err = s.versionIn(ctx, tx)
		return err
	})
	return version, err
}

func (s *session) versionIn(ctx context.Context, tx pgx.Tx) (int, error) {
	var exists bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = $2)",
		s.Schema, archive.VersionsTable).Scan(&exists)
	if err != nil || !exists {
		return 0, err
	}
	var version int
	err = tx.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM "+archive.VersionsTable).Scan(&version)
	return version, err
}

// answerKnown reports for each record whether it is stored.
func (s *session) answerKnown(ctx context.Context, tx pgx.Tx) error {
	var updates []string
	var invoices, of, sequences []string
	for _, each := range s.Known {
		if each.Kind == archive.KindUpdate {
			updates = append(updates, each.UID)
			continue
		}
		invoices, of = append(invoices, each.UID), append(of, each.Subscription)
		sequences = append(sequences, strconv.FormatInt(each.Sequence, 10))
	}
	if len(updates) > 0 {
		found, err := queryTexts(ctx, tx, 1, knownUpdates, updates)
		if err != nil {
			return err
		}
		for _, row := range found {
			s.say(archive.KindUpdate, value(row[0]), saysHeld)
		}
	}
	if len(invoices) == 0 {
		return nil
	}
	found, err := queryTexts(ctx, tx, 3, knownInvoices, invoices, of, sequences)
	if err != nil {
		return err
	}
	for _, row := range found {
		answer := saysOther
		if value(row[0]) == value(row[1]) {
			answer = saysHeld + " " + value(row[2])
		}
		s.say(archive.KindInvoice, value(row[0]), answer)
	}
	return nil
}

// answerCheck says what is stored about each subscription.
func (s *session) answerCheck(ctx context.Context, tx pgx.Tx) error {
	if len(s.Check) == 0 {
		return nil
	}
	found, err := queryTexts(ctx, tx, 4, checked, s.Check)
	if err != nil {
		return err
	}
	for _, row := range found {
		s.say(archive.KindSubscription, value(row[0]), fmt.Sprintf("%s %s %s %s", saysKnown, value(row[1]), value(row[2]), value(row[3])))
	}
	return nil
}

// queryTexts reads rows of so many texts.
func queryTexts(ctx context.Context, tx pgx.Tx, columns int, query string, parameters ...any) ([]archive.Row, error) {
	rows, err := tx.Query(ctx, query, parameters...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []archive.Row
	for rows.Next() {
		row := make(archive.Row, columns)
		into := make([]any, columns)
		for n := range row {
			into[n] = &row[n]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func value(of *string) string {
	if of == nil {
		return ""
	}
	return *of
}
