// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Here are receivers and tenants that mean harm, or do it by accident.
var _ = Describe("An EventSink under attack", func() {
	update := func(ctx context.Context, b *bench, change func(*v1alpha1.EventSink)) {
		GinkgoHelper()
		var sink v1alpha1.EventSink
		Expect(live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: "books"}, &sink)).To(Succeed())
		change(&sink)
		Expect(live.Update(ctx, &sink)).To(Succeed())
	}

	It("does not let a receiver that switches protocols keep an attempt", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "hunter2")
			w.WriteHeader(http.StatusSwitchingProtocols)
			connection, _, _ := w.(http.Hijacker).Hijack()
			DeferCleanup(connection.Close)
		})
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		sink := b.report(ctx, "books")
		Expect(reason(sink)).To(Equal(v1alpha1.ReasonDeliveryFailing + " Reconciling"))
		Expect(sink.Status.LastError).To(Equal("The receiver answered with status 101 instead of 2xx."))
	}, NodeTimeout(30*time.Second))

	It("delivers what waited once everything that stopped it is repaired, one after the other", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(answering(http.StatusGone))
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.report(ctx, "books")
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonGone + " Stalled"))
		b.receiver.answers(nil)
		update(ctx, b, func(s *v1alpha1.EventSink) { s.Spec.SigningSecretRefs[0].Name = "later" })
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonSecretNotFound + " Stalled"))
		b.create(ctx, b.secret("later", key('b')))
		Expect(b.woken).To(BeEmpty())
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonDelivering))
		Expect(b.woken).To(HaveKey(b.of("books")), "nobody else wakes it")
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(HaveLen(2))
	})

	It("does not let a person who asks for a retry again and again keep the operator busy", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(answering(http.StatusServiceUnavailable))
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.report(ctx, "books")
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		b.wall.Step(statusEvery)
		writes := b.run.Count()
		for n := range 20 {
			update(ctx, b, func(s *v1alpha1.EventSink) {
				s.Annotations = map[string]string{v1alpha1.AnnotationRetryRequestedAt: fmt.Sprint(n)}
			})
			result, err := b.sinks.Reconcile(ctx, requestOf(client.ObjectKey{Namespace: b.namespace, Name: "books"}))
			Expect(err).NotTo(HaveOccurred())
			Expect(n == 0 || result.RequeueAfter <= statusEvery).To(BeTrue())
			if n == 0 {
				Expect(b.woken).To(HaveKey(b.of("books")), "the first one acts at once")
			}
			b.wall.Step(time.Second / 4)
		}
		Expect(b.run.Count()).To(Equal(writes+1), "one write for all within ten seconds")
		Expect(b.report(ctx, "books").Status.LastHandledRetryRequest).To(Equal("19"), "and the last one counts")
	})

	It("handles a request to retry once, however long its value is, and none that is taken away", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(answering(http.StatusGone))
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.report(ctx, "books")
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonGone + " Stalled"))

		update(ctx, b, func(s *v1alpha1.EventSink) {
			s.Annotations = map[string]string{v1alpha1.AnnotationRetryRequestedAt: strings.Repeat("x", facts.MaxRequest-1) + "ä"}
		})
		b.report(ctx, "books")
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(HaveLen(2), "everything is tried again")
		for range 2 {
			Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonGone + " Stalled"))
		}
		update(ctx, b, func(s *v1alpha1.EventSink) { s.Annotations = nil })
		for range 2 {
			Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonGone + " Stalled"))
			b.deliver(ctx, b.of("books"))
		}
		Expect(b.receiver.kinds()).To(HaveLen(2), "nobody asked for more")
	})

	It("does not wait for a year because a clock was wrong", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		sub := b.subscription(ctx)
		sub.Status.EventCursors[0].Failures = 2
		sub.Status.EventCursors[0].NextAttemptTime = &metav1.Time{Time: now.AddDate(1, 0, 0)}
		Expect(live.Status().Update(ctx, sub)).To(Succeed())
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(HaveLen(1))
	})

	It("delivers what happens after a restore to a state with fewer events", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		before := b.subscription(ctx).Status
		b.add(ctx, "more", 2)
		b.deliver(ctx, b.of("books"))
		sub := b.subscription(ctx)
		sub.Status.EventSequence, sub.Status.EventCursors, sub.Status.Notifications = before.EventSequence, before.EventCursors, before.Notifications
		sub.Status.EventCursors[0].Sequence = 9
		Expect(live.Status().Update(ctx, sub)).To(Succeed())
		b.deliver(ctx, b.of("books"))
		b.add(ctx, "restored", 2)
		b.deliver(ctx, b.of("books"))
		got := b.receiver.all()
		Expect(got[len(got)-1].body).To(ContainSubstring("restored"))
	})

	It("says why a quota holds a deletion up, and ends it once the sink has everything", func(ctx SpecContext) {
		b := newBench(ctx)
		none := corev1.ResourceList{"count/controllerrevisions.apps": resource.MustParse("0")}
		quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "none"}, Spec: corev1.ResourceQuotaSpec{Hard: none}}
		b.create(ctx, quota, b.sink("books"), b.acme().Obj())
		quota.Status = corev1.ResourceQuotaStatus{Hard: none, Used: none}
		Expect(live.Status().Update(ctx, quota)).To(Succeed())
		b.bill(ctx, "acme")
		Expect(live.Delete(ctx, b.subscription(ctx))).To(Succeed())
		var err error
		for range 8 {
			var again ctrl.Result
			if again, err = b.subs.Reconcile(ctx, requestFor(b)); err != nil || again.IsZero() {
				break
			}
		}
		sub := b.subscription(ctx)
		ready := meta.FindStatusCondition(sub.Status.Conditions, v1alpha1.ConditionReady)
		Expect(sub.Status.CancelTime).NotTo(BeNil(), "it is billed to its end")
		Expect(ready.Message).To(ContainSubstring("exceeded quota"), "err: %v", err)
		b.deliver(ctx, b.of("books"))
		b.bill(ctx, "acme")
		gone := live.Get(ctx, client.ObjectKeyFromObject(sub), sub)
		Expect(apierrors.IsNotFound(gone)).To(BeTrue(), "it says %v", gone)
	})
})
