// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// situation is all that decides whether everything on a clock has reached its time.
type situation struct {
	// clock is the name of the clock, now the time it shows.
	clock string
	now   time.Time
	// subscriptions live by the clock, updates are meant for them, products are what they have.
	subscriptions []v1alpha1.Subscription
	updates       []v1alpha1.SubscriptionUpdate
	products      []v1alpha1.SeatProduct
	// rivals live by other clocks and may own the key of an item of a subscription.
	rivals []v1alpha1.Subscription
	// invoices holds, by name, the UID of the subscription that an invoice in place is for.
	invoices map[string]types.UID
}

// check finds what a clock waits for in one respect: the names of the objects, in any order.
type check struct {
	kind    string
	waiting func(situation) []string
	until   string
}

// checks are asked in this order, and the first that finds something is what the clock waits for.
var checks = []check{
	// A subscription that has not seen the time may still do anything.
	{"Subscriptions", behind, "have reached the clock's time"},
	// What a commit owes to other objects is part of the step.
	{"Subscriptions", owing, "have written what they owe"},
	// A refresh that is due may find changes.
	{"SeatProducts", unrefreshed, "have run the refresh that is due"},
	// A change that was found, or that a user made, takes hold before the time counts as reached.
	{"SubscriptionUpdates", undecided, "are decided"},
}

// waitsFor says in one sentence what the clock waits for, and nothing when all has reached its time.
func waitsFor(f situation) string {
	for _, c := range checks {
		if names := c.waiting(f); len(names) > 0 {
			return fmt.Sprintf("Waits until these %s %s: %s.", c.kind, c.until, enumerate(names))
		}
	}
	return ""
}

// enumerate names the first few, the same in every pass over the same names.
func enumerate(names []string) string {
	const few = 3
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > few {
		return strings.Join(names[:few], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}

// behind returns the subscriptions that have not taken up the clock's time, or not their own spec. One that has seen a
// later time, on an earlier clock of the name, keeps it.
func behind(f situation) []string {
	var names []string
	for i := range f.subscriptions {
		s := &f.subscriptions[i]
		atTime := s.Status.ClockTime != nil && !s.Status.ClockTime.Time.Before(f.now)
		if !atTime || s.Status.ObservedGeneration != s.Generation {
			names = append(names, s.Name)
		}
	}
	return names
}

// owing returns the subscriptions with an effect in their outbox that is not in place. An entry alone
// means nothing: it stays until the next commit, which may be a month of the clock away.
func owing(f situation) []string {
	updates := make(map[string]*v1alpha1.SubscriptionUpdate, len(f.updates))
	for i := range f.updates {
		updates[f.updates[i].Name] = &f.updates[i]
	}
	var names []string
	for i := range f.subscriptions {
		s := &f.subscriptions[i]
		isOwed := func(effect v1alpha1.Effect) bool { return owed(s.UID, effect, updates, f.invoices) }
		if slices.ContainsFunc(s.Status.Outbox, isOwed) {
			names = append(names, s.Name)
		}
	}
	return names
}

// owed says whether an effect is not in place yet: an update that is finished, gone or another by now
// needs no mark, and an invoice of ours exists.
func owed(subscription types.UID, effect v1alpha1.Effect, updates map[string]*v1alpha1.SubscriptionUpdate, invoices map[string]types.UID) bool {
	switch effect.Type {
	case v1alpha1.EffectMarkUpdate:
		update, exists := updates[effect.Name]
		return exists && update.UID == effect.UID && !facts.Finished(update.Status.State)
	case v1alpha1.EffectCreateInvoice:
		return invoices[effect.Name] != subscription
	default:
		return true
	}
}

// undecided returns the updates that are due at the clock's time and not decided.
func undecided(f situation) []string {
	subscriptions := make(map[string]*v1alpha1.Subscription, len(f.subscriptions))
	for i := range f.subscriptions {
		subscriptions[f.subscriptions[i].Name] = &f.subscriptions[i]
	}
	var names []string
	for i := range f.updates {
		update := &f.updates[i]
		subscription := subscriptions[update.Spec.SubscriptionRef.Name]
		if subscription != nil && facts.Belongs(update, subscription) && awaited(update, subscription, f.now) {
			names = append(names, update.Name)
		}
	}
	return names
}

// awaited says whether the clock waits for an update to be decided. A suspended subscription takes no
// step at all. One that has looked at the update and is blocked, or not started, keeps it for later;
// so does an edit of the spec that cannot apply, which is never rejected.
func awaited(update *v1alpha1.SubscriptionUpdate, subscription *v1alpha1.Subscription, now time.Time) bool {
	if subscription.Spec.Suspend {
		return false
	}
	switch update.Status.State {
	case "":
		return true
	case v1alpha1.UpdateScheduled:
		return passed(update.Status.ApplyAt, now) && !blocked(subscription)
	case v1alpha1.UpdatePending:
		return passed(update.Status.ApplyAt, now) && !blocked(subscription) && !fromSpec(update)
	default:
		return false
	}
}

// blocked says whether a subscription cannot take its next step at its own time.
func blocked(subscription *v1alpha1.Subscription) bool {
	conditions := subscription.Status.Conditions
	return subscription.Status.State == v1alpha1.SubscriptionPending ||
		meta.IsStatusConditionPresentAndEqual(conditions, v1alpha1.ConditionReady, metav1.ConditionFalse) ||
		meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled)
}

func fromSpec(update *v1alpha1.SubscriptionUpdate) bool {
	return update.Spec.Cause != nil && update.Spec.Cause.Type == v1alpha1.CauseSpec
}

// at writes an instant as statuses do.
func at(instant time.Time) *metav1.Time {
	return &metav1.Time{Time: instant}
}

// passed says whether an instant that is known has come.
func passed(at *metav1.Time, now time.Time) bool {
	return at != nil && !at.After(now)
}

// moved returns the subscriptions that came, went or changed between two lists.
func moved(before, after []v1alpha1.Subscription) []string {
	versions := func(subscriptions []v1alpha1.Subscription) map[string]string {
		byName := make(map[string]string, len(subscriptions))
		for i := range subscriptions {
			byName[subscriptions[i].Name] = string(subscriptions[i].UID) + "@" + subscriptions[i].ResourceVersion
		}
		return byName
	}
	old, new := versions(before), versions(after)
	var names []string
	for name := range sets.KeySet(old).Union(sets.KeySet(new)) {
		if old[name] != new[name] {
			names = append(names, name)
		}
	}
	return names
}

// verdict is what was found about a clock.
type verdict struct {
	// waitsFor says in a sentence what the clock waits for; empty when all has reached its time.
	waitsFor      string
	subscriptions int64
}

// turnsReady says whether Ready would turn by what was found, to True, or to False within one
// generation. That a new time is not reached yet needs no confirmation.
func turnsReady(testClock *v1alpha1.TestClock, found verdict) bool {
	isReady := meta.IsStatusConditionTrue(testClock.Status.Conditions, v1alpha1.ConditionReady) &&
		testClock.Status.ObservedGeneration == testClock.Generation
	return isReady != (found.waitsFor == "")
}
