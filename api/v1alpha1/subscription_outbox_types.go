// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// EffectType is a write that a commit owes to another object.
//
// +kubebuilder:validation:Enum=MarkUpdate;CreateInvoice
type EffectType string

const (
	// EffectMarkUpdate writes the result into the status of a SubscriptionUpdate.
	EffectMarkUpdate EffectType = "MarkUpdate"

	// EffectCreateInvoice creates an Invoice.
	EffectCreateInvoice EffectType = "CreateInvoice"
)

// Effect is a write that a commit owes to another object. Its content never changes.
type Effect struct {
	// MarkUpdate or CreateInvoice.
	// +required
	Type EffectType `json:"type"`

	// The name of the object to write.
	// +required
	Name ObjectName `json:"name"`

	// The UID of the SubscriptionUpdate to mark. Absent for an Invoice.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	UID types.UID `json:"uid,omitempty"`

	// What is written: the status of the update, or the spec of the invoice. If the status of the update has
	// decidedTime, it leaves out what follows from the status of the Subscription; lineKeys names its lines.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Payload *runtime.RawExtension `json:"payload,omitempty"`
}

// NotificationReference names the record that an event is about.
type NotificationReference struct {
	// The kind of the object: SubscriptionUpdate or Invoice.
	// +required
	// +kubebuilder:validation:Enum=SubscriptionUpdate;Invoice
	Kind string `json:"kind"`

	// The name of the object, in the same namespace.
	// +required
	Name ObjectName `json:"name"`

	// The UID of the object. Absent for an Invoice, which did not exist yet when the event was recorded.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	UID types.UID `json:"uid,omitempty"`
}

// Notification is an event for EventSinks. The body of the event is built from it and from the record that it refers to.
type Notification struct {
	// The number of the event within its subscription or product, from 1. The ID of the event is "<UID>/<sequence>", with
	// the UID of the subscription or product.
	// +required
	// +kubebuilder:validation:Minimum=1
	Sequence int64 `json:"sequence"`

	// The type of the event, such as invoice.issued.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Type string `json:"type"`

	// When it happened: on the subscription's clock or, for an event of a product, on the wall clock.
	// +required
	Time metav1.Time `json:"time"`

	// The record that the event is about. Absent if the event is about the subscription or the product itself.
	// +optional
	Ref *NotificationReference `json:"ref,omitempty"`

	// The item that reached a limit.
	// +optional
	Item EntryName `json:"item,omitempty"`

	// Which part of the limit the item reached, in percent.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Threshold *int32 `json:"threshold,omitempty"`

	// How many seats the item has, or how much it used.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Quantity *int64 `json:"quantity,omitempty"`

	// The start of the billing period or trial that the event is about.
	// +optional
	PeriodStart *metav1.Time `json:"periodStart,omitempty"`

	// The end of that billing period or trial. The end itself is not part of it.
	// +optional
	PeriodEnd *metav1.Time `json:"periodEnd,omitempty"`

	// When a scheduled update applies, if that is known.
	// +optional
	ApplyAt *metav1.Time `json:"applyAt,omitempty"`

	// A summary of the change of a waiting update, such as "editors 2 → 7".
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Summary string `json:"summary,omitempty"`

	// The reason why a refresh failed, such as SourceUnreachable.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Reason string `json:"reason,omitempty"`

	// Why it happened, in one sentence. Absent if a record says it.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// EventCursor says how far one EventSink has received the events of a subscription or a product.
type EventCursor struct {
	// The name of the EventSink.
	// +required
	Sink ObjectName `json:"sink"`

	// The UID of the EventSink. A sink that is deleted and created again starts with the next event.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	UID types.UID `json:"uid"`

	// The number of the newest event that the sink has received or does not select. It has received all earlier ones
	// that it selects.
	// +required
	// +kubebuilder:validation:Minimum=0
	Sequence int64 `json:"sequence"`

	// The number of the newest event that was removed from status.notifications before the sink had received it. Up to this number, events are
	// rebuilt from the SubscriptionUpdates and Invoices that record them.
	// +optional
	// +kubebuilder:validation:Minimum=0
	RebuildUntil int64 `json:"rebuildUntil,omitempty"`

	// How many events are rebuilt in this way. 0 once the sink has received them.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Rebuilt int64 `json:"rebuilt,omitempty"`

	// How many events the sink will never receive, because there was no room to keep them and no record to rebuild them
	// from.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Dropped int64 `json:"dropped,omitempty"`

	// How often the delivery of the next event has failed. Absent until the second failure.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Failures int32 `json:"failures,omitempty"`

	// When the delivery of the next event is tried again, on the wall clock. Absent until the second failure.
	// +optional
	NextAttemptTime *metav1.Time `json:"nextAttemptTime,omitempty"`
}
