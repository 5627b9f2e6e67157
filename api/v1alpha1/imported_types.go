// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Imported says what an object was in the cluster that it was exported from. The API server gives every object that is
// created a UID, an age and generations of its own. Names of records, references and the order of changes depend on the
// earlier ones, which stay valid. Only kubectl seatplane import writes it, and it never changes.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="what an import recorded never changes: leave status.imported as it is"
type Imported struct {
	// The export that the object comes from: the first 16 hexadecimal digits of its SHA-256 checksum.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	Export string `json:"export"`

	// The UID of the object that was created first. It stays the identity of the object: the names of records are
	// derived from it, and other objects refer to it.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	UID types.UID `json:"uid"`

	// When the object was first created.
	// +required
	CreationTime metav1.Time `json:"creationTime"`

	// How many generations the object had before, not counting the one that it was exported with. They are added
	// to metadata.generation.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Generations int64 `json:"generations,omitempty"`

	// When somebody asked for the deletion of the object. Absent unless it was being deleted when it was exported.
	// +optional
	DeletionTime *metav1.Time `json:"deletionTime,omitempty"`
}
