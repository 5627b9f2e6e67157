// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Rounding says how a proration rounds units of time.
//
// +kubebuilder:validation:Enum=Up;Down;Nearest
type Rounding string

const (
	// RoundUp makes partial use be paid for: debits round up, credits round down.
	RoundUp Rounding = "Up"

	// RoundDown makes partial use free: debits round down, credits round up.
	RoundDown Rounding = "Down"

	// RoundNearest rounds debits and credits to the nearest unit, half up.
	RoundNearest Rounding = "Nearest"
)

// TimeUnit is the unit in which a proration counts time.
//
// +kubebuilder:validation:Enum=Second;Minute;Hour;Day
type TimeUnit string

const (
	// UnitSecond counts elapsed seconds.
	UnitSecond TimeUnit = "Second"

	// UnitMinute counts elapsed minutes.
	UnitMinute TimeUnit = "Minute"

	// UnitHour counts elapsed hours.
	UnitHour TimeUnit = "Hour"

	// UnitDay counts local days.
	UnitDay TimeUnit = "Day"
)

// ProrationPolicySpec says how prorations round units of time. Money is always rounded to the
// currency's minor unit.
type ProrationPolicySpec struct {
	// The display name of the policy, 3 to 1024 characters.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\x{200C}\x{200D}])*$')`,message="displayName has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	DisplayName string `json:"displayName"`

	// How units of time are rounded. Up: a partial unit is charged. Down: a partial unit is free.
	// Nearest: to the nearest unit, with halves rounded up, for debits and credits alike.
	// +required
	Rounding Rounding `json:"rounding"`

	// The unit of time that is counted and rounded: Second, Minute, Hour or Day. Defaults to Day.
	// +optional
	Unit TimeUnit `json:"unit,omitempty"`

	// The ID of the policy in another system, 1 to 2048 characters. Must be unique among the policies of
	// its kind in its namespace, or in the cluster. If two policies share an ID, the newer one is not
	// Ready. Defaults to no ID.
	// +optional
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$')`,message="externalRef has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	ExternalRef ExternalRef `json:"externalRef,omitempty"`
}

// ProrationPolicyStatus is the observed state of a policy.
type ProrationPolicyStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the policy.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, and Reconciling or Stalled while there is a problem.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// How many subscriptions use the policy, directly or through their products.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Subscriptions *int64 `json:"subscriptions,omitempty"`

	// When the operator first saw the current spec.
	// +optional
	UpdatedTime *metav1.Time `json:"updatedTime,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// ProrationPolicy rounds the prorations of the subscriptions in its namespace that use it. An edit
// changes the price of every change that has not been applied yet.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=sppol,categories=seatplane
// +kubebuilder:printcolumn:name="Rounding",type=string,JSONPath=`.spec.rounding`
// +kubebuilder:printcolumn:name="Unit",type=string,JSONPath=`.spec.unit`
// +kubebuilder:printcolumn:name="Subscriptions",type=integer,JSONPath=`.status.subscriptions`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ProrationPolicy struct {
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

// ProrationPolicyList is a list of ProrationPolicies.
//
// +kubebuilder:object:root=true
type ProrationPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ProrationPolicy `json:"items"`
}
