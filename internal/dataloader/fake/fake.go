// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package fake is a source for tests, with counts, failures and a record of what it was asked.
package fake

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// Loader answers every product from one set of rows. It is safe for concurrent use; the zero value
// answers with no rows.
type Loader struct {
	mu       sync.Mutex
	rows     []dataloader.Row
	err      error
	before   func()
	requests []dataloader.Request
}

var _ dataloader.Loader = (*Loader)(nil)

// Set makes the source answer with one row for each key, and clears a failure.
func (l *Loader) Set(counts map[string]int64) {
	rows := make([]dataloader.Row, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, dataloader.Row{Key: key, Count: strconv.FormatInt(counts[key], 10)})
	}
	l.SetRows(rows...)
}

// SetRows makes the source answer with exactly these rows, and clears a failure.
func (l *Loader) SetRows(rows ...dataloader.Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows, l.err = slices.Clone(rows), nil
}

// Fail makes the source answer with an error until it is set again.
func (l *Loader) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// Before has do run within every Load, before it answers: what happens while a query runs. nil takes
// it back.
func (l *Loader) Before(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = do
}

// Requests returns what the source was asked so far, in order: one entry a query.
func (l *Loader) Requests() []dataloader.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests)
}

// Load implements dataloader.Loader.
func (l *Loader) Load(ctx context.Context, _ dataloader.Scope, _ *v1alpha1.DataLoader, request dataloader.Request) (dataloader.Answer, error) {
	if before := l.record(request); before != nil {
		before()
	}
	if err := ctx.Err(); err != nil {
		return dataloader.Answer{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return dataloader.Answer{}, l.err
	}
	return dataloader.Answer{Rows: slices.Clone(l.rows), Queries: 1}, nil
}

func (l *Loader) record(request dataloader.Request) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, dataloader.Request{Keys: slices.Clone(request.Keys)})
	return l.before
}

// SourceName implements dataloader.Loader.
func (l *Loader) SourceName(*v1alpha1.DataLoader) string { return "fake" }
