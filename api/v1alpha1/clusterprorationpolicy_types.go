// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterProrationPolicy rounds the prorations of the subscriptions in any namespace that use it. It
// belongs to the whole organization. A ProrationPolicy belongs to one namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=spcpol,categories=seatplane
// +kubebuilder:printcolumn:name="Rounding",type=string,JSONPath=`.spec.rounding`
// +kubebuilder:printcolumn:name="Unit",type=string,JSONPath=`.spec.unit`
// +kubebuilder:printcolumn:name="Subscriptions",type=integer,JSONPath=`.status.subscriptions`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClusterProrationPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// How prorations round.
	// +required
	Spec ProrationPolicySpec `json:"spec"`

	// The observed state of the policy.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status ProrationPolicyStatus `json:"status,omitzero"`
}

// ClusterProrationPolicyList is a list of ClusterProrationPolicies.
//
// +kubebuilder:object:root=true
type ClusterProrationPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterProrationPolicy `json:"items"`
}
