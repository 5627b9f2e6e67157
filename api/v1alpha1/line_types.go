// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// LineKind says why a line is there.
//
// +kubebuilder:validation:Enum=Recurring;OneTime;Usage;Debit;Credit
type LineKind string

const (
	// LineRecurring charges an item for a period.
	LineRecurring LineKind = "Recurring"

	// LineOneTime charges an item once.
	LineOneTime LineKind = "OneTime"

	// LineUsage charges what a metered item used in a period.
	LineUsage LineKind = "Usage"

	// LineDebit charges new time because of a change.
	LineDebit LineKind = "Debit"

	// LineCredit gives unused time back because of a change.
	LineCredit LineKind = "Credit"
)

// LineRounding is how the units of time of a line were rounded.
//
// +kubebuilder:validation:Enum=Up;Down;Nearest;None
type LineRounding string

const (
	// LineRoundedUp is rounded by a policy whose rounding is Up.
	LineRoundedUp LineRounding = "Up"

	// LineRoundedDown is rounded by a policy whose rounding is Down.
	LineRoundedDown LineRounding = "Down"

	// LineRoundedNearest is rounded by a policy whose rounding is Nearest.
	LineRoundedNearest LineRounding = "Nearest"

	// LineNotRounded is counted without a policy, exactly.
	LineNotRounded LineRounding = "None"
)

// Line is a priced line, with the arithmetic behind its amount: amount = fullAmount × units ÷
// unitsInPeriod, plus what was carried, rounded once to the currency's minor unit.
type Line struct {
	// The key of the line, unique among all lines of the subscription.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Key string `json:"key"`

	// The subscription's item that the line is for.
	// +required
	Item EntryName `json:"item"`

	// The SeatProduct of the item.
	// +optional
	Product ObjectName `json:"product,omitempty"`

	// The plan by which the line is priced.
	// +optional
	Plan EntryName `json:"plan,omitempty"`

	// Why the line exists: Recurring, OneTime, Usage, Debit or Credit.
	// +required
	Kind LineKind `json:"kind"`

	// A description of the line, such as "5 seats added, 15 of 30 days".
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Description string `json:"description,omitempty"`

	// How many units the line prices.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Quantity *int64 `json:"quantity,omitempty"`

	// The price of one unit for a full period, in major units. Absent if units differ in price.
	// +optional
	UnitAmount Amount `json:"unitAmount,omitempty"`

	// What the line would cost for the whole period, signed, in major units.
	// +optional
	FullAmount Amount `json:"fullAmount,omitempty"`

	// The start of the time that the line covers. The start itself is included.
	// +optional
	From *metav1.Time `json:"from,omitempty"`

	// The end of the time that the line covers. The end itself is not included.
	// +optional
	To *metav1.Time `json:"to,omitempty"`

	// How many units of time the line charges or credits, after rounding.
	// +optional
	Units Rational `json:"units,omitempty"`

	// How many units of time the whole period has.
	// +optional
	UnitsInPeriod Rational `json:"unitsInPeriod,omitempty"`

	// The unit of time: Second, Minute, Hour or Day.
	// +optional
	Unit TimeUnit `json:"unit,omitempty"`

	// How the units of time were rounded; None without a policy.
	// +optional
	Rounding LineRounding `json:"rounding,omitempty"`

	// The exact amount before it was rounded, signed, in major units.
	// +optional
	UnroundedAmount Rational `json:"unroundedAmount,omitempty"`

	// The rounding remainder carried over from the item's previous line, in major units.
	// +optional
	Carried Rational `json:"carried,omitempty"`

	// The rounded amount, signed, in major units. Positive is charged.
	// +required
	Amount Amount `json:"amount"`

	// The SubscriptionUpdate that the line comes from. Absent if it does not come from an update.
	// +optional
	Update ObjectName `json:"update,omitempty"`

	// How many changes a folded line combines. Absent on a line that is not folded.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Count *int64 `json:"count,omitempty"`

	// The first SubscriptionUpdate of a folded line.
	// +optional
	FirstUpdate ObjectName `json:"firstUpdate,omitempty"`

	// The last SubscriptionUpdate of a folded line.
	// +optional
	LastUpdate ObjectName `json:"lastUpdate,omitempty"`
}
