// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// LoadStatus is what the data loader of one product reports about a subscription. There is an entry only
// while there is something to report.
type LoadStatus struct {
	// The name of the SeatProduct.
	// +required
	Product ObjectName `json:"product"`

	// The last value of the annotation billing.seatplane.dev/refresh-requested-at for which a refresh of this
	// product was attempted, whether it succeeded or failed. Absent once a refresh of every product was attempted.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledRefreshRequest string `json:"lastHandledRefreshRequest,omitempty"`

	// Why the last answer had no usable count for the subscription's key: BadCounts, KeyMissing or
	// DuplicateKey. Absent if it had one.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// A sentence that explains the reason.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// Since when answers have had no row for the key, on the subscription's clock. Absent unless the reason is
	// KeyMissing, and absent if the subscription does not have a key.
	// +optional
	MissingSince *metav1.Time `json:"missingSince,omitempty"`
}

// LoadedReading is a reading of a metered item that is not processed yet.
type LoadedReading struct {
	// The name of the item.
	// +required
	Item EntryName `json:"item"`

	// The SeatProduct whose data loader returned it.
	// +required
	Product ObjectName `json:"product"`

	// The reading: a total that only grows.
	// +required
	// +kubebuilder:validation:Minimum=0
	Reading int64 `json:"reading"`

	// When the reading was observed, on the subscription's clock.
	// +required
	ObservedTime metav1.Time `json:"observedTime"`

	// When the answer with the reading arrived, on the wall clock.
	// +required
	LoadedTime metav1.Time `json:"loadedTime"`
}

// UsageStatus is what a metered item used in the current period.
type UsageStatus struct {
	// The name of the item.
	// +required
	Item EntryName `json:"item"`

	// How many units were used, up to the limits.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Quantity int64 `json:"quantity"`

	// What the usage costs so far, in major units.
	// +optional
	Amount Amount `json:"amount,omitempty"`

	// The last reading that was processed: a total that only grows.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Reading *int64 `json:"reading,omitempty"`

	// When that reading was observed, on the subscription's clock.
	// +optional
	ObservedTime *metav1.Time `json:"observedTime,omitempty"`

	// When the answer with that reading arrived, on the wall clock.
	// +optional
	LoadedTime *metav1.Time `json:"loadedTime,omitempty"`

	// Whether a reading of this period was lower than the one before and was counted from zero.
	// +optional
	WentBack bool `json:"wentBack,omitempty"`

	// The highest of 75, 90 and 100 percent of the soft limit that was reached in this period, or 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	SoftLimitPercent int32 `json:"softLimitPercent,omitempty"`

	// Whether the trial limit was reached.
	// +optional
	TrialLimitReached bool `json:"trialLimitReached,omitempty"`

	// Whether the hard limit was reached in this period.
	// +optional
	HardLimitReached bool `json:"hardLimitReached,omitempty"`
}
