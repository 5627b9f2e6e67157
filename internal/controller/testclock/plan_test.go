// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var (
	now     = time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)
	earlier = now.Add(-time.Hour)
	later   = now.Add(time.Hour)
)

// settled is a subscription that has reached now; changes make it otherwise.
func settled(name string, changes ...func(*v1alpha1.Subscription)) v1alpha1.Subscription {
	b := builders.MakeSubscription(name, "ns").LoadedItem("editors", "editor", "monthly").TestClock("clock")
	b.With(func(s *v1alpha1.Subscription) {
		s.UID = types.UID("uid-" + name)
		s.Generation = 2
		s.Status.ObservedGeneration = 2
		s.Status.State = v1alpha1.SubscriptionActive
		s.Status.ClockTime = at(now)
		s.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "editors", Product: "editor", LoadedQuantity: ptr.To[int64](5)}}
		s.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}
	})
	for _, change := range changes {
		b.With(change)
	}
	return *b.Obj()
}

func notReady(s *v1alpha1.Subscription) { s.Status.Conditions[0].Status = metav1.ConditionFalse }
func suspended(s *v1alpha1.Subscription) {
	s.Spec.Suspend = true
	s.Status.State = v1alpha1.SubscriptionSuspended
}
func pending(s *v1alpha1.Subscription)   { s.Status.State = v1alpha1.SubscriptionPending }
func canceled(s *v1alpha1.Subscription)  { s.Status.State = v1alpha1.SubscriptionCanceled }
func declared(s *v1alpha1.Subscription)  { s.Spec.Items[0].Quantity = ptr.To[int64](5) }
func uncounted(s *v1alpha1.Subscription) { s.Status.Items = nil }

func loadFailed(reason string) func(*v1alpha1.Subscription) {
	return func(s *v1alpha1.Subscription) {
		s.Status.Loads = []v1alpha1.LoadStatus{{Product: "editor", Reason: reason}}
	}
}

// second adds an item with the key of the first.
func second(s *v1alpha1.Subscription) {
	item := s.Status.Items[0]
	item.Name = "more"
	s.Status.Items = append(s.Status.Items, item)
}

// withRival adds an older subscription of the same customer that uses the wall clock.
func withRival(f situation) situation {
	rival := settled("older", func(s *v1alpha1.Subscription) {
		s.Spec.Customer.ID, s.Spec.TestClockRef = f.subscriptions[0].Spec.Customer.ID, nil
	})
	f.subscriptions[0].CreationTimestamp = metav1.NewTime(now)
	f.rivals = []v1alpha1.Subscription{rival}
	return f
}

func owes(effects ...v1alpha1.Effect) func(*v1alpha1.Subscription) {
	return func(s *v1alpha1.Subscription) { s.Status.Outbox = effects }
}

func mark(name string, uid types.UID) v1alpha1.Effect {
	return v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: name, UID: uid}
}

func invoice(name string) v1alpha1.Effect {
	return v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: name}
}

// update is an update of acme in a state, to be applied at an instant.
func update(name string, state v1alpha1.UpdateState, applyAt *metav1.Time, changes ...func(*v1alpha1.SubscriptionUpdate)) v1alpha1.SubscriptionUpdate {
	b := builders.MakeSubscriptionUpdate(name, "ns", "acme").Increment("editors", 1)
	b.With(func(u *v1alpha1.SubscriptionUpdate) {
		u.UID = types.UID("uid-" + name)
		u.Status.State = state
		u.Status.ApplyAt = applyAt
	})
	for _, change := range changes {
		b.With(change)
	}
	return *b.Obj()
}

func fromEdit(u *v1alpha1.SubscriptionUpdate) {
	u.Spec.Cause = &v1alpha1.UpdateCause{Type: v1alpha1.CauseSpec}
}

func counts(u *v1alpha1.SubscriptionUpdate) {
	u.Spec.SubscriptionRef.UID = "uid-acme"
	u.Spec.Seats = &v1alpha1.SeatsChange{Item: "editors", Count: ptr.To[int64](5)}
	u.Spec.Cause = &v1alpha1.UpdateCause{Type: v1alpha1.CauseRefresh, Item: "editors"}
}

func meantForAnother(u *v1alpha1.SubscriptionUpdate) { u.Spec.SubscriptionRef.UID = "uid-predecessor" }

func seenByAnother(u *v1alpha1.SubscriptionUpdate) { u.Status.SubscriptionUID = "uid-predecessor" }

