// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Imported records the identity that an object had in the cluster from which it was exported. The API server gives
// every new object a new UID, age and generation, but the names of records, references and the order of changes depend
// on the earlier ones, which stay valid. Only kubectl seatplane import writes it, and it never changes.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="status.imported is what an import recorded, and never changes: leave it as it is"
type Imported struct {
	// The export that the object comes from: the first 16 hexadecimal digits of its SHA-256 checksum.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	Export string `json:"export"`

	// The UID that the object had when it was first created. It remains the identity of the object: the names of
	// records are derived from it, and other objects refer to it.
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
