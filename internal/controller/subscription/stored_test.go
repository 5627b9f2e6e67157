// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// What the version before coverage committed and did not carry out is carried out as it was committed, with the names
// that it stored.
func TestOutboxOfThePreviousVersion(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "record", "testdata", "previous", "outbox.json"))
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		Subscription *v1alpha1.Subscription
		Updates      []*v1alpha1.SubscriptionUpdate
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	sub, update := stored.Subscription, stored.Updates[0]
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(sub, update).WithStatusSubresource(sub, update).Build()
	for range 2 { // the second time by a process that knows nothing of the first
		r := &Reconciler{Client: c, Live: c}
		if err := r.drain(t.Context(), sub, nil); err != nil {
			t.Fatal(err)
		}
	}
	var issued v1alpha1.InvoiceList
	if err := c.List(t.Context(), &issued); err != nil {
		t.Fatal(err)
	}
	if len(issued.Items) != 1 {
		t.Fatalf("%d invoices were issued, not one", len(issued.Items))
	}
	spec := issued.Items[0].Spec
	got := []string{string(spec.Reason), string(spec.AmountDue), spec.Customer.DisplayName}
	if diff := cmp.Diff([]string{"Update", "41.67", sub.Spec.Customer.DisplayName}, got); diff != "" {
		t.Errorf("the invoice (-want +got):\n%s", diff)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(update), update); err != nil {
		t.Fatal(err)
	}
	if update.Status.State != v1alpha1.UpdateApplied || update.Status.AdjustmentAmount != "41.67" {
		t.Errorf("the update is %s with %v, want Applied with 41.67", update.Status.State, update.Status.AdjustmentAmount)
	}
}

var _ = Describe("A Subscription that was stored before names were checked", func() {
	It("is billed, with the name as it was stored", func(ctx SpecContext) {
		b := newBench(ctx, april)
		s := acme(b).Obj()
		s.Spec.Customer.DisplayName, s.Spec.Customer.Email = "Acme\u202e\u0007 Corp", "a\u200b@example.com"
		b.create(ctx, product(b.namespace).Obj())
		uncheckedCustomers(ctx, func() { b.create(ctx, s) }, func() error {
			return client.IgnoreAlreadyExists(live.Create(ctx, s.DeepCopy(), client.DryRunAll))
		})
		b.settle(ctx, "acme")
		ready := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady)
		Expect(ready.Status).To(Equal(metav1.ConditionTrue), ready.Message)
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveExactElements(
			HaveField("Spec.Customer.DisplayName", s.Spec.Customer.DisplayName),
			HaveField("Spec.Customer.Email", s.Spec.Customer.Email)))
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		b.settle(ctx, "acme")
		Expect(live.Get(ctx, client.ObjectKeyFromObject(s), &v1alpha1.Subscription{})).NotTo(Succeed(), "the finalizer is removed")
	})
})

var _ = Describe("A Subscription whose status cannot be read", func() {
	It("says so, and continues when somebody has corrected it", func(ctx SpecContext) {
		b := newBench(ctx, april)
		startAcme(ctx, b)
		period := b.subscription(ctx, "acme").Status.CurrentPeriod
		set := func(to *v1alpha1.BillingPeriod) {
			s := b.subscription(ctx, "acme")
			s.Status.CurrentPeriod = to
			Expect(live.Status().Update(ctx, s)).To(Succeed())
			b.reconcile(ctx, "acme")
		}
		set(nil)
		s := b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonForeignStatus, stalled: true}.checkObject(s, s.Status.Conditions)
		message := condition(s.Status.Conditions, v1alpha1.ConditionReady).Message
		Expect(message).To(And(HavePrefix("The status cannot be read: "), ContainSubstring("no currentPeriod"), ContainSubstring("Nothing is billed.")))
		b.writesNothing(ctx, "acme")

		set(period)
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		s = b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonReconciled, ready: true}.checkObject(s, s.Status.Conditions)
		Expect(b.invoices(ctx, "acme")).To(HaveLen(2))
	})
})

// uncheckedCustomers runs a step while the kind has no rules about customers, as it had in earlier versions. accepted
// tries what only the rules refuse.
func uncheckedCustomers(ctx context.Context, step func(), accepted func() error) {
	GinkgoHelper()
	kind := &unstructured.Unstructured{}
	kind.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
	kind.SetName("subscriptions." + v1alpha1.GroupName)
	set := func(rules any) (before any) {
		Expect(live.Get(ctx, client.ObjectKeyFromObject(kind), kind)).To(Succeed())
		versions, _, err := unstructured.NestedSlice(kind.Object, "spec", "versions")
		Expect(err).NotTo(HaveOccurred())
		path := []string{"schema", "openAPIV3Schema", "properties", "spec", "properties", "customer", "x-kubernetes-validations"}
		version := versions[0].(map[string]any)
		before, _, err = unstructured.NestedFieldCopy(version, path...)
		Expect(err).NotTo(HaveOccurred())
		Expect(unstructured.SetNestedField(version, rules, path...)).To(Succeed())
		Expect(unstructured.SetNestedSlice(kind.Object, versions, "spec", "versions")).To(Succeed())
		Expect(live.Update(ctx, kind)).To(Succeed())
		return before
	}
	rules := set([]any{})
	Expect(rules).NotTo(BeEmpty())
	Eventually(accepted).Should(Succeed())
	step()
	set(rules)
	Eventually(accepted).ShouldNot(Succeed())
}
