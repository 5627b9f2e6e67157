// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var _ = Describe("A new subscription that waits for its first count", func() {
	// created returns a bench with such a subscription on the wall clock.
	created := func(ctx context.Context) *bench {
		GinkgoHelper()
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Obj(),
			builders.MakeSubscription("acme", b.namespace).LoadedItem("editors", "seat", "monthly").Obj())
		return b
	}
	// pass takes one pass at an age of the subscription, and returns after how long it wants another one.
	pass := func(ctx context.Context, b *bench, age time.Duration) time.Duration {
		GinkgoHelper()
		b.subject.Clock = clocktesting.NewFakePassiveClock(b.subscription(ctx, "acme").CreationTimestamp.Add(age))
		result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		return result.RequeueAfter
	}

	It("says nothing before it starts, if the count comes at once", func(ctx SpecContext) {
		b := created(ctx)
		Expect(pass(ctx, b, 500*time.Millisecond)).To(Equal(1500*time.Millisecond), "the second of its creation, and one more")
		Expect(b.run.Writes()).To(HaveLen(1), "the finalizer: %v", b.run.Writes())

		counted := b.subscription(ctx, "acme").CreationTimestamp.Time
		b.create(ctx, builders.MakeSubscriptionUpdate("count", b.namespace, "acme").FromRefresh("editors", "t", counted).Count("editors", 3).
			With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.LoadedTime = record.Time(counted) }).Obj())
		pass(ctx, b, time.Second)
		Expect(b.run.Writes()).To(HaveLen(4), "the finalizer, the start, the mark, the invoice: %v", b.run.Writes())
		s := b.subscription(ctx, "acme")
		Expect(s.Status.State).To(Equal(v1alpha1.SubscriptionActive))
		Expect(s.Status.StartTime.Time).To(BeTemporally("==", counted), "waiting moves no instant")
	})

	It("says so if the count does not come", func(ctx SpecContext) {
		b := created(ctx)
		pass(ctx, b, 0)
		Expect(b.subscription(ctx, "acme").Status.Conditions).To(BeEmpty())
		pass(ctx, b, 2*time.Second)
		s := b.subscription(ctx, "acme")
		Expect(condition(s.Status.Conditions, v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonWaitingForSeats))
		Expect(b.run.Writes()).To(HaveLen(2), "the finalizer, the condition: %v", b.run.Writes())
	})

	It("does not wait with what a person has to correct", func(ctx SpecContext) {
		b := created(ctx)
		Expect(live.DeleteAllOf(ctx, &v1alpha1.SeatProduct{}, client.InNamespace(b.namespace))).To(Succeed())
		pass(ctx, b, 0)
		Expect(condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonProductNotFound))
	})
})
