// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Amount is a sum of money in major units of a currency, written as a decimal: "12.50" is twelve euros
// and fifty cents. It has at most 15 digits before the point and 12 after it.
//
// +kubebuilder:validation:MaxLength=29
// +kubebuilder:validation:Pattern=`^-?[0-9]{1,15}(\.[0-9]{1,12})?$`
type Amount string

// Currency is the ISO 4217 code of a currency, such as EUR.
//
// +kubebuilder:validation:MaxLength=3
// +kubebuilder:validation:Pattern=`^[A-Z]{3}$`
type Currency string

// Rational is an exact number: a decimal ("19.5"), or a fraction ("-1/300") where no decimal is exact.
//
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:Pattern=`^-?[0-9]+(\.[0-9]+)?(/[0-9]+)?$`
type Rational string

// DocumentTotals are the totals of a document that is not issued yet.
type DocumentTotals struct {
	// The signed sum of the lines, in major units.
	// +optional
	Subtotal Amount `json:"subtotal,omitempty"`

	// The amount taken from the credit balance, in major units. A negative amount is added to the
	// balance.
	// +optional
	CreditApplied Amount `json:"creditApplied,omitempty"`

	// The subtotal minus the credit applied, in major units. A negative amount is paid out to the
	// customer.
	// +optional
	AmountDue Amount `json:"amountDue,omitempty"`
}
