// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

var _ = Describe("A preview for a Subscription that starts later", func() {
	It("is computed as of the start, and starts nothing", func(ctx SpecContext) {
		b := newBench(ctx, april)
		may := "2026-05-01T00:00:00Z"
		preview := update(b).Increment("editors", 2).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Preview = true }).Obj()
		b.create(ctx, product(b.namespace).Seats(1, 10).Obj(), free(b).Start(at(may)).Obj(), preview)
		b.reconcile(ctx, "acme")
		u := b.update(ctx, "change")
		Expect(u.Status.State).To(Equal(v1alpha1.UpdatePreviewed))
		Expect(u.Status.AdjustmentAmount).To(BeEquivalentTo("20.00"))
		Expect(u.Status.Currency).To(BeEquivalentTo("EUR"))
		s := b.subscription(ctx, "acme")
		Expect(s.Status.State).To(Equal(v1alpha1.SubscriptionPending))
		Expect(s.Status.StartTime).To(BeNil())
		Expect(b.invoices(ctx, "acme")).To(BeEmpty())
		b.writesNothing(ctx, "acme")

		b.move(ctx, may, "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveExactElements(HaveField("Spec.AmountDue", BeEquivalentTo("10.00"))))
	})
})
