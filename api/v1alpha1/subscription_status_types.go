// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// SubscriptionState is the state of a subscription.
//
// +kubebuilder:validation:Enum=Pending;Trialing;Active;Suspended;Canceled
type SubscriptionState string

const (
	// SubscriptionPending has not started yet.
	SubscriptionPending SubscriptionState = "Pending"

	// SubscriptionTrialing is on trial.
	SubscriptionTrialing SubscriptionState = "Trialing"

	// SubscriptionActive is being billed.
	SubscriptionActive SubscriptionState = "Active"

	// SubscriptionSuspended is paused until a person resumes it.
	SubscriptionSuspended SubscriptionState = "Suspended"

	// SubscriptionCanceled has ended.
	SubscriptionCanceled SubscriptionState = "Canceled"
)

// QuantitySource says where the quantity of an item comes from.
//
// +kubebuilder:validation:Enum=Spec;Loader;Update
type QuantitySource string

const (
	// SourceSpec is a quantity that the spec declares.
	SourceSpec QuantitySource = "Spec"

	// SourceLoader is a quantity that the product's data loader counts.
	SourceLoader QuantitySource = "Loader"

	// SourceUpdate is a quantity that updates set.
	SourceUpdate QuantitySource = "Update"
)

// BillingPeriod is a half-open interval that recurring charges cover.
type BillingPeriod struct {
	// The start of the period. The start itself is part of the period.
	// +required
	Start metav1.Time `json:"start"`

	// The end of the period. The end itself is not part of the period.
	// +required
	End metav1.Time `json:"end"`

	// The number of the period, counted from the anchor. Negative before the anchor.
	// +required
	// +kubebuilder:validation:Minimum=-1000000
	// +kubebuilder:validation:Maximum=1000000
	Index int64 `json:"index"`

	// The start of the whole period that this one is part of. It is the same as start, unless this period
	// is a stub.
	// +optional
	NaturalStart *metav1.Time `json:"naturalStart,omitempty"`

	// The end of the whole period that this one is part of. It is the same as end, unless this period is
	// a stub.
	// +optional
	NaturalEnd *metav1.Time `json:"naturalEnd,omitempty"`

	// The boundary at which the period began, if a change of items cut the previous period short.
	// Defaults to start.
	// +optional
	RenewedTime *metav1.Time `json:"renewedTime,omitempty"`

	// The time zone in which the period is counted.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// Whether the period is the trial.
	// +optional
	Trial bool `json:"trial,omitempty"`
}

// CoverageRun is a number of units of an item that are all charged, or all free, until the end of the current
// period.
type CoverageRun struct {
	// How many units the run has.
	// +required
	// +kubebuilder:validation:Minimum=1
	Units int64 `json:"units"`

	// Whether the units were charged. Charged units can be credited when they are given up. Units that are
	// not charged are free until the period ends, and are never credited.
	// +required
	Charged bool `json:"charged"`
}

