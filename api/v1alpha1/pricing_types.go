// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// IntervalUnit is a unit of the calendar.
//
// +kubebuilder:validation:Enum=Day;Week;Month;Year
type IntervalUnit string

const (
	// IntervalDay is a local day.
	IntervalDay IntervalUnit = "Day"

	// IntervalWeek is seven local days.
	IntervalWeek IntervalUnit = "Week"

	// IntervalMonth is a calendar month.
	IntervalMonth IntervalUnit = "Month"

	// IntervalYear is a calendar year.
	IntervalYear IntervalUnit = "Year"
)

// Interval is a length of time in units of the calendar.
type Interval struct {
	// The unit: Day, Week, Month or Year, in the subscription's time zone.
	// +required
	Unit IntervalUnit `json:"unit"`

	// How many of the unit, 1 to 1000.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Count int32 `json:"count"`
}

// Usage says what is billed.
//
// +kubebuilder:validation:Enum=Licensed;Metered
type Usage string

const (
	// UsageLicensed bills the current quantity.
	UsageLicensed Usage = "Licensed"

	// UsageMetered bills the quantity used, in arrears.
	UsageMetered Usage = "Metered"
)

// Charge says when a period is charged.
//
// +kubebuilder:validation:Enum=InAdvance;InArrears
type Charge string

const (
	// ChargeInAdvance charges a period at its start.
	ChargeInAdvance Charge = "InAdvance"

	// ChargeInArrears charges a period at its end.
	ChargeInArrears Charge = "InArrears"
)

// PricingModel says how a quantity becomes an amount.
//
// +kubebuilder:validation:Enum=PerUnit;Graduated;Volume;Package;Flat
type PricingModel string

const (
	// PricingPerUnit charges every unit the same.
	PricingPerUnit PricingModel = "PerUnit"

	// PricingGraduated prices each unit in its own tier.
	PricingGraduated PricingModel = "Graduated"

	// PricingVolume prices all units at the tier that the quantity reaches.
	PricingVolume PricingModel = "Volume"

	// PricingPackage charges for each package that is begun.
	PricingPackage PricingModel = "Package"

	// PricingFlat charges one amount for any quantity.
	PricingFlat PricingModel = "Flat"
)

// Tier is a range of quantities with its price. It begins after the tier before it, the first one at
// one unit.
//
// +kubebuilder:validation:XValidation:rule="has(self.unitAmount) || has(self.flatAmount)",message="a tier needs a price: set unitAmount, flatAmount or both"
type Tier struct {
	// The last unit of the tier. Required on every tier except the last one, which has no upper limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000000
	UpTo *int64 `json:"upTo,omitempty"`

	// The price of a unit in this tier, in major units. Defaults to 0.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,15}([.][0-9]{1,12})?$')",message="a price is a decimal in major units, not negative, with at most 15 digits before the point and 12 after it: write one such as 12.50"
	UnitAmount Amount `json:"unitAmount,omitempty"`

	// An amount charged once when the tier is reached, in major units. Defaults to 0.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,15}([.][0-9]{1,12})?$')",message="a price is a decimal in major units, not negative, with at most 15 digits before the point and 12 after it: write one such as 12.50"
	FlatAmount Amount `json:"flatAmount,omitempty"`
}

// Pricing says what a quantity costs for a full period.
//
// +kubebuilder:validation:XValidation:rule="!(self.model in ['PerUnit', 'Package', 'Flat']) || has(self.unitAmount)",message="PerUnit, Package and Flat need a unitAmount: set it"
// +kubebuilder:validation:XValidation:rule="!(self.model in ['Graduated', 'Volume']) || !has(self.unitAmount)",message="Graduated and Volume are priced by their tiers: remove unitAmount"
// +kubebuilder:validation:XValidation:rule="!(self.model in ['Graduated', 'Volume']) || has(self.tiers)",message="Graduated and Volume need tiers: set them"
// +kubebuilder:validation:XValidation:rule="self.model in ['Graduated', 'Volume'] || !has(self.tiers)",message="tiers belong to Graduated and Volume: remove them or change the model"
// +kubebuilder:validation:XValidation:rule="self.model != 'Package' || has(self.packageSize)",message="Package needs a packageSize: set it"
// +kubebuilder:validation:XValidation:rule="self.model == 'Package' || !has(self.packageSize)",message="packageSize belongs to Package: remove it or change the model"
// +kubebuilder:validation:XValidation:rule="self.model != 'Flat' || !has(self.includedUnits)",message="Flat costs the same for any quantity: remove includedUnits"
type Pricing struct {
	// How a quantity becomes an amount. PerUnit: quantity times unitAmount. Graduated: each unit at the
	// price of its own tier. Volume: all units at the price of the tier that the quantity reaches.
	// Package: unitAmount for each started package. Flat: unitAmount for any quantity, including zero.
	// +required
	Model PricingModel `json:"model"`

	// The price of one unit (PerUnit), of one package (Package) or of the whole (Flat), in major units.
	// It can be finer than the currency's minor unit. Required with these models and not allowed with the
	// others.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,15}([.][0-9]{1,12})?$')",message="a price is a decimal in major units, not negative, with at most 15 digits before the point and 12 after it: write one such as 12.50"
	UnitAmount Amount `json:"unitAmount,omitempty"`

	// The tiers of Graduated and Volume, 1 to 20, in ascending order. The last tier has no upper limit.
	// Required with these models and not allowed with the others.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="!has(self[self.size() - 1].upTo)",message="the last tier must not have an upTo, so that every quantity has a price: remove it"
	// +kubebuilder:validation:XValidation:rule="self.filter(t, !has(t.upTo)).size() <= 1",message="only the last tier may have no upTo: set it on every tier before the last one"
	// +kubebuilder:validation:XValidation:rule="self.map(t, has(t.upTo) ? t.upTo : 9223372036854775807).isSorted() && self.all(t, !has(t.upTo) || self.exists_one(o, has(o.upTo) && o.upTo == t.upTo))",message="the tiers must be in ascending order: give each a greater upTo than the one before it"
	Tiers []Tier `json:"tiers,omitempty"`

	// How many units are in a package. Required with Package and not allowed with the other models.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000000
	PackageSize *int64 `json:"packageSize,omitempty"`

	// How many units are free. Only units beyond them are priced. Defaults to 0. Not allowed with Flat.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000000000
	IncludedUnits *int64 `json:"includedUnits,omitempty"`
}

