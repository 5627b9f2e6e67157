// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	apply "github.com/seatplane/seatplane/api/applyconfiguration/api/v1alpha1"
	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Programs apply only the fields that they care about, and take back what they no longer write.
func TestApply(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(serverConfig(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	const namespace, provisioning, support = "default", client.FieldOwner("provisioning"), client.FieldOwner("support")
	items := func(quantity int64) *apply.SubscriptionItemApplyConfiguration {
		return apply.SubscriptionItem().WithName("editors").WithPlan("monthly").WithQuantity(quantity).
			WithProductRef(apply.LocalReference().WithName("editor-seat"))
	}
	declared := func(quantity int64) *apply.SubscriptionApplyConfiguration {
		return apply.Subscription("applied", namespace).WithSpec(apply.SubscriptionSpec().
			WithCustomer(apply.Customer().WithID("acme")).WithItems(items(quantity)))
	}
	if err := c.Apply(t.Context(), declared(5).WithLabels(map[string]string{"team": "sales"}), provisioning); err != nil {
		t.Fatal(err)
	}
	suspended := apply.Subscription("applied", namespace).WithSpec(apply.SubscriptionSpec().WithSuspend(true))
	if err := c.Apply(t.Context(), suspended, support); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), declared(7), provisioning); err != nil {
		t.Fatal(err)
	}

	var got v1alpha1.Subscription
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "applied"}, &got); err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := c.Delete(ctx, &got); err != nil {
			t.Error(err)
		}
	})
	if len(got.Labels) > 0 {
		t.Errorf("the label that is no longer written is still there: %v", got.Labels)
	}
	if !got.Spec.Suspend {
		t.Error("the other owner's field was taken away")
	}
	if diff := cmp.Diff(int64(7), *got.Spec.Items[0].Quantity); diff != "" {
		t.Errorf("quantity (-want +got):\n%s", diff)
	}
	err = c.Apply(t.Context(), apply.Subscription("applied", namespace).WithSpec(apply.SubscriptionSpec().WithItems(items(9))), support)
	if !apierrors.IsConflict(err) {
		t.Errorf("two owners disagree about the quantity, and the server says %v", err)
	}
}
