// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/health"
)

// edit changes the spec of acme.
func (b *bench) edit(ctx context.Context, how func(*v1alpha1.Subscription)) {
	GinkgoHelper()
	s := b.subscription(ctx, "acme")
	how(s)
	Expect(live.Update(ctx, s)).To(Succeed())
}

// startAcme starts acme, whose quantity Git declares, on a plan of one to ten seats.
func startAcme(ctx context.Context, b *bench) {
	GinkgoHelper()
	b.create(ctx, product(b.namespace).Seats(1, 10).Obj(), acme(b).Obj())
	b.reconcile(ctx, "acme")
}

// startFree starts acme, whose quantity updates decide, on a plan of one to ten seats.
func startFree(ctx context.Context, b *bench) {
	GinkgoHelper()
	b.create(ctx, product(b.namespace).Seats(1, 10).Obj(), free(b).Obj())
	b.reconcile(ctx, "acme")
}

func quantity(n int64) func(*v1alpha1.Subscription) {
	return func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = &n }
}

var _ = Describe("State of a Subscription", func() {
	rows := map[v1alpha1.SubscriptionState]struct {
		reason string
		want   want
		given  func(context.Context, *bench)
	}{
		v1alpha1.SubscriptionPending: {"it begins in May", want{reason: v1alpha1.ReasonReconciled, ready: true}, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Start(at("2026-05-01T00:00:00Z")).Obj())
		}},
		v1alpha1.SubscriptionTrialing: {"it is tried until May", want{reason: v1alpha1.ReasonReconciled, ready: true}, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: record.Time(at("2026-05-01T00:00:00Z"))}
			}).Obj())
		}},
		v1alpha1.SubscriptionActive: {"it is billed", want{reason: v1alpha1.ReasonReconciled, ready: true}, startAcme},
		v1alpha1.SubscriptionSuspended: {"a person stopped it", want{reason: v1alpha1.ReasonSuspended, ready: true}, func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Suspend = true })
		}},
		v1alpha1.SubscriptionCanceled: {"a person ended it", want{reason: v1alpha1.ReasonCanceled, ready: true}, func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			b.edit(ctx, func(s *v1alpha1.Subscription) {
				s.Spec.Cancel = &v1alpha1.Cancellation{At: record.Time(at(april))}
			})
		}},
	}
	for state, row := range rows {
		It(string(state)+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			row.given(ctx, b)
			b.settle(ctx, "acme")
			s := b.subscription(ctx, "acme")
			Expect(s.Status.State).To(Equal(state))
			row.want.checkObject(s, s.Status.Conditions)
			b.writesNothing(ctx, "acme")
		})
	}
})

var _ = Describe("InSync of a Subscription", func() {
	rows := map[string]struct {
		reason string
		given  func(context.Context, *bench)
	}{
		v1alpha1.ReasonInSync: {"an edit was applied", func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			b.edit(ctx, quantity(7))
		}},
		v1alpha1.ReasonChangedByUpdate: {"an update moved the item to another plan on purpose", func(ctx context.Context, b *bench) {
			b.create(ctx, plans30and90(b), acme(b).Obj())
			b.reconcile(ctx, "acme")
			b.create(ctx, update(b).ChangeItems(on("editors", "big")).Obj())
		}},
		v1alpha1.ReasonScheduled: {"an edit waits for the renewal", func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).OnIncrease(v1alpha1.QuantityChangePolicy{ApplicationSchedule: v1alpha1.ApplyNextPeriod}).Obj(), acme(b).Obj())
			b.reconcile(ctx, "acme")
			b.edit(ctx, quantity(7))
		}},
		v1alpha1.ReasonProductNotFound: {"an edit names a product that is not there yet", func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Items[0].ProductRef.Name = "later" })
		}},
		v1alpha1.ReasonPlanNotFound: {"an edit names a plan that is not there yet", func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "later" })
		}},
		v1alpha1.ReasonAboveMaximum: {"an edit wants eleven of ten", func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			b.edit(ctx, quantity(11))
		}},
		v1alpha1.ReasonCurrencyChange: {"an edit wants to pay in dollars", func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Plan("dollars", "USD", "10").Obj(), acme(b).Obj())
			b.reconcile(ctx, "acme")
			b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "dollars" })
		}},
		v1alpha1.ReasonSuspended: {"an edit waits until the subscription is resumed", func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Suspend = true })
			b.reconcile(ctx, "acme")
			b.edit(ctx, quantity(7))
		}},
	}
	for reason, row := range rows {
		It(reason+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			row.given(ctx, b)
			b.settle(ctx, "acme")
			s := b.subscription(ctx, "acme")
			c := condition(s.Status.Conditions, v1alpha1.ConditionInSync)
			Expect(c.Reason).To(Equal(reason), c.Message)
			Expect(c.Status == metav1.ConditionTrue).To(Equal(reason == v1alpha1.ReasonInSync))
			Expect(meta.IsStatusConditionTrue(s.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), "what is in force goes on")
			b.writesNothing(ctx, "acme")
		})
	}
})

