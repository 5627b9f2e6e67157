// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

// Product is a seat product as a subscription on one clock sees it.
type Product struct {
	Value subscription.Product
	// Refreshes is what its status says about its refreshes on that clock.
	Refreshes loading.Entry
}

// ReadProduct reads a seat product for subscriptions on the named clock ("" is the wall clock). The error names the
// amount that cannot be read. Admission refuses such a price, and a product without a price cannot be used.
func ReadProduct(p *v1alpha1.SeatProduct, clock string) (Product, error) {
	value, err := record.Product(p, clock)
	if err != nil {
		return Product{}, err
	}
	read := record.LoadingProduct(p)
	return Product{Value: value, Refreshes: read.Entry(clock)}, nil
}

// ProductNames returns the names of the products that the spec, what is in force and open updates name, each once and
// sorted.
func ProductNames(sub *v1alpha1.Subscription, updates []*v1alpha1.SubscriptionUpdate) []string {
	names := facts.ProductsOf(sub)
	for _, u := range updates {
		names = append(names, facts.ProductsOfUpdate(u)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ReadPolicy reads a ProrationPolicy. It is not ready unless its conditions say so.
func ReadPolicy(p *v1alpha1.ProrationPolicy) (policy subscription.Policy, ready bool) {
	return record.Policy(p.Name, p.Spec, facts.Generation(p)), meta.IsStatusConditionTrue(p.Status.Conditions, v1alpha1.ConditionReady)
}

// ReadClusterPolicy reads a ClusterProrationPolicy. It is not ready unless its conditions say so.
func ReadClusterPolicy(p *v1alpha1.ClusterProrationPolicy) (policy subscription.Policy, ready bool) {
	return record.Policy(p.Name, p.Spec, facts.Generation(p)), meta.IsStatusConditionTrue(p.Status.Conditions, v1alpha1.ConditionReady)
}

// PolicyRefs returns every proration policy that a subscription, its products or its open updates name, each once.
func PolicyRefs(sub *v1alpha1.Subscription, products map[string]Product, updates []*v1alpha1.SubscriptionUpdate) []subscription.PolicyRef {
	var refs []subscription.PolicyRef
	add := func(ref subscription.PolicyRef) {
		if !ref.IsZero() && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	add(record.PolicyRef(sub.Spec.ProrationPolicyRef))
	for name := range products {
		add(products[name].Value.Policy)
	}
	for _, u := range updates {
		add(record.PolicyRef(u.Spec.ProrationPolicyRef))
	}
	return refs
}

// Concerns reports whether a pass over the subscription decides on an update: the update belongs to the subscription, and
// is open.
func Concerns(u *v1alpha1.SubscriptionUpdate, sub *v1alpha1.Subscription) bool {
	return IsOpen(u) && facts.Belongs(u, sub)
}

// IsOpen reports whether a pass may decide on an update: the update is not finished, and is neither deleted nor still
// being imported.
func IsOpen(u *v1alpha1.SubscriptionUpdate) bool {
	return !facts.Finished(u.Status.State) && u.DeletionTimestamp.IsZero() && !facts.IsImporting(u)
}

// ReadUpdate reads an open update. An update that only claims to be the operator's counts as a user's.
func ReadUpdate(u *v1alpha1.SubscriptionUpdate, sub *v1alpha1.Subscription, now record.Present) subscription.Update {
	update := record.Update(u)
	if fault := record.CauseFault(u, sub, now); fault != "" {
		update.Origin, update.InvalidCause = subscription.OriginUser, fault
	}
	return update
}

// LooksBack reports whether earlier subscriptions matter to one in this state: until it has started
// (billing.md#14-start-and-end).
func LooksBack(state subscription.State) bool { return state.Phase == subscription.Pending }

// PrecededBy reports whether an invoice is of an earlier subscription with this name and customer.
func PrecededBy(sub *v1alpha1.Subscription, invoice *v1alpha1.Invoice) bool {
	return invoice.Spec.SubscriptionRef.UID != facts.Identity(sub) && invoice.Spec.Customer.ID == sub.Spec.Customer.ID
}
