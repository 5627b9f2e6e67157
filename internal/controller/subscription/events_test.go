// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// behindInTime is a subscription of which a pass has just committed a part of what is due.
func behindInTime(name string) *v1alpha1.Subscription {
	return builders.MakeSubscription(name, "shop").Item("editors", "seat", "monthly", 5).
		With(func(s *v1alpha1.Subscription) {
			s.Generation = 1
			s.Status.Conditions = []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing,
			}}
		}).Obj()
}

// waiting is a queue, the real one, and the reconciler whose events fill it.
type waiting struct {
	priorityqueue.PriorityQueue[reconcile.Request]
	subject *Reconciler
	t       *testing.T
}

// passed is what a pass over a subscription asks for at its end.
func (w *waiting) passed(s *v1alpha1.Subscription, outcome subscription.Outcome) {
	ended := w.subject.again(&world{}, outcome)
	w.AddWithOpts(priorityqueue.AddOpts{After: ended.RequeueAfter, Priority: ended.Priority},
		reconcile.Request{NamespacedName: client.ObjectKeyFromObject(s)})
}

// updated delivers the update of a user.
func (w *waiting) updated(namespace, of string) {
	update := builders.MakeSubscriptionUpdate("u-"+of, namespace, of).Obj()
	w.subject.updateEvents().Create(w.t.Context(), event.CreateEvent{Object: update}, w)
}

// before is how many passes are made before that of a subscription.
func (w *waiting) before(name string) int {
	for n := 0; ; n++ {
		next, _ := w.Get()
		w.Done(next)
		if next.String() == name {
			return n
		}
	}
}

// What one person does is not held up by what concerns thousands. The queue is the real one; its order counts, not
// the time.
func TestOneComesBeforeMany(t *testing.T) {
	const thousands = 20_000
	named := func(n int) *v1alpha1.Subscription {
		return builders.MakeSubscription(fmt.Sprint("customer-", n), "shop").TestClock("clock").
			With(func(s *v1alpha1.Subscription) { s.ResourceVersion = "2" }).Obj()
	}
	cases := map[string]struct {
		reason string
		many   func(*waiting)
		// one is what happens after that, and most how many of the many may be served before it.
		one  func(*waiting)
		name string
		most int
	}{
		"Renewals": {
			reason: "an update is made while thousands renew at one instant",
			many: func(w *waiting) {
				for n := range thousands {
					w.passed(named(n), subscription.Outcome{Next: w.subject.Clock.Now().Add(time.Minute)})
				}
				time.Sleep(time.Minute)
			},
			one: func(w *waiting) { w.updated("shop", "customer-19999") }, name: "shop/customer-19999",
		},
		"TestClock": {
			reason: "a clock with thousands was moved",
			many: func(w *waiting) {
				for n := range thousands {
					w.passed(named(n), subscription.Outcome{More: n%2 == 0, Next: w.subject.Clock.Now()})
				}
			},
			one: func(w *waiting) { w.updated("mall", "acme") }, name: "mall/acme",
		},
		"Burst": {
			reason: "somebody makes thousands of updates in another namespace",
			many: func(w *waiting) {
				for n := range thousands {
					w.updated("shop", fmt.Sprint("customer-", n))
				}
			},
			one: func(w *waiting) { w.updated("mall", "acme") }, name: "mall/acme", most: 100,
		},
		"Refresh": {
			reason: "a refresh found thousands of counts in the same namespace",
			many: func(w *waiting) {
				for n := range thousands {
					found := builders.MakeSubscriptionUpdate(fmt.Sprint("r-", n), "shop", fmt.Sprint("customer-", n)).
						FromRefresh("editors", "token", time.Unix(0, 0)).Obj()
					w.subject.updateEvents().Create(w.t.Context(), event.CreateEvent{Object: found}, w)
				}
			},
			one: func(w *waiting) { w.updated("shop", "acme") }, name: "shop/acme",
		},
		"Restart": {
			reason: "a starting manager lists thousands of which nothing is due, and then finds an open update",
			many: func(w *waiting) {
				for n := range thousands {
					w.subject.subscriptionEvents().Create(w.t.Context(), event.CreateEvent{Object: named(n), IsInInitialList: true}, w)
				}
			},
			one: func(w *waiting) {
				open := builders.MakeSubscriptionUpdate("u", "shop", "customer-19999").Obj()
				w.subject.updateEvents().Create(w.t.Context(), event.CreateEvent{Object: open, IsInInitialList: true}, w)
			},
			name: "shop/customer-19999",
		},
		"Seat": {
			reason: "a person asks for a seat while thousands renew",
			many: func(w *waiting) {
				for n := range thousands {
					w.passed(named(n), subscription.Outcome{Next: w.subject.Clock.Now()})
				}
				time.Sleep(time.Minute)
			},
			one: func(w *waiting) {
				seat := builders.MakeSeatAssignment("ada", "shop", "acme", "editors").Obj()
				w.subject.assignmentEvents().Create(w.t.Context(), event.CreateEvent{Object: seat}, w)
			},
			name: "shop/acme",
		},
		"Due after a restart": {
			reason: "a starting manager lists one of which something is due",
			many: func(w *waiting) {
				for n := range thousands {
					w.subject.subscriptionEvents().Create(w.t.Context(), event.CreateEvent{Object: named(n), IsInInitialList: true}, w)
				}
			},
			one: func(w *waiting) {
				due := named(thousands)
				due.Status.NextEventTime = record.Time(w.subject.Clock.Now())
				w.subject.subscriptionEvents().Create(w.t.Context(), event.CreateEvent{Object: due, IsInInitialList: true}, w)
			},
			name: "shop/customer-20000",
		},
		"Its own": {
			reason: "the edit of one that catches up moves it before the others",
			many: func(w *waiting) {
				for n := range thousands {
					each := behindInTime(fmt.Sprint("customer-", n))
					w.passed(each, subscription.Outcome{More: true})
					arrived := each.DeepCopy()
					arrived.ResourceVersion = "2"
					w.subject.subscriptionEvents().Update(w.t.Context(), event.UpdateEvent{ObjectOld: each, ObjectNew: arrived}, w)
				}
			},
			one: func(w *waiting) {
				edited := behindInTime("customer-7")
				edited.Generation = 2
				w.subject.subscriptionEvents().Update(w.t.Context(), event.UpdateEvent{ObjectOld: behindInTime("customer-7"), ObjectNew: edited}, w)
			},
			name: "shop/customer-7",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &waiting{priorityqueue.New[reconcile.Request]("test"), &Reconciler{Clock: clock.RealClock{}}, t}
				defer w.ShutDown()
				tc.many(w)
				time.Sleep(time.Second)
				synctest.Wait()
				tc.one(w)
				synctest.Wait()
				if before := w.before(tc.name); before > tc.most {
					t.Errorf("%s: %d came before it, want at most %d", tc.reason, before, tc.most)
				}
			})
		})
	}
}

