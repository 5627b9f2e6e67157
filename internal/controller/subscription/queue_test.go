// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

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
			reason: "a clock's new time is taken up at once, once what came before it was seen; it may have thousands of subscriptions",
			world:  world{heldBack: true},
			want:   ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(oneOfMany)},
		},
		"Held back, with more": {
			reason:  "the rest of what was due before the clock moved comes first",
			world:   world{heldBack: true},
			outcome: subscription.Outcome{More: true},
			want:    ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(catchingUp)},
		},
		"Next": {
			reason:  "thousands may renew at one instant; one that caught up before is one of them",
			outcome: subscription.Outcome{Next: now.Add(time.Hour)},
			want:    ctrl.Result{RequeueAfter: time.Hour, Priority: ptr.To(oneOfMany)},
		},
		"Unrecorded": {
			reason:  "an edit that could not be recorded does not wait for the renewal",
			world:   world{unrecorded: &unrecorded{}},
			outcome: subscription.Outcome{Next: now.AddDate(0, 1, 0)},
			want:    ctrl.Result{RequeueAfter: editRetry, Priority: ptr.To(oneOfMany)},
		},
		"Nothing": {reason: "nothing is due", want: ctrl.Result{Priority: ptr.To(oneOfMany)}},
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
		b.clock.Spec.Now.Time = at(april).AddDate(0, 0, assembly.MaxEffects+1)
		Expect(live.Update(ctx, b.clock)).To(Succeed())

		result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(catchingUp)}))
		committed := b.subscription(ctx, "acme")
		earlier := committed.DeepCopy()
		earlier.ResourceVersion = "1"
		Expect(b.subject.priorityOfChanged(event.UpdateEvent{ObjectOld: earlier, ObjectNew: committed})).To(Equal(catchingUp))

		result, err = b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{Priority: ptr.To(oneOfMany)}))
		committed = b.subscription(ctx, "acme")
		Expect(b.subject.priorityOfChanged(event.UpdateEvent{ObjectOld: earlier, ObjectNew: committed})).To(Equal(oneOfMany))
		Expect(b.invoices(ctx, "acme")).To(HaveLen(assembly.MaxEffects + 2))
	})
})
