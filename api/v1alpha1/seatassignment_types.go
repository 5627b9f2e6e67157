// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Holder is who has a seat.
type Holder struct {
	// The ID of the holder, 1 to 256 characters. A holder can have one seat of an item. Immutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the holder of a seat is immutable: delete this SeatAssignment and create another"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$')`,message="the holder's id has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	ID string `json:"id"`

	// The display name of the holder, up to 1024 characters. Defaults to none.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\x{200C}\x{200D}])*$')`,message="displayName has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	DisplayName string `json:"displayName,omitempty"`

	// The email address of the holder, up to 320 characters. Defaults to none.
	// +optional
	// +kubebuilder:validation:MaxLength=320
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$')`,message="email has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	Email string `json:"email,omitempty"`
}

// SeatAssignmentSpec says which item a seat is assigned from, and to whom.
type SeatAssignmentSpec struct {
	// The Subscription that the seat belongs to. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the subscription of a SeatAssignment is immutable: delete this SeatAssignment and create another"
	SubscriptionRef LocalReference `json:"subscriptionRef"`

	// The item of the subscription that the seat belongs to. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the item of a SeatAssignment is immutable: delete this SeatAssignment and create another"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",message="a name has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: choose another"
	Item EntryName `json:"item"`

	// The assignee of the seat. Only the display name and the email address can be changed.
	// +required
	Holder Holder `json:"holder"`
}

// SeatAssignmentStatus is the observed state of an assignment.
type SeatAssignmentStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the assignment.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Assigned and Ready once the assignee has a seat. Reconciling while the assignee waits for one.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// When the assignee got the seat, on the subscription's clock. Absent while the assignee has no seat.
	// +optional
	AssignedTime *metav1.Time `json:"assignedTime,omitempty"`

	// The UID of the Subscription that the seat belongs to. A seat of a deleted Subscription is not a
	// seat of a new one with the same name. Absent while the assignee has no seat.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=128
	SubscriptionUID types.UID `json:"subscriptionUID,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// SeatAssignment assigns a seat of a subscription's item to a person or a device. It waits while no seat is
// free. Deleting it frees the seat.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=spseat,categories=seatplane
// +kubebuilder:selectablefield:JSONPath=`.spec.subscriptionRef.name`
// +kubebuilder:printcolumn:name="Subscription",type=string,JSONPath=`.spec.subscriptionRef.name`
// +kubebuilder:printcolumn:name="Item",type=string,JSONPath=`.spec.item`
// +kubebuilder:printcolumn:name="Holder",type=string,JSONPath=`.spec.holder.id`
// +kubebuilder:printcolumn:name="Assigned",type=string,JSONPath=`.status.conditions[?(@.type=="Assigned")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Assigned")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type SeatAssignment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Which item a seat is assigned from, and to whom.
	// +required
	Spec SeatAssignmentSpec `json:"spec"`

	// The observed state of the assignment.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status SeatAssignmentStatus `json:"status,omitzero"`
}

// SeatAssignmentList is a list of SeatAssignments.
//
// +kubebuilder:object:root=true
type SeatAssignmentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []SeatAssignment `json:"items"`
}
