// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CustomerAttribute is a fact about a customer that is copied to invoices and events.
type CustomerAttribute struct {
	// The name of the attribute, 1 to 128 characters, unique among the customer's.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// The value of the attribute, up to 1024 characters.
	// +required
	// +kubebuilder:validation:MaxLength=1024
	Value string `json:"value"`
}

// Customer is the customer who is billed.
type Customer struct {
	// The ID of the customer in your own systems, 1 to 256 characters. By default, data loaders count by
	// it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ID string `json:"id"`

	// The display name of the customer, up to 1024 characters. Defaults to none.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	DisplayName string `json:"displayName,omitempty"`

	// The email address of the customer, up to 320 characters. Defaults to none.
	// +optional
	// +kubebuilder:validation:MaxLength=320
	Email string `json:"email,omitempty"`

	// Facts about the customer that are copied to invoices and events, at most 50, by name. Defaults to
	// none.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=50
	Attributes []CustomerAttribute `json:"attributes,omitempty"`
}

// UsageLimit is a limit on the usage of a metered item in a billing period, by quantity, by amount or
// by both.
//
// +kubebuilder:validation:XValidation:rule="has(self.quantity) || has(self.amount)",message="a usage limit needs a bound: set quantity, amount or both"
type UsageLimit struct {
	// The limit in units. Defaults to no limit by quantity.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000000000
	Quantity *int64 `json:"quantity,omitempty"`

	// The limit in major units of the subscription's currency. Defaults to no limit by amount.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,15}([.][0-9]{1,12})?$')",message="a limit is a decimal in major units, not negative, with at most 15 digits before the point and 12 after it: write one such as 12.50"
	Amount Amount `json:"amount,omitempty"`
}

// UsageLimits are the limits on the usage of a metered item. On a licensed item they are ignored.
type UsageLimits struct {
	// An event is sent when usage reaches 75 %, 90 % and 100 % of this limit, once in each period. Usage
	// beyond the limit is still billed. Defaults to no limit.
	// +optional
	SoftLimit *UsageLimit `json:"softLimit,omitempty"`

	// During the trial, usage beyond this limit is not counted. Defaults to no limit.
	// +optional
	TrialLimit *UsageLimit `json:"trialLimit,omitempty"`

	// Usage beyond this limit is not counted. Defaults to no limit.
	// +optional
	HardLimit *UsageLimit `json:"hardLimit,omitempty"`
}

// SubscriptionItem is a plan of a product, and a quantity of it.
type SubscriptionItem struct {
	// The name of the item, unique within the subscription.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",message="a name has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: choose another"
	Name EntryName `json:"name"`

	// The SeatProduct of the item, in the same namespace.
	// +required
	ProductRef LocalReference `json:"productRef"`

	// The name of one of the product's plans.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",message="a name has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: choose another"
	Plan EntryName `json:"plan"`

	// The number of units, 0 to 10 million. Defaults to the count of the product's data loader. Without a
	// data loader, it starts at the plan's minimum, and updates change it. In changeItems, it defaults to
	// the item's current quantity.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	Quantity *int64 `json:"quantity,omitempty"`

	// Whether the item is charged in each period (true) or only once (false). Defaults to true.
	// +optional
	Recurring *bool `json:"recurring,omitempty"`

	// Limits on the usage of a metered item. Defaults to no limits. In changeItems, an item without
	// usageLimits loses the limits that it had.
	// +optional
	UsageLimits *UsageLimits `json:"usageLimits,omitempty"`
}

// SubscriptionTrial overrides the trial of the plans.
type SubscriptionTrial struct {
	// When the trial ends. Defaults to the longest trial of the items' plans. While the trial lasts, it
	// can be moved later or earlier; an instant that has passed means now. Nothing is charged or credited
	// for the move. Must be at most three years after the start. Not allowed for a customer who had a
	// subscription with this name before.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	EndTime *metav1.Time `json:"endTime,omitempty"`

	// Whether the subscription ends when its trial ends. Defaults to false: it continues after the trial.
	// +optional
	Only bool `json:"only,omitempty"`
}

