// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/health"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

// countingReader counts reads, and does something before the lists of subscriptions.
type countingReader struct {
	client.Reader
	reads      int
	beforeList func(list client.ObjectList)
}

func (r *countingReader) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	r.reads++
	return r.Reader.Get(ctx, key, obj, opts...)
}

func (r *countingReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	r.reads++
	if r.beforeList != nil {
		r.beforeList(list)
	}
	return r.Reader.List(ctx, list, opts...)
}

var _ = Describe("The clock reconciler", func() {
	var (
		wall      = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		run       *faults.Run
		cache     *lyingcache.Client
		liveReads *countingReader
		subject   *Reconciler
		namespace string
		testClock *v1alpha1.TestClock
	)

	BeforeEach(func(ctx SpecContext) {
		run = faults.NewRun(nil)
		cache = lyingcache.New(live)
		liveReads = &countingReader{Reader: live}
		subject = &Reconciler{Client: run.Start().Client(cache), Live: liveReads, Clock: clocktesting.NewFakePassiveClock(wall)}
		namespace = newNamespace(ctx)
		testClock = builders.MakeTestClock("clock", namespace, now).Obj()
		Expect(live.Create(ctx, testClock)).To(Succeed())
	})

	reconcileOnce := func(ctx SpecContext) ctrl.Result {
		GinkgoHelper()
		result, err := subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(testClock)})
		Expect(err).NotTo(HaveOccurred())
		Expect(live.Get(ctx, client.ObjectKeyFromObject(testClock), testClock)).To(Succeed())
		return result
	}
	ready := func() metav1.Condition {
		GinkgoHelper()
		condition := meta.FindStatusCondition(testClock.Status.Conditions, v1alpha1.ConditionReady)
		Expect(condition).NotTo(BeNil())
		return *condition
	}
	subscribe := func(ctx SpecContext, name string) *v1alpha1.Subscription {
		GinkgoHelper()
		subscription := builders.MakeSubscription(name, namespace).Item("editors", "editor", "monthly", 1).TestClock("clock").Obj()
		Expect(live.Create(ctx, subscription)).To(Succeed())
		return subscription
	}
	// takeUp does what the subscription reconciler does when it has reached a time.
	takeUp := func(ctx SpecContext, subscription *v1alpha1.Subscription, reached time.Time) {
		GinkgoHelper()
		Expect(live.Get(ctx, client.ObjectKeyFromObject(subscription), subscription)).To(Succeed())
		subscription.Status.ObservedGeneration = subscription.Generation
		subscription.Status.State = v1alpha1.SubscriptionActive
		subscription.Status.ClockTime = at(reached)
		Expect(live.Status().Update(ctx, subscription)).To(Succeed())
	}
	move := func(ctx SpecContext, to time.Time) {
		GinkgoHelper()
		testClock.Spec.Now = metav1.NewTime(to)
		Expect(live.Update(ctx, testClock)).To(Succeed())
	}

	It("leaves a clock alone that is being imported", func(ctx SpecContext) {
		testClock.Annotations = map[string]string{v1alpha1.AnnotationImporting: "0123456789abcdef"}
		Expect(live.Update(ctx, testClock)).To(Succeed())
		reconcileOnce(ctx)
		Expect(run.Writes()).To(BeEmpty())
		testClock.Annotations = nil
		Expect(live.Update(ctx, testClock)).To(Succeed())
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
	})

	It("is Ready at once when nobody lives by it, and then reads and writes nothing more", func(ctx SpecContext) {
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{}))
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
		Expect(testClock.Status.Conditions).To(HaveLen(1))
		Expect(health.Of(testClock)).To(Equal(health.Current))
		Expect(testClock.Status.ObservedGeneration).To(Equal(testClock.Generation))
		Expect(testClock.Status.Now.Time).To(BeTemporally("==", now))
		Expect(testClock.Status.Subscriptions).To(HaveValue(BeZero()))

		version, reads := testClock.ResourceVersion, liveReads.reads
		for range 100 {
			Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{}))
		}
		Expect(testClock.ResourceVersion).To(Equal(version))
		Expect(run.Count()).To(Equal(1), "one status write in all: %v", run.Writes())
		Expect(liveReads.reads).To(Equal(reads), "the API server was not asked again")
	})

	It("waits for its subscriptions, each time it moves", func(ctx SpecContext) {
		acme, globex := subscribe(ctx, "acme"), subscribe(ctx, "globex")
		Expect(live.Create(ctx, builders.MakeSubscription("wall", namespace).Item("a", "editor", "monthly", 1).Obj())).To(Succeed())

		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{}), "an event will wake it")
		Expect(ready()).To(And(HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonProgressing),
			HaveField("Message", "Waits until these Subscriptions have reached the clock's time: acme, globex.")))
		Expect(meta.IsStatusConditionTrue(testClock.Status.Conditions, v1alpha1.ConditionReconciling)).To(BeTrue())
		Expect(health.Of(testClock)).To(Equal(health.InProgress))
		Expect(testClock.Status.Subscriptions).To(HaveValue(BeEquivalentTo(2)))
		Expect(testClock.Status.Now).To(BeNil())

		takeUp(ctx, acme, now)
		reconcileOnce(ctx)
		Expect(ready().Message).To(Equal("Waits until these Subscriptions have reached the clock's time: globex."))
		Expect(liveReads.reads).To(BeZero(), "waiting asks the cache only")

		takeUp(ctx, globex, now)
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{}))
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
		Expect(testClock.Status.Now.Time).To(BeTemporally("==", now))

		By("moving")
		move(ctx, later)
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionFalse))
		Expect(testClock.Status.ObservedGeneration).To(Equal(testClock.Generation))
		Expect(testClock.Status.Now.Time).To(BeTemporally("==", now), "the time that was reached")
		takeUp(ctx, acme, later)
		takeUp(ctx, globex, later)
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
		Expect(testClock.Status.Now.Time).To(BeTemporally("==", later))
	})

	It("waits for an update, for its mark and for an invoice", func(ctx SpecContext) {
		acme := subscribe(ctx, "acme")
		takeUp(ctx, acme, now)
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))

		By("a new update")
		change := builders.MakeSubscriptionUpdate("more", namespace, "acme").Increment("editors", 1).Obj()
		Expect(live.Create(ctx, change)).To(Succeed())
		reconcileOnce(ctx)
		Expect(ready().Message).To(Equal("Waits until these SubscriptionUpdates are decided: more."))

		By("its commit")
		acme.Status.Outbox = []v1alpha1.Effect{
			{Type: v1alpha1.EffectMarkUpdate, Name: "more", UID: change.UID},
			{Type: v1alpha1.EffectCreateInvoice, Name: "acme-000001"},
		}
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		reconcileOnce(ctx)
		Expect(ready().Message).To(Equal("Waits until these Subscriptions have written what they owe: acme."))

		By("its mark")
		change.Status.State = v1alpha1.UpdateApplied
		Expect(live.Status().Update(ctx, change)).To(Succeed())
		reconcileOnce(ctx)
		Expect(ready().Message).To(Equal("Waits until these Subscriptions have written what they owe: acme."))

		By("its invoice")
		Expect(live.Create(ctx, &v1alpha1.Invoice{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "acme-000001"},
			Spec: v1alpha1.InvoiceSpec{
				SubscriptionRef:    v1alpha1.SubscriptionReference{Name: "acme", UID: acme.UID},
				Customer:           v1alpha1.Customer{ID: "acme"},
				Type:               v1alpha1.TypeInvoice,
				Reason:             v1alpha1.InvoiceUpdate,
				Sequence:           1,
				IssueTime:          metav1.NewTime(now),
				Currency:           "EUR",
				CreditBalanceAfter: "0.00",
				Subtotal:           "0.00",
				CreditApplied:      "0.00",
				AmountDue:          "0.00",
			},
		})).To(Succeed())
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionTrue), "the outbox is not empty, and nothing is owed")
	})

	It("waits for a refresh that is due", func(ctx SpecContext) {
		editor := builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "10").ConfigMapLoader("counts").Obj()
		Expect(live.Create(ctx, editor)).To(Succeed())
		acme := builders.MakeSubscription("acme", namespace).LoadedItem("editors", "editor", "monthly").TestClock("clock").Obj()
		Expect(live.Create(ctx, acme)).To(Succeed())
		takeUp(ctx, acme, now)
		reconcileOnce(ctx)
		Expect(ready().Message).To(Equal("Waits until these SeatProducts have run the refresh that is due: editor."))

		editor.Status.ObservedGeneration = editor.Generation
		editor.Status.Refreshes = []v1alpha1.RefreshStatus{{Clock: "clock", LastAttemptTime: at(now), NextRefreshTime: at(later)}}
		Expect(live.Status().Update(ctx, editor)).To(Succeed())
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionFalse), "the count that it found has not arrived")

		acme.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "editors", Product: "editor", Plan: "monthly", LoadedQuantity: ptr.To[int64](5)}}
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
	})

	It("does not believe a cache that has not seen a subscription", func(ctx SpecContext) {
		Expect(cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		acme := subscribe(ctx, "acme")

		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{RequeueAfter: time.Second}))
		Expect(ready().Message).To(Equal("Waits until these Subscriptions have reached the clock's time: acme."))

		takeUp(ctx, acme, now)
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{}))
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
		Expect(testClock.Status.Subscriptions).To(HaveValue(BeEquivalentTo(1)))
	})

	It("does not believe a cache that has not seen an update", func(ctx SpecContext) {
		takeUp(ctx, subscribe(ctx, "acme"), now)
		Expect(cache.Freeze(ctx, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		Expect(live.Create(ctx, builders.MakeSubscriptionUpdate("more", namespace, "acme").Increment("editors", 1).Obj())).To(Succeed())

		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{RequeueAfter: time.Second}))
		Expect(ready().Message).To(Equal("Waits until these SubscriptionUpdates are decided: more."))
	})

	It("stays Ready when only the cache has not caught up", func(ctx SpecContext) {
		acme := subscribe(ctx, "acme")
		Expect(cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{}))
		Expect(cache.Thaw()).To(Succeed())
		takeUp(ctx, acme, now)
		reconcileOnce(ctx)
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
		version := testClock.ResourceVersion

		stale := lyingcache.New(live)
		acme.Status.ClockTime = at(earlier)
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		Expect(stale.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		takeUp(ctx, acme, now)
		subject.Client = run.Start().Client(stale)
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{RequeueAfter: time.Second}))
		Expect(testClock.ResourceVersion).To(Equal(version))
	})

	It("is not Ready while a subscription moves under its reads", func(ctx SpecContext) {
		acme := subscribe(ctx, "acme")
		takeUp(ctx, acme, now)
		lists := 0
		liveReads.beforeList = func(list client.ObjectList) {
			if _, ok := list.(*v1alpha1.SubscriptionList); !ok {
				return
			}
			if lists++; lists == 2 {
				acme.Status.Sequence++
				Expect(live.Status().Update(ctx, acme)).To(Succeed())
			}
		}
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{RequeueAfter: time.Second}))
		Expect(ready().Message).To(Equal("Waits until these Subscriptions are at rest: acme."))
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{}))
		Expect(ready().Status).To(Equal(metav1.ConditionTrue))
	})

	It("does not say Ready about a time that has passed meanwhile", func(ctx SpecContext) {
		Expect(cache.Freeze(ctx, &v1alpha1.TestClockList{})).To(Succeed())
		move(ctx, later)
		Expect(reconcileOnce(ctx)).To(Equal(ctrl.Result{RequeueAfter: status.CatchUp}))
		Expect(testClock.Status.Conditions).To(BeEmpty())
	})

	It("lets a clock that is gone go", func(ctx SpecContext) {
		Expect(live.Delete(ctx, testClock)).To(Succeed())
		result, err := subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(testClock)})
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{}))
		Expect(run.Count()).To(BeZero())
	})

	It("is woken by everything that it may wait for", func(ctx SpecContext) {
		acme := subscribe(ctx, "acme")
		wallTime := builders.MakeSubscription("wall", namespace).Item("a", "editor", "monthly", 1).Obj()
		Expect(live.Create(ctx, wallTime)).To(Succeed())
		clock := []reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(testClock)}}
		ofAcme := &v1alpha1.Invoice{Spec: v1alpha1.InvoiceSpec{SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme"}}}
		ofAcme.Namespace = namespace

		Expect(subject.requestsForSubscription(ctx, acme)).To(Equal(clock))
		Expect(subject.requestsForSubscription(ctx, wallTime)).To(BeEmpty())
		Expect(subject.requestsForUpdate(ctx, builders.MakeSubscriptionUpdate("u", namespace, "acme").Obj())).To(Equal(clock))
		Expect(subject.requestsForUpdate(ctx, builders.MakeSubscriptionUpdate("u", namespace, "wall").Obj())).To(BeEmpty())
		Expect(subject.requestsForUpdate(ctx, builders.MakeSubscriptionUpdate("u", namespace, "nobody").Obj())).To(BeEmpty())
		Expect(subject.requestsForInvoice(ctx, ofAcme)).To(Equal(clock))
		Expect(subject.requestsForProduct(ctx, builders.MakeSeatProduct("editor", namespace).Obj())).To(Equal(clock))
	})
})
