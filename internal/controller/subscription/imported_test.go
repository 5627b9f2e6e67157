// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var _ = Describe("A Subscription from another cluster", func() {
	// copyOf starts a subscription, deletes it without a trace, and creates it again as a tool does that restores
	// objects: with another UID. It returns the status and the UID that it had.
	copyOf := func(ctx context.Context, b *bench, annotations map[string]string) (v1alpha1.SubscriptionStatus, *v1alpha1.Subscription) {
		GinkgoHelper()
		b.create(ctx, product(b.namespace).Seats(1, 100).Obj(), builders.MakeSubscription("acme", b.namespace).TestClock("clock").
			LoadedItem("editors", "seat", "monthly").Obj())
		b.create(ctx, builders.MakeSubscriptionUpdate("later", b.namespace, "acme").Increment("editors", 1).ApplyAt(at("2026-04-20T00:00:00Z")).Obj())
		b.reconcile(ctx, "acme")
		old := b.subscription(ctx, "acme")
		Expect(old.Status.RecentInvoice).NotTo(BeNil())
		before := old.DeepCopy()
		old.Finalizers = nil
		Expect(live.Update(ctx, old)).To(Succeed())
		Expect(live.Delete(ctx, old)).To(Succeed())
		again := builders.MakeSubscription("acme", b.namespace).TestClock("clock").LoadedItem("editors", "seat", "monthly").Obj()
		again.Annotations = annotations
		b.create(ctx, again)
		return before.Status, before
	}

	It("is left alone while it is imported, and continues under its identity after that", func(ctx SpecContext) {
		b := newBench(ctx, "2026-04-16T00:00:00Z")
		importing := map[string]string{v1alpha1.AnnotationImporting: "0123456789abcdef"}
		status, old := copyOf(ctx, b, importing)
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(BeEmpty())

		copied := b.subscription(ctx, "acme")
		Expect(copied.UID).NotTo(Equal(old.UID))
		copied.Status = status
		copied.Status.Imported = &v1alpha1.Imported{
			Export: "0123456789abcdef", UID: old.UID, CreationTime: old.CreationTimestamp, Generations: old.Generation - 1,
		}
		Expect(live.Status().Update(ctx, copied)).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(BeEmpty())

		copied.Annotations = nil
		Expect(live.Update(ctx, copied)).To(Succeed())
		b.move(ctx, "2026-05-20T00:00:00Z", "acme")
		Expect(b.update(ctx, "later").Status.State).To(Equal(v1alpha1.UpdateApplied))
		names := map[string]bool{}
		for _, invoice := range b.invoices(ctx, "acme") {
			names[invoice.Name] = true
			Expect(invoice.Spec.SubscriptionRef.UID).To(Equal(old.UID))
		}
		Expect(names).To(HaveLen(2))
		Expect(b.subscription(ctx, "acme").Status.Imported.UID).To(Equal(old.UID))
	})

	It("does not continue the status of another object: "+v1alpha1.ReasonForeignStatus, func(ctx SpecContext) {
		b := newBench(ctx, "2026-04-16T00:00:00Z")
		status, old := copyOf(ctx, b, nil)
		restored := b.subscription(ctx, "acme")
		restored.Status = status
		Expect(live.Status().Update(ctx, restored)).To(Succeed())
		b.move(ctx, "2026-06-20T00:00:00Z", "acme")
		ready := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady)
		Expect(ready.Reason).To(Equal(v1alpha1.ReasonForeignStatus))
		Expect(condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionStalled).Status).To(Equal(metav1.ConditionTrue))
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1), "the one of %s", old.UID)
		Expect(b.update(ctx, "later").Status.State).To(Equal(v1alpha1.UpdateScheduled), "nobody decides it")
		b.writesNothing(ctx, "acme")

		restored = b.subscription(ctx, "acme")
		restored.Finalizers = []string{v1alpha1.FinalizerSettle}
		Expect(live.Update(ctx, restored)).To(Succeed())
		Expect(live.Delete(ctx, restored)).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(apierrors.IsNotFound(live.Get(ctx, client.ObjectKeyFromObject(restored), restored))).To(BeTrue())
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1), "there is nothing to settle")
	})

	It("shows that an import is not finished: "+v1alpha1.ReasonImporting, func(ctx SpecContext) {
		b := newBench(ctx, "2026-04-16T00:00:00Z")
		status, old := copyOf(ctx, b, nil)
		copied := b.subscription(ctx, "acme")
		copied.Status = status
		for i := range copied.Status.Conditions {
			if copied.Status.Conditions[i].Type == v1alpha1.ConditionReady {
				copied.Status.Conditions[i].Status, copied.Status.Conditions[i].Reason = metav1.ConditionFalse, v1alpha1.ReasonImporting
			}
		}
		copied.Status.Imported = &v1alpha1.Imported{Export: "0123456789abcdef", UID: old.UID, CreationTime: old.CreationTimestamp}
		Expect(live.Status().Update(ctx, copied)).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonReconciled))
	})
})
