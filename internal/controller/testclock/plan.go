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

// situation is everything that decides whether all objects on a clock have reached its time.
type situation struct {
	// clock is the name of the clock, and now the time it shows.
	clock string
	now   time.Time
	// subscriptions use the clock, updates name them, and products are those of their items.
	subscriptions []v1alpha1.Subscription
	updates       []v1alpha1.SubscriptionUpdate
	products      []v1alpha1.SeatProduct
	// rivals use other clocks and may own the key of an item of a subscription.
	rivals []v1alpha1.Subscription
	// invoices contains, by name, the UID of the subscription that an existing invoice is for.
	invoices map[string]types.UID
}

// check finds one kind of objects that a clock waits for. It returns their names in any order.
type check struct {
	kind    string
	waiting func(situation) []string
	until   string
}

// checks are made in this order, and the clock waits for what the first successful one finds.
var checks = []check{
	// A subscription that has not seen the time may still do anything.
	{"Subscriptions", behind, "have reached the clock's time"},
	// What a commit owes to other objects is a part of the step.
	{"Subscriptions", owing, "have written what they owe"},
	// A refresh that is due may find changes.
	{"SeatProducts", unrefreshed, "have run the refresh that is due"},
	// A change that was counted, or that a user made, takes effect before the time counts as
	// reached.
	{"SubscriptionUpdates", undecided, "are decided"},
}

// waitsFor describes in one sentence what the clock waits for. It is empty if everything has reached
// its time.
func waitsFor(f situation) string {
	for _, c := range checks {
		if names := c.waiting(f); len(names) > 0 {
			return untilAll(c.kind, c.until, names)
		}
	}
	return ""
}

// untilAll names a few objects that the clock waits for, the same in every pass over the same names. Where they are more
// it names none: thousands change one after the other, and the sentence would have to be written again for each.
func untilAll(kind, until string, names []string) string {
	const few = 3
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > few {
		return fmt.Sprintf("Waits until all %s %s.", kind, until)
	}
	return fmt.Sprintf("Waits until these %s %s: %s.", kind, until, strings.Join(names, ", "))
}

// behind returns the subscriptions that have not processed the clock's time, or their own spec. A subscription that
// has seen a later time, on an earlier clock with the same name, keeps it.
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
// means nothing, because it stays until the next commit, which may be a month away on the clock.
func owing(f situation) []string {
	updates := make(map[string]*v1alpha1.SubscriptionUpdate, len(f.updates))
	for i := range f.updates {
		updates[f.updates[i].Name] = &f.updates[i]
	}
	var names []string
	for i := range f.subscriptions {
		s := &f.subscriptions[i]
		isOwed := func(effect v1alpha1.Effect) bool { return owed(facts.Identity(s), effect, updates, f.invoices) }
		if slices.ContainsFunc(s.Status.Outbox, isOwed) {
			names = append(names, s.Name)
		}
	}
	return names
}

// owed reports whether an effect is not in place yet. An update that is finished, deleted or replaced
// by now needs no result, and an invoice of the subscription exists.
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

// awaited reports whether the clock waits for an update to be decided. A suspended subscription takes
// no steps. A subscription that has looked at the update and is blocked, or has not started, keeps it
// for later. The same applies to an edit of the spec that cannot apply, which is never rejected.
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

// blocked reports whether a subscription cannot take its next step at the time that it has reached.
func blocked(subscription *v1alpha1.Subscription) bool {
	conditions := subscription.Status.Conditions
	return subscription.Status.State == v1alpha1.SubscriptionPending ||
		meta.IsStatusConditionPresentAndEqual(conditions, v1alpha1.ConditionReady, metav1.ConditionFalse) ||
		meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled)
}

func fromSpec(update *v1alpha1.SubscriptionUpdate) bool {
	return update.Spec.Cause != nil && update.Spec.Cause.Type == v1alpha1.CauseSpec
}

// at formats an instant as statuses do.
func at(instant time.Time) *metav1.Time {
	return &metav1.Time{Time: instant}
}

// passed reports whether an instant is known and has passed.
func passed(at *metav1.Time, now time.Time) bool {
	return at != nil && !at.After(now)
}

// moved returns the subscriptions that were added, removed or changed between two lists.
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

// verdict is the result for a clock.
type verdict struct {
	// waitsFor describes in a sentence what the clock waits for. It is empty if everything has
	// reached its time.
	waitsFor      string
	subscriptions int64
}

// turnsReady reports whether the result would change Ready, to True, or to False within the same
// generation. A new time that is not reached yet needs no confirmation.
func turnsReady(testClock *v1alpha1.TestClock, found verdict) bool {
	isReady := meta.IsStatusConditionTrue(testClock.Status.Conditions, v1alpha1.ConditionReady) &&
		testClock.Status.ObservedGeneration == testClock.Generation
	return isReady != (found.waitsFor == "")
}
