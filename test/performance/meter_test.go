// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"context"
	"net/http"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// wire counts what the operator asks the API server, as the server sees it.
type wire struct {
	http.RoundTripper
	reads, writes atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	switch {
	case request.URL.Query().Get("watch") != "":
	case request.Method == http.MethodGet:
		w.reads.Add(1)
	default:
		w.writes.Add(1)
	}
	return w.RoundTripper.RoundTrip(request)
}

// counter counts the queries that answers took.
type counter struct {
	dataloader.Loader
	queries, rows atomic.Int64
}

// Load implements dataloader.Loader.
func (c *counter) Load(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader, request dataloader.Request) (dataloader.Answer, error) {
	answer, err := c.Loader.Load(ctx, scope, spec, request)
	c.queries.Add(int64(answer.Queries))
	c.rows.Add(int64(len(answer.Rows) + answer.Others))
	return answer, err
}

// cost is what something took.
type cost struct {
	queries, rows, reads, writes int64
	wall, cpu                    time.Duration
	// allocated is what was allocated, peak by how much the heap grew at most, in bytes.
	allocated, peak uint64
}

// measure returns what doing something cost this process and its loader processes, which are the operator and
// nothing else: the servers are children of a watchdog. Allocations are those of this process alone.
func measure(t *testing.T, w *wire, c *counter, do func()) cost {
	t.Helper()
	runtime.GC()
	before := cost{queries: c.queries.Load(), rows: c.rows.Load(), reads: w.reads.Load(), writes: w.writes.Load(), cpu: cpuTime(t)}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	allocated, peak := memory.TotalAlloc, watchHeap()
	began := time.Now()
	do()
	wall := time.Since(began)
	cpu := cpuTime(t)
	grown := peak()
	runtime.ReadMemStats(&memory)
	return cost{
		queries: c.queries.Load() - before.queries, rows: c.rows.Load() - before.rows,
		reads: w.reads.Load() - before.reads, writes: w.writes.Load() - before.writes,
		wall: wall, cpu: cpu - before.cpu, allocated: memory.TotalAlloc - allocated, peak: grown,
	}
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var spent time.Duration
	for _, whose := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if err := syscall.Getrusage(whose, &usage); err != nil {
			t.Fatal(err)
		}
		spent += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return spent
}

// watchHeap looks at the heap until the function that it returns is called, which says by how much it grew
// at most.
func watchHeap() func() uint64 {
	first, most := heap(), uint64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, heap())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(done)
		<-ended
		return most - min(first, most)
	}
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
