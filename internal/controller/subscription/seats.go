// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/seating"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// seats are the assignments of a subscription, by name.
type seats struct {
	assignments []v1alpha1.SeatAssignment
	// live: they were listed live, after the subscription was read.
	live bool
}

// gatherSeats reads who claims a seat. One that is being deleted claims none.
func (r *Reconciler) gatherSeats(ctx context.Context, w *world, reader client.Reader) error {
	var list v1alpha1.SeatAssignmentList
	if err := reader.List(ctx, &list, client.InNamespace(w.sub.Namespace),
		client.MatchingFields{index.FieldSubscription: w.sub.Name}, readOnly); err != nil {
		return fmt.Errorf("list SeatAssignments: %w", err)
	}
	w.seats.assignments = slices.DeleteFunc(list.Items, func(a v1alpha1.SeatAssignment) bool { return !a.DeletionTimestamp.IsZero() })
	slices.SortFunc(w.seats.assignments, func(a, b v1alpha1.SeatAssignment) int { return cmp.Compare(a.Name, b.Name) })
	w.input.Assigned = map[string]int64{}
	for item, plan := range w.seating(w.state) {
		w.input.Assigned[item] = plan.Assigned
	}
	return nil
}

// seating is who holds a seat of each item in a state. A subscription that has not
// started, or has ended, has no seats to hold.
func (w *world) seating(state subscription.State) map[string]seating.Plan {
	if !state.Started() {
		return nil
	}
	claims := map[string][]seating.Claim{}
	for i := range w.seats.assignments {
		a := &w.seats.assignments[i]
		claims[a.Spec.Item] = append(claims[a.Spec.Item], record.Claim(a, w.sub.UID))
	}
	plans := map[string]seating.Plan{}
	for i := range state.Items {
		item := &state.Items[i]
		plans[item.Name] = seating.Seat(claims[item.Name], item.Position.Held)
	}
	return plans
}

// confirmSeats lists the assignments live before anything is committed that hangs
// on who holds a seat: a decrease, and a seat that is given
// (consistency.md#derived). It reports whether they were not what the cache said.
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

// decidesOnSeats reports whether another count of the assigned seats could have
// made another outcome: an item goes or a quantity goes down, or is kept from it.
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

// askedCount is the count that an update asks for; nil when it asks for none.
func (w *world) askedCount(uid string) *int64 {
	if u := w.updates[uid]; u != nil && u.Spec.Seats != nil {
		return u.Spec.Seats.Count
	}
	return nil
}

// givesSeats reports whether somebody holds a seat in a state who was not told so.
func (w *world) givesSeats(state subscription.State) bool {
	plans := w.seating(state)
	return slices.ContainsFunc(w.seats.assignments, func(a v1alpha1.SeatAssignment) bool {
		return plans[a.Spec.Item].Places[a.Name].Verdict == seating.Holds && !record.Claim(&a, w.sub.UID).Assigned
	})
}

// describeSeats writes how many seats of each item have a holder.
func (w *world) describeSeats(state subscription.State, s *v1alpha1.SubscriptionStatus) {
	plans := w.seating(state)
	for i := range s.Items {
		item := &s.Items[i]
		item.Assigned, item.Available = nil, nil
		if plan, ok := plans[item.Name]; ok {
			item.Assigned = ptr.To(plan.Assigned)
			item.Available = ptr.To(max(item.Quantity-plan.Assigned, 0))
		}
	}
}
