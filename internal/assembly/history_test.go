// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// history is a subscription with all of its updates, and the events that were told of it.
type history struct {
	t        *testing.T
	sub      *v1alpha1.Subscription
	products map[string]assembly.Product
	updates  []*v1alpha1.SubscriptionUpdate
	told     []string
	// room bounds the effects of a pass, unless it is 0.
	room int
	// late is how far the clock of the operator is behind that of the API server.
	late time.Duration
	// forgetful means that the manager always ends before it reports what updates wait for.
	forgetful bool
}

var begin = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// newHistory is a subscription that has started with ten seats.
func newHistory(t *testing.T) *history {
	t.Helper()
	product, err := assembly.ReadProduct(builders.MakeSeatProduct("seat", "shop").Plan("monthly", "EUR", "10").Obj(), "")
	if err != nil {
		t.Fatal(err)
	}
	sub := builders.MakeSubscription("acme", "shop").Start(begin).Item("editors", "seat", "monthly", 10).Obj()
	sub.UID, sub.Generation, sub.CreationTimestamp = "s-1", 1, metav1.NewTime(begin)
	h := &history{t: t, sub: sub, products: map[string]assembly.Product{"seat": product}}
	h.pass(begin)
	sub = h.sub.DeepCopy()
	sub.Spec.Items[0].Quantity = nil // updates decide from now on
	sub.Generation, sub.Status.ObservedGeneration = 2, 2
	h.sub = sub
	return h
}

// update adds an update that is created some time after the beginning.
func (h *history) update(after time.Duration, change func(*builders.SubscriptionUpdate)) {
	n := len(h.updates)
	b := builders.MakeSubscriptionUpdate(fmt.Sprintf("u-%03d", n), "shop", "acme")
	change(b)
	u := b.Obj()
	u.UID, u.Generation, u.CreationTimestamp = types.UID(fmt.Sprint("uid-", n)), 1, metav1.NewTime(begin.Add(after))
	h.updates = append(h.updates, u)
}

// pass commits one pass at an instant, and reports whether more is due.
func (h *history) pass(now time.Time) (more bool) {
	h.t.Helper()
	open := map[string]*v1alpha1.SubscriptionUpdate{}
	objects := assembly.Objects{Subscription: h.sub, Shown: now, Wall: now, Products: h.products}
	for _, u := range h.updates {
		if !facts.Finished(u.Status.State) && !u.CreationTimestamp.After(now.Add(h.late)) {
			open[string(u.UID)] = u
			objects.Updates = append(objects.Updates, u)
		}
	}
	w, err := assembly.Assemble(objects)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.room > 0 {
		w.Input.MaxEffects = h.room
	}
	outcome := subscription.Replay(w.State, w.Input)
	events := assembly.Events(assembly.Passed{Subscription: h.sub, Before: w.State, Input: w.Input, Outcome: outcome, Updates: open})
	after := h.sub.DeepCopy()
	assembly.Describe(h.sub, w.Input, outcome, nil, &after.Status)
	for _, n := range events {
		name := ""
		switch {
		case n.Ref != nil:
			name = n.Ref.Name
		case n.PeriodStart != nil:
			name = n.PeriodStart.UTC().Format(time.DateOnly)
		}
		h.told = append(h.told, n.Type+" "+name)
		after.Status.Notifications = append(after.Status.Notifications, n)
	}
	h.sub = after
	for _, e := range outcome.Effects {
		if d := e.Decision; d != nil {
			open[d.UID].Status.State = v1alpha1.UpdateState(d.Verdict)
		}
	}
	for _, waits := range outcome.Waiting {
		if u := open[waits.UID]; !h.forgetful {
			u.Status = record.Waiting(u, assembly.Reported(outcome, u, waits), outcome.State.Currency, nil, now)
		}
	}
	return outcome.More
}