// Cancellation says when a subscription ends, and how its end is settled.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.at) && has(self.atPeriodEnd) && self.atPeriodEnd)",message="at and atPeriodEnd are mutually exclusive: set one"
// +kubebuilder:validation:XValidation:rule="has(self.at) || (has(self.atPeriodEnd) && self.atPeriodEnd) || has(self.calculationMethod)",message="set at or atPeriodEnd: true to end the subscription, or calculationMethod alone to say how a deletion is settled"
type Cancellation struct {
	// The instant at which the subscription ends. An instant that has passed means now. Set either at or
	// atPeriodEnd: true. Defaults to no end.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	At *metav1.Time `json:"at,omitempty"`

	// Ends the subscription with the current period. Set either at or atPeriodEnd: true. Defaults to false.
	// +optional
	AtPeriodEnd bool `json:"atPeriodEnd,omitempty"`

	// How unused time is settled: ProRata credits it; PayInFull and DoNotCharge do not. Defaults to
	// DoNotCharge. To say only how a deletion is settled, set it without at and atPeriodEnd.
	// +optional
	CalculationMethod CalculationMethod `json:"calculationMethod,omitempty"`
}

// History says how long finished records are kept. It uses the wall clock, even for a subscription on a
// TestClock. Records that are not finished, or that the subscription's last commit wrote, are never
// deleted.
type History struct {
	// How many finished updates are kept regardless of their age, 0 to 1000. The newest updates are kept.
	// Only updates that the operator created, or that have the annotation billing.seatplane.dev/prune:
	// "true", are counted or deleted. Defaults to 20.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	KeepUpdates *int32 `json:"keepUpdates,omitempty"`

	// How many seconds other finished updates are kept after they finish, up to 100 years. With 0, they
	// can be deleted at once. Defaults to 2592000 (30 days).
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=3155760000
	TTLSecondsAfterFinished *int64 `json:"ttlSecondsAfterFinished,omitempty"`

	// How many seconds an invoice is kept after its status says Archived=True, up to 100 years. Every
	// invoice is kept for at least an hour after its creation. Invoices that are not archived, and the
	// newest invoice of a subscription, are never deleted. Defaults to 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=3155760000
	InvoiceTTLSecondsAfterArchived *int64 `json:"invoiceTTLSecondsAfterArchived,omitempty"`
}

// SubscriptionSpec is what a customer has subscribed to.
//
// +kubebuilder:validation:XValidation:rule="has(self.testClockRef) == has(oldSelf.testClockRef) && (!has(self.testClockRef) || self.testClockRef == oldSelf.testClockRef)",message="testClockRef is immutable: create another subscription"
type SubscriptionSpec struct {
	// The customer who is billed. The ID is immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.id == oldSelf.id",message="customer.id is immutable: create another subscription"
	// +kubebuilder:validation:XValidation:rule=`self.id.matches(r'^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$')`,message="customer.id has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	// +kubebuilder:validation:XValidation:rule=`!has(self.displayName) || self.displayName.matches(r'^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\x{200C}\x{200D}])*$')`,message="customer.displayName has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	// +kubebuilder:validation:XValidation:rule=`!has(self.email) || self.email.matches(r'^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$')`,message="customer.email has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	Customer Customer `json:"customer"`

	// The ID of the subscription in another system, 1 to 2048 characters. Events include it as
	// subscription_id. Defaults to the object's name.
	// +optional
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$')`,message="externalRef has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	ExternalRef ExternalRef `json:"externalRef,omitempty"`

	// When the subscription starts. Set it if the manifest is in Git, so that applying the manifest again
	// gives the same start. Defaults to the creation time. Immutable once started.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// The instant from which period boundaries are counted. Defaults to the start. Immutable once
	// started.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	BillingCycleAnchor *metav1.Time `json:"billingCycleAnchor,omitempty"`

	// The instant up to which another system, or an earlier subscription, has billed the customer.
	// Charges that fell due before it were invoiced there: the last period whose charge fell due before
	// it counts as charged. Charges that fall due at it or later are invoiced here. It must be a boundary
	// of the subscription's own periods, at most one period from now. After an earlier subscription with
	// this name and customer, set it to the instant up to which that one was billed, or to any later
	// instant up to the creation or the start of this one. Defaults to the start: everything is invoiced
	// here. Immutable once started.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	BilledUntil *metav1.Time `json:"billedUntil,omitempty"`

	// The IANA time zone in which periods are counted, such as Europe/Paris. An edit
	// takes effect at the next boundary. Defaults to UTC.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// What the customer has subscribed to: 1 to 100 items, by name. They share an interval and a currency.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	Items []SubscriptionItem `json:"items"`

	// The trial of the subscription. Defaults to the trial of its plans. Once the subscription has started, only
	// endTime can be changed, and only while the trial lasts. A change of items ends a trial early.
	// +optional
	Trial *SubscriptionTrial `json:"trial,omitempty"`

	// How changes apply, are billed and are priced, unless an update says otherwise. Defaults to the
	// products' settings.
	// +optional
	ChangePolicy *ChangePolicy `json:"changePolicy,omitempty"`

	// The policy that rounds prorations, unless an update names one. Defaults to the product's policy.
	// +optional
	ProrationPolicyRef *ProrationPolicyReference `json:"prorationPolicyRef,omitempty"`

	// When the subscription ends, and how its end is settled. Remove this field to undo a cancellation
	// that is not due yet. Defaults to no end.
	// +optional
	Cancel *Cancellation `json:"cancel,omitempty"`

	// Pauses billing while true. Charges that fall due during the pause are billed when you set it to
	// false. To stop charging, cancel. Defaults to false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// How long finished records are kept: updates, and invoices that were archived.
	// +optional
	History *History `json:"history,omitempty"`

	// The TestClock that the subscription follows, in the same namespace. Defaults to the wall clock.
	// Immutable.
	// +optional
	TestClockRef *LocalReference `json:"testClockRef,omitempty"`
}

