// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/health"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

var _ = Describe("The policy reconciler", func() {
	var (
		start     = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
		wall      *clocktesting.FakePassiveClock
		run       *faults.Run
		cache     *lyingcache.Client
		subject   *Reconciler
		namespace string
	)

	BeforeEach(func(ctx SpecContext) {
		wall = clocktesting.NewFakePassiveClock(start)
		run = faults.NewRun(nil)
		cache = lyingcache.New(live)
		subject = ForProrationPolicies(run.Start().Client(cache), wall)
		namespace = newNamespace(ctx)
	})

	reconcileOnce := func(ctx SpecContext, r *Reconciler, object client.Object) {
		GinkgoHelper()
		result, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(object)})
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{}))
		if err := live.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			Expect(client.IgnoreNotFound(err)).To(Succeed())
		}
	}
	created := func(ctx SpecContext, objects ...client.Object) {
		GinkgoHelper()
		for _, object := range objects {
			Expect(live.Create(ctx, object)).To(Succeed())
		}
	}
	ready := func(status v1alpha1.ProrationPolicyStatus) metav1.Condition {
		GinkgoHelper()
		condition := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
		Expect(condition).NotTo(BeNil())
		return *condition
	}

	It("leaves a policy alone that is being imported", func(ctx SpecContext) {
		policy := builders.MakeProrationPolicy("by-day", namespace, v1alpha1.RoundUp).Obj()
		policy.Annotations = map[string]string{v1alpha1.AnnotationImporting: "0123456789abcdef"}
		created(ctx, policy)
		reconcileOnce(ctx, subject, policy)
		Expect(run.Writes()).To(BeEmpty())
		policy.Annotations = nil
		Expect(live.Update(ctx, policy)).To(Succeed())
		reconcileOnce(ctx, subject, policy)
		Expect(ready(policy.Status).Status).To(Equal(metav1.ConditionTrue))
	})

	It("makes a policy Ready and then writes nothing more", func(ctx SpecContext) {
		policy := builders.MakeProrationPolicy("by-day", namespace, v1alpha1.RoundUp).Obj()
		created(ctx, policy)
		Expect(policy.Status.ObservedGeneration).To(BeEquivalentTo(-1), "not looked at yet")
		Expect(health.Of(policy)).To(Equal(health.InProgress))

		reconcileOnce(ctx, subject, policy)
		Expect(ready(policy.Status).Status).To(Equal(metav1.ConditionTrue))
		Expect(policy.Status.Conditions).To(HaveLen(1), "Reconciling and Stalled are absent")
		Expect(health.Of(policy)).To(Equal(health.Current))
		Expect(policy.Status.ObservedGeneration).To(Equal(policy.Generation))
		Expect(policy.Status.Subscriptions).To(HaveValue(BeZero()))
		Expect(policy.Status.UpdatedTime.Time).To(BeTemporally("==", start))

		version := policy.ResourceVersion
		for range 100 {
			wall.SetTime(wall.Now().Add(time.Minute))
			reconcileOnce(ctx, subject, policy)
		}
		Expect(policy.ResourceVersion).To(Equal(version))
		Expect(run.Count()).To(Equal(1), "one status write in all: %v", run.Writes())
	})

	It("moves updatedTime with the spec and with nothing else", func(ctx SpecContext) {
		policy := builders.MakeProrationPolicy("by-day", namespace, v1alpha1.RoundUp).Obj()
		created(ctx, policy)
		reconcileOnce(ctx, subject, policy)

		wall.SetTime(start.Add(time.Hour))
		policy.Labels = map[string]string{"team": "billing"}
		Expect(live.Update(ctx, policy)).To(Succeed())
		created(ctx, builders.MakeSubscription("acme", namespace).Item("editors", "editor", "monthly", 1).
			Policy(v1alpha1.KindProrationPolicy, "by-day").Obj())
		reconcileOnce(ctx, subject, policy)
		Expect(policy.Status.Subscriptions).To(HaveValue(BeEquivalentTo(1)))
		Expect(policy.Status.UpdatedTime.Time).To(BeTemporally("==", start))

		policy.Spec.Rounding = v1alpha1.RoundDown
		Expect(live.Update(ctx, policy)).To(Succeed())
		reconcileOnce(ctx, subject, policy)
		Expect(policy.Status.UpdatedTime.Time).To(BeTemporally("==", start.Add(time.Hour)))
		Expect(ready(policy.Status).LastTransitionTime.Time).To(BeTemporally("==", start))
	})

	It("counts who uses it, through themselves or their products", func(ctx SpecContext) {
		policy := builders.MakeProrationPolicy("by-day", namespace, v1alpha1.RoundUp).Obj()
		elsewhere := newNamespace(ctx)
		created(ctx, policy,
			builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "10").Policy(v1alpha1.KindProrationPolicy, "by-day").Obj(),
			builders.MakeSeatProduct("viewer", namespace).Plan("monthly", "EUR", "1").Policy(v1alpha1.KindProrationPolicy, "by-day").Obj(),
			builders.MakeSeatProduct("plain", namespace).Plan("monthly", "EUR", "1").Obj(),
			builders.MakeSubscription("own", namespace).Item("a", "plain", "monthly", 1).Policy(v1alpha1.KindProrationPolicy, "by-day").Obj(),
			builders.MakeSubscription("product", namespace).Item("a", "editor", "monthly", 1).Obj(),
			builders.MakeSubscription("twice", namespace).Item("a", "editor", "monthly", 1).Item("b", "viewer", "monthly", 1).Obj(),
			builders.MakeSubscription("another", namespace).Item("a", "editor", "monthly", 1).Policy(v1alpha1.KindProrationPolicy, "nearest").Obj(),
			builders.MakeSubscription("clusters", namespace).Item("a", "plain", "monthly", 1).Policy(v1alpha1.KindClusterProrationPolicy, "by-day").Obj(),
			builders.MakeSubscription("none", namespace).Item("a", "plain", "monthly", 1).Obj(),
			builders.MakeSubscription("own", elsewhere).Item("a", "plain", "monthly", 1).Policy(v1alpha1.KindProrationPolicy, "by-day").Obj())

		reconcileOnce(ctx, subject, policy)
		Expect(policy.Status.Subscriptions).To(HaveValue(BeEquivalentTo(3)), "own, product and twice")
	})

	It("counts the users of a policy of the cluster in all namespaces", func(ctx SpecContext) {
		policy := builders.MakeProrationPolicy("count-"+namespace, "", v1alpha1.RoundUp).ClusterObj()
		elsewhere := newNamespace(ctx)
		created(ctx, policy,
			builders.MakeSeatProduct("editor", elsewhere).Plan("monthly", "EUR", "10").Policy(v1alpha1.KindClusterProrationPolicy, policy.Name).Obj(),
			builders.MakeSubscription("acme", namespace).Item("a", "editor", "monthly", 1).Policy(v1alpha1.KindClusterProrationPolicy, policy.Name).Obj(),
			builders.MakeSubscription("acme", elsewhere).Item("a", "editor", "monthly", 1).Obj(),
			builders.MakeSubscription("other", namespace).Item("a", "editor", "monthly", 1).Policy(v1alpha1.KindProrationPolicy, policy.Name).Obj())

		reconcileOnce(ctx, ForClusterProrationPolicies(cache, wall), policy)
		Expect(policy.Status.Subscriptions).To(HaveValue(BeEquivalentTo(2)))
		Expect(ready(policy.Status).Status).To(Equal(metav1.ConditionTrue))
	})

	It("does not count where it sees a part of the users: managers that count others would write in turns", func(ctx SpecContext) {
		policy := builders.MakeProrationPolicy("part-"+namespace, "", v1alpha1.RoundUp).ClusterObj()
		created(ctx, policy,
			builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "10").Policy(v1alpha1.KindClusterProrationPolicy, policy.Name).Obj(),
			builders.MakeSubscription("acme", namespace).Item("a", "editor", "monthly", 1).Obj())
		partial := ForClusterProrationPolicies(cache, wall)
		partial.Partial = true

		reconcileOnce(ctx, ForClusterProrationPolicies(cache, wall), policy)
		reconcileOnce(ctx, partial, policy)
		Expect(policy.Status.Subscriptions).To(BeNil())
		Expect(ready(policy.Status).Status).To(Equal(metav1.ConditionTrue))
		version := policy.ResourceVersion
		reconcileOnce(ctx, partial, policy)
		Expect(policy.ResourceVersion).To(Equal(version))
	})

	It("holds the younger of two with one externalRef until the older goes", func(ctx SpecContext) {
		// Both are of one second: the name decides then, and the API server's clock need not be waited for.
		older := builders.MakeProrationPolicy("a", namespace, v1alpha1.RoundUp).ExternalRef("pol-7").Obj()
		younger := builders.MakeProrationPolicy("b", namespace, v1alpha1.RoundUp).ExternalRef("pol-7").Obj()
		elsewhere := builders.MakeProrationPolicy("a", newNamespace(ctx), v1alpha1.RoundUp).ExternalRef("pol-7").Obj()
		created(ctx, elsewhere, older, younger)
		for _, policy := range []*v1alpha1.ProrationPolicy{elsewhere, older, younger} {
			reconcileOnce(ctx, subject, policy)
		}

		Expect(ready(older.Status).Status).To(Equal(metav1.ConditionTrue))
		Expect(ready(elsewhere.Status).Status).To(Equal(metav1.ConditionTrue), "each namespace has its own")
		Expect(ready(younger.Status)).To(And(
			HaveField("Status", metav1.ConditionFalse),
			HaveField("Reason", v1alpha1.ReasonExternalRefConflict),
			HaveField("Message", `The older ProrationPolicy "a" has the same externalRef "pol-7": give this policy another one, or delete one of the two.`)))
		Expect(meta.IsStatusConditionTrue(younger.Status.Conditions, v1alpha1.ConditionStalled)).To(BeTrue())
		Expect(health.Of(younger)).To(Equal(health.Failed))

		By("idling")
		version := younger.ResourceVersion
		for range 10 {
			reconcileOnce(ctx, subject, younger)
		}
		Expect(younger.ResourceVersion).To(Equal(version))

		By("the older going")
		Expect(live.Delete(ctx, older)).To(Succeed())
		Expect(subject.requestsForRivals(ctx, older)).To(Equal([]reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(younger)}}))
		reconcileOnce(ctx, subject, younger)
		Expect(ready(younger.Status).Status).To(Equal(metav1.ConditionTrue))
		Expect(younger.Status.Conditions).To(HaveLen(1))
	})

	It("recovers when the older takes another externalRef", func(ctx SpecContext) {
		older := builders.MakeProrationPolicy("a-"+namespace, "", v1alpha1.RoundUp).ExternalRef(namespace).ClusterObj()
		younger := builders.MakeProrationPolicy("b-"+namespace, "", v1alpha1.RoundUp).ExternalRef(namespace).ClusterObj()
		created(ctx, older, younger)
		subject := ForClusterProrationPolicies(cache, wall)
		reconcileOnce(ctx, subject, younger)
		Expect(ready(younger.Status).Reason).To(Equal(v1alpha1.ReasonExternalRefConflict))

		before := older.DeepCopy()
		older.Spec.ExternalRef = ""
		Expect(live.Update(ctx, older)).To(Succeed())
		Expect(subject.requestsForRivals(ctx, before)).To(ContainElement(
			reconcile.Request{NamespacedName: client.ObjectKeyFromObject(younger)}))
		reconcileOnce(ctx, subject, younger)
		Expect(ready(younger.Status).Status).To(Equal(metav1.ConditionTrue))
	})

	It("writes nothing on a version that is not the newest", func(ctx SpecContext) {
		policy := builders.MakeProrationPolicy("by-day", namespace, v1alpha1.RoundUp).Obj()
		created(ctx, policy)
		Expect(cache.Freeze(ctx, &v1alpha1.ProrationPolicyList{})).To(Succeed())
		policy.Spec.Rounding = v1alpha1.RoundDown
		Expect(live.Update(ctx, policy)).To(Succeed())

		result, err := subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(policy)})
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{RequeueAfter: status.CatchUp}))
		Expect(live.Get(ctx, client.ObjectKeyFromObject(policy), policy)).To(Succeed())
		Expect(policy.Status.ObservedGeneration).To(BeEquivalentTo(-1))
	})

	It("lets a policy that is gone go", func(ctx SpecContext) {
		reconcileOnce(ctx, subject, builders.MakeProrationPolicy("gone", namespace, v1alpha1.RoundUp).Obj())
		Expect(run.Count()).To(BeZero())
	})

	It("is woken by what may change its count", func(ctx SpecContext) {
		product := builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "10").Policy(v1alpha1.KindProrationPolicy, "by-day").Obj()
		created(ctx, product)
		byDay := []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: namespace, Name: "by-day"}}}
		through := builders.MakeSubscription("acme", namespace).Item("a", "editor", "monthly", 1).Item("b", "missing", "monthly", 1)
		itself := builders.MakeSubscription("acme", namespace).Policy(v1alpha1.KindProrationPolicy, "by-day")
		organization := builders.MakeSubscription("acme", namespace).Policy(v1alpha1.KindClusterProrationPolicy, "by-day")

		Expect(subject.requestsForProduct(ctx, product)).To(Equal(byDay))
		Expect(subject.requestsForSubscription(ctx, through.Obj())).To(Equal(byDay))
		Expect(subject.requestsForSubscription(ctx, itself.Obj())).To(Equal(byDay))
		Expect(subject.requestsForSubscription(ctx, organization.Obj())).To(BeEmpty())
		Expect(ForClusterProrationPolicies(cache, wall).requestsForSubscription(ctx, organization.Obj())).To(Equal(
			[]reconcile.Request{{NamespacedName: client.ObjectKey{Name: "by-day"}}}))

		By("and not by what cannot")
		billed := through.Obj()
		billed.Status.Sequence = 7
		Expect(subscriptionUsesOther(event.UpdateEvent{ObjectOld: through.Obj(), ObjectNew: billed})).To(BeFalse())
		Expect(subscriptionUsesOther(event.UpdateEvent{ObjectOld: through.Obj(), ObjectNew: itself.Obj()})).To(BeTrue())
		repriced := product.DeepCopy()
		repriced.Spec.Plans[0].Pricing.UnitAmount = "11"
		Expect(productUsesOther(event.UpdateEvent{ObjectOld: product, ObjectNew: repriced})).To(BeFalse())
	})
})
