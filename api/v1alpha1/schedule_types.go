// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ApplicationSchedule says when a change takes effect.
//
// +kubebuilder:validation:Enum=Immediately;NextPeriod;Custom;Scheduled
type ApplicationSchedule string

const (
	// ApplyImmediately makes a change take effect now.
	ApplyImmediately ApplicationSchedule = "Immediately"

	// ApplyNextPeriod makes a change take effect at the renewal, before it is charged, without proration.
	ApplyNextPeriod ApplicationSchedule = "NextPeriod"

	// ApplyCustom makes a change take effect at applyAt, or immediately if that time has passed.
	ApplyCustom ApplicationSchedule = "Custom"

	// ApplyScheduled makes a change take effect at the next refresh of the item's product, after its counts.
	ApplyScheduled ApplicationSchedule = "Scheduled"
)

// PaymentSchedule says when the adjustment of a change is billed.
//
// +kubebuilder:validation:Enum=Immediately;NextInvoice;Custom
type PaymentSchedule string

const (
	// PayImmediately bills the adjustment on a separate document, at once.
	PayImmediately PaymentSchedule = "Immediately"

	// PayNextInvoice bills the adjustment as lines of the upcoming invoice.
	PayNextInvoice PaymentSchedule = "NextInvoice"

	// PayCustom bills the adjustment on a document issued at billAt.
	PayCustom PaymentSchedule = "Custom"
)

// CalculationMethod says how a change in mid-period is priced.
//
// +kubebuilder:validation:Enum=ProRata;PayInFull;DoNotCharge
type CalculationMethod string

const (
	// CalculateProRata credits and debits for the rest of the period.
	CalculateProRata CalculationMethod = "ProRata"

	// CalculatePayInFull debits the whole period and credits nothing.
	CalculatePayInFull CalculationMethod = "PayInFull"

	// CalculateDoNotCharge neither debits nor credits until the renewal.
	CalculateDoNotCharge CalculationMethod = "DoNotCharge"
)

// RenewalPolicy says what a change of items does to the billing period.
//
// +kubebuilder:validation:Enum=Retain;Reset
type RenewalPolicy string

const (
	// RenewalRetain keeps the period and its renewal time.
	RenewalRetain RenewalPolicy = "Retain"

	// RenewalReset ends the period at the effective time and starts a new one there.
	RenewalReset RenewalPolicy = "Reset"
)

// Proration is a short form of a payment schedule and a calculation method.
//
// +kubebuilder:validation:Enum=CreateProrations;AlwaysInvoice;None
type Proration string

const (
	// ProrationCreateProrations is ProRata with NextInvoice.
	ProrationCreateProrations Proration = "CreateProrations"

	// ProrationAlwaysInvoice is ProRata with Immediately.
	ProrationAlwaysInvoice Proration = "AlwaysInvoice"

	// ProrationNone is DoNotCharge.
	ProrationNone Proration = "None"
)

// QuantityChangePolicy says when a change of one item's quantity applies, when it is billed and how it is
// priced, unless the update or the subscription says otherwise.
//
// +kubebuilder:validation:XValidation:rule="!has(self.applicationSchedule) || self.applicationSchedule != 'Custom'",message="applicationSchedule Custom needs an applyAt, which only a SubscriptionUpdate has: choose Immediately, NextPeriod or Scheduled here"
// +kubebuilder:validation:XValidation:rule="!has(self.paymentSchedule) || self.paymentSchedule != 'Custom'",message="paymentSchedule Custom needs a billAt, which only a SubscriptionUpdate has: choose Immediately or NextInvoice here"
type QuantityChangePolicy struct {
	// When the change takes effect: Immediately, NextPeriod (at the renewal) or Scheduled (at the next
	// refresh). Defaults to Immediately.
	// +optional
	ApplicationSchedule ApplicationSchedule `json:"applicationSchedule,omitempty"`

	// When the adjustment is billed: Immediately (a separate document) or NextInvoice. Defaults to
	// NextInvoice.
	// +optional
	PaymentSchedule PaymentSchedule `json:"paymentSchedule,omitempty"`

	// How the change is priced: ProRata (for the rest of the period), PayInFull (the whole period, no
	// credit) or DoNotCharge (from the next period on). Defaults to ProRata.
	// +optional
	CalculationMethod CalculationMethod `json:"calculationMethod,omitempty"`
}

// ChangePolicy says how changes of a subscription apply, are billed and are priced, unless the update
// says otherwise.
//
// +kubebuilder:validation:XValidation:rule="!has(self.applicationSchedule) || self.applicationSchedule != 'Custom'",message="applicationSchedule Custom needs an applyAt, which only a SubscriptionUpdate has: choose Immediately, NextPeriod or Scheduled here"
// +kubebuilder:validation:XValidation:rule="!has(self.paymentSchedule) || self.paymentSchedule != 'Custom'",message="paymentSchedule Custom needs a billAt, which only a SubscriptionUpdate has: choose Immediately or NextInvoice here"
// +kubebuilder:validation:XValidation:rule="!has(self.keepTrial) || !self.keepTrial || (has(self.renewalPolicy) && self.renewalPolicy == 'Retain')",message="keepTrial needs renewalPolicy: Retain: a Reset always ends the trial"
// +kubebuilder:validation:XValidation:rule="!has(self.ignoreRecurring) || !self.ignoreRecurring || (has(self.keepTrial) && self.keepTrial)",message="ignoreRecurring needs keepTrial: true: only a trial that continues can stay trial-only"
type ChangePolicy struct {
	// When a change takes effect: Immediately, NextPeriod (at the renewal) or Scheduled (at the next
	// refresh). Defaults to the item's product's setting, then to Immediately.
	// +optional
	ApplicationSchedule ApplicationSchedule `json:"applicationSchedule,omitempty"`

	// When the adjustment is billed: Immediately (a separate document) or NextInvoice. Defaults to the
	// item's product's setting, then to NextInvoice. A change with renewalPolicy Reset defaults to
	// Immediately.
	// +optional
	PaymentSchedule PaymentSchedule `json:"paymentSchedule,omitempty"`

	// How a change is priced: ProRata (for the rest of the period), PayInFull (the whole period, no
	// credit) or DoNotCharge (from the next period on). Defaults to the item's product's setting, then to
	// ProRata.
	// +optional
	CalculationMethod CalculationMethod `json:"calculationMethod,omitempty"`

	// What a change of items or plans does to the period: Retain keeps it, Reset ends it at the effective
	// time and starts a new one. Defaults to Retain.
	// +optional
	RenewalPolicy RenewalPolicy `json:"renewalPolicy,omitempty"`

	// Keeps a running trial when items or plans change. Requires renewalPolicy: Retain. Defaults to
	// false: such a change ends the trial.
	// +optional
	KeepTrial *bool `json:"keepTrial,omitempty"`

	// Keeps a trial-only subscription trial-only when items or plans change. Requires keepTrial: true.
	// Defaults to false: the subscription becomes recurring after the trial.
	// +optional
	IgnoreRecurring *bool `json:"ignoreRecurring,omitempty"`
}
