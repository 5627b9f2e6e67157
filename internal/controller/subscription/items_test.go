// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// edits are the updates that were made from the spec.
func (b *bench) edits(ctx context.Context) []v1alpha1.SubscriptionUpdate {
	GinkgoHelper()
	var list v1alpha1.SubscriptionUpdateList
	Expect(live.List(ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
	return slices.DeleteFunc(list.Items, func(u v1alpha1.SubscriptionUpdate) bool { return u.Spec.Cause == nil })
}

// plans30and90 is the product of figures 5 to 7.
func plans30and90(b *bench) *v1alpha1.SeatProduct {
	return builders.MakeSeatProduct("seat", b.namespace).Plan("monthly", "EUR", "30").Plan("big", "EUR", "90").Obj()
}

var _ = Describe("A change of items", func() {
	single := func(b *bench) *v1alpha1.Subscription {
		return acme(b).With(func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = ptr.To[int64](1) }).Obj()
	}
	begun := func(ctx context.Context) *bench {
		b := newBench(ctx, april)
		b.create(ctx, plans30and90(b), single(b))
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		return b
	}

	It("by a user's update is two writes, and says what it did to each item", func(ctx SpecContext) {
		b := begun(ctx)
		b.create(ctx, update(b).ChangeItems(on("editors", "big")).Obj())
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(2), "commit, mark: %v", b.run.Writes())
		u := b.update(ctx, "change")
		Expect(u.Status.State).To(Equal(v1alpha1.UpdateApplied))
		Expect(u.Status.AdjustmentAmount).To(BeEquivalentTo("30.00"))
		Expect(u.Status.Summary).To(Equal("editors monthly → big"))
		Expect(u.Status.RenewalPolicy).To(Equal(v1alpha1.RenewalRetain))
		Expect(u.Status.NewRenewalTime.UTC()).To(Equal(at("2026-05-01T00:00:00Z")))
		Expect(u.Status.Changes).To(HaveLen(1))
		Expect(u.Status.Changes[0].PreviousPlan).To(Equal("monthly"))
		Expect(u.Status.Changes[0].NewPlan).To(Equal("big"))
		Expect(u.Status.Lines).To(HaveLen(2))
		inSync := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync)
		Expect(inSync.Reason).To(Equal(v1alpha1.ReasonChangedByUpdate))
		b.writesNothing(ctx, "acme")
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.invoices(ctx, "acme")[1].Spec.Subtotal).To(BeEquivalentTo("120.00"))
	})

	It("by an edit of the spec is an update of its own beside that of a quantity", func(ctx SpecContext) {
		b := begun(ctx)
		s := b.subscription(ctx, "acme")
		s.Spec.Items[0].Plan = "big"
		s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{
			Name: "viewers", ProductRef: v1alpha1.LocalReference{Name: "seat"}, Plan: "monthly", Quantity: ptr.To[int64](2),
		})
		s.Spec.ChangePolicy = &v1alpha1.ChangePolicy{RenewalPolicy: v1alpha1.RenewalReset}
		Expect(live.Update(ctx, s)).To(Succeed())
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(4), "create, commit, mark, the invoice: %v", b.run.Writes())
		made := b.edits(ctx)
		Expect(made).To(HaveLen(1))
		Expect(made[0].Status.State).To(Equal(v1alpha1.UpdateApplied))
		Expect(made[0].Status.Summary).To(Equal("2 items"))
		Expect(made[0].Status.AdjustmentAmount).To(BeEquivalentTo("135.00"), "−15.00 + 90.00 + 2 × 30.00")
		Expect(b.subscription(ctx, "acme").Status.RenewalTime.UTC()).To(Equal(at("2026-05-16T00:00:00Z")))
		Expect(condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync).Reason).To(Equal(v1alpha1.ReasonInSync))
		b.writesNothing(ctx, "acme")
	})

	It("that names a product which is not there waits alone, and no renewal with it", func(ctx SpecContext) {
		b := begun(ctx)
		s := b.subscription(ctx, "acme")
		s.Spec.Items[0].ProductRef.Name = "later"
		Expect(live.Update(ctx, s)).To(Succeed())
		b.reconcile(ctx, "acme")
		inSync := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync)
		Expect(inSync.Reason).To(Equal(v1alpha1.ReasonProductNotFound))
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(2))
		b.writesNothing(ctx, "acme")

		b.move(ctx, "2026-05-16T12:00:00Z", "acme")
		b.create(ctx, builders.MakeSeatProduct("later", b.namespace).Plan("monthly", "EUR", "60").Obj())
		b.reconcile(ctx, "acme")
		made := b.edits(ctx)
		Expect(made[0].Status.State).To(Equal(v1alpha1.UpdateApplied))
		Expect(made[0].Status.AdjustmentAmount).To(BeEquivalentTo("15.00"), "(60 − 30) × 15.5/31, from when it could apply")
		Expect(made[0].Status.Overdue).To(BeTrue())
	})

	It("that was previewed applies with the preview's hash", func(ctx SpecContext) {
		b := begun(ctx)
		b.create(ctx, builders.MakeSubscriptionUpdate("preview", b.namespace, "acme").ChangeItems(on("editors", "big")).
			With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.Preview, u.Spec.PaymentSchedule = true, v1alpha1.PayImmediately
			}).Obj())
		b.reconcile(ctx, "acme")
		p := b.update(ctx, "preview").Status
		Expect(p.State).To(Equal(v1alpha1.UpdatePreviewed))
		Expect(p.AdjustmentAmount).To(BeEquivalentTo("30.00"))
		Expect(p.Preview.Now.AmountDue).To(BeEquivalentTo("30.00"))
		Expect(p.Preview.Upcoming.AmountDue).To(BeEquivalentTo("90.00"))
		Expect(p.NewRenewalTime.UTC()).To(Equal(at("2026-05-01T00:00:00Z")))
		Expect(b.subscription(ctx, "acme").Status.Items[0].Plan).To(Equal("monthly"))
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1))

		b.create(ctx, update(b).ChangeItems(on("editors", "big")).
			With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.ExpectedHash, u.Spec.PaymentSchedule = p.Hash, v1alpha1.PayImmediately
			}).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied))
		Expect(b.invoices(ctx, "acme")[1].Spec.AmountDue).To(BeEquivalentTo("30.00"))
	})
})

