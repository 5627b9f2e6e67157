// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

var _ = Describe("A subscription that is deleted while its sink is down", func() {
	// given is a subscription whose sink has failed, and which was deleted then.
	given := func(ctx context.Context) *bench {
		GinkgoHelper()
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.receiver.answers(answering(http.StatusInternalServerError))
		b.add(ctx, "more", 2)
		b.deliver(ctx, b.of("books"))
		return b
	}
	// remove deletes the subscription, and checks that it is gone although nothing was delivered.
	remove := func(ctx context.Context, b *bench) {
		GinkgoHelper()
		Expect(live.Delete(ctx, b.subscription(ctx))).To(Succeed())
		b.bill(ctx, "acme")
		err := live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: "acme"}, &v1alpha1.Subscription{})
		Expect(apierrors.IsNotFound(err)).To(BeTrue(), "the deletion must not wait for the sink")
	}
	wanted := []string{"subscription.started", "subscription-update.applied", "invoice.issued", "subscription.canceled"}

	It("has its events delivered all the same", func(ctx SpecContext) {
		b := given(ctx)
		remove(ctx, b)
		kept := b.departed(ctx)
		Expect(kept).To(HaveLen(1))
		b.receiver.answers(nil)
		before := len(b.receiver.all())
		b.wall.Step(10 * time.Minute)
		b.deliver(ctx, ofDeparted(b.namespace, "books", kept[0].Name))
		Expect(b.receiver.kinds()[before:]).To(Equal(wanted))
		Expect(b.departed(ctx)).To(BeEmpty(), "what is delivered needs no room")
		Expect(b.report(ctx, "books").Status.Pending).To(HaveValue(BeZero()))
	})

	It("has them delivered by a process that was started since", func(ctx SpecContext) {
		b := given(ctx)
		remove(ctx, b)
		b.restart(nil)
		b.receiver.answers(nil)
		b.wall.Step(10 * time.Minute)
		before := len(b.receiver.all())
		b.deliver(ctx, ofDeparted(b.namespace, "books", b.departed(ctx)[0].Name))
		Expect(b.receiver.kinds()[before:]).To(Equal(wanted))
	})

	It("keeps nothing if everything was delivered", func(ctx SpecContext) {
		b := given(ctx)
		b.receiver.answers(nil)
		b.wall.Step(10 * time.Minute)
		b.deliver(ctx, b.of("books"))
		sub := b.subscription(ctx)
		sub.Annotations = map[string]string{v1alpha1.AnnotationDelete: v1alpha1.DeleteAbandon}
		Expect(live.Update(ctx, sub)).To(Succeed())
		sink := b.sink("books")
		Expect(live.Delete(ctx, sink)).To(Succeed())
		remove(ctx, b)
		Expect(b.departed(ctx)).To(BeEmpty())
	})

	It("keeps nothing in a namespace that goes too", func(ctx SpecContext) {
		b := given(ctx)
		namespace := &corev1.Namespace{}
		namespace.Name = b.namespace
		Expect(live.Delete(ctx, namespace)).To(Succeed())
		remove(ctx, b)
		Expect(b.departed(ctx)).To(BeEmpty())
	})

	It("loses nothing to an object that somebody else has put in its place", func(ctx SpecContext) {
		b := given(ctx)
		Expect(live.Delete(ctx, b.subscription(ctx))).To(Succeed())
		var foreign *appsv1.ControllerRevision
		reconcile := func() (err error) {
			for range 8 {
				if _, err = b.subs.Reconcile(ctx, requestFor(b)); err != nil {
					return err
				}
			}
			return nil
		}
		b.restart(faults.Plan{})
		b.subs.Client = faults.Spoil(b.subs.Client, func(object client.Object) error {
			kept, is := object.(*appsv1.ControllerRevision)
			if !is || foreign != nil {
				return nil
			}
			foreign = &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Namespace: kept.Namespace, Name: kept.Name}, Data: kept.Data}
			return live.Create(ctx, foreign)
		})
		Expect(reconcile()).To(MatchError(ContainSubstring("Seatplane did not create it: delete it")))
		Expect(b.subscription(ctx).Finalizers).NotTo(BeEmpty())
		Expect(live.Delete(ctx, foreign)).To(Succeed())
		Expect(reconcile()).To(Succeed())
		Expect(b.departed(ctx)).To(HaveLen(1))
		Expect(b.departed(ctx)[0].Labels).To(HaveKey(v1alpha1.LabelDeparted))
	})

	It("keeps nothing for a sink that is gone", func(ctx SpecContext) {
		b := given(ctx)
		remove(ctx, b)
		Expect(live.Delete(ctx, b.sink("books"))).To(Succeed())
		b.deliver(ctx, ofDeparted(b.namespace, "books", b.departed(ctx)[0].Name))
		Expect(b.departed(ctx)).To(BeEmpty())
	})

	for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter, faults.Ambiguous} {
		It("loses nothing to the fault "+string(fault)+" at any write", func(ctx SpecContext) {
			for at := 1; ; at++ {
				b := given(ctx)
				Expect(live.Delete(ctx, b.subscription(ctx))).To(Succeed())
				b.restart(faults.Plan{at: fault})
				for range 8 {
					if b.process.Crashed() {
						b.restart(nil)
					}
					_, _ = b.subs.Reconcile(ctx, requestFor(b))
				}
				Expect(b.departed(ctx)).To(HaveLen(1))
				b.receiver.answers(nil)
				before := len(b.receiver.all())
				for range 4 {
					if b.process.Crashed() {
						b.restart(nil)
					}
					b.wall.Step(10 * time.Minute)
					for _, kept := range b.departed(ctx) {
						_, _ = b.pairs.Reconcile(ctx, requestOf(ofDeparted(b.namespace, "books", kept.Name)))
					}
				}
				Expect(inOrder(b.receiver.all()[before:])).To(Equal(wanted), "fault %d", at)
				Expect(b.departed(ctx)).To(BeEmpty())
				if len(b.run.Unmet()) > 0 {
					return
				}
			}
		})
	}
})
