// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	policies "github.com/seatplane/seatplane/internal/admission"
	"github.com/seatplane/seatplane/internal/testing/playground"
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

// Whoever owns a namespace may act as the accounts of that namespace, and not as the manager.
func TestOwnersDoNotActAsTheManager(t *testing.T) {
	namespace := namespaceWithRoles(t, nil)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "deployer"}}
	if err := admin.Create(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "deployer"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: "deployer"}},
	}
	if err := admin.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	token := &authenticationv1.TokenRequest{}
	if err := admin.SubResource("token").Create(t.Context(), account, token); err != nil {
		t.Fatal(err)
	}
	acting := func(who string) client.Client {
		config := rest.AnonymousClientConfig(plane.Config)
		config.BearerToken, config.Impersonate.UserName = token.Status.Token, who
		c, err := client.New(config, client.Options{Scheme: scheme, Mapper: admin.RESTMapper()})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	own := update("u").Obj()
	own.Namespace = namespace
	eventually(t, "the account has its rights", func(ctx context.Context) (bool, error) {
		return acting("").Create(ctx, own.DeepCopy(), client.DryRunAll) == nil, nil
	})
	document := invoice("10.00")
	document.Namespace = namespace
	err := acting(playground.Account).Create(t.Context(), document)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "impersonate") {
		t.Errorf("acting as the manager gets %v, want a refusal to impersonate", err)
	}
}

// The manager's rights are enough to find out that everything is in place, and that it is whom the policies trust.
func TestManagerFindsThePolicies(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		user   string
		want   float64
	}{
		"the manager":     {reason: "config/default names its account", user: playground.Account, want: 1},
		"another account": {reason: "what it writes would be refused", user: playground.Account + "2", want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			said := make(chan string, 1)
			manager := as(t, c.user, "system:serviceaccounts", "system:serviceaccounts:"+playground.Namespace)
			check := &policies.Check{Live: theManager(t), Reviews: manager, Log: func(sentence string, _ ...any) { said <- sentence }}
			done := make(chan error)
			go func() { done <- check.Start(ctx) }()
			sentence := <-said
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			registry := prometheus.NewPedanticRegistry()
			registry.MustRegister(check)
			families, err := registry.Gather()
			if err != nil || len(families) != 1 || families[0].GetMetric()[0].GetGauge().GetValue() != c.want {
				t.Errorf("%s: got %v, %v, want %v; it said: %s", c.reason, families, err, c.want, sentence)
			}
		})
	}
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
