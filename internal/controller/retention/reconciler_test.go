// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var _ = Describe("Retention of updates", func() {
	It("deletes what is beyond the history, comes back when more is due, and else writes nothing", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, &v1alpha1.History{KeepUpdates: ptr.To[int32](2), TTLSecondsAfterFinished: ptr.To[int64](30 * 24 * 3600)})
		b.update(ctx, "a", 1)
		b.update(ctx, "b", 90)
		b.update(ctx, "c", 91)
		b.update(ctx, "d", 92)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: 20 * 24 * time.Hour}))
		Expect(b.left(ctx)).To(Equal([]string{"b", "c", "d"}))
		Expect(b.run.Writes()).To(HaveLen(1))

		for range 10 {
			b.restart()
			b.pass(ctx)
		}
		Expect(b.run.Writes()).To(HaveLen(1), "nothing to do means no write")

		b.wall.SetTime(b.day(121))
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		Expect(b.left(ctx)).To(Equal([]string{"c", "d"}))
	})

	It("keeps updates for as long as the administrator says, whatever the history says", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, history(0))
		b.update(ctx, "old", 69)
		b.update(ctx, "young", 71)
		b.subject.MinUpdateTTL = 30 * 24 * time.Hour
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: 24 * time.Hour}))
		Expect(b.left(ctx)).To(Equal([]string{"young"}))
	})

	It("keeps 20 updates, and the others for 30 days, when nothing is said", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, nil)
		b.update(ctx, "a-old", 69)
		b.update(ctx, "a-young", 71)
		for n := range 20 {
			b.update(ctx, fmt.Sprintf("b-%02d", n), 72)
		}
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: 24 * time.Hour}))
		Expect(b.left(ctx)).To(HaveLen(21))
		Expect(b.left(ctx)[0]).To(Equal("a-young"))
	})

	It("keeps what an EventSink lacks of a subscription that was deleted", func(ctx SpecContext) {
		b := newBench(ctx)
		for n := range int64(25) {
			u := b.update(ctx, fmt.Sprintf("u-%02d", n+1), 0)
			u.Status.SubscriptionUID, u.Status.EventSequence = "gone", n+1
			Expect(live.Status().Update(ctx, u)).To(Succeed())
		}
		gone := builders.MakeSubscription("acme", b.namespace).Obj()
		gone.UID = "gone"
		gone.Status.EventSequence = 25
		gone.Status.EventCursors = []v1alpha1.EventCursor{{Sink: "books", UID: "books", Sequence: 3}, {Sink: "crm", UID: "crm", Sequence: 9}}
		kept, err := delivery.Depart(gone)
		Expect(err).NotTo(HaveOccurred())
		Expect(live.Create(ctx, kept)).To(Succeed())

		Expect(b.pass(ctx).RequeueAfter).To(Equal(departedDelay))
		Expect(b.left(ctx)).To(HaveLen(22), "20 are the newest, and a sink has not received the other two")
		Expect(b.left(ctx)[0]).To(Equal("u-04"))
		Expect(live.Delete(ctx, kept)).To(Succeed())
		b.pass(ctx)
		Expect(b.left(ctx)).To(HaveLen(20))
	})

	It("never deletes what is open, or a user's that is not to be pruned", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, history(0))
		b.update(ctx, "open", -1)
		b.update(ctx, "open-of-user", -1, prune)
		b.update(ctx, "from-git", 1, byUser)
		b.update(ctx, "from-kubectl", 1, prune)
		forged := b.update(ctx, "forged", 1)
		forged.Status.State, forged.Status.Origin = v1alpha1.UpdateRejected, v1alpha1.OriginUser
		Expect(live.Status().Update(ctx, forged)).To(Succeed())
		b.update(ctx, "pruned-false", 1, prune, func(u *v1alpha1.SubscriptionUpdate) {
			u.Annotations[v1alpha1.AnnotationPrune] = "false"
		})
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		Expect(b.left(ctx)).To(Equal([]string{"forged", "from-git", "open", "open-of-user", "pruned-false"}))
	})

	It("deletes each kind of finished update, and counts from when it was decided", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, &v1alpha1.History{KeepUpdates: ptr.To[int32](0), TTLSecondsAfterFinished: ptr.To[int64](24 * 3600)})
		for _, state := range []v1alpha1.UpdateState{v1alpha1.UpdateApplied, v1alpha1.UpdatePreviewed, v1alpha1.UpdateRejected, v1alpha1.UpdateSuperseded} {
			u := b.update(ctx, fmt.Sprintf("u%d", len(b.left(ctx))), 1)
			u.Status.State = state
			Expect(live.Status().Update(ctx, u)).To(Succeed())
		}
		late := b.update(ctx, "waited", 1)
		late.Status.State = v1alpha1.UpdateRejected
		late.Status.Conditions = append(late.Status.Conditions, metav1.Condition{
			Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: "UnknownItem", LastTransitionTime: metav1.NewTime(b.day(100)),
		})
		Expect(live.Status().Update(ctx, late)).To(Succeed())
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: 24 * time.Hour}))
		Expect(b.left(ctx)).To(Equal([]string{"waited"}))
	})

	It("keeps what an outbox names, by the cache or live", func(ctx SpecContext) {
		b := newBench(ctx)
		sub := b.subscription(ctx, history(0), "cached")
		b.update(ctx, "cached", 1)
		b.update(ctx, "live", 1)
		b.update(ctx, "neither", 1)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		b.owe(ctx, sub, "live")
		b.pass(ctx)
		Expect(b.left(ctx)).To(Equal([]string{"cached", "live"}))

		Expect(b.cache.Thaw()).To(Succeed())
		b.pass(ctx)
		Expect(b.left(ctx)).To(Equal([]string{"live"}))
		b.owe(ctx, sub)
		b.pass(ctx)
		Expect(b.left(ctx)).To(BeEmpty())
	})

	It("goes by the live subscription's history", func(ctx SpecContext) {
		b := newBench(ctx)
		sub := b.subscription(ctx, history(0))
		b.update(ctx, "a", 1)
		b.update(ctx, "b", 2)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		sub.Spec.History = history(1)
		Expect(live.Update(ctx, sub)).To(Succeed())
		b.pass(ctx)
		Expect(b.left(ctx)).To(Equal([]string{"b"}))
	})

	It("goes by the default history where the subscription is gone, and the new one's when it is back", func(ctx SpecContext) {
		b := newBench(ctx)
		for n := range 21 {
			b.update(ctx, fmt.Sprintf("u-%02d", n), n+1)
		}
		b.pass(ctx)
		Expect(b.left(ctx)).To(HaveLen(20))
		Expect(b.left(ctx)[0]).To(Equal("u-01"))

		b.subscription(ctx, history(3))
		b.pass(ctx)
		Expect(b.left(ctx)).To(Equal([]string{"u-18", "u-19", "u-20"}))
	})

	It("deletes nothing where the cache is wrong about whether there is a subscription", func(ctx SpecContext) {
		b := newBench(ctx)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		sub := b.subscription(ctx, nil)
		for n := range 22 {
			b.update(ctx, fmt.Sprintf("u-%02d", n), n+1)
		}
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}), "it may be another operator's")
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		Expect(live.Delete(ctx, sub)).To(Succeed())
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}), "it went")
		b.subscription(ctx, nil)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}), "another one came")
		Expect(b.run.Count()).To(BeZero())
	})

	It("rests while the subscription is suspended", func(ctx SpecContext) {
		b := newBench(ctx)
		sub := b.subscription(ctx, history(0))
		sub.Spec.Suspend = true
		Expect(live.Update(ctx, sub)).To(Succeed())
		b.update(ctx, "a", 1)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		Expect(b.run.Count()).To(BeZero())
	})

	It("deletes a bounded number at a time, and comes back for the rest", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, history(0))
		for n := range maxDeletes + 2 {
			b.update(ctx, fmt.Sprintf("u-%02d", n), n)
		}
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: catchUp}))
		Expect(b.left(ctx)).To(Equal([]string{"u-50", "u-51"}), "the oldest went first")
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		Expect(b.left(ctx)).To(BeEmpty())
	})
})