// product is a product with a loader whose refresh of the clock is as given.
func product(refreshes ...v1alpha1.RefreshStatus) v1alpha1.SeatProduct {
	p := builders.MakeSeatProduct("editor", "ns").Plan("monthly", "EUR", "10").ConfigMapLoader("counts").Obj()
	p.Generation, p.Status.ObservedGeneration = 1, 1
	p.Status.Refreshes = refreshes
	return *p
}

func TestWaitsFor(t *testing.T) {
	refreshed := product(v1alpha1.RefreshStatus{Clock: "clock", LastAttemptTime: at(earlier), NextRefreshTime: at(later)})
	overdue := product(v1alpha1.RefreshStatus{Clock: "clock", LastAttemptTime: at(earlier), NextRefreshTime: at(now)})
	withProduct := func(p v1alpha1.SeatProduct, changes ...func(*v1alpha1.Subscription)) situation {
		return situation{subscriptions: []v1alpha1.Subscription{settled("acme", changes...)}, products: []v1alpha1.SeatProduct{p}}
	}
	withUpdate := func(u v1alpha1.SubscriptionUpdate, changes ...func(*v1alpha1.Subscription)) situation {
		return situation{
			subscriptions: []v1alpha1.Subscription{settled("acme", changes...)},
			products:      []v1alpha1.SeatProduct{refreshed},
			updates:       []v1alpha1.SubscriptionUpdate{u},
		}
	}
	only := func(subscriptions ...v1alpha1.Subscription) situation { return situation{subscriptions: subscriptions} }
	const (
		takeUp  = "Waits until these Subscriptions have reached the clock's time: acme."
		carry   = "Waits until these Subscriptions have written what they owe: acme."
		refresh = "Waits until these SeatProducts have run the refresh that is due: editor."
		decide  = "Waits until these SubscriptionUpdates are decided: u."
	)

	cases := map[string]struct {
		reason    string
		situation situation
		want      string
	}{
		"nobody":  {"a clock without subscriptions has nothing to wait for", only(), ""},
		"settled": {"all has reached the time", withProduct(refreshed), ""},
		"no clock time": {
			"a new subscription has not seen the clock",
			only(settled("acme", func(s *v1alpha1.Subscription) { s.Status.ClockTime = nil })), takeUp,
		},
		"old clock time": {
			"the clock has moved on",
			only(settled("acme", func(s *v1alpha1.Subscription) { s.Status.ClockTime = at(earlier) })), takeUp,
		},
		"old generation": {
			"an edit has not been looked at",
			only(settled("acme", func(s *v1alpha1.Subscription) { s.Generation = 3 })), takeUp,
		},
		"blocked and behind": {
			"who is blocked takes up the time all the same",
			only(settled("acme", notReady, func(s *v1alpha1.Subscription) { s.Status.ClockTime = at(earlier) })), takeUp,
		},
		"many": {
			"the first three by name, whatever the order",
			only(settled("d", func(s *v1alpha1.Subscription) { s.Generation = 3 }),
				settled("b", func(s *v1alpha1.Subscription) { s.Generation = 3 }),
				settled("c", func(s *v1alpha1.Subscription) { s.Generation = 3 }),
				settled("z"),
				settled("a", func(s *v1alpha1.Subscription) { s.Generation = 3 })),
			"Waits until all Subscriptions have reached the clock's time.",
		},

		"mark owed": {
			"the update in the outbox is not marked",
			withUpdate(update("u", v1alpha1.UpdateScheduled, at(later)), owes(mark("u", "uid-u"))), carry,
		},
		"mark in place": {
			"an entry stays until the next commit: that alone is nothing owed",
			withUpdate(update("u", v1alpha1.UpdateApplied, at(now)), owes(mark("u", "uid-u"))), "",
		},
		"marked another": {
			"another update under the name needs no mark",
			withUpdate(update("u", v1alpha1.UpdateScheduled, at(later)), owes(mark("u", "uid-before"))), "",
		},
		"marked and gone": {
			"an update that is gone needs no mark",
			withProduct(refreshed, owes(mark("gone", "uid-gone"))), "",
		},
		"invoice owed": {"the invoice does not exist", withProduct(refreshed, owes(invoice("acme-1"))), carry},
		"invoice in place": {"the invoice exists and is ours", situation{
			subscriptions: []v1alpha1.Subscription{settled("acme", owes(invoice("acme-1")))},
			products:      []v1alpha1.SeatProduct{refreshed},
			invoices:      map[string]types.UID{"acme-1": "uid-acme"},
		}, ""},
		"foreign invoice": {"an invoice of another is not ours", situation{
			subscriptions: []v1alpha1.Subscription{settled("acme", owes(invoice("acme-1")))},
			invoices:      map[string]types.UID{"acme-1": "uid-other"},
		}, carry},
		"unknown effect": {
			"what a newer version owes is not known to be done",
			withProduct(refreshed, owes(v1alpha1.Effect{Type: "Telegram", Name: "x"})), carry,
		},

		"never counted":      {"a loaded item needs a first count", withProduct(product(), uncounted), refresh},
		"never counted, new": {"also when the product was refreshed before the item came", withProduct(refreshed, uncounted), refresh},
		"another clock's": {
			"a failure on another clock is none here",
			withProduct(product(v1alpha1.RefreshStatus{Clock: "", ConsecutiveFailures: 1}), uncounted), refresh,
		},
		"first count failed": {
			"a source that is down does not stop the clock",
			withProduct(product(v1alpha1.RefreshStatus{Clock: "clock", LastAttemptTime: at(now), ConsecutiveFailures: 1}), uncounted), "",
		},
		"first count not loaded": {"nor one that failed for a single item", withProduct(func() v1alpha1.SeatProduct {
			p := product()
			p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionLoaded, Status: metav1.ConditionFalse}}
			return p
		}(), uncounted), ""},
		"key missing": {"nor does a key without a row", withProduct(product(), uncounted, loadFailed(v1alpha1.ReasonKeyMissing)), ""},
		"first count held": {
			"nor a first count that an open update carries",
			withUpdate(update("u", v1alpha1.UpdateHeld, nil, counts), uncounted), "",
		},
		"first count finished": {
			"an update that is finished carries nothing",
			withUpdate(update("u", v1alpha1.UpdateSuperseded, nil, counts), uncounted), refresh,
		},
		"nothing to count": {"counted before, and never refreshed since: on demand only", withProduct(product()), ""},
		"due":              {"the next refresh is due", withProduct(overdue), refresh},
		"due elsewhere":    {"that of another clock is not", withProduct(product(v1alpha1.RefreshStatus{Clock: "other", NextRefreshTime: at(now)})), ""},
		"attempted now": {
			"an attempt counts, also one that failed",
			withProduct(product(v1alpha1.RefreshStatus{Clock: "clock", LastAttemptTime: at(now), NextRefreshTime: at(now), ConsecutiveFailures: 1})), "",
		},
		"on demand only": {
			"without a next refresh nothing is due",
			withProduct(product(v1alpha1.RefreshStatus{Clock: "clock", LastAttemptTime: at(earlier)})), "",
		},
		"edited product": {"an edit may have made a refresh due", withProduct(func() v1alpha1.SeatProduct {
			p := refreshed
			p.Generation = 2
			return p
		}()), refresh},
		"stalled product": {"what waits for a person does not stop the clock", withProduct(func() v1alpha1.SeatProduct {
			p := product()
			p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue}}
			return p
		}(), uncounted), ""},
		"suspended product": {"a refresh that is stopped is not due", withProduct(func() v1alpha1.SeatProduct {
			p := product()
			p.Spec.Refresh = &v1alpha1.Refresh{Suspend: true}
			return p
		}(), uncounted), ""},
		"no loader": {"a product without a loader has no refresh", withProduct(func() v1alpha1.SeatProduct {
			p := product()
			p.Spec.DataLoader = nil
			return p
		}(), uncounted), ""},
		"declared quantity": {"a declared quantity is not counted", withProduct(overdue, declared), ""},
		"no such plan": {
			"an item to come on a plan that does not exist is not counted",
			withProduct(overdue, uncounted, func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "none" }), "",
		},
		"plan gone": {
			"an item in force is counted, whatever plan an edit gives it",
			withProduct(overdue, func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "none" }), refresh,
		},
		"metered": {
			"a metered item is read by a refresh too",
			withProduct(overdue, func(s *v1alpha1.Subscription) { s.Status.Items[0].Usage = v1alpha1.UsageMetered }), refresh,
		},
		"moves away": {
			"an item is counted by the product it is on until an edit takes hold",
			withProduct(overdue, func(s *v1alpha1.Subscription) { s.Spec.Items[0].ProductRef.Name = "viewer" }), refresh,
		},
		"moves here": {
			"an item that an edit moves here is not counted yet",
			withProduct(overdue, func(s *v1alpha1.Subscription) { s.Status.Items[0].Product = "viewer" }), "",
		},
		"just moved here": {"a product that does not know of its item yet knows no tick", withProduct(func() v1alpha1.SeatProduct {
			p := product()
			p.Spec.Refresh = &v1alpha1.Refresh{Schedule: "0 2 * * *"}
			return p
		}()), refresh},
		"another key failed": {"a key that failed elsewhere delays no first count", withProduct(func() v1alpha1.SeatProduct {
			p := product()
			p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionLoaded, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonBadCounts}}
			return p
		}(), uncounted), refresh},
		"duplicate key": {
			"a key that belongs to an item on another clock is not counted here",
			withRival(withProduct(overdue, loadFailed(v1alpha1.ReasonDuplicateKey))), "",
		},
		"duplicate key, free again": {
			"a key is counted here once nobody else has it",
			withProduct(overdue, loadFailed(v1alpha1.ReasonDuplicateKey)), refresh,
		},
		"duplicate key, its own": {
			"of two items of a subscription, one owns the key and is counted",
			withProduct(overdue, loadFailed(v1alpha1.ReasonDuplicateKey), second), refresh,
		},
		"canceled":  {"for what has ended nothing is counted", withProduct(overdue, canceled), ""},
		"suspended": {"what is stopped is counted all the same", withProduct(overdue, suspended), refresh},
		"going":     {"what goes is not", withProduct(overdue, func(s *v1alpha1.Subscription) { s.DeletionTimestamp = at(now) }), ""},

		"new update":           {"an update that nobody has looked at is decided first", withUpdate(update("u", "", nil)), decide},
		"new, blocked":         {"also by who is blocked", withUpdate(update("u", "", nil), notReady), decide},
		"new, suspended":       {"but not by who takes no step", withUpdate(update("u", "", nil), suspended), ""},
		"scheduled later":      {"its time has not come", withUpdate(update("u", v1alpha1.UpdateScheduled, at(later))), ""},
		"scheduled now":        {"its time has come", withUpdate(update("u", v1alpha1.UpdateScheduled, at(now))), decide},
		"scheduled, unknown":   {"its time is not known", withUpdate(update("u", v1alpha1.UpdateScheduled, nil)), ""},
		"scheduled, blocked":   {"who is blocked keeps it for later", withUpdate(update("u", v1alpha1.UpdateScheduled, at(now)), notReady), ""},
		"scheduled, pending":   {"who has not started keeps it for later", withUpdate(update("u", v1alpha1.UpdateScheduled, at(now)), pending), ""},
		"scheduled, suspended": {"who is stopped keeps it for later", withUpdate(update("u", v1alpha1.UpdateScheduled, at(now)), suspended), ""},
		"pending now":          {"a user's update that is due is decided", withUpdate(update("u", v1alpha1.UpdatePending, at(now))), decide},
		"pending edit":         {"an edit that cannot apply is never rejected", withUpdate(update("u", v1alpha1.UpdatePending, at(now), fromEdit)), ""},
		"held":                 {"a held one waits for a person", withUpdate(update("u", v1alpha1.UpdateHeld, at(now))), ""},
		"finished":             {"a finished one is done", withUpdate(update("u", v1alpha1.UpdateRejected, at(now))), ""},
		"meant for another":    {"it names a predecessor", withUpdate(update("u", "", nil, meantForAnother)), ""},
		"seen by another":      {"it belongs to a predecessor", withUpdate(update("u", v1alpha1.UpdateScheduled, at(now), seenByAnother)), ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.situation.clock, tc.situation.now = "clock", now
			if diff := cmp.Diff(tc.want, waitsFor(tc.situation)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestMoved(t *testing.T) {
	version := func(name, uid, resourceVersion string) v1alpha1.Subscription {
		s := builders.MakeSubscription(name, "ns").Obj()
		s.UID, s.ResourceVersion = types.UID(uid), resourceVersion
		return *s
	}
	cases := map[string]struct {
		reason        string
		before, after []v1alpha1.Subscription
		want          []string
	}{
		"same":      {"nothing moved", []v1alpha1.Subscription{version("a", "1", "5")}, []v1alpha1.Subscription{version("a", "1", "5")}, nil},
		"written":   {"it was written", []v1alpha1.Subscription{version("a", "1", "5")}, []v1alpha1.Subscription{version("a", "1", "6")}, []string{"a"}},
		"came":      {"it came", nil, []v1alpha1.Subscription{version("a", "1", "5")}, []string{"a"}},
		"went":      {"it went", []v1alpha1.Subscription{version("a", "1", "5")}, nil, []string{"a"}},
		"recreated": {"another of its name", []v1alpha1.Subscription{version("a", "1", "5")}, []v1alpha1.Subscription{version("a", "2", "5")}, []string{"a"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, moved(tc.before, tc.after)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