// What wakes whom, and what wakes nobody.
func TestEvents(t *testing.T) {
	sub := func(version string) *v1alpha1.Subscription {
		return builders.MakeSubscription("acme", "shop").With(func(s *v1alpha1.Subscription) { s.ResourceVersion = version }).Obj()
	}
	update := func(state v1alpha1.UpdateState) *v1alpha1.SubscriptionUpdate {
		return builders.MakeSubscriptionUpdate("u", "shop", "acme").With(func(u *v1alpha1.SubscriptionUpdate) { u.Status.State = state }).Obj()
	}
	cases := map[string]struct {
		reason string
		event  func(*waiting)
		want   int
	}{
		"Own write": {
			reason: "the newest pass wrote it, and knows what it says",
			event: func(w *waiting) {
				w.subject.own.Wrote(sub("2"))
				w.subject.subscriptionEvents().Update(w.t.Context(), event.UpdateEvent{ObjectOld: sub("1"), ObjectNew: sub("2")}, w)
			},
		},
		"Own write, and a pass since": {
			reason: "that pass may have seen the status before it",
			event: func(w *waiting) {
				w.subject.own.Wrote(sub("2"))
				w.subject.own.Begin(client.ObjectKeyFromObject(sub("2")))
				w.subject.subscriptionEvents().Update(w.t.Context(), event.UpdateEvent{ObjectOld: sub("1"), ObjectNew: sub("2")}, w)
			},
			want: 1,
		},
		"Another's write": {
			reason: "a data loader wrote a note",
			event: func(w *waiting) {
				w.subject.own.Wrote(sub("2"))
				w.subject.subscriptionEvents().Update(w.t.Context(), event.UpdateEvent{ObjectOld: sub("2"), ObjectNew: sub("3")}, w)
			},
			want: 1,
		},
		"Finished update listed": {
			reason: "a starting manager lists the history of every subscription",
			event: func(w *waiting) {
				w.subject.updateEvents().Create(w.t.Context(), event.CreateEvent{Object: update(v1alpha1.UpdateApplied), IsInInitialList: true}, w)
			},
		},
		"Finished update deleted": {
			reason: "retention deletes what changes nothing",
			event: func(w *waiting) {
				w.subject.updateEvents().Delete(w.t.Context(), event.DeleteEvent{Object: update(v1alpha1.UpdateApplied)}, w)
			},
		},
		"Open update deleted": {
			reason: "nobody waits for it any more",
			event: func(w *waiting) {
				w.subject.updateEvents().Delete(w.t.Context(), event.DeleteEvent{Object: update(v1alpha1.UpdateScheduled)}, w)
			},
			want: 1,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &waiting{priorityqueue.New[reconcile.Request]("test"), &Reconciler{Clock: clock.RealClock{}}, t}
				defer w.ShutDown()
				tc.event(w)
				synctest.Wait()
				if got := w.Len(); got != tc.want {
					t.Errorf("%s: %d passes, want %d", tc.reason, got, tc.want)
				}
			})
		})
	}
}
