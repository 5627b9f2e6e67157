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

// Unseated is why a holder has no seat.
type Unseated struct{ Reason, Message string }

// NoSeatFree says that the assignment waits in the line of its item.
func NoSeatFree(item string) Unseated {
	return Unseated{v1alpha1.ReasonWaitingForSeat, fmt.Sprintf("No seat of item %q is free: the assignment is served when "+
		"one is added or freed.", item)}
}

// NotInForce says that the item is declared, and the subscription does not have it
// yet.
func NotInForce(item string) Unseated {
	return Unseated{v1alpha1.ReasonWaitingForSeat, fmt.Sprintf("Item %q is not in force yet: its seats are given once "+
		"it is.", item)}
}

// SameHolder says that another assignment of the same holder goes first.
func SameHolder(first, item string) Unseated {
	return Unseated{v1alpha1.ReasonDuplicateHolder, fmt.Sprintf("SeatAssignment %q is for the same holder and item %q, and "+
		"goes first: delete one of the two.", first, item)}
}

// NoSuchItem says that neither the spec nor what is in force has the item.
func NoSuchItem(item string) Unseated {
	return Unseated{v1alpha1.ReasonUnknownItem, fmt.Sprintf("The subscription has no item %q: add it, or name one that it "+
		"has in another SeatAssignment.", item)}
}

// HasEnded says that nobody holds a seat of a subscription that has ended.
func HasEnded() Unseated {
	return Unseated{v1alpha1.ReasonSubscriptionCanceled, "The subscription has ended: nobody has a seat of it any more."}
}

// NoSubscription says that the subscription does not exist: GitOps applies in any
// order.
func NoSubscription() Unseated {
	return Unseated{v1alpha1.ReasonSubscriptionNotFound, "The subscription that this assignment names does not exist: the " +
		"assignment waits until it does."}
}

// Seated is the status of an assignment whose holder has a seat of the subscription
// with the UID. Since when stays as it was, or is at, on the subscription's clock.
// The conditions carry now, the wall clock's time.
func Seated(a *v1alpha1.SeatAssignment, subscription types.UID, at, now time.Time) v1alpha1.SeatAssignmentStatus {
	st := v1alpha1.SeatAssignmentStatus{
		ObservedGeneration: a.Generation, SubscriptionUID: subscription,
		AssignedTime: Time(at), Conditions: slices.Clone(a.Status.Conditions),
	}
	if Claim(a, subscription).Assigned && a.Status.AssignedTime != nil {
		st.AssignedTime = a.Status.AssignedTime
	}
	const message = "The holder has a seat."
	set := status.Of(&st.Conditions, a.Generation, now)
	set.Ready(v1alpha1.ReasonAssigned, message)
	set.Set(v1alpha1.ConditionAssigned, metav1.ConditionTrue, v1alpha1.ReasonAssigned, message)
	return st
}

// NotSeated is the status of an assignment whose holder has no seat. One of two of
// a holder waits for a person; one of a subscription that has ended asks for
// nothing any more; every other one is served as soon as it can be.
func NotSeated(a *v1alpha1.SeatAssignment, why Unseated, now time.Time) v1alpha1.SeatAssignmentStatus {
	st := v1alpha1.SeatAssignmentStatus{ObservedGeneration: a.Generation, Conditions: slices.Clone(a.Status.Conditions)}
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
