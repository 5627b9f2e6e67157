// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
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

// deliver wakes a subscription as the watches of SetupWithManager do.
func deliver(t *testing.T, q workQueue, e event.UpdateEvent) {
	if showsCatchingUp(e) {
		behindOthers().Update(t.Context(), e, q)
		return
	}
	(&handler.EnqueueRequestForObject{}).Update(t.Context(), e, q)
}

// What somebody changed is taken before a hundred subscriptions that catch up, whose passes have ended and whose
// commits have arrived in the cache. The queue is the real one; its order counts, not the time.
func TestOrdinaryChangesComeFirst(t *testing.T) {
	edited := behindInTime("edited")
	edited.Generation, edited.ResourceVersion = 2, "2"
	cases := map[string]struct {
		reason string
		change event.UpdateEvent
		want   string
	}{
		"Other": {
			reason: "the edit of a subscription that is up to date",
			change: event.UpdateEvent{
				ObjectOld: builders.MakeSubscription("acme", "shop").Obj(),
				ObjectNew: builders.MakeSubscription("acme", "shop").With(func(s *v1alpha1.Subscription) {
					s.Generation, s.ResourceVersion = 2, "2"
				}).Obj(),
			},
			want: "shop/acme",
		},
		"Its own": {
			reason: "the edit of one that catches up moves it before the others",
			change: event.UpdateEvent{ObjectOld: behindInTime("edited"), ObjectNew: edited},
			want:   "shop/edited",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := priorityqueue.New[reconcile.Request]("test")
				defer q.ShutDown()
				ended := (&Reconciler{}).again(&world{}, subscription.Outcome{More: true})
				for n := range 100 {
					each := behindInTime(fmt.Sprint("customer-", n))
					request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(each)}
					q.AddWithOpts(priorityqueue.AddOpts{After: ended.RequeueAfter, Priority: ended.Priority}, request)
					deliver(t, q, event.UpdateEvent{ObjectOld: each, ObjectNew: each.DeepCopy()})
				}
				time.Sleep(time.Second)
				deliver(t, q, tc.change)
				synctest.Wait()
				first, _ := q.Get()
				if first.String() != tc.want {
					t.Errorf("%s: %s came first", tc.reason, first)
				}
			})
		})
	}
}

func TestAgain(t *testing.T) {
	now := time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		reason  string
		world   world
		outcome subscription.Outcome
		want    ctrl.Result
	}{
		"More": {
			reason:  "what catches up goes on at once, behind all others",
			outcome: subscription.Outcome{More: true},
			want:    ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(catchingUp)},
		},
		"Held back": {
			reason: "a clock's new time is taken up at once, once what came before it was seen",
			world:  world{heldBack: true},
			want:   ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(ordinary)},
		},
		"Held back, with more": {
			reason:  "the rest of what was due before the clock moved comes first",
			world:   world{heldBack: true},
			outcome: subscription.Outcome{More: true},
			want:    ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(catchingUp)},
		},
		"Next": {
			reason:  "a renewal is an ordinary change, also of a subscription that caught up before",
			outcome: subscription.Outcome{Next: now.Add(time.Hour)},
			want:    ctrl.Result{RequeueAfter: time.Hour, Priority: ptr.To(ordinary)},
		},
		"Unrecorded": {
			reason:  "an edit that could not be recorded does not wait for the renewal",
			world:   world{unrecorded: &unrecorded{}},
			outcome: subscription.Outcome{Next: now.AddDate(0, 1, 0)},
			want:    ctrl.Result{RequeueAfter: editRetry, Priority: ptr.To(ordinary)},
		},
		"Nothing": {reason: "nothing is due", want: ctrl.Result{Priority: ptr.To(ordinary)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := &Reconciler{Clock: clocktesting.NewFakePassiveClock(now)}
			if diff := cmp.Diff(tc.want, r.again(&tc.world, tc.outcome)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

var _ = Describe("A subscription that was not looked at for a long time", func() {
	It("catches up behind others, and is an ordinary one after that", func(ctx SpecContext) {
		b := newBench(ctx, april)
		daily := builders.MakeSeatProduct("seat", b.namespace).Plan("daily", "EUR", "1").
			With(func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Interval.Unit = v1alpha1.IntervalDay }).Obj()
		b.create(ctx, daily, builders.MakeSubscription("acme", b.namespace).TestClock("clock").Start(at(april)).
			Item("editors", "seat", "daily", 1).Obj())
		b.reconcile(ctx, "acme")
		b.clock.Spec.Now.Time = at(april).AddDate(0, 0, maxEffects+1)
		Expect(live.Update(ctx, b.clock)).To(Succeed())

		result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(catchingUp)}))
		committed := b.subscription(ctx, "acme")
		Expect(showsCatchingUp(event.UpdateEvent{ObjectOld: committed, ObjectNew: committed})).To(BeTrue())

		result, err = b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{Priority: ptr.To(ordinary)}))
		committed = b.subscription(ctx, "acme")
		Expect(showsCatchingUp(event.UpdateEvent{ObjectOld: committed, ObjectNew: committed})).To(BeFalse())
		Expect(b.invoices(ctx, "acme")).To(HaveLen(maxEffects + 2))
	})
})
