// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// EventType is a type of event without its prefix dev.seatplane., such as
// subscription-update.applied; a "*" stands for any part.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z*][a-z*.-]*$')",message="a type of event has lower-case letters, *, . and - only: write one such as invoice.*"
type EventType string

// EventSinkSpec says where events go, and which.
type EventSinkSpec struct {
	// The address that events are posted to, beginning with http:// or https://, up to 2048 characters.
	// +required
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://.+$')",message="an address begins with http:// or https://: write it in full"
	URL string `json:"url"`

	// The Secret that holds the key that signs events, as defined by Standard Webhooks. It must have the
	// label billing.seatplane.dev/allow: sink.
	// +required
	SigningSecretRef SecretKeyReference `json:"signingSecretRef"`

	// The types of events to send, at most 32, such as "invoice.*". Defaults to all types.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Types []EventType `json:"types,omitempty"`

	// The subscriptions whose events are sent. Defaults to all subscriptions of the namespace.
	// +optional
	SubscriptionSelector *LabelSelector `json:"subscriptionSelector,omitempty"`
}

// EventSinkStatus is the observed state of a sink.
type EventSinkStatus struct {
	// The metadata.generation that this status is about; -1 until the operator has seen the sink.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, and Reconciling or Stalled while there is a problem.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// How many events were delivered.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Delivered *int64 `json:"delivered,omitempty"`

	// How many events wait to be delivered.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Pending *int64 `json:"pending,omitempty"`

	// How many events were given up after three days, or because there was no room for them.
	// +optional
	// +kubebuilder:validation:Minimum=0
	DeadLettered *int64 `json:"deadLettered,omitempty"`

	// When an event was last delivered.
	// +optional
	LastDeliveryTime *metav1.Time `json:"lastDeliveryTime,omitempty"`
}

// EventSink is an endpoint that receives signed CloudEvents about subscriptions, at least once, and in
// order for each subscription. EventSinks are stored but not used yet: no event is delivered.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=spsink,categories=seatplane
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.spec.url`
// +kubebuilder:printcolumn:name="Delivered",type=integer,JSONPath=`.status.delivered`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pending`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type EventSink struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Where events go, and which.
	// +required
	Spec EventSinkSpec `json:"spec"`

	// The observed state of the sink.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status EventSinkStatus `json:"status,omitzero"`
}

// EventSinkList is a list of EventSinks.
//
// +kubebuilder:object:root=true
type EventSinkList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []EventSink `json:"items"`
}
