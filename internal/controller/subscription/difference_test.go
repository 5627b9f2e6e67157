// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// An invoice is adopted only if it is, as a whole, what the operator would have created.
func TestDifference(t *testing.T) {
	owed := &v1alpha1.Invoice{Spec: v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "1"}, AmountDue: "50.00",
	}}
	for name, c := range map[string]struct {
		reason string
		change func(*v1alpha1.Invoice)
		want   string
	}{
		"the same":       {reason: "an earlier try created it", change: func(*v1alpha1.Invoice) {}},
		"paid":           {reason: "the status is the collector's", change: func(i *v1alpha1.Invoice) { i.Status.Conditions = []metav1.Condition{{Type: "Paid"}} }},
		"labelled":       {reason: "labels say nothing about the document", change: func(i *v1alpha1.Invoice) { i.Labels = map[string]string{"team": "sales"} }},
		"being deleted":  {reason: "Kubernetes marks what it deletes", change: func(i *v1alpha1.Invoice) { i.Finalizers = []string{metav1.FinalizerDeleteDependents} }},
		"another amount": {reason: "row 6", change: func(i *v1alpha1.Invoice) { i.Spec.AmountDue = "10.00" }, want: "its content is another"},
		"another's":      {reason: "a name stands for one subscription", change: func(i *v1alpha1.Invoice) { i.Spec.SubscriptionRef.UID = "2" }, want: "it belongs to another subscription"},
		"with an owner": {
			reason: "it would be collected with its owner",
			change: func(i *v1alpha1.Invoice) {
				i.OwnerReferences = []metav1.OwnerReference{{Kind: "ConfigMap", Name: "none", UID: "2"}}
			},
			want: "it has an owner in metadata.ownerReferences, which Seatplane never sets",
		},
		"with a finalizer": {
			reason: "a collector works on it",
			change: func(i *v1alpha1.Invoice) { i.Finalizers = []string{"example.com/collector"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			there := owed.DeepCopy()
			c.change(there)
			if got := difference(there, owed); got != c.want {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
		})
	}
}
