// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/health"
)

var _ = Describe("A load that is under way", func() {
	held := func(ctx SpecContext) *stage {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Set(map[string]int64{"acme": 7})
		s.loads.Hold()
		s.advance(ctx, time.Hour)
		result, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(lookUnderWay), "its end wakes the product")
		Expect(s.loads.UnderWay()).To(Equal(1))
		return s
	}

	It("leaves the worker free, writes nothing, and is not asked again", func(ctx SpecContext) {
		s := held(ctx)
		for range 3 {
			s.wait(time.Minute)
			Expect(s.pass(ctx)).To(BeEmpty())
		}
		Expect(s.loads.UnderWay()).To(Equal(1))
		Expect(s.source.Requests()).To(HaveLen(1), "the held load has not asked yet")
		s.loads.Release()
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}))
		Expect(s.open(ctx)).To(HaveExactElements(HavePrefix("acme 7 ")))
	})

	It("says so where nothing else tells whether the product can be counted, once", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.subscribe(ctx, "acme")
		s.source.Set(map[string]int64{"acme": 5})
		s.loads.Hold()
		result, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(quietFor))
		Expect(s.pass(ctx)).To(BeEmpty(), "not within the first second")
		s.wait(quietFor)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		Expect(s.condition(v1alpha1.ConditionReady)).To(And(HaveField("Status", metav1.ConditionFalse),
			HaveField("Reason", v1alpha1.ReasonProgressing), HaveField("Message", "Asking the data source for counts.")))
		Expect(health.Of(s.product)).To(Equal(health.InProgress))
		s.wait(time.Minute)
		Expect(s.pass(ctx)).To(BeEmpty())
		s.loads.Release()
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}))
		Expect(health.Of(s.product)).To(Equal(health.Current))
	})

	It("is ended by an edit of the product, and asked for again by the new rules", func(ctx SpecContext) {
		s := held(ctx)
		s.product.Spec.Refresh.OnMissing = v1alpha1.OnMissingFail
		Expect(live.Update(ctx, s.product)).To(Succeed())
		Expect(s.pass(ctx)).To(BeEmpty())
		Expect(s.loads.Ended()).To(ConsistOf(scopeOf(s.product)))
		Expect(s.loads.UnderWay()).To(Equal(1), "the tick is still owed")
		s.source.Set(map[string]int64{"other": 1})
		s.loads.Release()
		s.pass(ctx)
		Expect(s.refresh()).To(And(HaveField("Failed", int64(1)), HaveField("Kept", BeZero())))
	})

	It("is ended by the deletion of the product", func(ctx SpecContext) {
		s := held(ctx)
		Expect(live.Delete(ctx, s.product)).To(Succeed())
		Expect(s.reconcile(ctx)).To(Equal(ctrl.Result{}))
		Expect(s.loads.Ended()).To(ConsistOf(scopeOf(s.product)))
		Expect(s.loads.UnderWay()).To(BeZero())
	})

	It("does not answer what is asked for while it runs: the next one does", func(ctx SpecContext) {
		s := held(ctx)
		ask(ctx, s.product, "now")
		ask(ctx, s.subscription(ctx, "acme"), "me too")
		Expect(s.pass(ctx)).To(BeEmpty())
		s.loads.Release()
		s.wait(time.Second)
		_, err := s.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(s.product)})
		Expect(err).NotTo(HaveOccurred())
		s.read(ctx)
		Expect(s.product.Status.LastHandledRefreshRequest).To(BeEmpty())
		Expect(s.subscription(ctx, "acme").Status.LastHandledRefreshRequest).To(BeEmpty())
		s.wait(time.Second)
		s.pass(ctx)
		Expect(s.source.Requests()).To(HaveLen(3), "one more load answers both")
		Expect(s.product.Status.LastHandledRefreshRequest).To(Equal("now"))
		Expect(s.subscription(ctx, "acme").Status.LastHandledRefreshRequest).To(Equal("me too"))
		Expect(s.pass(ctx)).To(BeEmpty())
	})

	It("answers for the items as they are when it ends", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5, "bolt": 5})
		s.source.Set(map[string]int64{"acme": 7, "bolt": 7})
		s.loads.Hold()
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		bolt := s.subscription(ctx, "bolt")
		bolt.Spec.Items[0].Quantity = new(int64(9))
		Expect(live.Update(ctx, bolt)).To(Succeed())
		s.loads.Release()
		s.pass(ctx)
		Expect(s.open(ctx)).To(HaveExactElements(HavePrefix("acme 7 ")))
	})

	It("answers no tick of a TestClock that comes while it runs", func(ctx SpecContext) {
		s := held(ctx)
		s.advance(ctx, time.Hour)
		s.loads.Release()
		s.source.Set(map[string]int64{"acme": 9})
		_, err := s.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(s.product)})
		Expect(err).NotTo(HaveOccurred())
		s.read(ctx)
		Expect(s.refresh().NextRefreshTime.After(s.clock.Spec.Now.Time)).To(BeFalse(), "the tick is owed")
		Expect(s.refresh().LastAttemptTime.Before(&s.clock.Spec.Now)).To(BeTrue(), "so the TestClock goes on waiting")
		s.wait(time.Second)
		s.pass(ctx)
		Expect(s.source.Requests()).To(HaveLen(3))
		Expect(s.refresh().NextRefreshTime.After(s.clock.Spec.Now.Time)).To(BeTrue())
	})

	It("is asked for again when its answer grew too old", func(ctx SpecContext) {
		s := held(ctx)
		s.loads.Release()
		s.wait(loading.MaxAnswerAge + time.Second)
		_, err := s.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(s.product)})
		Expect(err).NotTo(HaveOccurred())
		Expect(s.updates(ctx)).To(HaveLen(1))
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}))
		Expect(s.source.Requests()).To(HaveLen(3))
	})

	It("holds up no other product", func(ctx SpecContext) {
		s := held(ctx)
		other := builders.MakeSeatProduct("viewer", s.namespace).Plan("monthly", "EUR", "10").ConfigMapLoader("counts").Obj()
		Expect(live.Create(ctx, other)).To(Succeed())
		Expect(live.Create(ctx, builders.MakeSubscription("bolt", s.namespace).LoadedItem("viewers", "viewer", "monthly").TestClock("clock").Obj())).To(Succeed())
		_, err := s.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(other)})
		Expect(err).NotTo(HaveOccurred())
		Expect(s.loads.UnderWay()).To(Equal(2), "both are under way, and no worker waits")
	})

	It("wakes its product when it ends", func(ctx SpecContext) {
		s := held(ctx)
		q := priorityqueue.New[reconcile.Request]("test")
		defer q.ShutDown()
		Expect(s.subject.wakeOnEnd(ctx, q)).To(Succeed())
		s.loads.Release()
		woken, _ := q.Get()
		Expect(woken.NamespacedName).To(Equal(types.NamespacedName{Namespace: s.namespace, Name: "editor"}))
	})

	It("is not repeated by a process that has just written its end and does not see it yet", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.advance(ctx, time.Hour)
		Expect(s.cache.Freeze(ctx, &v1alpha1.SeatProductList{})).To(Succeed())
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		asked := len(s.source.Requests())
		s.wait(time.Minute)
		Expect(s.pass(ctx)).To(BeEmpty())
		Expect(s.source.Requests()).To(HaveLen(asked))
	})
})

var _ = Describe("A product that nobody counted before", func() {
	It("does not say that counts are kept", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.subscribe(ctx, "acme")
		s.source.Fail(dataloader.Failf(dataloader.ReasonSourceUnreachable, "down"))
		s.pass(ctx)
		Expect(s.condition(v1alpha1.ConditionLoaded).Message).To(Equal("No seats could be counted yet: down."))
	})
})

var _ = Describe("A subscription that moves to another product", func() {
	It("is still a matter of the product that its item is on", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		acme := s.subscription(ctx, "acme")
		acme.Spec.Items[0].ProductRef.Name = "viewer"
		Expect(live.Update(ctx, acme)).To(Succeed())
		Expect(s.subject.productsOfClock(ctx, s.clock)).To(ConsistOf(
			HaveField("Name", "editor"), HaveField("Name", "viewer")), "the clock wakes both")
		s.source.Set(map[string]int64{"acme": 7})
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}))
		Expect(s.refresh().LastAttemptTime.Time).To(BeTemporally("==", s.clock.Spec.Now.Time))
	})
})
