// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
)

// Source is where subscriptions come from, in their present state.
type Source struct {
	// Name describes the source, for people: "the cluster", "the snapshot prices.json".
	Name string
	// Time is when the objects were read.
	Time      time.Time
	Catalogue *Catalogue
	// Earlier returns the invoices of subscriptions that do not exist any more, by the name of a subscription. They
	// have billed a new subscription with the same name and customer.
	Earlier func(ctx context.Context, name types.NamespacedName) ([]v1alpha1.Invoice, error)
	// Each calls do with every subscription once, in any order and from several goroutines at once, until one call
	// returns an error. It returns that error, or the error of reading.
	Each func(ctx context.Context, do func(Case) error) error
}

// Cases is the Each of a source that has all of its subscriptions in memory.
func Cases(cases []Case) func(context.Context, func(Case) error) error {
	return func(ctx context.Context, do func(Case) error) error {
		for i := range cases {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(cases[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

// EarlierOf returns the invoices of the deleted predecessors of a subscription that has not started: those with its name
// and customer.
func (s *Source) EarlierOf(ctx context.Context, sub *v1alpha1.Subscription) ([]v1alpha1.Invoice, error) {
	state, err := assembly.ReadState(sub)
	if err != nil || !assembly.LooksBack(state) || s.Earlier == nil {
		return nil, err
	}
	departed, err := s.Earlier(ctx, types.NamespacedName{Namespace: sub.Namespace, Name: sub.Name})
	if err != nil {
		return nil, err
	}
	var earlier []v1alpha1.Invoice
	for i := range departed {
		if assembly.PrecededBy(sub, &departed[i]) {
			earlier = append(earlier, departed[i])
		}
	}
	return earlier, nil
}
