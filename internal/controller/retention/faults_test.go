// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/internal/testing/faults"
)

var _ = Describe("Retention under faults", func() {
	// given has two updates and an invoice that go, and one of each that stays.
	given := func(ctx context.Context) *bench {
		GinkgoHelper()
		b := newBench(ctx)
		b.subscription(ctx, history(1))
		b.update(ctx, "a", 1)
		b.update(ctx, "b", 2)
		b.update(ctx, "c", 3)
		b.invoice(ctx, "i1", 1, 1)
		b.invoice(ctx, "i2", 2, 1)
		return b
	}
	// settle calls the reconciler until it has nothing more to do, with a new process where one crashed.
	settle := func(ctx context.Context, b *bench) {
		GinkgoHelper()
		for range 10 {
			result, err := b.subject.Reconcile(ctx, b.acme())
			if err == nil && result.IsZero() {
				return
			}
			b.restart()
		}
		Fail("it does not come to rest")
	}

	for _, fault := range []faults.Fault{
		faults.CrashBefore, faults.CrashAfter, faults.Ambiguous, faults.Conflict, faults.TooManyRequests, faults.InternalError,
	} {
		It("ends alike after "+string(fault)+" at each delete", func(ctx SpecContext) {
			for write := 1; write <= 3; write++ {
				b := given(ctx)
				b.plan(faults.Plan{write: fault})
				settle(ctx, b)
				Expect(b.run.Unmet()).To(BeEmpty())
				Expect(b.left(ctx)).To(Equal([]string{"c", "i2"}))
				Expect(b.run.Count()).To(BeNumerically("<=", 4), "at most one delete again: %v", b.run.Writes())
			}
		})
	}
})
