// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of every kind in this package.
const GroupName = "billing.seatplane.dev"

// GroupVersion is the group and version that these types are registered under.
var GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

// SchemeGroupVersion is GroupVersion, under the name that generated code of Kubernetes uses.
var SchemeGroupVersion = GroupVersion

var (
	// SchemeBuilder collects the functions that add this package's types to a scheme.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme adds this package's types to a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

// Resource qualifies a resource with this package's group.
func Resource(resource string) schema.GroupResource {
	return GroupVersion.WithResource(resource).GroupResource()
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Archive{}, &ArchiveList{},
		&ClusterProrationPolicy{}, &ClusterProrationPolicyList{},
		&EventSink{}, &EventSinkList{},
		&Invoice{}, &InvoiceList{},
		&ProrationPolicy{}, &ProrationPolicyList{},
		&SeatAssignment{}, &SeatAssignmentList{},
		&SeatProduct{}, &SeatProductList{},
		&Subscription{}, &SubscriptionList{},
		&SubscriptionUpdate{}, &SubscriptionUpdateList{},
		&TestClock{}, &TestClockList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)

	return nil
}
