// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// bytesOf is how large a subscription is as JSON, without managedFields.
func bytesOf(s *v1alpha1.Subscription) int {
	GinkgoHelper()
	s = s.DeepCopy()
	s.ManagedFields = nil
	raw, err := json.Marshal(s)
	Expect(err).NotTo(HaveOccurred())
	return len(raw)
}

// written is what is written of lines.
func written(lines []v1alpha1.Line) string {
	GinkgoHelper()
	raw, err := json.Marshal(lines)
	Expect(err).NotTo(HaveOccurred())
	return string(raw)
}

var _ = Describe("The size of a subscription", func() {
	// grow changes the quantity once a day, and calls at with each number of accrued lines.
	grow := func(ctx context.Context, b *bench, lines int, at func(lines int, s *v1alpha1.Subscription)) {
		GinkgoHelper()
		b.create(ctx, product(b.namespace).Seats(1, 1000).Obj(), free(b).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-10T07:13:07Z", "acme")
		for i := range lines {
			b.create(ctx, builders.MakeSubscriptionUpdate(fmt.Sprintf("acme-4c2v9k3x%02d", i), b.namespace, "acme").Increment("editors", int64(i%3)+1).Obj())
			b.reconcile(ctx, "acme")
			at(i+1, b.subscription(ctx, "acme"))
		}
	}

	It("grows by little with each accrued line", func(ctx SpecContext) {
		b := newBench(ctx, april)
		sizes := map[int]int{}
		grow(ctx, b, 45, func(lines int, s *v1alpha1.Subscription) {
			Expect(s.Status.UpcomingInvoice.Lines).To(HaveLen(lines))
			sizes[lines] = bytesOf(s)
		})
		GinkgoWriter.Printf("with 2, 3 and 45 accrued lines: %d, %d and %d bytes\n", sizes[2], sizes[3], sizes[45])
		Expect(sizes[3]).To(BeNumerically("<=", 3500), "it is rewritten with each change")
		Expect((sizes[45]-sizes[3])/42).To(BeNumerically("<=", 140), "a line")
	})

	It("bills the lines with the words that the updates have", func(ctx SpecContext) {
		b := newBench(ctx, april)
		grow(ctx, b, 3, func(int, *v1alpha1.Subscription) {})
		accrued, err := record.AccruedLines(&b.subscription(ctx, "acme").Status)
		Expect(err).NotTo(HaveOccurred())
		var marked []v1alpha1.Line
		for i := range 3 {
			marked = append(marked, b.update(ctx, fmt.Sprintf("acme-4c2v9k3x%02d", i)).Status.Lines...)
		}
		Expect(written(accrued)).To(Equal(written(marked)))
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		invoices := b.invoices(ctx, "acme")
		for _, line := range marked {
			Expect(written(invoices[len(invoices)-1].Spec.Lines)).To(ContainSubstring(strings.Trim(written([]v1alpha1.Line{line}), "[]")))
		}
	})
})
