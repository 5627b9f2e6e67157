// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

// A name protects only while the object exists: what retention deletes, the subscription remembers.
var _ = Describe("A record that retention deleted", func() {
	all := func(ctx context.Context, b *bench) []v1alpha1.SubscriptionUpdate {
		GinkgoHelper()
		var list v1alpha1.SubscriptionUpdateList
		Expect(live.List(ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
		return list.Items
	}
	// deleted deletes every update, as retention does, and returns them.
	deleted := func(ctx context.Context, b *bench) []v1alpha1.SubscriptionUpdate {
		GinkgoHelper()
		updates := all(ctx, b)
		for i := range updates {
			Expect(live.Delete(ctx, &updates[i])).To(Succeed())
		}
		return updates
	}
	// outlives checks that nothing of acme changes without its updates, nor by a late copy of any of them.
	outlives := func(ctx context.Context, b *bench) {
		GinkgoHelper()
		before := b.subscription(ctx, "acme").Status
		copies := deleted(ctx, b)
		Expect(copies).NotTo(BeEmpty())
		b.writesNothing(ctx, "acme")
		Expect(all(ctx, b)).To(BeEmpty(), "it is not made again")

		for i := range copies {
			again := copies[i].DeepCopy()
			again.ResourceVersion, again.UID, again.Status = "", "", v1alpha1.SubscriptionUpdateStatus{}
			b.create(ctx, again)
			b.reconcile(ctx, "acme")
			Expect(b.update(ctx, again.Name).Status.State).To(Equal(v1alpha1.UpdateSuperseded), again.Name)
		}
		after := b.subscription(ctx, "acme").Status
		Expect(after.Items).To(Equal(before.Items))
		Expect(after.UpcomingInvoice).To(Equal(before.UpcomingInvoice))
		Expect(after.CreditBalance).To(Equal(before.CreditBalance))
		b.writesNothing(ctx, "acme")
	}
	edit := func(ctx context.Context, b *bench, change func(*v1alpha1.Subscription)) {
		GinkgoHelper()
		s := b.subscription(ctx, "acme")
		change(s)
		Expect(live.Update(ctx, s)).To(Succeed())
		b.reconcile(ctx, "acme")
	}
	quantity := func(n int64) func(*v1alpha1.Subscription) {
		return func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = &n }
	}
	begun := func(ctx context.Context, s *builders.Subscription, b *bench) {
		GinkgoHelper()
		b.create(ctx, plans30and90(b), s.Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
	}

	It("is a count of a refresh: neither an older nor the newest is taken again", func(ctx SpecContext) {
		b := newBench(ctx, april)
		begun(ctx, free(b), b)
		b.create(ctx, counted(b, "first", 3, "2026-04-16T00:00:00Z"))
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-17T00:00:00Z", "acme")
		b.create(ctx, counted(b, "second", 6, "2026-04-17T00:00:00Z"))
		b.reconcile(ctx, "acme")
		Expect(b.subscription(ctx, "acme").Status.Items[0].Quantity).To(BeEquivalentTo(6))
		outlives(ctx, b)
	})

	It("is an edit of a quantity: neither an older nor the newest is made or taken again", func(ctx SpecContext) {
		b := newBench(ctx, april)
		begun(ctx, acme(b), b)
		edit(ctx, b, quantity(7))
		edit(ctx, b, quantity(6))
		Expect(all(ctx, b)).To(HaveLen(2))
		outlives(ctx, b)
	})

	It("is an edit of the list of items", func(ctx SpecContext) {
		b := newBench(ctx, april)
		begun(ctx, acme(b), b)
		edit(ctx, b, func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "big" })
		edit(ctx, b, func(s *v1alpha1.Subscription) {
			s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{
				Name: "viewers", ProductRef: v1alpha1.LocalReference{Name: "seat"}, Plan: "monthly", Quantity: ptr.To[int64](2),
			})
		})
		Expect(all(ctx, b)).To(HaveLen(2))
		outlives(ctx, b)
	})

	It("is an edit that was taken back", func(ctx SpecContext) {
		b := newBench(ctx, april)
		begun(ctx, acme(b).ChangePolicy(v1alpha1.ChangePolicy{ApplicationSchedule: v1alpha1.ApplyNextPeriod}), b)
		edit(ctx, b, quantity(7))
		edit(ctx, b, quantity(5))
		Expect(all(ctx, b)[0].Status.State).To(Equal(v1alpha1.UpdateSuperseded))
		outlives(ctx, b)
	})

	It("is an edit that a cancellation overtook", func(ctx SpecContext) {
		b := newBench(ctx, april)
		begun(ctx, acme(b).ChangePolicy(v1alpha1.ChangePolicy{ApplicationSchedule: v1alpha1.ApplyNextPeriod}), b)
		edit(ctx, b, quantity(7))
		edit(ctx, b, func(s *v1alpha1.Subscription) { s.Spec.Cancel = &v1alpha1.Cancellation{At: &b.clock.Spec.Now} })
		Expect(b.subscription(ctx, "acme").Status.State).To(Equal(v1alpha1.SubscriptionCanceled))
		outlives(ctx, b)
	})

	It("is a user's update that a cache still shows as open", func(ctx SpecContext) {
		b := newBench(ctx, april)
		begun(ctx, free(b), b)
		b.create(ctx, update(b).Increment("editors", 2).Obj())
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied))
		deleted(ctx, b)
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.subscription(ctx, "acme").Status.Items[0].Quantity).To(BeEquivalentTo(2))
		Expect(b.run.Count()).To(BeZero())
	})

	// archivedWhileFrozen has acme's first invoice deleted after it was owed no longer, which the frozen
	// cache does not know of.
	archivedWhileFrozen := func(ctx context.Context, then func(context.Context, *bench)) *bench {
		GinkgoHelper()
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.subscription(ctx, "acme").Status.Outbox).To(HaveLen(1))
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())

		frozen := b.cache
		b.cache = lyingcache.New(live)
		b.restart(nil)
		then(ctx, b)
		first := b.invoices(ctx, "acme")[0]
		Expect(first.Spec.Sequence).To(BeEquivalentTo(1))
		Expect(live.Delete(ctx, &first)).To(Succeed())
		b.cache = frozen
		b.restart(nil)
		return b
	}
	It("is an invoice that an older version of the subscription owed", func(ctx SpecContext) {
		b := archivedWhileFrozen(ctx, func(ctx context.Context, b *bench) { b.move(ctx, "2026-05-01T00:00:00Z", "acme") })
		result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{RequeueAfter: time.Second}))
		Expect(b.run.Count()).To(BeZero())
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1), "the renewal's")

		Expect(b.cache.Thaw()).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1))
	})

	It("is an invoice of a subscription that went", func(ctx SpecContext) {
		b := archivedWhileFrozen(ctx, func(ctx context.Context, b *bench) {
			Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
			b.settle(ctx, "acme")
		})
		result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{RequeueAfter: time.Second}))
		Expect(b.run.Count()).To(BeZero())
		Expect(b.invoices(ctx, "acme")).To(BeEmpty(), "nothing was left to bill")
	})
})
