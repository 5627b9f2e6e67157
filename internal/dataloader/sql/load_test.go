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

// After a load nothing is open at the server, also after failures, and nothing is left behind.
func TestServerLeaksNothing(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		open := func() int { return int(s.asked(s.connections)) }
		open()
		load := func(query string) error {
			slow := s.spec(query)
			slow.SQL.TimeoutSeconds = new(int32(1))
			_, err := s.loadSpec(slow)
			return err
		}
		before := runtime.NumGoroutine()
		for range 10 {
			if err := load(counting); err != nil {
				t.Fatal(err)
			}
		}
		for _, failing := range []string{"SELECT tenant FROM users", "SELECT x", "SELECT 'acme', " + fmt.Sprintf(s.sleep, 30)} {
			if err := load(failing); err == nil {
				t.Fatalf("%s succeeds", failing)
			}
		}
		s.use(s.dsn(func(u *url.URL) { u.Path += "_of_another_version" }))
		if err := load(counting); err == nil {
			t.Fatal("a database that does not exist answers")
		}
		if got := settles(open, 0); got != 0 {
			t.Errorf("after the loads %d connections are open", got)
		}
		if got := s.provider.turns.size(); got != 0 {
			t.Errorf("after the loads %d databases are remembered", got)
		}
		if got := settles(runtime.NumGoroutine, before); got > before {
			t.Errorf("%d goroutines before, %d after", before, got)
		}
	})
}

// However many products there are, a database runs two queries at once (billing.md#load-spreading).
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
		if most != maxConcurrentLoads {
			t.Errorf("at most %d queries were seen at once", most)
		}
	})
}

// What a query did to its connection is nothing to the next load: it has a connection of its own.
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
				t.Errorf("connection %s served %d loads", id, times)
			}
		}
	})
}