var _ = Describe("SeatsWithinLimits of a Subscription", func() {
	// narrowed starts acme with five seats on a plan whose limits are narrowed afterwards.
	narrowed := func(minimum, maximum int64) func(context.Context, *bench) {
		return func(ctx context.Context, b *bench) {
			startAcme(ctx, b)
			p := product(b.namespace).Obj()
			Expect(live.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
			p.Spec.Plans[0].Seats = &v1alpha1.SeatLimits{Minimum: &minimum, Maximum: &maximum}
			Expect(live.Update(ctx, p)).To(Succeed())
		}
	}
	rows := map[string]struct {
		reason string
		given  func(context.Context, *bench)
	}{
		v1alpha1.ReasonWithinLimits: {"five of one to ten", startAcme},
		v1alpha1.ReasonBelowMinimum: {"the plan has a higher minimum since", narrowed(6, 10)},
		v1alpha1.ReasonAboveMaximum: {"the plan has a lower maximum since", narrowed(1, 4)},
	}
	for reason, row := range rows {
		It(reason+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			row.given(ctx, b)
			b.settle(ctx, "acme")
			s := b.subscription(ctx, "acme")
			c := condition(s.Status.Conditions, v1alpha1.ConditionSeatsWithinLimits)
			Expect(c.Reason).To(Equal(reason), c.Message)
			Expect(c.Status == metav1.ConditionTrue).To(Equal(reason == v1alpha1.ReasonWithinLimits))
			b.writesNothing(ctx, "acme")
		})
	}
})

var _ = Describe("A SubscriptionUpdate that waits", func() {
	byDay := v1alpha1.ProrationPolicyReference{Kind: v1alpha1.KindProrationPolicy, Name: "by-day"}
	increment := func(b *bench) *builders.SubscriptionUpdate { return update(b).Increment("editors", 1) }
	rows := map[string]struct {
		reason string
		state  v1alpha1.UpdateState
		given  func(context.Context, *bench)
	}{
		v1alpha1.ReasonNotStarted: {"the subscription begins in May", v1alpha1.UpdatePending, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), free(b).Start(at("2026-05-01T00:00:00Z")).Obj(), increment(b).Obj())
		}},
		v1alpha1.ReasonSuspended: {"the subscription is suspended", v1alpha1.UpdatePending, func(ctx context.Context, b *bench) {
			startFree(ctx, b)
			b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Suspend = true })
			b.create(ctx, increment(b).Obj())
		}},
		v1alpha1.ReasonPolicyNotReady: {"its own policy is not there yet", v1alpha1.UpdatePending, func(ctx context.Context, b *bench) {
			startFree(ctx, b)
			b.create(ctx, increment(b).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ProrationPolicyRef = &byDay }).Obj())
		}},
		v1alpha1.ReasonProductNotFound: {"it names a product that is not there yet", v1alpha1.UpdatePending, func(ctx context.Context, b *bench) {
			startFree(ctx, b)
			item := on("editors", "monthly")
			item.ProductRef.Name = "later"
			b.create(ctx, update(b).ChangeItems(item).Obj())
		}},
		v1alpha1.ReasonPlanNotFound: {"it names a plan that is not there yet", v1alpha1.UpdatePending, func(ctx context.Context, b *bench) {
			startFree(ctx, b)
			b.create(ctx, update(b).ChangeItems(on("editors", "later")).Obj())
		}},
		v1alpha1.ReasonParked: {"the subscription is parked", v1alpha1.UpdatePending, func(ctx context.Context, b *bench) {
			startFree(ctx, b)
			s := b.subscription(ctx, "acme")
			s.Status.EventsOnDay = &v1alpha1.DayCount{Date: "2026-04-01", Count: 200}
			Expect(live.Status().Update(ctx, s)).To(Succeed())
			b.create(ctx, increment(b).Obj())
		}},
	}
	for reason, row := range rows {
		It(reason+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			row.given(ctx, b)
			b.settle(ctx, "acme")
			u := b.update(ctx, "change")
			Expect(u.Status.State).To(Equal(row.state), "%+v", u.Status)
			want{reason: reason, reconciling: true}.checkObject(u, u.Status.Conditions)
			applied := condition(u.Status.Conditions, v1alpha1.ConditionApplied)
			Expect(applied.Reason).To(Equal(reason))
			Expect(applied.Status).To(Equal(metav1.ConditionFalse))
			b.writesNothing(ctx, "acme")
		})
	}
})

var _ = Describe("Ready of a Subscription that is at work", func() {
	It("EffectsOwed: the API server takes no invoice at the moment", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		b.restart(faults.Plan{3: faults.InternalError})
		_, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).To(HaveOccurred(), "so that it is tried again, later and later")
		Expect(b.run.Unmet()).To(BeEmpty())
		s := b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonEffectsOwed, reconciling: true}.checkObject(s, s.Status.Conditions)
		Expect(b.invoices(ctx, "acme")).To(BeEmpty())

		b.reconcile(ctx, "acme")
		s = b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonReconciled, ready: true}.checkObject(s, s.Status.Conditions)
		invoices := b.invoices(ctx, "acme")
		Expect(invoices).To(HaveLen(1))
		Expect(health.Of(&invoices[0])).To(Equal(health.Current), "although its status is not the operator's")
		b.writesNothing(ctx, "acme")
	})

	It("Progressing: ten years of renewals are more than one commit owes", func(ctx SpecContext) {
		b := newBench(ctx, april)
		startAcme(ctx, b)
		b.clock.Spec.Now.Time = at("2036-04-01T00:00:00Z")
		Expect(live.Update(ctx, b.clock)).To(Succeed())
		result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).NotTo(BeZero())
		s := b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonProgressing, reconciling: true}.checkObject(s, s.Status.Conditions)
		Expect(len(s.Status.Outbox)).To(And(BeNumerically(">", 1), BeNumerically("<=", assembly.MaxEffects)))

		b.reconcile(ctx, "acme")
		s = b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonReconciled, ready: true}.checkObject(s, s.Status.Conditions)
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1 + 120))
		b.writesNothing(ctx, "acme")
	})
})