// CapturedPrice is a price as it was when the period started or the plan changed. Editing the product's
// plan changes it at the next period.
type CapturedPrice struct {
	// How a quantity becomes an amount.
	// +required
	Model PricingModel `json:"model"`

	// The price of one unit, one package or the whole, in major units. Absent with tiers.
	// +optional
	UnitAmount Amount `json:"unitAmount,omitempty"`

	// The tiers of Graduated and Volume, in ascending order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Tiers []CapturedTier `json:"tiers,omitempty"`

	// How many units are in a package. Present only with Package.
	// +optional
	// +kubebuilder:validation:Minimum=1
	PackageSize *int64 `json:"packageSize,omitempty"`

	// How many units are free. Absent if there are none.
	// +optional
	// +kubebuilder:validation:Minimum=0
	IncludedUnits *int64 `json:"includedUnits,omitempty"`
}

// CapturedTier is a tier of a captured price.
type CapturedTier struct {
	// The last unit of the tier. Absent on the last one.
	// +optional
	// +kubebuilder:validation:Minimum=1
	UpTo *int64 `json:"upTo,omitempty"`

	// The price of a unit in this tier, in major units.
	// +optional
	UnitAmount Amount `json:"unitAmount,omitempty"`

	// An amount charged once when the tier is reached, in major units.
	// +optional
	FlatAmount Amount `json:"flatAmount,omitempty"`
}

// SeatLimits bound the quantity of an item.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum",message="minimum is greater than maximum: lower minimum or raise maximum"
type SeatLimits struct {
	// The fewest seats that an item of this plan can have, up to 10 million. Defaults to 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	Minimum *int64 `json:"minimum,omitempty"`

	// The most seats that an item of this plan can have, 1 to 10 million. Defaults to no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000
	Maximum *int64 `json:"maximum,omitempty"`
}

// Plan is one way to buy a product. The currency and interval of a plan are immutable.
//
// +kubebuilder:validation:XValidation:rule="self.currency == oldSelf.currency",message="the currency of a plan is immutable: add a plan with another name"
// +kubebuilder:validation:XValidation:rule="self.interval == oldSelf.interval",message="the interval of a plan is immutable: add a plan with another name"
// +kubebuilder:validation:XValidation:rule="!has(self.usage) || self.usage != 'Metered' || !has(self.charge) || self.charge == 'InArrears'",message="metered usage is known only when the period is over: remove charge, or set it to InArrears"
type Plan struct {
	// The name of the plan, unique within the product. Items of subscriptions name it.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",message="a name has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: choose another"
	Name EntryName `json:"name"`

	// The currency of its prices, as an ISO 4217 code such as EUR. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z]{3}$')",message="a currency is an ISO 4217 code of three capital letters: write one such as EUR"
	Currency Currency `json:"currency"`

	// The length of a billing period. Immutable.
	// +required
	Interval Interval `json:"interval"`

	// What is billed: Licensed bills the current quantity, Metered the quantity used. Defaults to
	// Licensed.
	// +optional
	Usage Usage `json:"usage,omitempty"`

	// When a period is charged: InAdvance, at its start, or InArrears, at its end. Defaults to InAdvance
	// for Licensed and to InArrears for Metered. Metered usage cannot be charged in advance.
	// +optional
	Charge Charge `json:"charge,omitempty"`

	// What a quantity costs for a full period. An edit takes effect with the next period.
	// +required
	Pricing Pricing `json:"pricing"`

	// The fewest and the most seats of an item of this plan. Defaults to no limit.
	// +optional
	Seats *SeatLimits `json:"seats,omitempty"`

	// How long a subscription that starts with this plan is on trial, in local calendar units. If the
	// plans of its items differ, the longest trial applies. Defaults to no trial.
	// +optional
	Trial *Interval `json:"trial,omitempty"`
}
