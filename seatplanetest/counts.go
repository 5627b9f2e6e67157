// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest

import (
	"context"
	"maps"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/operator"
)

// counts are the counts of the products of all tests, by product. The zero value has none.
type counts struct {
	mu        sync.Mutex
	byProduct map[types.NamespacedName]answer
}

// answer is what a fake source answers.
type answer struct {
	counts map[string]int64
	err    error
}

func (c *counts) set(product types.NamespacedName, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byProduct == nil {
		c.byProduct = map[types.NamespacedName]answer{}
	}
	c.byProduct[product] = a
}

// answer is an operator.CountFunc. For a product without counts set by a test, it lets the operator read the
// product's own source.
func (c *counts) answer(_ context.Context, product types.NamespacedName, _ []string) (map[string]int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set, ok := c.byProduct[product]
	if !ok {
		return nil, operator.ErrAskSource
	}
	return maps.Clone(set.counts), set.err
}

// SetCounts makes the source of a product return these counts from its next refresh on. The keys are those of its
// items: the customer's ID, unless the product's spec.dataLoader.key says otherwise. A key that is left out is
// missing from the source. The product needs a spec.dataLoader of any kind, which is not read.
func (s *Seatplane) SetCounts(product string, counts map[string]int64) {
	s.plane.counts.set(s.key(product), answer{counts: maps.Clone(counts)})
}

// FailCounts makes the source of a product fail with an error from its next refresh on, until SetCounts is called.
func (s *Seatplane) FailCounts(product string, err error) {
	s.plane.counts.set(s.key(product), answer{err: err})
}