// Subscription is what a customer has subscribed to, and what is owed for it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=spsub,categories=seatplane
// +kubebuilder:selectablefield:JSONPath=`.spec.customer.id`
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Customer",type=string,JSONPath=`.spec.customer.id`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Seats",type=integer,JSONPath=`.status.seats`
// +kubebuilder:printcolumn:name="Amount",type=string,JSONPath=`.status.recurringAmount`
// +kubebuilder:printcolumn:name="Renews",type=string,JSONPath=`.status.renewalTime`
// +kubebuilder:printcolumn:name="Ends",type=string,JSONPath=`.status.endTime`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pendingUpdates`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Currency",type=string,JSONPath=`.status.currency`,priority=1
// +kubebuilder:printcolumn:name="Upcoming",type=string,JSONPath=`.status.upcomingInvoice.amountDue`,priority=1
// +kubebuilder:printcolumn:name="Credit",type=string,JSONPath=`.status.creditBalance`,priority=1
// +kubebuilder:printcolumn:name="InSync",type=string,JSONPath=`.status.conditions[?(@.type=="InSync")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.startTime) || (has(self.spec.startTime) == has(oldSelf.spec.startTime) && (!has(self.spec.startTime) || self.spec.startTime == oldSelf.spec.startTime))",message="the subscription has started, so startTime is immutable: revert the edit, or create another subscription",fieldPath=".spec.startTime"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.startTime) || (has(self.spec.billingCycleAnchor) == has(oldSelf.spec.billingCycleAnchor) && (!has(self.spec.billingCycleAnchor) || self.spec.billingCycleAnchor == oldSelf.spec.billingCycleAnchor))",message="the subscription has started, so billingCycleAnchor is immutable: revert the edit, or create a SubscriptionUpdate with renewalPolicy Reset",fieldPath=".spec.billingCycleAnchor"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.startTime) || (has(self.spec.billedUntil) == has(oldSelf.spec.billedUntil) && (!has(self.spec.billedUntil) || self.spec.billedUntil == oldSelf.spec.billedUntil))",message="the subscription has started, so billedUntil is immutable: revert the edit, or create another subscription",fieldPath=".spec.billedUntil"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.startTime) || ((has(self.spec.trial) && has(self.spec.trial.endTime)) == (has(oldSelf.spec.trial) && has(oldSelf.spec.trial.endTime)) && (!(has(self.spec.trial) && has(self.spec.trial.endTime)) || self.spec.trial.endTime == oldSelf.spec.trial.endTime)) || (has(self.spec.trial) && has(self.spec.trial.endTime) && has(oldSelf.status.currentPeriod) && has(oldSelf.status.currentPeriod.trial) && oldSelf.status.currentPeriod.trial)",message="trial.endTime can be moved only while the trial lasts, and cannot be removed after the start: revert the edit",fieldPath=".spec.trial"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.startTime) || (has(self.spec.trial) && has(self.spec.trial.only) && self.spec.trial.only) == (has(oldSelf.spec.trial) && has(oldSelf.spec.trial.only) && oldSelf.spec.trial.only)",message="the subscription has started, so trial is immutable: revert the edit; a change of items ends a trial early",fieldPath=".spec.trial"
type Subscription struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// What the customer has subscribed to.
	// +required
	Spec SubscriptionSpec `json:"spec"`

	// The billing state of the subscription.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status SubscriptionStatus `json:"status,omitzero"`
}

// SubscriptionList is a list of Subscriptions.
//
// +kubebuilder:object:root=true
type SubscriptionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Subscription `json:"items"`
}
