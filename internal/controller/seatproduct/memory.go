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

// creation is an update that this process made.
type creation struct {
	name string
	loading.Pending
}

// asked is the load that a product asked for.
type asked struct {
	load loading.Load
	// generation is that of the product's spec, at the time of the wall clock when the load was asked for.
	generation int64
	at         time.Time
	// result is what became of the load; nil while it is under way.
	result *queue.Result
	// reported says that the product's status says that the load is under way.
	reported bool
}

// memory is what a process remembers of a product's refreshes between passes. Losing it costs an
// attempt too early or a comparison with an older state, never a wrong count.
type memory struct {
	product types.UID
	// attempts decides when a load that is due may begin.
	attempts *loading.Attempts
	// asked is the load that is under way or whose answer was not taken yet; nil without one.
	asked *asked
	// created are the updates that the cache does not show yet.
	created map[loading.ItemID]creation
	// told is what was last written on a subscription that the cache does not show yet.
	told map[types.UID]v1alpha1.LoadStatus
	// written is the product as this process last wrote its status, and replaced the version that was.
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

// newest returns the product as this process wrote it, where the cache still shows the version that the
// write replaced. It saves a load that the product has just had; nothing relies on it.
func (m *memory) newest(product *v1alpha1.SeatProduct) *v1alpha1.SeatProduct {
	if m.written == nil || m.replaced != product.ResourceVersion {
		return product
	}
	return m.written
}

// wrote remembers a write of the product's status.
func (m *memory) wrote(before, after *v1alpha1.SeatProduct) {
	if before.ResourceVersion != after.ResourceVersion {
		m.replaced, m.written = before.ResourceVersion, after
	}
}

// memories holds the memory of each product. A product is reconciled by one worker at a time, which
// alone uses what get returns.
type memories struct {
	mu sync.Mutex
	of map[types.NamespacedName]*memory
}

// get returns the memory of the product's name, which may be that of an earlier product.
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

func (m *memories) forget(product types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, product)
}

// markUnseen corrects the notes by what this process wrote and the cache does not show yet, and forgets
// what it shows. Only an answer of this pass knows better than what was written.
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

// said remembers the notes that were written.
func (m *memory) said(notes []note) {
	for _, each := range notes {
		if each.changes() {
			m.told[each.subscription.UID] = each.load
		}
	}
}