// metered is a product whose units cost ten cents each, read by a loader.
func metered(b *bench) *v1alpha1.SeatProduct {
	return builders.MakeSeatProduct("seat", b.namespace).Plan("monthly", "EUR", "0.10").ConfigMapLoader("counts").
		With(func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Usage = v1alpha1.UsageMetered }).Obj()
}

// reads records a reading as a refresh of the product does.
func (b *bench) reads(ctx context.Context, total int64) {
	GinkgoHelper()
	s := b.subscription(ctx, "acme")
	s.Status.LoadedReadings = []v1alpha1.LoadedReading{{
		Item: "editors", Product: "seat", Reading: total,
		ObservedTime: *record.Time(b.clock.Spec.Now.UTC()), LoadedTime: *record.Time(at("2026-11-01T00:00:00Z")),
	}}
	Expect(live.Status().Update(ctx, s)).To(Succeed())
	b.reconcile(ctx, "acme")
}

var _ = Describe("UsageWithinLimits of a Subscription", func() {
	limit := func(quantity int64) *v1alpha1.UsageLimit { return &v1alpha1.UsageLimit{Quantity: &quantity} }
	rows := map[string]struct {
		reason string
		limits *v1alpha1.UsageLimits
		trial  bool
		totals []int64
		status metav1.ConditionStatus
		used   int64
	}{
		v1alpha1.ReasonWithinLimits:           {"75 % is said by an event", &v1alpha1.UsageLimits{SoftLimit: limit(100)}, false, []int64{75}, metav1.ConditionTrue, 75},
		v1alpha1.ReasonSoftLimitReached:       {"it bounds nothing", &v1alpha1.UsageLimits{SoftLimit: limit(100)}, false, []int64{150}, metav1.ConditionFalse, 150},
		v1alpha1.ReasonHardLimitReached:       {"usage is capped", &v1alpha1.UsageLimits{HardLimit: limit(100)}, false, []int64{150}, metav1.ConditionFalse, 100},
		v1alpha1.ReasonTrialUsageLimitReached: {"until the trial ends", &v1alpha1.UsageLimits{TrialLimit: limit(100)}, true, []int64{150}, metav1.ConditionFalse, 100},
		v1alpha1.ReasonReadingWentBack:        {"it counts from zero", nil, false, []int64{50, 20}, metav1.ConditionFalse, 70},
	}
	for reason, row := range rows {
		It(reason+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			b.create(ctx, metered(b), free(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.Items[0].UsageLimits = row.limits
				if row.trial {
					s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: record.Time(at("2026-05-01T00:00:00Z"))}
				}
			}).Obj())
			b.reconcile(ctx, "acme")
			b.reads(ctx, 0)
			for i, total := range row.totals {
				b.move(ctx, at("2026-04-10T00:00:00Z").AddDate(0, 0, i).Format("2006-01-02T15:04:05Z"), "acme")
				b.reads(ctx, total)
			}
			s := b.subscription(ctx, "acme")
			Expect(s.Status.Usage).To(HaveLen(1))
			Expect(s.Status.Usage[0].Quantity).To(Equal(row.used))
			Expect(s.Status.LoadedReadings).To(BeEmpty())
			c := condition(s.Status.Conditions, v1alpha1.ConditionUsageWithinLimits)
			Expect(c.Reason).To(Equal(reason))
			Expect(c.Status).To(Equal(row.status))
			b.writesNothing(ctx, "acme")
		})
	}

	It("NotMetered: limits on a licensed item are ignored", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
			s.Spec.Items[0].UsageLimits = &v1alpha1.UsageLimits{SoftLimit: limit(1)}
		}).Obj())
		b.reconcile(ctx, "acme")
		c := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionUsageWithinLimits)
		Expect(c.Reason).To(Equal(v1alpha1.ReasonNotMetered))
		Expect(c.Status).To(Equal(metav1.ConditionUnknown))
	})

	It("bills at the boundary what was used, with one write a reading", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, metered(b), free(b).Obj())
		b.settle(ctx, "acme")
		want{reason: v1alpha1.ReasonWaitingForSeats, reconciling: true}.check(b.subscription(ctx, "acme").Status.Conditions)
		b.reads(ctx, 100)
		b.move(ctx, "2026-04-30T23:00:00Z", "acme")
		b.restart(nil)
		b.reads(ctx, 900)
		Expect(b.run.Writes()).To(HaveLen(1), "the subscription's own: %v", b.run.Writes())
		b.move(ctx, "2026-05-01T01:00:00Z", "acme")
		b.reads(ctx, 950)
		invoices := b.invoices(ctx, "acme")
		Expect(invoices).To(HaveLen(1))
		Expect(invoices[0].Spec.AmountDue).To(BeEquivalentTo("80.00"))
		Expect(invoices[0].Spec.Lines[0].Kind).To(Equal(v1alpha1.LineUsage))
		Expect(b.subscription(ctx, "acme").Status.Usage[0].Quantity).To(BeEquivalentTo(50))
	})
})

var _ = Describe("A TestClock that moves together with an update", func() {
	It("has the update seen at the time before, on record before the new time is taken up", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), free(b).Obj())
		b.reconcile(ctx, "acme")
		s := b.subscription(ctx, "acme")
		s.Spec.Suspend = true
		Expect(live.Update(ctx, s)).To(Succeed())
		b.reconcile(ctx, "acme")

		b.create(ctx, update(b).Increment("editors", 2).Obj())
		b.clock.Spec.Now.Time = at("2026-05-02T00:00:00Z")
		Expect(live.Update(ctx, b.clock)).To(Succeed())
		result, err := b.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: "acme"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).NotTo(BeZero())
		Expect(b.update(ctx, "change").Status.SeenTime.UTC()).To(Equal(at(april)))
		Expect(b.subscription(ctx, "acme").Status.ClockTime.UTC()).To(Equal(at(april)), "a crash here loses nothing")

		b.reconcile(ctx, "acme")
		Expect(b.subscription(ctx, "acme").Status.ClockTime.UTC()).To(Equal(at("2026-05-02T00:00:00Z")))
		Expect(b.update(ctx, "change").Status.SeenTime.UTC()).To(Equal(at(april)))
	})
})
