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

	// The keys that sign events, as defined by Standard Webhooks: one, or two while a key is replaced. Each event has a
	// signature of every key. A key is base64, usually with the prefix whsec_, of 24 to 64 bytes. The Secret must have the
	// label billing.seatplane.dev/allow: sink, and name the server in the annotation billing.seatplane.dev/allow-hosts.
	// +required
	// +listType=map
	// +listMapKey=name
	// +listMapKey=key
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	SigningSecretRefs []SecretKeyReference `json:"signingSecretRefs"`

	// The types of events to send, at most 32, such as "invoice.*". Defaults to all types.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Types []EventType `json:"types,omitempty"`

	// The subscriptions whose events are sent. Defaults to all subscriptions in the namespace. It does not apply to events of
	// products: a sink whose types include these receives the events of all products in the namespace.
	// +optional
	SubscriptionSelector *LabelSelector `json:"subscriptionSelector,omitempty"`

	// What happens to an event that could not be delivered in ten attempts over about three days. Block keeps trying once
	// a day, and holds back the later events of its subscription or product. Skip gives up on the event. Defaults to Block.
	// +optional
	OnDeadLetter OnDeadLetter `json:"onDeadLetter,omitempty"`
}

// OnDeadLetter says what happens to an event that could not be delivered.
//
// +kubebuilder:validation:Enum=Block;Skip
type OnDeadLetter string

const (
	// DeadLetterBlock holds back the later events of the subscription or product until the event is delivered.
	DeadLetterBlock OnDeadLetter = "Block"

	// DeadLetterSkip gives up on the event, and continues with the next one.
	DeadLetterSkip OnDeadLetter = "Skip"
)

// EventSinkStatus is the observed state of a sink.
type EventSinkStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the sink.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, and Reconciling or Stalled while there is a problem.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// How many events were delivered. An event that was delivered again after a crash may be counted again or not at all.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Delivered *int64 `json:"delivered,omitempty"`

	// How many events wait to be delivered.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Pending *int64 `json:"pending,omitempty"`

	// When the oldest waiting event happened, on the clock of its subscription or product. Absent if none waits.
	// +optional
	OldestPendingTime *metav1.Time `json:"oldestPendingTime,omitempty"`

	// How many events were given up: after the last attempt, or because their record was deleted.
	// +optional
	// +kubebuilder:validation:Minimum=0
	DeadLettered *int64 `json:"deadLettered,omitempty"`

	// How many events of the present subscriptions and products were given up because there was no room to keep them: more
	// than 256 events of one of them waited, and could not be rebuilt from records. Absent if there are none.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Dropped *int64 `json:"dropped,omitempty"`

	// Why the last failed attempt failed, in one sentence. Absent once events are delivered again.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	LastError string `json:"lastError,omitempty"`

	// When an event was last delivered.
	// +optional
	LastDeliveryTime *metav1.Time `json:"lastDeliveryTime,omitempty"`

	// When the first attempt failed after the last success. Absent while deliveries succeed.
	// +optional
	FailingSince *metav1.Time `json:"failingSince,omitempty"`

	// The last value of the annotation billing.seatplane.dev/retry-requested-at that was acted on.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledRetryRequest string `json:"lastHandledRetryRequest,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// EventSink is an endpoint that receives signed CloudEvents about subscriptions and products, at least once, and
// in order for each of them.
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

	// Which events are sent, and where.
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