// Whatever dies when, the events of a history are the same. An operator that was down for all of it tells the same as one
// that made a pass each hour.
func TestEventsDoNotDependOnPasses(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	immediate := func(b *builders.SubscriptionUpdate) { b.Increment("editors", 1) }
	play := func(h *history) {
		for range 70 {
			h.update(day, immediate)
		}
		h.update(2*day, func(b *builders.SubscriptionUpdate) { b.Increment("editors", 1).ApplyAt(begin.Add(4 * day)) })
		h.update(2*day, func(b *builders.SubscriptionUpdate) { b.Increment("editors", 1).ApplyAt(begin.Add(day)) })
		h.update(3*day, func(b *builders.SubscriptionUpdate) { b.Decrement("editors", 5).Apply(v1alpha1.ApplyNextPeriod) })
		h.update(3*day, func(b *builders.SubscriptionUpdate) { b.Decrement("editors", 500).Apply(v1alpha1.ApplyNextPeriod) })
		h.update(5*day, immediate)
		h.update(40*day, func(b *builders.SubscriptionUpdate) { b.Decrement("editors", 1).Apply(v1alpha1.ApplyNextPeriod) })
		h.update(63*day, immediate)
		// An item comes, waits for less, and goes.
		item := func(name string) v1alpha1.SubscriptionItem {
			return v1alpha1.SubscriptionItem{Name: name, ProductRef: v1alpha1.LocalReference{Name: "seat"}, Plan: "monthly"}
		}
		h.update(6*day, func(b *builders.SubscriptionUpdate) { b.ChangeItems(item("editors"), item("viewers")) })
		h.update(7*day, func(b *builders.SubscriptionUpdate) { b.Increment("viewers", 1).Apply(v1alpha1.ApplyNextPeriod) })
		h.update(7*day, func(b *builders.SubscriptionUpdate) { b.Increment("viewers", 2).ApplyAt(begin.Add(20 * day)) })
		h.update(9*day, func(b *builders.SubscriptionUpdate) { b.ChangeItems(item("editors")) })
	}
	const end = 64 * day
	hourly := func(h *history) {
		for after := hour; after <= end; after += hour {
			for h.pass(begin.Add(after)) {
			}
		}
	}
	undisturbed := newHistory(t)
	play(undisturbed)
	hourly(undisturbed)
	want := slices.Sorted(slices.Values(undisturbed.told))
	if got := slices.Compact(slices.Clone(want)); len(got) != len(want) {
		t.Fatalf("an event is recorded twice: %v", want)
	}
	cases := map[string]struct {
		reason  string
		prepare func(*history)
		run     func(*history)
	}{
		"A downtime": {
			reason: "one pass after everything, and as many as follow from it",
			run: func(h *history) {
				for h.pass(begin.Add(end)) {
				}
			},
		},
		"A backlog": {
			reason: "each commit has room for one event", prepare: func(h *history) { h.room = 1 },
			run: func(h *history) {
				for h.pass(begin.Add(end)) {
				}
			},
		},
		"Two downtimes": {
			reason: "one ends while updates wait", prepare: func(h *history) { h.room = 3 },
			run: func(h *history) {
				for _, after := range []time.Duration{3 * day, 41 * day, end} {
					for h.pass(begin.Add(after)) {
					}
				}
			},
		},
		"A late clock": {
			reason: "the second in which an update was created is still to come", prepare: func(h *history) { h.late = time.Minute },
			run: func(h *history) {
				for after := hour; after <= end; after += hour {
					for h.pass(begin.Add(after - 30*time.Second)) {
					}
				}
			},
		},
		"Killed each time": {reason: "the status of no update says that it waits", prepare: func(h *history) { h.forgetful = true }, run: hourly},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t)
			if tc.prepare != nil {
				tc.prepare(h)
			}
			play(h)
			tc.run(h)
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(h.told))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// A subscription that is suspended and resumed has no second event about an update that was scheduled before.
func TestScheduledIsToldOnce(t *testing.T) {
	h := newHistory(t)
	h.update(time.Hour, func(b *builders.SubscriptionUpdate) { b.Decrement("editors", 5).Apply(v1alpha1.ApplyNextPeriod) })
	for n, suspended := range []bool{false, true, false, true, false} {
		h.sub.Spec.Suspend = suspended
		h.pass(begin.Add(time.Duration(n+2) * time.Hour))
		h.sub.Status.Notifications = nil // every sink has them
	}
	told := slices.DeleteFunc(h.told, func(s string) bool { return s != "subscription-update.scheduled u-000" })
	if len(told) != 1 {
		t.Errorf("there are %d events that it is scheduled, want one", len(told))
	}
}
