// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var _ = Describe("A time that a TestClock was moved to", func() {
	// due has a product owe a refresh on the clock since noon of the 16th.
	due := func(ctx context.Context, product *v1alpha1.SeatProduct) {
		GinkgoHelper()
		next := record.Time(at("2026-04-16T12:00:00Z"))
		product.Status.Refreshes = []v1alpha1.RefreshStatus{{Clock: "clock", NextRefreshTime: next}}
		Expect(live.Status().Update(ctx, product)).To(Succeed())
	}

	It("waits for the refresh that a product of the subscription owes by then", func(ctx SpecContext) {
		b := newBench(ctx, april)
		seats := product(b.namespace).Obj()
		b.create(ctx, seats, acme(b).Obj())
		b.reconcile(ctx, "acme")
		due(ctx, seats)
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1), "the count of then may change what May costs")

		seats.Status.Refreshes[0].LastAttemptTime = record.Time(at("2026-05-01T00:00:00Z"))
		Expect(live.Status().Update(ctx, seats)).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(2))
	})

	It("does not wait for a product that nothing but an update names", func(ctx SpecContext) {
		b := newBench(ctx, april)
		other := builders.MakeSeatProduct("other", b.namespace).Plan("monthly", "EUR", "30").Obj()
		b.create(ctx, product(b.namespace).Obj(), other, free(b).Obj())
		b.reconcile(ctx, "acme")
		due(ctx, other)
		b.create(ctx, update(b).Apply(v1alpha1.ApplyNextPeriod).ChangeItems(
			v1alpha1.SubscriptionItem{Name: "editors", ProductRef: v1alpha1.LocalReference{Name: "other"}, Plan: "monthly"}).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.subscription(ctx, "acme").Status.Items[0].Product).To(Equal("other"), "its refreshes load nothing of this subscription, and wake it by nothing")
	})

	It("does not wait for a refresh that a clock which was created again at an earlier time has yet to reach", func(ctx SpecContext) {
		b := newBench(ctx, april)
		seats := product(b.namespace).Seats(5, 100).Obj()
		b.create(ctx, seats, free(b).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-21T00:00:00Z", "acme")
		Expect(live.Delete(ctx, b.clock)).To(Succeed())
		b.clock = builders.MakeTestClock(b.clock.Name, b.namespace, at("2026-04-02T00:00:00Z")).Obj()
		b.create(ctx, b.clock)
		due(ctx, seats)
		b.create(ctx, update(b).Increment("editors", 3).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied), "no refresh is due on the clock")
		Expect(b.update(ctx, "change").Status.AdjustmentAmount).To(BeEquivalentTo("10.00"), "time does not go back: 30 × 10/30")
	})

	// stale has a process start that sees the TestClock as it was on 11 April, when the subscription is at the 21st.
	stale := func(ctx context.Context, b *bench) {
		GinkgoHelper()
		b.move(ctx, "2026-04-11T00:00:00Z", "acme")
		Expect(b.cache.Freeze(ctx, &v1alpha1.TestClockList{})).To(Succeed())
		b.clock.Spec.Now.Time = at("2026-04-21T00:00:00Z")
		Expect(live.Update(ctx, b.clock)).To(Succeed())
		s := b.subscription(ctx, "acme")
		s.Status.ClockTime = record.Time(at("2026-04-21T00:00:00Z"))
		Expect(live.Status().Update(ctx, s)).To(Succeed())
		b.restart(nil)
	}

	It("does not go back after a restart, for an update", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Seats(5, 100).Obj(), free(b).Obj())
		b.reconcile(ctx, "acme")
		stale(ctx, b)
		b.create(ctx, update(b).Increment("editors", 3).Obj())
		b.reconcile(ctx, "acme")
		u := b.update(ctx, "change")
		Expect(u.Status.AdjustmentAmount).To(BeEquivalentTo("10.00"), "3 seats from the 21st: 30 × 10/30")
		Expect(u.Status.AppliedTime.UTC()).To(Equal(at("2026-04-21T00:00:00Z")))
	})

	It("does not go back after a restart, in the status", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		b.reconcile(ctx, "acme")
		stale(ctx, b)
		s := b.subscription(ctx, "acme")
		s.Spec.Items[0].Quantity = ptr.To[int64](6)
		Expect(live.Update(ctx, s)).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(b.subscription(ctx, "acme").Status.ClockTime.UTC()).To(Equal(at("2026-04-21T00:00:00Z")))
	})
})
