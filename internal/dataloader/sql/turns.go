// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"strings"
	"sync"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// maxConcurrentLoads bounds the loads that use one database at a time (billing.md#load-spreading).
const maxConcurrentLoads = 2

// database identifies a database for taking turns.
type database struct {
	// namespace separates namespaces, whose loads never wait for each other.
	namespace string
	driver    v1alpha1.SQLDriver
	host      string
	port      uint16
	name      string
	user      string
	file      string
}

// database identifies the database of the target.
func (t target) database(namespace string, driver v1alpha1.SQLDriver) database {
	if t.server == nil {
		return database{namespace: namespace, driver: driver, file: t.file}
	}
	return database{
		namespace: namespace, driver: driver, host: strings.ToLower(t.server.Host), port: t.server.Port, name: t.server.Database, user: t.server.User,
	}
}

// turns makes loads of one database wait for each other. It keeps a database in memory only while somebody
// uses it or waits for it.
type turns struct {
	mu   sync.Mutex
	each map[database]*turn
}

type turn struct {
	places chan struct{}
	// users is the number of loads that have a place or wait for one.
	users int
}

func newTurns() *turns { return &turns{each: map[database]*turn{}} }

// take waits for a place at the database. Call done after the load. The error is the context's own.
func (t *turns) take(ctx context.Context, at database) (done func(), err error) {
	mine := t.join(at)
	select {
	case mine.places <- struct{}{}:
		return func() { <-mine.places; t.leave(at) }, nil
	case <-ctx.Done():
		t.leave(at)
		return nil, ctx.Err()
	}
}

func (t *turns) join(at database) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine, known := t.each[at]
	if !known {
		mine = &turn{places: make(chan struct{}, maxConcurrentLoads)}
		t.each[at] = mine
	}
	mine.users++
	return mine
}

func (t *turns) leave(at database) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.each[at]
	mine.users--
	if mine.users == 0 {
		delete(t.each, at)
	}
}

// size returns how many databases are in memory.
func (t *turns) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.each)
}