var _ = Describe("Retention with a cache that lags", func() {
	It("spares an update whose user took the word back", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, history(0))
		u := b.update(ctx, "a", 1, prune)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		u.Annotations = nil
		Expect(live.Update(ctx, u)).To(Succeed())
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: catchUp}))
		Expect(b.cache.Thaw()).To(Succeed())
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		Expect(b.left(ctx)).To(Equal([]string{"a"}))
	})

	It("spares another update under the name of one that went", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, history(0))
		old := b.update(ctx, "a", 1)
		b.update(ctx, "b", 2)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		Expect(live.Delete(ctx, old)).To(Succeed())
		b.update(ctx, "a", -1)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: catchUp}))
		Expect(b.left(ctx)).To(Equal([]string{"a"}), "the others go all the same")
	})

	It("takes what is gone for deleted, and keeps more where it lacks a newer one", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, history(1))
		b.update(ctx, "a", 1)
		b.update(ctx, "b", 2)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		b.update(ctx, "c", 3)
		for range 3 {
			Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		}
		Expect(b.left(ctx)).To(Equal([]string{"b", "c"}))
	})
})

var _ = Describe("Retention of invoices", func() {
	It("deletes the archived, but never the newest", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, &v1alpha1.History{InvoiceTTLSecondsAfterArchived: ptr.To[int64](24 * 3600)})
		b.invoice(ctx, "i1", 1, 98)
		b.invoice(ctx, "i2", 2, -1)
		late := b.invoice(ctx, "i3", 3, 100)
		b.invoice(ctx, "i4", 4, 98)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: 24 * time.Hour}))
		Expect(b.left(ctx)).To(Equal([]string{"i2", "i3", "i4"}))

		Expect(b.cache.Freeze(ctx, &v1alpha1.InvoiceList{})).To(Succeed())
		late.Status.Conditions[0].Status = metav1.ConditionFalse
		Expect(live.Status().Update(ctx, late)).To(Succeed())
		b.wall.SetTime(b.day(102))
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: catchUp}))
		Expect(b.left(ctx)).To(Equal([]string{"i2", "i3", "i4"}), "the archive took its word back")
	})

	It("deletes at once when no time is given, but none of the last hour", func(ctx SpecContext) {
		b := newBench(ctx)
		b.wall.SetTime(b.made.Add(59 * time.Minute))
		b.subscription(ctx, nil)
		first := b.invoice(ctx, "i1", 1, 0)
		b.invoice(ctx, "i2", 2, -1)
		hour := first.CreationTimestamp.Add(time.Hour)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: hour.Sub(b.wall.Now())}))
		Expect(b.run.Count()).To(BeZero())
		b.wall.SetTime(hour)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		Expect(b.left(ctx)).To(Equal([]string{"i2"}))
	})

	It("keeps what an outbox names", func(ctx SpecContext) {
		b := newBench(ctx)
		b.subscription(ctx, nil, "i1")
		b.invoice(ctx, "i1", 1, 1)
		b.invoice(ctx, "i2", 2, -1)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}))
		Expect(b.left(ctx)).To(Equal([]string{"i1", "i2"}))
	})

	It("leaves those of another customer, and all when the subscription is gone", func(ctx SpecContext) {
		b := newBench(ctx)
		other := func(i *v1alpha1.Invoice) { i.Spec.Customer.ID = "globex" }
		b.invoice(ctx, "g1", 1, 1, other)
		b.invoice(ctx, "g2", 2, 1, other)
		b.invoice(ctx, "i1", 1, 1)
		b.invoice(ctx, "i2", 2, 1)
		Expect(b.pass(ctx)).To(Equal(ctrl.Result{}), "nobody says how long they are kept")
		Expect(b.run.Count()).To(BeZero())

		b.subscription(ctx, nil)
		b.pass(ctx)
		Expect(b.left(ctx)).To(Equal([]string{"g1", "g2", "i2"}), "the newest guards the one that came back")
	})
})

