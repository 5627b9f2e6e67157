// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
)

// creation is an update that this process created.
type creation struct {
	name string
	loading.Pending
}

// asked is the load that was begun for a product.
type asked struct {
	load loading.Load
	// generation is that of the product's spec. The time on the wall clock is when the load was begun.
	generation int64
	at         time.Time
	// result is the result of the load, or nil while it is running.
	result *queue.Result
	// reported means that the product's status shows that the load is running.
	reported bool
}

// memory is what a process keeps about a product's refreshes between passes. If it is lost, an
// attempt may come too early or a comparison may use an older state, but no count is ever wrong.
type memory struct {
	product types.UID
	// attempts decides when a load that is due may begin.
	attempts *loading.Attempts
	// asked is the load that is running or whose answer was not taken yet, or nil.
	asked *asked
	// created are the updates that the cache does not show yet.
	created map[loading.ItemID]creation
	// told is what was last written to a subscription and is not in the cache yet.
	told map[types.UID]v1alpha1.LoadStatus
	// written is the product as this process last wrote its status, and replaced is the version before
	// that.
	written  *v1alpha1.SeatProduct
	replaced string
	// totalsAt is when the totals were last written.
	totalsAt time.Time
}

func newMemory(product types.UID) *memory {
	return &memory{
		product: product, attempts: loading.NewAttempts(),
		created: map[loading.ItemID]creation{}, told: map[types.UID]v1alpha1.LoadStatus{},
	}
}

// newest returns the product as this process wrote it, if the cache still shows the version before that
// write. It avoids repeating a load that has just ended. Nothing relies on it.
func (m *memory) newest(product *v1alpha1.SeatProduct) *v1alpha1.SeatProduct {
	if m.written == nil || m.replaced != product.ResourceVersion {
		return product
	}
	return m.written
}

// wrote records a write of the product's status.
func (m *memory) wrote(before, after *v1alpha1.SeatProduct) {
	if before.ResourceVersion != after.ResourceVersion {
		m.replaced, m.written = before.ResourceVersion, after
	}
}

// memories contains the memory of each product. Only one worker at a time reconciles a product, and
// only that worker uses what get returns.
type memories struct {
	mu sync.Mutex
	of map[types.NamespacedName]*memory
}

// get returns the memory under the product's name, which may be that of an earlier product.
func (m *memories) get(product *v1alpha1.SeatProduct) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[types.NamespacedName]*memory{}
	}
	name := types.NamespacedName{Namespace: product.Namespace, Name: product.Name}
	if m.of[name] == nil {
		m.of[name] = newMemory(product.UID)
	}
	return m.of[name]
}

// in returns the products of a namespace that are remembered.
func (m *memories) in(namespace string) []types.NamespacedName {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []types.NamespacedName
	for name := range m.of {
		if name.Namespace == namespace {
			found = append(found, name)
		}
	}
	return found
}

func (m *memories) forget(product types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, product)
}

// markUnseen corrects the notes by what this process wrote and the cache does not show yet, and drops
// what the cache shows. Only an answer of this pass is newer than what was written.
func (m *memory) markUnseen(notes []note) {
	for n := range notes {
		uid := notes[n].subscription.UID
		told, known := m.told[uid]
		switch {
		case !known:
		case sameLoad(facts.Load(notes[n].subscription, told.Product), told):
			delete(m.told, uid)
		case !notes[n].loaded || sameLoad(notes[n].load, told):
			notes[n].load, notes[n].written = told, true
		default:
			notes[n].unseen = true
		}
	}
}

// said records the notes that were written.
func (m *memory) said(notes []note) {
	for _, each := range notes {
		if each.changes() {
			m.told[each.subscription.UID] = each.load
		}
	}
}
