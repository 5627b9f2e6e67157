// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// settles waits until a number is at most what it should be: connections and goroutines end a moment
// after the answer. It returns the number.
func settles(read func() int, most int) int {
	for deadline := time.Now().Add(10 * time.Second); ; {
		got := read()
		if got <= most || time.Now().After(deadline) {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Between refreshes nothing is open at the server, also after failures; and nothing is left behind.
func TestServerLeaksNothing(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		open := func() int { return int(s.asked(s.connections)) }
		open()
		registry := dataloader.NewRegistry(s.provider)
		load := func(product, query string) error {
			slow := s.spec(query)
			slow.SQL.TimeoutSeconds = new(int32(1))
			_, err := registry.Load(t.Context(), dataloader.Scope{Namespace: "shop", Product: product}, slow, dataloader.Request{})
			return err
		}
		before := runtime.NumGoroutine()
		for range 10 {
			for _, product := range []string{"one", "two"} {
				if err := load(product, counting); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := s.provider.pools.size(); got != 1 {
			t.Errorf("two products on one connection string have %d pools", got)
		}
		for _, failing := range []string{"SELECT tenant FROM users", "SELECT x", "SELECT 'acme', " + fmt.Sprintf(s.sleep, 30)} {
			if err := load("one", failing); err == nil {
				t.Fatalf("%s succeeds", failing)
			}
		}
		if got := settles(open, 0); got != 0 {
			t.Errorf("between refreshes %d connections are open", got)
		}

		s.use(s.dsn(func(u *url.URL) { u.Path += "_of_another_version" }))
		_ = load("one", counting)
		if got := s.provider.pools.size(); got != 2 {
			t.Errorf("while the other product still uses the old one: %d pools", got)
		}
		_ = load("two", counting)
		if got := s.provider.pools.size(); got != 1 {
			t.Errorf("after both have moved: %d pools", got)
		}
		for _, product := range []string{"one", "two", "never"} {
			registry.Forget(dataloader.Scope{Namespace: "shop", Product: product})
		}
		if got := s.provider.pools.size(); got != 0 {
			t.Errorf("after both are gone: %d pools", got)
		}
		if got := settles(runtime.NumGoroutine, before); got > before {
			t.Errorf("%d goroutines before, %d after", before, got)
		}
	})
}

// However many products there are, a database runs two queries at once (billing.md 12.7).
func TestServerRunsTwoAtOnce(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		var group sync.WaitGroup
		slow := s.spec("SELECT 'acme', 1 FROM (SELECT " + fmt.Sprintf(s.sleep, 0.02) + ") AS s")
		most := 0
		done := make(chan struct{})
		var watching sync.WaitGroup
		watching.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					most = max(most, int(s.asked(s.sleeping)))
				}
			}
		})
		registry := dataloader.NewRegistry(s.provider)
		for i := range 40 {
			group.Go(func() {
				name := dataloader.Scope{Namespace: "shop", Product: fmt.Sprint("product-", i)}
				if _, err := registry.Load(context.Background(), name, slow, dataloader.Request{}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		close(done)
		watching.Wait()
		if most != maxConcurrentQueries {
			t.Errorf("at most %d queries were seen at once", most)
		}
		for _, each := range s.provider.pools.byName {
			if got := each.db.Stats().MaxOpenConnections; got != maxConcurrentQueries {
				t.Errorf("the pool takes %d connections", got)
			}
			if got := settles(func() int { return each.db.Stats().OpenConnections }, 0); got != 0 {
				t.Errorf("the pool keeps %d connections", got)
			}
		}
	})
}

// What a query did to its connection is nothing to the next, also when the next one waits for it.
func TestServerConnectionsAreFresh(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		connection := s.spec([2]string{"SELECT 'id', pg_backend_pid()", "SELECT 'id', connection_id()"}[place(s.driver)])
		var group sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]int{}
		for range 30 {
			group.Go(func() {
				answer, err := s.loadSpec(connection)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				seen[answer.Rows[0].Count]++
			})
		}
		group.Wait()
		for id, times := range seen {
			if times > 1 {
				t.Errorf("connection %s served %d refreshes", id, times)
			}
		}
	})
}
