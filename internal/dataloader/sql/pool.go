// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	databasesql "database/sql"
	"database/sql/driver"
	"errors"
	"maps"
	"sync"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// maxConcurrentQueries bounds the queries that run on one database at a time (billing.md 12.7).
const maxConcurrentQueries = 2

// pools holds one pool of connections for each database that a product uses. A pool is closed when
// the last product that used it uses another database (its secret changed) or is gone.
type pools struct {
	mu     sync.Mutex
	byName map[string]*pool
	usedBy map[dataloader.Scope]string
	closed bool
}

type pool struct {
	db    *databasesql.DB
	users map[dataloader.Scope]struct{}
}

var errClosed = errors.New("closed")

func newPools() *pools {
	return &pools{byName: map[string]*pool{}, usedBy: map[dataloader.Scope]string{}}
}

// use returns the pool of the database for the scope, which leaves the one it used before.
func (p *pools) use(scope dataloader.Scope, target database) (*databasesql.DB, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	if p.usedBy[scope] != target.identity {
		p.leave(scope)
	}
	used, ok := p.byName[target.identity]
	if !ok {
		used = &pool{db: open(target), users: map[dataloader.Scope]struct{}{}}
		p.byName[target.identity] = used
	}
	used.users[scope] = struct{}{}
	p.usedBy[scope] = target.identity
	return used.db, nil
}

// open makes a pool that keeps no connection between refreshes: they are rare, and a connection that
// waits is one more that the server carries, that breaks unseen, and that remembers what a query did
// to it.
func open(target database) *databasesql.DB {
	db := databasesql.OpenDB(impatient{Connector: target.connector, patience: connectTimeout})
	db.SetMaxOpenConns(maxConcurrentQueries)
	db.SetMaxIdleConns(-1)
	return db
}

// discard closes a connection rather than handing it to whoever waits for one.
func discard(connection *databasesql.Conn) {
	_ = connection.Raw(func(any) error { return driver.ErrBadConn })
	_ = connection.Close()
}

// leave lets go of what the scope uses. It is called with the lock held.
func (p *pools) leave(scope dataloader.Scope) {
	identity, ok := p.usedBy[scope]
	if !ok {
		return
	}
	delete(p.usedBy, scope)
	left := p.byName[identity]
	delete(left.users, scope)
	if len(left.users) > 0 {
		return
	}
	delete(p.byName, identity)
	// Closing waits for queries that run, and no other product may wait for them.
	go func() { _ = left.db.Close() }()
}

func (p *pools) forget(scope dataloader.Scope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave(scope)
}

func (p *pools) close() error {
	p.mu.Lock()
	p.closed = true
	open := maps.Clone(p.byName)
	clear(p.byName)
	clear(p.usedBy)
	p.mu.Unlock()

	var all []error
	for _, each := range open {
		all = append(all, each.db.Close())
	}
	return errors.Join(all...)
}

// size returns how many pools are open.
func (p *pools) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.byName)
}