// SubscriptionItemStatus is the current state of an item.
type SubscriptionItemStatus struct {
	// The name of the item.
	// +required
	Name EntryName `json:"name"`

	// The current SeatProduct.
	// +required
	Product ObjectName `json:"product"`

	// The current plan.
	// +required
	Plan EntryName `json:"plan"`

	// The current quantity.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Quantity int64 `json:"quantity"`

	// Where the quantity comes from: Spec, Loader or Update.
	// +optional
	Source QuantitySource `json:"source,omitempty"`

	// Whether the item is charged in each period (true), or was charged once (false).
	// +optional
	Recurring bool `json:"recurring,omitempty"`

	// Whether a period is charged at its start or at its end.
	// +optional
	Charge Charge `json:"charge,omitempty"`

	// Whether the current quantity or the quantity used is billed.
	// +optional
	Usage Usage `json:"usage,omitempty"`

	// The price of the current period.
	// +optional
	CapturedPrice *CapturedPrice `json:"capturedPrice,omitempty"`

	// The current minimum of units. Absent if there is no minimum.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Minimum *int64 `json:"minimum,omitempty"`

	// The current maximum of units. Absent if there is no maximum.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Maximum *int64 `json:"maximum,omitempty"`

	// The current usage limits. Absent if there are none.
	// +optional
	UsageLimits *UsageLimits `json:"usageLimits,omitempty"`

	// The quantity when the period started. Absent for an item that was added, or moved to its plan,
	// during the period.
	// +optional
	// +kubebuilder:validation:Minimum=0
	StartQuantity *int64 `json:"startQuantity,omitempty"`

	// How many units were charged for this period and have not been credited.
	// +optional
	// +kubebuilder:validation:Minimum=0
	BilledQuantity *int64 `json:"billedQuantity,omitempty"`

	// The units for which nothing more is charged in this period, oldest first. The quantity counts from the
	// first unit. Units beyond the quantity were given up without a credit, and can be taken again free of
	// charge until the period ends. If there are more than 64 runs, the two oldest become one run that is not charged.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Coverage []CoverageRun `json:"coverage,omitempty"`

	// Written by earlier versions of Seatplane, which did not record coverage. It is read once and no longer written.
	// +optional
	ReferenceTotal Amount `json:"referenceTotal,omitempty"`

	// The upper limit of credits in this period, in major units for a full period.
	// +optional
	ChargedTotal Amount `json:"chargedTotal,omitempty"`

	// The rounding remainder that the next line of a change carries, in major units.
	// +optional
	Remainder Rational `json:"remainder,omitempty"`

	// How many units of time the newest debit of this period was charged for.
	// +optional
	DebitUnits Rational `json:"debitUnits,omitempty"`

	// The unit of time of debitUnits.
	// +optional
	DebitUnit TimeUnit `json:"debitUnit,omitempty"`

	// How many units of time the newest credit of this period covered. Absent without one.
	// +optional
	CreditUnits Rational `json:"creditUnits,omitempty"`

	// The unit of time of creditUnits.
	// +optional
	CreditUnit TimeUnit `json:"creditUnit,omitempty"`

	// The effective time of the newest credit of this period. Absent without one.
	// +optional
	CreditTime *metav1.Time `json:"creditTime,omitempty"`

	// When the newest change of this period took effect. Later changes cannot take effect earlier.
	// +optional
	LastEffectiveTime *metav1.Time `json:"lastEffectiveTime,omitempty"`

	// How many units are assigned by SeatAssignments. The quantity is never less. Absent once the
	// subscription has ended.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Assigned *int64 `json:"assigned,omitempty"`

	// How many units are not assigned. Absent once the subscription has ended.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Available *int64 `json:"available,omitempty"`

	// The count of the data loader that was last acted on. Absent before the first one.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LoadedQuantity *int64 `json:"loadedQuantity,omitempty"`

	// When that count was observed, on the subscription's clock.
	// +optional
	ObservedTime *metav1.Time `json:"observedTime,omitempty"`

	// When the answer with that count arrived, on the wall clock. It distinguishes two counts at
	// the same instant of a TestClock.
	// +optional
	LoadedTime *metav1.Time `json:"loadedTime,omitempty"`

	// The highest of 75, 90 and 100 percent of the maximum that was announced in this period, or 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	SeatsThresholdPercent int32 `json:"seatsThresholdPercent,omitempty"`
}

// Leftover is the rounding remainder of an item that was removed, or changed its plan, in the current
// period.
type Leftover struct {
	// The name of the item.
	// +required
	Item EntryName `json:"item"`

	// The SeatProduct that the item had.
	// +required
	Product ObjectName `json:"product"`

	// The plan that the item had.
	// +required
	Plan EntryName `json:"plan"`

	// The rounding remainder that the item's next line on that plan carries, in major units.
	// +optional
	Remainder Rational `json:"remainder,omitempty"`

	// The effective time at which the item left the plan.
	// +required
	LeftTime metav1.Time `json:"leftTime"`
}

// UpcomingInvoice is the next invoice if nothing else changes.
type UpcomingInvoice struct {
	// When the invoice is due.
	// +optional
	DueTime *metav1.Time `json:"dueTime,omitempty"`

	// The lines accrued so far, without the next recurring charge. A line leaves out fields that follow from its
	// item, the captured price and the period, unless it has unroundedAmount. Its SubscriptionUpdate has the
	// whole line, and so will the invoice.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Lines []Line `json:"lines,omitempty"`

	// The totals, including everything that falls due with the invoice.
	DocumentTotals `json:",inline"`
}

