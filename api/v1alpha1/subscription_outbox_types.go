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

// Effect is a write that a commit owes to another object. Its content does not change any more.
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

	// What is written: the status of the update, or the spec of the invoice.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Payload *runtime.RawExtension `json:"payload,omitempty"`
}

// Notification is an event that is waiting to be delivered to the sinks.
type Notification struct {
	// The ID of the event, the same in every attempt.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ID string `json:"id"`

	// The type of the event, such as dev.seatplane.invoice.issued.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Type string `json:"type"`

	// When it happened, on the subscription's clock.
	// +required
	Time metav1.Time `json:"time"`

	// The data of the event.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Payload *runtime.RawExtension `json:"payload,omitempty"`
}
