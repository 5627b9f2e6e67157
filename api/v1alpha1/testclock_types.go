// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TestClockSpec says what time it is on the clock.
type TestClockSpec struct {
	// The time on the clock. It can only move forward, at most ten years at once.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	// +kubebuilder:validation:XValidation:rule="self >= oldSelf",message="a TestClock only moves forward: write a later time"
	// +kubebuilder:validation:XValidation:rule="self.getFullYear() - oldSelf.getFullYear() < 10 || (self.getFullYear() - oldSelf.getFullYear() == 10 && ((self.getMonth() * 31 + self.getDate()) * 24 + self.getHours()) * 3600 + self.getMinutes() * 60 + self.getSeconds() <= ((oldSelf.getMonth() * 31 + oldSelf.getDate()) * 24 + oldSelf.getHours()) * 3600 + oldSelf.getMinutes() * 60 + oldSelf.getSeconds())",message="a TestClock moves at most ten years at once: move it in several steps"
	Now metav1.Time `json:"now"`
}

// TestClockStatus is the observed state of a clock.
type TestClockStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the clock.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready once every subscription on the clock has reached spec.now and has written everything it owes,
	// and every product refresh due by then has run. Reconciling until then.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// The time that everything on the clock has reached.
	// +optional
	Now *metav1.Time `json:"now,omitempty"`

	// How many subscriptions follow the clock.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Subscriptions *int64 `json:"subscriptions,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// TestClock is a clock that you move by hand. It sets the time of the subscriptions that name it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=spclock,categories=seatplane
// +kubebuilder:printcolumn:name="Now",type=string,JSONPath=`.spec.now`
// +kubebuilder:printcolumn:name="Reached",type=string,JSONPath=`.status.now`
// +kubebuilder:printcolumn:name="Subscriptions",type=integer,JSONPath=`.status.subscriptions`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type TestClock struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// The time on the clock.
	// +required
	Spec TestClockSpec `json:"spec"`

	// The observed state of the clock.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status TestClockStatus `json:"status,omitzero"`
}

// TestClockList is a list of TestClocks.
//
// +kubebuilder:object:root=true
type TestClockList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []TestClock `json:"items"`
}
