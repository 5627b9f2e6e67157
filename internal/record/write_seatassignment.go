// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
)

// Unseated is why an assignee has no seat.
type Unseated struct{ Reason, Message string }

// NoSeatFree means that the assignment waits in the queue of its item.
func NoSeatFree(item string) Unseated {
	return Unseated{v1alpha1.ReasonWaitingForSeat, fmt.Sprintf("No seat of item %q is free. The assignment gets a seat when "+
		"one is added or freed.", item)}
}

// NotInForce means that the item is declared, but not in force yet.
func NotInForce(item string) Unseated {
	return Unseated{v1alpha1.ReasonWaitingForSeat, fmt.Sprintf("Item %q is not in force yet. Its seats are assigned once "+
		"it is.", item)}
}

// SameHolder means that another assignment of the same assignee comes first.
func SameHolder(first, item string) Unseated {
	return Unseated{v1alpha1.ReasonDuplicateHolder, fmt.Sprintf("SeatAssignment %q is for the same assignee and item %q, and "+
		"comes first. Delete one of the two.", first, item)}
}

// NoSuchItem means that neither the spec nor the subscription in force has the item.
func NoSuchItem(item string) Unseated {
	return Unseated{v1alpha1.ReasonUnknownItem, fmt.Sprintf("The subscription has no item %q. Add the item, or create another "+
		"SeatAssignment for an item that it has.", item)}
}

// HasEnded means that nobody has a seat of a subscription that has ended.
func HasEnded() Unseated {
	return Unseated{v1alpha1.ReasonSubscriptionCanceled, "The subscription has ended, so nobody has a seat any more."}
}

// NoSubscription means that the subscription does not exist, or does not exist yet, because GitOps
// tools apply manifests in any order.
func NoSubscription() Unseated {
	return Unseated{v1alpha1.ReasonSubscriptionNotFound, "The subscription that this assignment names does not exist: the " +
		"assignment waits until it does."}
}

// Seated is the status of an assignment whose assignee has a seat of the subscription with the UID.
// The assigned time stays as it was. If the seat is new, it is at, on the subscription's clock. The
// conditions get now, the time on the wall clock.
func Seated(a *v1alpha1.SeatAssignment, subscription types.UID, at, now time.Time) v1alpha1.SeatAssignmentStatus {
	st := v1alpha1.SeatAssignmentStatus{
		ObservedGeneration: a.Generation, SubscriptionUID: subscription, Imported: a.Status.Imported,
		AssignedTime: Time(at), Conditions: slices.Clone(a.Status.Conditions),
	}
	if Claim(a, subscription).Assigned && a.Status.AssignedTime != nil {
		st.AssignedTime = a.Status.AssignedTime
	}
	const message = "The assignee has a seat."
	set := status.Of(&st.Conditions, a.Generation, now)
	set.Ready(v1alpha1.ReasonAssigned, message)
	set.Set(v1alpha1.ConditionAssigned, metav1.ConditionTrue, v1alpha1.ReasonAssigned, message)
	return st
}

// NotSeated is the status of an assignment whose assignee has no seat. A duplicate of the same
// assignee waits for a person. One of a subscription that has ended needs nothing more. Any other
// gets a seat as soon as possible.
func NotSeated(a *v1alpha1.SeatAssignment, why Unseated, now time.Time) v1alpha1.SeatAssignmentStatus {
	st := v1alpha1.SeatAssignmentStatus{ObservedGeneration: a.Generation, Imported: a.Status.Imported, Conditions: slices.Clone(a.Status.Conditions)}
	set := status.Of(&st.Conditions, a.Generation, now)
	switch why.Reason {
	case v1alpha1.ReasonDuplicateHolder:
		set.Stalled(why.Reason, why.Message)
	case v1alpha1.ReasonSubscriptionCanceled:
		set.Ready(why.Reason, why.Message)
	default:
		set.InProgress(why.Reason, why.Message)
	}
	set.Set(v1alpha1.ConditionAssigned, metav1.ConditionFalse, why.Reason, why.Message)
	return st
}
