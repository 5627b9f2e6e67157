// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
)

const (
	// maxAhead is how far in the future the time of a cause may be, because the clocks of two
	// machines differ.
	maxAhead = time.Minute
	// maxBehind is how long before its creation the cause of an update may have been seen.
	maxBehind = subscription.MaxAnswerAge
	// maxSkew is how much later than its creation, and than the manager's clock, the count of an update may have
	// been loaded. With a later time, the update would have been created before there was anything to record.
	maxSkew = 10 * time.Second
)

// Present is the time at which a cause is judged.
type Present struct {
	// Clock is the time on the subscription's own clock, and Wall that on the wall clock. They are the same
	// for a subscription without a TestClock.
	Clock, Wall time.Time
}

// CauseFault explains, in a sentence that also says what to do, why the operator cannot have created an update although
// its cause says so. It is empty for an update that the operator may have created, and for one without a cause. If the
// admission policies are not installed, any user may write a cause (trust.md#admission).
func CauseFault(u *v1alpha1.SubscriptionUpdate, s *v1alpha1.Subscription, now Present) string {
	var why string
	switch {
	case u.Spec.Cause == nil:
		return ""
	case wasInvalid(u):
		why = "it was rejected for that before"
	case u.Spec.SubscriptionRef.UID != facts.Identity(s), !equality.Semantic.DeepEqual(u.Spec, asOperator(u)):
		why = "its fields are not those that Seatplane sets"
	case u.Spec.Approved && facts.Generation(u) <= 1:
		why = "it was approved before anybody could review it"
	case !seenInTime(u, s, now):
		why = "its times do not fit the time of its creation"
	case u.Spec.Cause.Type == v1alpha1.CauseSpec && !asDeclared(u, s):
		why = "the subscription's spec does not say what it says"
	default:
		return ""
	}
	return "spec.cause says that Seatplane made this update, which cannot be true: " + why +
		". To change the subscription, create an update without spec.cause."
}

// wasInvalid reports whether an update was rejected because of its cause. A cause that was not valid then does not
// become valid as time passes.
func wasInvalid(u *v1alpha1.SubscriptionUpdate) bool {
	applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
	return u.Status.State == v1alpha1.UpdateRejected && applied != nil && applied.Reason == v1alpha1.ReasonInvalidCause
}

// asOperator is the spec that the operator would write for the cause and the quantity or items of an
// update.
func asOperator(u *v1alpha1.SubscriptionUpdate) v1alpha1.SubscriptionUpdateSpec {
	cause := u.Spec.Cause
	spec := v1alpha1.SubscriptionUpdateSpec{
		SubscriptionRef: u.Spec.SubscriptionRef,
		Approved:        u.Spec.Approved,
		Cause:           &v1alpha1.UpdateCause{Type: cause.Type, Item: cause.Item, ObservedTime: cause.ObservedTime},
	}
	if cause.Type == v1alpha1.CauseRefresh {
		spec.Cause.Token, spec.Cause.LoadedTime = cause.Token, cause.LoadedTime
	} else {
		spec.Cause.Generation = cause.Generation
	}
	switch {
	case cause.Item != "" && u.Spec.Seats != nil && u.Spec.Seats.Count != nil:
		spec.Seats = &v1alpha1.SeatsChange{Item: cause.Item, Count: u.Spec.Seats.Count}
	case cause.Type == v1alpha1.CauseSpec && cause.Item == "" && u.Spec.ChangeItems != nil:
		spec.ChangeItems = &v1alpha1.ItemsChange{Items: u.Spec.ChangeItems.Items}
	}
	return spec
}

