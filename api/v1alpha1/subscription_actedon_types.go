// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ActedOn is the spec that was last acted on. The next edit is compared with it.
type ActedOn struct {
	// The generation of the spec that was last acted on. For the quantities of items, see their generation.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Generation int64 `json:"generation"`

	// The items of that spec, with the generation that was last acted on for each item's quantity. Items
	// that have been removed since then are included.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=200
	Items []ActedOnItem `json:"items,omitempty"`
}

// ActedOnItem is an item of the spec that was last acted on.
type ActedOnItem struct {
	// The name of the item.
	// +required
	Name EntryName `json:"name"`

	// The generation of the spec last acted on for this item's quantity.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Generation int64 `json:"generation"`

	// The product that the spec named. Absent for an item that has been removed since then.
	// +optional
	Product ObjectName `json:"product,omitempty"`

	// The plan that the spec named. Absent for an item that has been removed since then.
	// +optional
	Plan EntryName `json:"plan,omitempty"`

	// The quantity that the spec declared. Absent if it did not declare one.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Quantity *int64 `json:"quantity,omitempty"`

	// Whether the spec declared the item as recurring. Absent if it did not set this field.
	// +optional
	Recurring *bool `json:"recurring,omitempty"`

	// The usage limits that the spec declared. Absent if it declared none.
	// +optional
	UsageLimits *UsageLimits `json:"usageLimits,omitempty"`
}
