// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package fake is a source for tests. It returns configured counts and failures, and records its
// requests.
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

// Loader answers for every product with the same rows. It is safe for concurrent use. The zero
// value answers with no rows.
type Loader struct {
	mu       sync.Mutex
	rows     []dataloader.Row
	err      error
	before   func()
	requests []dataloader.Request
}

var _ dataloader.Loader = (*Loader)(nil)

// Set makes the source return one row for each key, and clears a failure.
func (l *Loader) Set(counts map[string]int64) {
	rows := make([]dataloader.Row, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, dataloader.Row{Key: key, Count: strconv.FormatInt(counts[key], 10)})
	}
	l.SetRows(rows...)
}

// SetRows makes the source return exactly these rows, and clears a failure.
func (l *Loader) SetRows(rows ...dataloader.Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows, l.err = slices.Clone(rows), nil
}

// Fail makes the source return an error until it is set again.
func (l *Loader) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// Before sets a function that every Load calls before it answers, to simulate what happens while a
// query runs. Nil removes it.
func (l *Loader) Before(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = do
}

// Requests returns the requests so far, in order, with one entry for each query.
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
