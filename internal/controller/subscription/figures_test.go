// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var _ = Describe("The life of a subscription", func() {
	It("prices figure 1 of billing.md#15-figures and bills it with the renewal", func(ctx SpecContext) {
		b := newBench(ctx, "2026-04-01T00:00:00Z")
		b.create(ctx, builders.MakeSeatProduct("seat", b.namespace).Plan("monthly", "EUR", "12.50").Obj(),
			builders.MakeSubscription("acme", b.namespace).TestClock("clock").Start(at("2026-04-01T00:00:00Z")).LoadedItem("editors", "seat", "monthly").Obj())
		b.reconcile(ctx, "acme")
		s := b.subscription(ctx, "acme")
		Expect(s.Status.State).To(Equal(v1alpha1.SubscriptionActive))
		Expect(meta.IsStatusConditionTrue(s.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue())

		b.create(ctx, builders.MakeSubscriptionUpdate("two", b.namespace, "acme").Count("editors", 2).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		b.restart(nil)
		b.create(ctx, builders.MakeSubscriptionUpdate("five-more", b.namespace, "acme").Increment("editors", 5).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(2), "the commit and the mark: %v", b.run.Writes())

		u := b.update(ctx, "five-more")
		Expect(u.Status.State).To(Equal(v1alpha1.UpdateApplied))
		Expect(u.Status.AdjustmentAmount).To(BeEquivalentTo("31.25"))
		Expect(u.Status.Lines).To(HaveLen(1))
		GinkgoWriter.Printf("%+v\n", u.Status)

		b.restart(nil)
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.run.Writes()).To(HaveLen(2), "the commit and the invoice: %v", b.run.Writes())
		invoices := b.invoices(ctx, "acme")
		Expect(invoices).NotTo(BeEmpty())
		last := invoices[len(invoices)-1]
		Expect(last.Spec.AmountDue).To(BeEquivalentTo("143.75"))
		b.restart(nil)
		for range 5 {
			b.reconcile(ctx, "acme")
		}
		Expect(b.run.Writes()).To(BeEmpty())
	})
})
