// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	// memoryEnv names the environment variable with the numbers of subscriptions; make bench-memory sets it.
	memoryEnv = "SEATPLANE_BENCH_MEMORY"
	// limitEnv names the one with the manager's GOMEMLIMIT.
	limitEnv = "SEATPLANE_BENCH_MEMORY_LIMIT"
)

// The real manager after a restart: what each kind of object takes of its live heap, how soon it is ready, and how much
// memory it has from the system. Each subscription has an invoice and three updates.
func TestMemory(t *testing.T) {
	binary, err := playground.Build(t.TempDir())
	must(t, err)
	var heaps, starts strings.Builder
	heaps.WriteString("| subscriptions | in the cache | live heap | for each subscription |\n|---|---|---|---|\n")
	starts.WriteString("| subscriptions | ready after | CPU until then | at rest after | CPU until then | resident | most |\n|---|---|---|---|---|---|---|\n")
	for _, many := range numbers(t, memoryEnv, 20) {
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			m := newMemoryBench(t, binary, many)
			m.weigh(&heaps)
			starts.WriteString(m.restart())
		})
	}
	if asks(memoryEnv) {
		fmt.Printf("\n%s\n%s\n", heaps.String(), starts.String())
	}
}

// memoryBench is a control plane on which subscriptions are planted one kind of object after the other.
type memoryBench struct {
	*yard
	many   int
	names  []string
	probes string
}

func newMemoryBench(t *testing.T, binary string, many int) *memoryBench {
	t.Helper()
	probes, err := playground.FreeAddress()
	must(t, err)
	m := &memoryBench{yard: newYard(t, binary), many: many, probes: probes}
	for n := range many {
		m.names = append(m.names, fmt.Sprintf("planted-%08d", n))
	}
	for _, namespace := range []string{ours, planted} {
		m.namespace(namespace)
		m.create(builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", dear).Seats(1, 100_000).Obj())
	}
	return m
}

// planting is the name of the subscription that is planted again and again.
const planting = "subject-00000000"

// weigh plants one kind after the other, and says what each adds to the heap.
func (m *memoryBench) weigh(table *strings.Builder) {
	m.Helper()
	m.startManager()
	m.create(builders.MakeSubscription(planting, ours).Customer(planting).LoadedItem("editors", "editor", "monthly").Obj())
	m.await("it starts", func() bool { return m.objectsIn(ours, "InvoiceList") == 1 })
	for n := range 3 {
		m.create(builders.MakeSubscriptionUpdate(fmt.Sprint(planting, "-", n), ours, planting).Increment("editors", 1).Obj())
	}
	m.settleUntil("its updates are applied", func() bool { return !m.unfinished(ours) })
	m.stopManager()

	before := m.liveHeap("nothing")
	fmt.Fprintf(table, "| %d | nothing else | %.1f MiB | |\n", m.many, before/(1<<20))
	empty := before
	for _, resource := range everything {
		m.sow(m.cut(ours, planting, resource), planted, m.names)
		now := m.liveHeap(resource)
		fmt.Fprintf(table, "| %d | and %s | %.1f MiB | %.2f KiB |\n", m.many, resource, now/(1<<20), (now-before)/1024/float64(m.many))
		before = now
	}
	fmt.Fprintf(table, "| %d | **all** | %.1f MiB | **%.2f KiB** |\n", m.many, before/(1<<20), (before-empty)/1024/float64(m.many))
}

// objectsIn counts the objects of a kind in a namespace.
func (m *memoryBench) objectsIn(namespace, list string) int { return m.yard.many(namespace, list) }

// liveHeap starts a manager that collects garbage at each tenth that its heap grows by, lets it come to rest, and returns
// what the last collection found to live, in bytes.
func (m *memoryBench) liveHeap(stage string) float64 {
	m.Helper()
	found := 0.0
	m.Run(stage, func(t *testing.T) {
		t.Setenv("GOGC", "10")
		m.startManager()
		m.awaitReady()
		m.settle()
		// What a scrape leaves behind makes for another collection.
		for range 3 {
			found = m.figures()["go_gc_heap_live_bytes"]
		}
		m.stopManager()
	})
	if found == 0 {
		m.Fatal("the manager does not say how much of its heap lives")
	}
	return found
}

// awaitReady waits until the manager says that it is ready.
func (m *memoryBench) awaitReady() {
	m.Helper()
	ready := func() bool {
		request, err := http.NewRequestWithContext(m.Context(), http.MethodGet, "http://"+m.probes+"/readyz", http.NoBody)
		must(m.T, err)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}
	for deadline := time.Now().Add(30 * time.Minute); !ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.Fatalf("the manager is never ready\n%s", m.ground.Manager.LastWords())
		}
	}
}

// startManager starts the manager with probes.
func (m *memoryBench) startManager() {
	m.Helper()
	m.yard.startManager("--health-probe-bind-address=" + m.probes)
}

// restart starts the manager as it is installed, and says how soon it is ready and what memory it has.
func (m *memoryBench) restart() string {
	m.Helper()
	limit := os.Getenv(limitEnv)
	if limit == "" {
		limit = "920MiB"
	}
	row := ""
	m.Run("start", func(t *testing.T) {
		t.Setenv("GOMEMLIMIT", limit)
		began := time.Now()
		m.startManager()
		m.awaitReady()
		ready, used := time.Since(began), cpuOf(t, m.ground.Manager.PID())
		m.settle()
		rest, usedAtRest := time.Since(began), cpuOf(t, m.ground.Manager.PID())
		resident, most := m.resident()
		row = fmt.Sprintf("| %d | %.1f s | %.1f s | %.1f s | %.1f s | %d MiB | %d MiB |\n", m.many,
			ready.Seconds(), used.Seconds(), rest.Seconds(), usedAtRest.Seconds(), resident>>10, most>>10)
		m.requireNothingWritten(t.Context())
		m.stopManager()
	})
	return row
}

// resident is how much memory the manager has from the system, and the most that it had, in KiB.
func (m *memoryBench) resident() (now, most int64) {
	m.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.ground.Manager.PID()))
	must(m.T, err)
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "VmRSS:" && fields[0] != "VmHWM:" {
			continue
		}
		read, err := strconv.ParseInt(fields[1], 10, 64)
		must(m.T, err)
		if fields[0] == "VmRSS:" {
			now = read
		} else {
			most = read
		}
	}
	return now, most
}

// requireNothingWritten requires that what was planted is what a manager leaves behind: it finds nothing to do.
func (m *memoryBench) requireNothingWritten(ctx context.Context) {
	m.Helper()
	var list v1alpha1.SubscriptionUpdateList
	must(m.T, m.admin.List(ctx, &list, client.InNamespace(planted), client.Limit(10)))
	for i := range list.Items {
		if list.Items[i].Status.State != v1alpha1.UpdateApplied {
			m.Errorf("%s is %q", list.Items[i].Name, list.Items[i].Status.State)
		}
	}
	if invoices := m.objectsIn(planted, "InvoiceList"); invoices != m.many {
		m.Errorf("%d invoices, want the %d that were planted", invoices, m.many)
	}
	keys := allOf("subscriptions", planted)
	keys.KeysOnly = true
	entries, err := m.store.read(ctx, keys)
	must(m.T, err)
	written := 0
	for _, each := range entries {
		// The version of what is planted once is 1.
		if each.Version != "1" {
			written++
		}
	}
	if written > 0 {
		m.Errorf("the manager wrote %d of the %d subscriptions that were planted", written, m.many)
	}
}