var _ = Describe("What wakes retention", func() {
	DescribeTable("a subscription", func(reason string, change func(*v1alpha1.Subscription), wakes bool) {
		before := &v1alpha1.Subscription{}
		before.Status.Outbox = []v1alpha1.Effect{{Name: "a"}}
		after := before.DeepCopy()
		change(after)
		Expect(subscriptionReleases(event.UpdateEvent{ObjectOld: before, ObjectNew: after})).To(Equal(wakes), reason)
	},
		Entry("spec", "its history may be another", func(s *v1alpha1.Subscription) { s.Generation++ }, true),
		Entry("released", "an invoice may go now", func(s *v1alpha1.Subscription) { s.Status.Outbox = nil }, true),
		Entry("another owed", "nothing may go for it", func(s *v1alpha1.Subscription) {
			s.Status.Outbox = append(s.Status.Outbox, v1alpha1.Effect{Name: "b"})
		}, false),
		Entry("billed", "its state changes often", func(s *v1alpha1.Subscription) { s.Status.Sequence++ }, false))

	DescribeTable("an update", func(reason string, change func(*v1alpha1.SubscriptionUpdate), wakes bool) {
		before := &v1alpha1.SubscriptionUpdate{}
		before.CreationTimestamp = metav1.Now()
		after := before.DeepCopy()
		change(after)
		Expect(updateChanged(event.UpdateEvent{ObjectOld: before, ObjectNew: after})).To(Equal(wakes), reason)
	},
		Entry("finished", "another one may be beyond the history", func(u *v1alpha1.SubscriptionUpdate) { u.Status.State = v1alpha1.UpdateApplied }, true),
		Entry("pruned", "it may go now", prune, true),
		Entry("scheduled", "it is open as before", func(u *v1alpha1.SubscriptionUpdate) { u.Status.State = v1alpha1.UpdateScheduled }, false))

	It("is an update that a starting manager finds finished, not one that is created", func() {
		open, done := &v1alpha1.SubscriptionUpdate{}, &v1alpha1.SubscriptionUpdate{}
		done.Status.State = v1alpha1.UpdateApplied
		Expect(updateCame(event.CreateEvent{Object: open})).To(BeFalse(), "it is deleted when it was finished for long enough")
		Expect(updateCame(event.CreateEvent{Object: done, IsInInitialList: true})).To(BeTrue())
	})

	It("is an invoice that is archived, not one that is paid, and the name of the subscription", func(ctx SpecContext) {
		before := &v1alpha1.Invoice{}
		before.Namespace, before.Spec.SubscriptionRef.Name = "ns", "acme"
		paid, filed := before.DeepCopy(), before.DeepCopy()
		paid.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue, LastTransitionTime: metav1.Now()}}
		filed.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionArchived, Status: metav1.ConditionTrue, LastTransitionTime: metav1.Now()}}
		Expect(invoiceChanged(event.UpdateEvent{ObjectOld: before, ObjectNew: paid})).To(BeFalse())
		Expect(invoiceChanged(event.UpdateEvent{ObjectOld: before, ObjectNew: filed})).To(BeTrue())

		acme := []ctrl.Request{{NamespacedName: client.ObjectKey{Namespace: "ns", Name: "acme"}}}
		u := &v1alpha1.SubscriptionUpdate{}
		u.Namespace, u.Spec.SubscriptionRef.Name = "ns", "acme"
		Expect(ofInvoice(ctx, before)).To(Equal(acme))
		Expect(ofUpdate(ctx, u)).To(Equal(acme))
	})
})
