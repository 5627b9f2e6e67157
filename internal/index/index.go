// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package index names the fields by which objects are found in the cache.
//
// A list by one of these fields is answered by the cache without a scan:
//
//	List(ctx, &updates, client.InNamespace(ns), client.MatchingFields{index.FieldSubscription: name})
package index

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

const (
	// FieldProduct finds Subscriptions by the name of a SeatProduct that one of their items is of: as
	// the spec declares it, or as it is in force, which an edit that is not due yet or a user's update
	// may make differ.
	FieldProduct = "spec.items.productRef.name"

	// FieldCustomer finds Subscriptions that have not ended by the ID of their customer.
	FieldCustomer = "spec.customer.id"

	// FieldTestClock finds Subscriptions by the name of the TestClock they live by.
	FieldTestClock = "spec.testClockRef.name"

	// FieldProrationPolicy finds Subscriptions and SeatProducts by the policy that they themselves
	// name, as PolicyKey writes it.
	FieldProrationPolicy = "spec.prorationPolicyRef"

	// FieldSubscription finds SubscriptionUpdates, Invoices and SeatAssignments by the name of their
	// Subscription. It is a selectable field of these kinds too, so that the same list works live.
	FieldSubscription = "spec.subscriptionRef.name"

	// FieldOpenRefresh finds the SubscriptionUpdates that a refresh made and that are not finished,
	// all of a namespace at once, under the value OpenRefresh.
	FieldOpenRefresh = "status.openRefresh"

	// FieldOpenProduct finds the SubscriptionUpdates that are not finished by the names of the
	// SeatProducts that their items are to have.
	FieldOpenProduct = "spec.changeItems.items.productRef.name"

	// FieldOpenPolicy finds the SubscriptionUpdates that are not finished by the policy that they themselves
	// name, as PolicyKey writes it.
	FieldOpenPolicy = "status.openProrationPolicy"

	// FieldExternalRef finds ProrationPolicies and ClusterProrationPolicies by their external reference.
	FieldExternalRef = "spec.externalRef"
)

// OpenRefresh is the one value of FieldOpenRefresh.
const OpenRefresh = "true"

// Index says how objects of one kind are found by one field.
type Index struct {
	// Name is the field, as client.MatchingFields takes it.
	Name string
	// Object is an empty object of the kind.
	Object client.Object
	// Extract returns the values of the field in an object of the kind, none when it has none.
	Extract client.IndexerFunc
}

// All returns every index that the operator uses.
func All() []Index {
	return []Index{
		{FieldProduct, &v1alpha1.Subscription{}, productsOfSubscription},
		{FieldCustomer, &v1alpha1.Subscription{}, customerOfSubscription},
		{FieldTestClock, &v1alpha1.Subscription{}, clockOfSubscription},
		{FieldProrationPolicy, &v1alpha1.Subscription{}, policyOfSubscription},
		{FieldProrationPolicy, &v1alpha1.SeatProduct{}, policyOfProduct},
		{FieldSubscription, &v1alpha1.SubscriptionUpdate{}, subscriptionOfUpdate},
		{FieldSubscription, &v1alpha1.Invoice{}, subscriptionOfInvoice},
		{FieldSubscription, &v1alpha1.SeatAssignment{}, subscriptionOfAssignment},
		{FieldOpenRefresh, &v1alpha1.SubscriptionUpdate{}, openRefreshOfUpdate},
		{FieldOpenProduct, &v1alpha1.SubscriptionUpdate{}, openProductsOfUpdate},
		{FieldOpenPolicy, &v1alpha1.SubscriptionUpdate{}, openPolicyOfUpdate},
		{FieldExternalRef, &v1alpha1.ProrationPolicy{}, externalRefOfPolicy},
		{FieldExternalRef, &v1alpha1.ClusterProrationPolicy{}, externalRefOfClusterPolicy},
	}
}

// Register makes the cache keep every index. It must be called before the cache starts.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range All() {
		if err := indexer.IndexField(ctx, index.Object, index.Name, index.Extract); err != nil {
			return fmt.Errorf("index %s of %T: %w", index.Name, index.Object, err)
		}
	}
	return nil
}

// PolicyKey writes a reference to a policy as "Kind/name", the value of FieldProrationPolicy.
func PolicyKey(ref v1alpha1.ProrationPolicyReference) string {
	return string(ref.Kind) + "/" + ref.Name
}

func productsOfSubscription(object client.Object) []string {
	return facts.ProductsOf(object.(*v1alpha1.Subscription))
}

func customerOfSubscription(object client.Object) []string {
	s := object.(*v1alpha1.Subscription)
	if s.Status.State == v1alpha1.SubscriptionCanceled {
		return nil
	}
	return []string{s.Spec.Customer.ID}
}

func clockOfSubscription(object client.Object) []string {
	clock := facts.Clock(object.(*v1alpha1.Subscription))
	if clock == "" {
		return nil
	}
	return []string{clock}
}

func policyOfSubscription(object client.Object) []string {
	return policyKeys(object.(*v1alpha1.Subscription).Spec.ProrationPolicyRef)
}

func policyOfProduct(object client.Object) []string {
	return policyKeys(object.(*v1alpha1.SeatProduct).Spec.ProrationPolicyRef)
}

func policyKeys(ref *v1alpha1.ProrationPolicyReference) []string {
	if ref == nil {
		return nil
	}
	return []string{PolicyKey(*ref)}
}

func subscriptionOfUpdate(object client.Object) []string {
	return []string{object.(*v1alpha1.SubscriptionUpdate).Spec.SubscriptionRef.Name}
}

func subscriptionOfInvoice(object client.Object) []string {
	return []string{object.(*v1alpha1.Invoice).Spec.SubscriptionRef.Name}
}

func subscriptionOfAssignment(object client.Object) []string {
	return []string{object.(*v1alpha1.SeatAssignment).Spec.SubscriptionRef.Name}
}

func openRefreshOfUpdate(object client.Object) []string {
	update := object.(*v1alpha1.SubscriptionUpdate)
	if update.Spec.Cause == nil || update.Spec.Cause.Type != v1alpha1.CauseRefresh || facts.Finished(update.Status.State) {
		return nil
	}
	return []string{OpenRefresh}
}

func openProductsOfUpdate(object client.Object) []string {
	update := object.(*v1alpha1.SubscriptionUpdate)
	if facts.Finished(update.Status.State) {
		return nil
	}
	return facts.ProductsOfUpdate(update)
}

func openPolicyOfUpdate(object client.Object) []string {
	update := object.(*v1alpha1.SubscriptionUpdate)
	if facts.Finished(update.Status.State) {
		return nil
	}
	return policyKeys(update.Spec.ProrationPolicyRef)
}

func externalRefOfPolicy(object client.Object) []string {
	return externalRefs(object.(*v1alpha1.ProrationPolicy).Spec)
}

func externalRefOfClusterPolicy(object client.Object) []string {
	return externalRefs(object.(*v1alpha1.ClusterProrationPolicy).Spec)
}

func externalRefs(spec v1alpha1.ProrationPolicySpec) []string {
	if spec.ExternalRef == "" {
		return nil
	}
	return []string{spec.ExternalRef}
}
