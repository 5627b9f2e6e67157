// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package crm provides the customer databases of the demo and of development. They are SQLite files,
// and one of them contains the users of three customers.
package crm

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// File is the name of the database's file, which examples/demo/database.yaml names too.
const File = "users.db"

const firstUsers = `
CREATE TABLE users (
  tenant TEXT NOT NULL,
  email  TEXT NOT NULL PRIMARY KEY,
  active INTEGER NOT NULL DEFAULT 1
);
INSERT INTO users (tenant, email) VALUES
  ('acme', 'ada@acme.example'), ('acme', 'bob@acme.example'),
  ('globex', 'hank@globex.example'), ('globex', 'homer@globex.example'), ('globex', 'frank@globex.example'),
  ('globex', 'rose@globex.example'), ('globex', 'scorpio@globex.example'),
  ('initech', 'peter@initech.example'), ('initech', 'samir@initech.example'), ('initech', 'michael@initech.example');
`

// Database is a customer database.
type Database struct{ db *sql.DB }

// Open opens a database, which need not exist yet. Close it when done.
func Open(path string) (*Database, error) {
	// The operator may be reading.
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	return &Database{db: db}, nil
}

// Close closes the database.
func (d *Database) Close() error { return d.db.Close() }

// Fill creates the table and its first users.
func (d *Database) Fill(ctx context.Context) error { return d.Exec(ctx, firstUsers) }

// Exec executes either all statements or none.
func (d *Database) Exec(ctx context.Context, statements string) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // has no effect after the commit
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return err
	}
	return tx.Commit()
}

// Count is the number of active users of a customer.
type Count struct {
	Tenant string
	Users  int64
}

// Counts returns the number of active users of each customer, as the demo's data loader queries it.
func (d *Database) Counts(ctx context.Context) ([]Count, error) {
	var counts []Count
	err := d.rows(ctx, "SELECT tenant, count(*) FROM users WHERE active GROUP BY tenant ORDER BY tenant", func(rows *sql.Rows) error {
		var c Count
		defer func() { counts = append(counts, c) }()
		return rows.Scan(&c.Tenant, &c.Users)
	})
	return counts, err
}

// Print writes the results of a query, one row per line, with columns separated by tabs.
func (d *Database) Print(ctx context.Context, out io.Writer, query string) error {
	return d.rows(ctx, query, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		cells := make([]string, len(values))
		for i := range values {
			cells[i] = values[i].String
		}
		_, err = fmt.Fprintln(out, strings.Join(cells, "\t"))
		return err
	})
}

// rows passes each row of a result to a function.
func (d *Database) rows(ctx context.Context, query string, take func(*sql.Rows) error) error {
	rows, err := d.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return fmt.Errorf("read a row: %w", err)
		}
	}
	return rows.Err()
}