// DeferredLine is a line that is waiting for its billAt.
type DeferredLine struct {
	// When the line is billed. Lines that are billed at the same instant share a document.
	// +required
	BillAt metav1.Time `json:"billAt"`

	// Why the line is billed on a separate document: Update (billed at once) or Custom (it has a
	// billAt).
	// +required
	Reason InvoiceReason `json:"reason"`

	// The line.
	// +required
	Line Line `json:"line"`
}

// InvoiceSummary names an invoice.
type InvoiceSummary struct {
	// The name of the Invoice.
	// +required
	Name ObjectName `json:"name"`

	// The amount due, signed, in major units.
	// +required
	AmountDue Amount `json:"amountDue"`

	// When it was issued, on the subscription's clock.
	// +required
	Time metav1.Time `json:"time"`
}

// DayCount counts the events of one local day.
type DayCount struct {
	// The local day, such as 2026-04-16.
	// +required
	// +kubebuilder:validation:MaxLength=10
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	Date string `json:"date"`

	// How many events with an event time on that day were replayed.
	// +required
	// +kubebuilder:validation:Minimum=0
	Count int64 `json:"count"`
}

// SubscriptionStatus is the billing state of a subscription. All of it changes in one write, and only
// the operator writes it.
type SubscriptionStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the
	// subscription.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, InSync, SeatsWithinLimits, SeatsCurrent and UsageWithinLimits, and Reconciling or Stalled
	// while there is a problem.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// The state of the subscription: Pending, Trialing, Active, Suspended or Canceled.
	// +optional
	State SubscriptionState `json:"state,omitempty"`

	// How many events were replayed so far.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Sequence int64 `json:"sequence,omitempty"`

	// When the operator first saw the subscription, on the subscription's clock. It is the start if
	// spec.startTime is not set.
	// +optional
	SeenTime *metav1.Time `json:"seenTime,omitempty"`

	// When the subscription started. Absent until it starts.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// The instant from which period boundaries are counted now.
	// +optional
	BillingCycleAnchor *metav1.Time `json:"billingCycleAnchor,omitempty"`

	// The current length of a billing period.
	// +optional
	Interval *Interval `json:"interval,omitempty"`

	// The current billing period or trial.
	// +optional
	CurrentPeriod *BillingPeriod `json:"currentPeriod,omitempty"`

	// The end of the current period, when the next recurring charge falls due. Absent when the subscription ends
	// by then.
	// +optional
	RenewalTime *metav1.Time `json:"renewalTime,omitempty"`

	// When the trial ends or ended. Absent if there is no trial.
	// +optional
	TrialEndTime *metav1.Time `json:"trialEndTime,omitempty"`

	// Whether the subscription ends with its trial.
	// +optional
	TrialOnly bool `json:"trialOnly,omitempty"`

	// When the subscription ended. Absent until it ends.
	// +optional
	CancelTime *metav1.Time `json:"cancelTime,omitempty"`

	// When the subscription will end, or ended. Absent while no end is set.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`

	// The current items.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Items []SubscriptionItemStatus `json:"items,omitempty"`

	// The total number of seats of all licensed items.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Seats *int64 `json:"seats,omitempty"`

	// What a full period costs with the current quantities, in major units.
	// +optional
	RecurringAmount Amount `json:"recurringAmount,omitempty"`

	// The currency of all amounts, fixed at the start.
	// +optional
	Currency Currency `json:"currency,omitempty"`

	// The credit balance of the customer, in major units.
	// +optional
	CreditBalance Amount `json:"creditBalance,omitempty"`

	// How many updates are not finished.
	// +optional
	// +kubebuilder:validation:Minimum=0
	PendingUpdates *int64 `json:"pendingUpdates,omitempty"`

	// The event time of the newest event that was committed. No later event has an earlier event time.
	// +optional
	LastEventTime *metav1.Time `json:"lastEventTime,omitempty"`

	// When the next event is due. Absent if none is planned.
	// +optional
	NextEventTime *metav1.Time `json:"nextEventTime,omitempty"`

	// The last time that was read from the TestClock. Absent on the wall clock.
	// +optional
	ClockTime *metav1.Time `json:"clockTime,omitempty"`

	// The number of events on the newest local day that had any. Too many events on one day park the
	// subscription.
	// +optional
	EventsOnDay *DayCount `json:"eventsOnDay,omitempty"`

	// Why the subscription is parked, in a sentence. Nothing is charged until a person sets the
	// annotation billing.seatplane.dev/unpark. Absent if the subscription is not parked.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Parked string `json:"parked,omitempty"`

	// The instant up to which a person allowed more than 400 billing periods to be replayed at once.
	// Absent if that was not necessary.
	// +optional
	CatchUpTime *metav1.Time `json:"catchUpTime,omitempty"`

	// The next invoice if nothing else changes: the lines accrued so far, and the totals including
	// everything else that falls due with it. It includes changes that are scheduled until then, the end
	// of a trial and a cancellation. Absent if the subscription ends with nothing to bill.
	// +optional
	UpcomingInvoice *UpcomingInvoice `json:"upcomingInvoice,omitempty"`

	// Lines that are waiting for their billAt.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Deferred []DeferredLine `json:"deferred,omitempty"`

	// The first invoice of the subscription.
	// +optional
	InitialInvoice *InvoiceSummary `json:"initialInvoice,omitempty"`

	// The newest invoice of the subscription.
	// +optional
	RecentInvoice *InvoiceSummary `json:"recentInvoice,omitempty"`

	// The number that the next invoice gets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	NextInvoiceNumber int64 `json:"nextInvoiceNumber,omitempty"`

	// What metered items used in the current period.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Usage []UsageStatus `json:"usage,omitempty"`

	// The date of spec.cancel.at, recorded when the operator first saw it. The date does not change if
	// the cancellation is acted on late. A date that had already passed by then means now.
	// +optional
	ScheduledCancelTime *metav1.Time `json:"scheduledCancelTime,omitempty"`

	// The readings of metered items that were loaded but not billed yet, oldest first. There are at most
	// 12 for each item. The last reading before each boundary of the billing periods is always among
	// them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	LoadedReadings []LoadedReading `json:"loadedReadings,omitempty"`

	// The rounding remainders of items that were removed, or changed their plan, in the current period.
	// An item that is added again carries its remainder.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Leftovers []Leftover `json:"leftovers,omitempty"`

	// Whether a change of items turned a trial-only subscription into one that continues after its trial.
	// +optional
	ContinuesAfterTrial bool `json:"continuesAfterTrial,omitempty"`

	// The spec that was last acted on. The next edit is compared with it.
	// +optional
	ActedOn *ActedOn `json:"actedOn,omitempty"`

	// Writes to other objects that the last commit owes, in order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Outbox []Effect `json:"outbox,omitempty"`

	// The number of the newest event that was recorded for EventSinks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EventSequence int64 `json:"eventSequence,omitempty"`

	// The newest events for EventSinks, in order. Usually there are at most 64. While a sink does not receive events,
	// there are up to 256 that no SubscriptionUpdate or Invoice records.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	Notifications []Notification `json:"notifications,omitempty"`

	// How far each EventSink that selects the subscription has received its events.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	EventCursors []EventCursor `json:"eventCursors,omitempty"`

	// The end of the trial for which the event subscription.trial-ending was recorded. Absent without such an event.
	// +optional
	TrialEndingTime *metav1.Time `json:"trialEndingTime,omitempty"`

	// What the data loaders of its products report about this subscription, by product.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Loads []LoadStatus `json:"loads,omitempty"`

	// The last value of the annotation billing.seatplane.dev/refresh-requested-at for which a refresh of every
	// connected product was attempted, whether it succeeded or failed.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledRefreshRequest string `json:"lastHandledRefreshRequest,omitempty"`

	// The last value of the annotation billing.seatplane.dev/invoice-requested-at that was acted on.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledInvoiceRequest string `json:"lastHandledInvoiceRequest,omitempty"`

	// The last value of the annotation billing.seatplane.dev/unpark that was acted on.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledUnpark string `json:"lastHandledUnpark,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}
