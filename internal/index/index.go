// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package index names the fields by which objects are found in the cache.
//
// The cache answers a list by one of these fields without a scan:
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
	// FieldProduct finds Subscriptions by the name of a SeatProduct of one of their items: as declared
	// in the spec, or as in force. The two differ after an edit that is not due yet, or after a user's
	// update.
	FieldProduct = "spec.items.productRef.name"

	// FieldCustomer finds Subscriptions that have not ended by the ID of their customer.
	FieldCustomer = "spec.customer.id"

	// FieldTestClock finds Subscriptions by the name of the TestClock they use.
	FieldTestClock = "spec.testClockRef.name"

	// FieldProrationPolicy finds Subscriptions and SeatProducts by the policy that they name
	// themselves, as PolicyKey formats it.
	FieldProrationPolicy = "spec.prorationPolicyRef"

	// FieldSubscription finds SubscriptionUpdates, Invoices and SeatAssignments by the name of their
	// Subscription. It is also a selectable field of these kinds, so the same list works without the
	// cache.
	FieldSubscription = "spec.subscriptionRef.name"

	// FieldOpenRefresh finds the SubscriptionUpdates that a refresh created and that are not
	// finished, all of a namespace at once, under the value OpenRefresh.
	FieldOpenRefresh = "status.openRefresh"

	// FieldOpen finds the SubscriptionUpdates that are not finished, by the name of their Subscription,
	// and all of a namespace at once under the value AnyOpen.
	FieldOpen = "status.open"

	// FieldOpenProduct finds the SubscriptionUpdates that are not finished by the names of the
	// SeatProducts of the items that they ask for.
	FieldOpenProduct = "spec.changeItems.items.productRef.name"

	// FieldOpenPolicy finds the SubscriptionUpdates that are not finished by the policy that they name
	// themselves, as PolicyKey formats it.
	FieldOpenPolicy = "status.openProrationPolicy"

	// FieldExternalRef finds ProrationPolicies and ClusterProrationPolicies by their external reference.
	FieldExternalRef = "spec.externalRef"
)

// FieldUndelivered finds the Subscriptions and SeatProducts of which an EventSink may lack events, under the value
// Undelivered.
const FieldUndelivered = "status.undelivered"

// Undelivered is the only value of FieldUndelivered.
const Undelivered = "true"

// OpenRefresh is the only value of FieldOpenRefresh.
const OpenRefresh = "true"

// AnyOpen is the value of FieldOpen of every update that is not finished. No Subscription has this name.
const AnyOpen = "*"

// Index says how objects of one kind are found by one field.
type Index struct {
	// Name is the field, as used in client.MatchingFields.
	Name string
	// Object is an empty object of the kind.
	Object client.Object
	// Extract returns the values of the field in an object of the kind, if it has any.
	Extract client.IndexerFunc
	// Everywhere says that lists by the field may leave out the namespace. The others name one: an index over all
	// namespaces takes as much memory again, and a list without a namespace is an error.
	Everywhere bool
}

// The values of Index.Everywhere.
const (
	everywhere = true
	inOne      = false
)

// All returns every index that the operator uses.
func All() []Index {
	return []Index{
		{FieldProduct, &v1alpha1.Subscription{}, productsOfSubscription, inOne},
		{FieldCustomer, &v1alpha1.Subscription{}, customerOfSubscription, inOne},
		{FieldTestClock, &v1alpha1.Subscription{}, clockOfSubscription, inOne},
		{FieldProrationPolicy, &v1alpha1.Subscription{}, policyOfSubscription, everywhere},
		{FieldUndelivered, &v1alpha1.Subscription{}, undeliveredOfSubscription, inOne},
		{FieldProrationPolicy, &v1alpha1.SeatProduct{}, policyOfProduct, everywhere},
		{FieldUndelivered, &v1alpha1.SeatProduct{}, undeliveredOfProduct, inOne},
		{FieldSubscription, &v1alpha1.SubscriptionUpdate{}, subscriptionOfUpdate, inOne},
		{FieldSubscription, &v1alpha1.Invoice{}, subscriptionOfInvoice, inOne},
		{FieldSubscription, &v1alpha1.SeatAssignment{}, subscriptionOfAssignment, inOne},
		{FieldOpenRefresh, &v1alpha1.SubscriptionUpdate{}, openRefreshOfUpdate, everywhere},
		{FieldOpen, &v1alpha1.SubscriptionUpdate{}, openOfUpdate, inOne},
		{FieldOpenProduct, &v1alpha1.SubscriptionUpdate{}, openProductsOfUpdate, inOne},
		{FieldOpenPolicy, &v1alpha1.SubscriptionUpdate{}, openPolicyOfUpdate, everywhere},
		{FieldExternalRef, &v1alpha1.ProrationPolicy{}, externalRefOfPolicy, everywhere},
		{FieldExternalRef, &v1alpha1.ClusterProrationPolicy{}, externalRefOfClusterPolicy, everywhere},
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

// PolicyKey formats a reference to a policy as "Kind/name", the value of FieldProrationPolicy.
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

func undeliveredOfSubscription(object client.Object) []string {
	st := &object.(*v1alpha1.Subscription).Status
	return undelivered(st.EventSequence, st.EventCursors)
}

func undeliveredOfProduct(object client.Object) []string {
	st := &object.(*v1alpha1.SeatProduct).Status
	return undelivered(st.EventSequence, st.EventCursors)
}

func undelivered(newest int64, cursors []v1alpha1.EventCursor) []string {
	if !facts.AwaitsDelivery(newest, cursors) {
		return nil
	}
	return []string{Undelivered}
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

func openOfUpdate(object client.Object) []string {
	update := object.(*v1alpha1.SubscriptionUpdate)
	if facts.Finished(update.Status.State) {
		return nil
	}
	return []string{update.Spec.SubscriptionRef.Name, AnyOpen}
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
