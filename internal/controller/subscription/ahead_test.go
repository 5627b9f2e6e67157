// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

var _ = Describe("What the status says lies ahead", func() {
	It("follows a cancellation, and one that is taken back, in the same pass", func(ctx SpecContext) {
		b := newBench(ctx, april)
		startAcme(ctx, b)
		Expect(b.subscription(ctx, "acme").Status.UpcomingInvoice.AmountDue).To(Equal(v1alpha1.Amount("50.00")))

		b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Cancel = &v1alpha1.Cancellation{AtPeriodEnd: true} })
		b.reconcile(ctx, "acme")
		ending := b.subscription(ctx, "acme").Status
		Expect(ending.EndTime.UTC()).To(Equal(at("2026-05-01T00:00:00Z")))
		Expect(ending.RenewalTime).To(BeNil(), "nothing renews")
		Expect(ending.UpcomingInvoice).To(BeNil(), "nothing is left to bill")

		b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Cancel = nil })
		b.reconcile(ctx, "acme")
		going := b.subscription(ctx, "acme").Status
		Expect(going.EndTime).To(BeNil())
		Expect(going.RenewalTime.UTC()).To(Equal(at("2026-05-01T00:00:00Z")))
		Expect(going.UpcomingInvoice.AmountDue).To(Equal(v1alpha1.Amount("50.00")))
		b.writesNothing(ctx, "acme")
	})

	It("says that a subscription ends with its trial", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
			s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: record.Time(at("2026-04-15T00:00:00Z")), Only: true}
		}).Obj())
		b.reconcile(ctx, "acme")
		s := b.subscription(ctx, "acme").Status
		Expect(s.TrialOnly).To(BeTrue())
		Expect(s.EndTime.UTC()).To(Equal(at("2026-04-15T00:00:00Z")))
		Expect(s.RenewalTime).To(BeNil())
	})
})
