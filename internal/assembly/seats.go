// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly

import (
	"cmp"
	"slices"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/seating"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// Claims are the assignments that claim a seat, by name. An assignment that is being deleted claims none. Claims
// may change the given list.
func Claims(assignments []v1alpha1.SeatAssignment) []v1alpha1.SeatAssignment {
	assignments = slices.DeleteFunc(assignments, func(a v1alpha1.SeatAssignment) bool { return !a.DeletionTimestamp.IsZero() })
	slices.SortFunc(assignments, func(a, b v1alpha1.SeatAssignment) int { return cmp.Compare(a.Name, b.Name) })
	return assignments
}

// Seating is who has a seat of each item in a state. A subscription that has not
// started, or has ended, has no seats.
func Seating(sub *v1alpha1.Subscription, state subscription.State, assignments []v1alpha1.SeatAssignment) map[string]seating.Plan {
	if !state.Started() {
		return nil
	}
	claims := map[string][]seating.Claim{}
	for i := range assignments {
		a := &assignments[i]
		claims[a.Spec.Item] = append(claims[a.Spec.Item], record.Claim(a, facts.Identity(sub)))
	}
	plans := map[string]seating.Plan{}
	for i := range state.Items {
		item := &state.Items[i]
		plans[item.Name] = seating.Seat(claims[item.Name], item.Position.Held)
	}
	return plans
}

// Assigned counts the seats of each item that have an assignee.
func Assigned(sub *v1alpha1.Subscription, state subscription.State, assignments []v1alpha1.SeatAssignment) map[string]int64 {
	assigned := map[string]int64{}
	for item, plan := range Seating(sub, state, assignments) {
		assigned[item] = plan.Assigned
	}
	return assigned
}

// SeatMark is the status of an assignment in a state: whether its assignee has a seat, and why. plans are those of
// [Seating]. at is the time on the subscription's clock, and the conditions carry now, the wall clock's.
func SeatMark(sub *v1alpha1.Subscription, state subscription.State, plans map[string]seating.Plan, a *v1alpha1.SeatAssignment, at, now time.Time) v1alpha1.SeatAssignmentStatus {
	place := plans[a.Spec.Item].Places[a.Name]
	if place.Verdict == seating.Holds {
		return record.Seated(a, facts.Identity(sub), at, now)
	}
	return record.NotSeated(a, unseated(sub, state, a.Spec.Item, place), now)
}

// unseated is why an assignee has no seat.
func unseated(sub *v1alpha1.Subscription, state subscription.State, item string, place seating.Place) record.Unseated {
	_, inForce := state.Item(item)
	declared := slices.ContainsFunc(sub.Spec.Items, func(i v1alpha1.SubscriptionItem) bool { return i.Name == item })
	switch {
	case state.Phase == subscription.Canceled:
		return record.HasEnded()
	case place.Verdict == seating.Duplicate:
		return record.SameHolder(place.First, item)
	case inForce && state.Started():
		return record.NoSeatFree(item)
	case declared:
		return record.NotInForce(item)
	default:
		return record.NoSuchItem(item)
	}
}