// seenInTime reports whether the times of a cause are possible. A count is loaded before its update is created. A
// manager still accepts its own updates if its clock is behind or ahead of the API server's.
func seenInTime(u *v1alpha1.SubscriptionUpdate, s *v1alpha1.Subscription, now Present) bool {
	observed, loaded := Instant(u.Spec.Cause.ObservedTime), Instant(u.Spec.Cause.LoadedTime)
	created := facts.Created(u).UTC()
	latest, earliest := created, created
	if now.Wall.After(latest) {
		latest = now.Wall
	}
	if now.Wall.Before(earliest) {
		earliest = now.Wall
	}
	if loaded.After(latest.Add(maxSkew)) {
		return false
	}
	latest, earliest = latest.Add(maxAhead), earliest.Add(-maxBehind)
	refresh := u.Spec.Cause.Type == v1alpha1.CauseRefresh
	switch {
	case observed.IsZero(), refresh && loaded.IsZero():
		return false
	case facts.IsByHand(s):
		return !observed.After(now.Clock)
	case refresh:
		// Both times are those of the same answer.
		return observed.Sub(loaded).Abs() <= maxAhead
	default:
		return !observed.After(latest) && !observed.Before(earliest)
	}
}

// asDeclared reports whether an edit has a generation that the spec has had, and asks for what the spec declares.
// What an earlier generation declared is no longer known. An edit of an earlier generation counts as the operator's
// only if the operator has judged it before, or if it has the name that the operator gives. Such an edit was
// created shortly before the spec was edited again, and is superseded by the newer edit.
func asDeclared(u *v1alpha1.SubscriptionUpdate, s *v1alpha1.Subscription) bool {
	generation := u.Spec.Cause.Generation
	switch {
	case generation == nil, *generation > facts.Generation(s):
		return false
	case *generation < facts.Generation(s):
		return u.Status.State != "" || u.Name == SpecUpdateName(s.Name, string(facts.Identity(s)), *generation, u.Spec.Cause.Item)
	case u.Spec.ChangeItems != nil:
		return equality.Semantic.DeepEqual(u.Spec.ChangeItems.Items, s.Spec.Items)
	default:
		return slices.ContainsFunc(s.Spec.Items, func(item v1alpha1.SubscriptionItem) bool {
			return item.Name == u.Spec.Seats.Item && item.Quantity != nil && *item.Quantity == *u.Spec.Seats.Count
		})
	}
}

// SameRecord reports whether an existing update is the one that the operator was about to create under its name.
// They must be the same except for what differs from one try to the next (the count of a refresh, and when it was
// seen) and for the approval, which a person gives. Two refreshes that were seen and loaded at the same times are
// one answer, and have the same count. An update with an owner or a finalizer was created by somebody else.
func SameRecord(existing, wanted *v1alpha1.SubscriptionUpdate) bool {
	if existing.Spec.Cause == nil || wanted.Spec.Cause == nil || !SameKeepers(existing, wanted) {
		return false
	}
	same := existing.Spec.DeepCopy()
	sameAnswer := sameTime(same.Cause.ObservedTime, wanted.Spec.Cause.ObservedTime) &&
		sameTime(same.Cause.LoadedTime, wanted.Spec.Cause.LoadedTime)
	same.Approved = wanted.Spec.Approved
	same.Cause.ObservedTime, same.Cause.LoadedTime = wanted.Spec.Cause.ObservedTime, wanted.Spec.Cause.LoadedTime
	if same.Cause.Type == v1alpha1.CauseRefresh && !sameAnswer && same.Seats != nil && wanted.Spec.Seats != nil {
		same.Seats.Count = wanted.Spec.Seats.Count
	}
	return equality.Semantic.DeepEqual(*same, wanted.Spec)
}

func sameTime(a, b *metav1.Time) bool { return Instant(a).Equal(Instant(b)) }

// SameKeepers reports whether an existing object has the owners and finalizers with which the operator would have
// created it. An owner deletes a record together with itself, and a finalizer prevents retention from deleting it.
// The finalizers that Kubernetes itself uses to delete or orphan dependents do not show who created the object.
func SameKeepers(existing, wanted metav1.Object) bool {
	finalizers := slices.DeleteFunc(slices.Clone(existing.GetFinalizers()), func(finalizer string) bool {
		return finalizer == metav1.FinalizerDeleteDependents || finalizer == metav1.FinalizerOrphanDependents
	})
	return slices.Equal(finalizers, wanted.GetFinalizers()) &&
		equality.Semantic.DeepEqual(existing.GetOwnerReferences(), wanted.GetOwnerReferences())
}
