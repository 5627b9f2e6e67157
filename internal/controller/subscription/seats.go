// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/seating"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// seats are the assignments of a subscription, by name.
type seats struct {
	assignments []v1alpha1.SeatAssignment
	// live means that they were listed live, after the subscription was read.
	live bool
}

// gatherSeats reads the claims on seats. An assignment that is being deleted claims none.
func (r *Reconciler) gatherSeats(ctx context.Context, w *world, reader client.Reader) error {
	var list v1alpha1.SeatAssignmentList
	if err := reader.List(ctx, &list, client.InNamespace(w.sub.Namespace),
		client.MatchingFields{index.FieldSubscription: w.sub.Name}, readOnly); err != nil {
		return fmt.Errorf("list SeatAssignments: %w", err)
	}
	w.seats.assignments = assembly.Claims(list.Items)
	w.input.Assigned = assembly.Assigned(w.sub, w.state, w.seats.assignments)
	return nil
}

// seating decides who has a seat of each item in a state. A subscription that has not started, or
// has ended, has no seats.
func (w *world) seating(state subscription.State) map[string]seating.Plan {
	return assembly.Seating(w.sub, state, w.seats.assignments)
}

// confirmSeats lists the assignments live before a commit that depends on who has a seat: a
// decrease, or a new seat (consistency.md#derived). It reports whether they differ from the cache.
func (r *Reconciler) confirmSeats(ctx context.Context, w *world, outcome subscription.Outcome) (changed bool, err error) {
	matters := w.decidesOnSeats(outcome) || w.givesSeats(outcome.State)
	if w.seats.live || !matters {
		return false, nil
	}
	cached := w.input.Assigned
	if err := r.gatherSeats(ctx, w, r.Live); err != nil {
		return false, err
	}
	w.seats.live = true
	return !maps.Equal(cached, w.input.Assigned), nil
}

// decidesOnSeats reports whether another number of assigned seats could have changed the outcome,
// because an item is removed, or a quantity decreases or is kept from it.
func (w *world) decidesOnSeats(outcome subscription.Outcome) bool {
	for i := range w.state.Items {
		after, stays := outcome.State.Item(w.state.Items[i].Name)
		if !stays || after.Position.Held < w.state.Items[i].Position.Held {
			return true
		}
	}
	for _, effect := range outcome.Effects {
		d := effect.Decision
		if d == nil {
			continue
		}
		if d.Fault.Reason == subscription.SeatsAssigned {
			return true
		}
		asked := w.askedCount(d.UID)
		for _, change := range d.Changes {
			if change.NewCount < change.PreviousCount || change.NewCount > ptr.Deref(asked, change.NewCount) {
				return true
			}
		}
	}
	return false
}

// askedCount is the count that an update asks for, or nil.
func (w *world) askedCount(uid string) *int64 {
	if u := w.updates[uid]; u != nil && u.Spec.Seats != nil {
		return u.Spec.Seats.Count
	}
	return nil
}

// givesSeats reports whether an assignee has a seat in a state that their assignment does not show
// yet.
func (w *world) givesSeats(state subscription.State) bool {
	plans := w.seating(state)
	return slices.ContainsFunc(w.seats.assignments, func(a v1alpha1.SeatAssignment) bool {
		return plans[a.Spec.Item].Places[a.Name].Verdict == seating.Holds && !record.Claim(&a, facts.Identity(w.sub)).Assigned
	})
}
