// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

var _ = Describe("An Invoice to which somebody adds a finalizer", func() {
	It("holds nothing up, also after a restart", func(ctx SpecContext) {
		b := newBench(ctx, april)
		startAcme(ctx, b)
		issued := b.invoices(ctx, "acme")
		Expect(issued).To(HaveLen(1))
		issued[0].Finalizers = []string{"example.com/collector"}
		Expect(live.Update(ctx, &issued[0])).To(Succeed())
		Expect(live.Delete(ctx, issued[0].DeepCopy())).To(Succeed())

		b.subject.placed = placed{}
		b.settle(ctx, "acme")
		ready := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady)
		Expect(ready.Status).To(Equal(metav1.ConditionTrue), ready.Message)
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(2), "the renewal is billed")
		b.writesNothing(ctx, "acme")

		kept := b.invoices(ctx, "acme")[0]
		kept.Finalizers = nil
		Expect(live.Update(ctx, &kept)).To(Succeed())
	})
})
