// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// The expressions are of the types that the kinds have, as far as the API server can tell.
func TestPoliciesAreTypeChecked(t *testing.T) {
	var policies admissionv1.ValidatingAdmissionPolicyList
	if err := admin.List(t.Context(), &policies); err != nil {
		t.Fatal(err)
	}
	if len(policies.Items) == 0 {
		t.Fatal("there are no policies")
	}
	for i := range policies.Items {
		policy := &policies.Items[i]
		eventually(t, policy.Name+" is checked", func(ctx context.Context) (bool, error) {
			err := admin.Get(ctx, client.ObjectKeyFromObject(policy), policy)
			return policy.Status.TypeChecking != nil && policy.Status.ObservedGeneration == policy.Generation, err
		})
		for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
			t.Errorf("%s: %s: %s", policy.Name, warning.FieldRef, warning.Warning)
		}
	}
}

// The cluster's own controllers are not held up: a namespace goes with the records in it.
func TestNamespacesGoWithTheirRecords(t *testing.T) {
	namespace := namespaceWithRoles(t, nil)
	record := update("u").Obj()
	record.Namespace = namespace
	if err := admin.Create(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	record.Status.State = v1alpha1.UpdateApplied
	if err := theManager(t).Status().Update(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	gone := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if err := admin.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace is gone", func(ctx context.Context) (bool, error) {
		err := admin.Get(ctx, client.ObjectKeyFromObject(gone), gone)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds wait.ConditionWithContextFunc) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, holds); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
