// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// SeatsChange changes the quantity of one item.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.increment) && has(self.decrement))",message="increment and decrement are mutually exclusive: set one"
// +kubebuilder:validation:XValidation:rule="!(has(self.count) && (has(self.increment) || has(self.decrement)))",message="count is the new number of seats, and increment and decrement are differences: set only one of the three"
// +kubebuilder:validation:XValidation:rule="has(self.increment) || has(self.decrement) || has(self.count)",message="say how the seats change: set one of increment, decrement and count"
type SeatsChange struct {
	// The item whose quantity changes. Defaults to the subscription's only item.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",message="a name has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: choose another"
	Item EntryName `json:"item,omitempty"`

	// How many units are added, 1 to 10 million. Exactly one of increment, decrement and count is set.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000
	Increment *int64 `json:"increment,omitempty"`

	// How many units are removed, 1 to 10 million. Exactly one of increment, decrement and count is set.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000
	Decrement *int64 `json:"decrement,omitempty"`

	// How many units there are after the change, 0 to 10 million. Exactly one of increment, decrement and
	// count is set.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	Count *int64 `json:"count,omitempty"`
}

// ItemsChange replaces the items of a subscription.
//
// +kubebuilder:validation:XValidation:rule="!has(self.keepTrial) || !self.keepTrial || (has(self.renewalPolicy) && self.renewalPolicy == 'Retain')",message="keepTrial needs renewalPolicy: Retain: a Reset always ends the trial"
// +kubebuilder:validation:XValidation:rule="!has(self.ignoreRecurring) || !self.ignoreRecurring || (has(self.keepTrial) && self.keepTrial)",message="ignoreRecurring needs keepTrial: true: only a trial that continues can stay trial-only"
type ItemsChange struct {
	// The items that the subscription has after the change, 1 to 100, by name. Items that are not listed
	// are removed, and new items are added. An item without a quantity keeps its current quantity.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	Items []SubscriptionItem `json:"items"`

	// What happens to the period: Retain keeps it, Reset ends it at the effective time and starts a new
	// one. Defaults to the subscription's setting, then to Retain.
	// +optional
	RenewalPolicy RenewalPolicy `json:"renewalPolicy,omitempty"`

	// Keeps a running trial. Requires renewalPolicy: Retain. Defaults to the subscription's setting, then
	// to false: the trial ends.
	// +optional
	KeepTrial *bool `json:"keepTrial,omitempty"`

	// Keeps a trial-only subscription trial-only. Requires keepTrial: true. Defaults to the
	// subscription's setting, then to false: the subscription becomes recurring after the trial.
	// +optional
	IgnoreRecurring *bool `json:"ignoreRecurring,omitempty"`
}

// CauseType says why the operator created an update.
//
// +kubebuilder:validation:Enum=Refresh;Spec
type CauseType string

const (
	// CauseRefresh is a refresh that found another count.
	CauseRefresh CauseType = "Refresh"

	// CauseSpec is an edit of the subscription's spec.
	CauseSpec CauseType = "Spec"
)

// UpdateCause says why the operator created an update.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'Refresh' || (has(self.item) && has(self.token) && has(self.observedTime))",message="a cause of type Refresh needs item, token and observedTime: only the operator sets cause, so remove it"
// +kubebuilder:validation:XValidation:rule="self.type != 'Spec' || has(self.generation)",message="a cause of type Spec needs a generation: only the operator sets cause, so remove it"
type UpdateCause struct {
	// Refresh (a count that changed) or Spec (an edit of the subscription).
	// +required
	Type CauseType `json:"type"`

	// What triggered the refresh: the time of its tick, or the value of the request.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Token string `json:"token,omitempty"`

	// When the count was observed, on the subscription's clock.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	ObservedTime *metav1.Time `json:"observedTime,omitempty"`

	// When the data loader answered, on the wall clock. An update that is created more than two minutes
	// later is rejected, because it could bring back an older count.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	LoadedTime *metav1.Time `json:"loadedTime,omitempty"`

	// The generation of the subscription's spec that was acted on.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Generation *int64 `json:"generation,omitempty"`

	// The item that was counted or whose quantity was edited. Absent unless one item's quantity changed.
	// +optional
	Item EntryName `json:"item,omitempty"`
}

// SubscriptionUpdateSpec is a change of a subscription. It is immutable, except for approved.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.seats) && has(self.changeItems))",message="seats and changeItems are mutually exclusive: set one"
// +kubebuilder:validation:XValidation:rule="has(self.seats) || has(self.changeItems)",message="say what changes: set seats or changeItems"
// +kubebuilder:validation:XValidation:rule="!has(self.applicationSchedule) || self.applicationSchedule != 'Custom' || has(self.applyAt)",message="applicationSchedule Custom needs the instant at which the change applies: set applyAt"
// +kubebuilder:validation:XValidation:rule="!has(self.applyAt) || (has(self.applicationSchedule) && self.applicationSchedule == 'Custom')",message="applyAt needs applicationSchedule: Custom: write both"
// +kubebuilder:validation:XValidation:rule="!has(self.paymentSchedule) || self.paymentSchedule != 'Custom' || has(self.billAt)",message="paymentSchedule Custom needs the instant at which the change is billed: set billAt"
// +kubebuilder:validation:XValidation:rule="!has(self.billAt) || (has(self.paymentSchedule) && self.paymentSchedule == 'Custom')",message="billAt needs paymentSchedule: Custom: write both"
// +kubebuilder:validation:XValidation:rule="!has(self.proration) || (!has(self.paymentSchedule) && !has(self.calculationMethod))",message="proration is a short form of paymentSchedule and calculationMethod: set it or them, not both"
// +kubebuilder:validation:XValidation:rule="!has(self.effectiveTime) || !has(self.applicationSchedule) || !(self.applicationSchedule in ['NextPeriod', 'Scheduled'])",message="effectiveTime cannot be combined with NextPeriod or Scheduled: remove effectiveTime, or change applicationSchedule"
// +kubebuilder:validation:XValidation:rule="self.subscriptionRef.name == oldSelf.subscriptionRef.name && has(self.subscriptionRef.uid) == has(oldSelf.subscriptionRef.uid) && (!has(self.subscriptionRef.uid) || self.subscriptionRef.uid == oldSelf.subscriptionRef.uid)",message="subscriptionRef is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.seats) == has(oldSelf.seats) && (!has(self.seats) || self.seats == oldSelf.seats)",message="seats is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.changeItems) == has(oldSelf.changeItems) && (!has(self.changeItems) || self.changeItems == oldSelf.changeItems)",message="changeItems is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.applicationSchedule) == has(oldSelf.applicationSchedule) && (!has(self.applicationSchedule) || self.applicationSchedule == oldSelf.applicationSchedule)",message="applicationSchedule is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.applyAt) == has(oldSelf.applyAt) && (!has(self.applyAt) || self.applyAt == oldSelf.applyAt)",message="applyAt is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.effectiveTime) == has(oldSelf.effectiveTime) && (!has(self.effectiveTime) || self.effectiveTime == oldSelf.effectiveTime)",message="effectiveTime is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.paymentSchedule) == has(oldSelf.paymentSchedule) && (!has(self.paymentSchedule) || self.paymentSchedule == oldSelf.paymentSchedule)",message="paymentSchedule is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.billAt) == has(oldSelf.billAt) && (!has(self.billAt) || self.billAt == oldSelf.billAt)",message="billAt is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.calculationMethod) == has(oldSelf.calculationMethod) && (!has(self.calculationMethod) || self.calculationMethod == oldSelf.calculationMethod)",message="calculationMethod is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.proration) == has(oldSelf.proration) && (!has(self.proration) || self.proration == oldSelf.proration)",message="proration is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.prorationPolicyRef) == has(oldSelf.prorationPolicyRef) && (!has(self.prorationPolicyRef) || self.prorationPolicyRef == oldSelf.prorationPolicyRef)",message="prorationPolicyRef is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.preview) == has(oldSelf.preview) && (!has(self.preview) || self.preview == oldSelf.preview)",message="preview is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.expectedHash) == has(oldSelf.expectedHash) && (!has(self.expectedHash) || self.expectedHash == oldSelf.expectedHash)",message="expectedHash is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.reason) == has(oldSelf.reason) && (!has(self.reason) || self.reason == oldSelf.reason)",message="reason is immutable, like everything in an update except approved: create another SubscriptionUpdate"
// +kubebuilder:validation:XValidation:rule="has(self.cause) == has(oldSelf.cause) && (!has(self.cause) || self.cause == oldSelf.cause)",message="cause is immutable, like everything in an update except approved: create another SubscriptionUpdate"
type SubscriptionUpdateSpec struct {
	// The Subscription that changes. If there is none with that name, the update waits for 30 days.
	// +required
	SubscriptionRef SubscriptionReference `json:"subscriptionRef"`

	// Changes the quantity of one item. Exactly one of seats and changeItems is set.
	// +optional
	Seats *SeatsChange `json:"seats,omitempty"`

	// Replaces the items. Exactly one of seats and changeItems is set.
	// +optional
	ChangeItems *ItemsChange `json:"changeItems,omitempty"`

	// When the change takes effect: Immediately, NextPeriod (at the renewal, before it is charged),
	// Custom (at applyAt) or Scheduled (at the next refresh of the item's product). Defaults to the
	// subscription's setting, then to the product's, then to Immediately.
	// +optional
	ApplicationSchedule ApplicationSchedule `json:"applicationSchedule,omitempty"`

	// The instant at which the change applies. An instant that has passed means now. Only with
	// applicationSchedule Custom.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	ApplyAt *metav1.Time `json:"applyAt,omitempty"`

	// The instant from which the change is charged, within the current period. Defaults to the instant at
	// which the change applies. With renewalPolicy Reset, a future effectiveTime also decides when the
	// change applies. Not allowed with NextPeriod and Scheduled.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	EffectiveTime *metav1.Time `json:"effectiveTime,omitempty"`

	// When the adjustment is billed: Immediately (a separate document), NextInvoice or Custom (at
	// billAt). Defaults to the subscription's setting, then to the product's, then to NextInvoice. A
	// change with renewalPolicy Reset defaults to Immediately and also bills everything accrued so far.
	// Has no effect on items in arrears, which the next invoice bills.
	// +optional
	PaymentSchedule PaymentSchedule `json:"paymentSchedule,omitempty"`

	// The instant at which the adjustment is billed. An instant that has passed means now, and one that is
	// more than ten years ahead means in ten years. Only with paymentSchedule Custom.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	BillAt *metav1.Time `json:"billAt,omitempty"`

	// How the change is priced: ProRata (for the rest of the period), PayInFull (the whole period, no
	// credit) or DoNotCharge (from the next period on). Defaults to the subscription's setting, then to
	// the product's, then to ProRata.
	// +optional
	CalculationMethod CalculationMethod `json:"calculationMethod,omitempty"`

	// A short form of paymentSchedule and calculationMethod: CreateProrations is ProRata and NextInvoice,
	// AlwaysInvoice is ProRata and Immediately, None is DoNotCharge. Not allowed together with
	// paymentSchedule or calculationMethod. Defaults to their values.
	// +optional
	Proration Proration `json:"proration,omitempty"`

	// The policy that rounds the proration. Defaults to the subscription's, then to the product's, then
	// to no policy.
	// +optional
	ProrationPolicyRef *ProrationPolicyReference `json:"prorationPolicyRef,omitempty"`

	// Computes and records what the change would do, without making it. Defaults to false: the change is
	// made.
	// +optional
	Preview bool `json:"preview,omitempty"`

	// The status.hash of a preview. If the outcome would differ from the preview, the update is Rejected
	// (PreviewOutdated). The hash covers counts, plans, schedules, the renewal time and rounded amounts,
	// but no other times. To get the same amounts, set effectiveTime to the preview's too. Defaults to
	// accepting any outcome.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ExpectedHash string `json:"expectedHash,omitempty"`

	// Approves an update that is Held. It is the only field that can change.
	// +optional
	Approved bool `json:"approved,omitempty"`

	// Why the change is made, up to 1024 characters of free text. Defaults to none.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`

	// Why the operator created the update. The operator sets this field on the updates that it creates.
	// Do not set it yourself.
	// +optional
	Cause *UpdateCause `json:"cause,omitempty"`
}

// UpdateState is the state of an update.
//
// +kubebuilder:validation:Enum=Pending;Scheduled;Held;Applied;Previewed;Rejected;Superseded
type UpdateState string

const (
	// UpdatePending cannot apply yet. The condition says why.
	UpdatePending UpdateState = "Pending"

	// UpdateScheduled waits for its time.
	UpdateScheduled UpdateState = "Scheduled"

	// UpdateHeld waits for approval.
	UpdateHeld UpdateState = "Held"

	// UpdateApplied has taken effect.
	UpdateApplied UpdateState = "Applied"

	// UpdatePreviewed was computed and has changed nothing.
	UpdatePreviewed UpdateState = "Previewed"

	// UpdateRejected was refused and never applies.
	UpdateRejected UpdateState = "Rejected"

	// UpdateSuperseded was replaced before it took effect.
	UpdateSuperseded UpdateState = "Superseded"
)

// UpdateOrigin says who found the change.
//
// +kubebuilder:validation:Enum=User;Spec;Refresh
type UpdateOrigin string

const (
	// OriginUser is an update that a user created.
	OriginUser UpdateOrigin = "User"

	// OriginSpec is an update created for an edit of the subscription's spec.
	OriginSpec UpdateOrigin = "Spec"

	// OriginRefresh is an update created for a refresh.
	OriginRefresh UpdateOrigin = "Refresh"
)

// ProrationPolicyInForce is the policy that a change is priced by.
type ProrationPolicyInForce struct {
	// The kind of the policy.
	// +required
	Kind PolicyKind `json:"kind"`

	// The name of the policy.
	// +required
	Name ObjectName `json:"name"`

	// How it rounds units of time.
	// +optional
	Rounding Rounding `json:"rounding,omitempty"`

	// The unit of time that it counts.
	// +optional
	Unit TimeUnit `json:"unit,omitempty"`
}

// ItemChange is what an update does to one item.
type ItemChange struct {
	// The name of the item.
	// +required
	Item EntryName `json:"item"`

	// The SeatProduct of the item.
	// +optional
	Product ObjectName `json:"product,omitempty"`

	// The ID of that product in another system. Absent if it has none.
	// +optional
	ProductExternalRef ExternalRef `json:"productExternalRef,omitempty"`

	// The plan before the change, even if it stays the same. Absent if the item is new.
	// +optional
	PreviousPlan EntryName `json:"previousPlan,omitempty"`

	// The plan after the change, even if it stays the same. Absent if the item is removed.
	// +optional
	NewPlan EntryName `json:"newPlan,omitempty"`

	// The quantity before the change.
	// +optional
	// +kubebuilder:validation:Minimum=0
	PreviousCount int64 `json:"previousCount"`

	// The quantity after the change.
	// +optional
	// +kubebuilder:validation:Minimum=0
	NewCount int64 `json:"newCount"`

	// The signed sum of the item's lines, in major units. Absent if DoNotCharge makes no line, and until
	// it is computed.
	// +optional
	AdjustmentAmount Amount `json:"adjustmentAmount,omitempty"`

	// When the item's product is next refreshed. Absent if it is refreshed on demand only.
	// +optional
	NextRefreshTime *metav1.Time `json:"nextRefreshTime,omitempty"`
}

// UpdateEstimate is what a waiting update would cost if nothing else changes.
type UpdateEstimate struct {
	// The signed adjustment, in major units.
	// +required
	Amount Amount `json:"amount"`

	// When the update would apply. Absent for an update that waits for approval, which is priced from when
	// its seats were counted.
	// +optional
	ApplyAt *metav1.Time `json:"applyAt,omitempty"`
}

// UpdateApproval says who approved an update, according to the API server's record of who wrote which
// field.
type UpdateApproval struct {
	// The name of the client that set spec.approved, such as kubectl-patch: its field manager. It is not the name of
	// a user, which is in the API server's audit log.
	// +required
	// +kubebuilder:validation:MaxLength=128
	Manager string `json:"manager"`

	// When that client last wrote the update.
	// +optional
	WrittenTime *metav1.Time `json:"writtenTime,omitempty"`
}

// UpdatePreview is what a previewed change would put on documents.
type UpdatePreview struct {
	// The document that would be issued at once. Absent if there would be none.
	// +optional
	Now *DocumentTotals `json:"now,omitempty"`

	// The upcoming invoice as it would be.
	// +optional
	Upcoming *DocumentTotals `json:"upcoming,omitempty"`
}

// SubscriptionUpdateStatus is the outcome of a change, with the arithmetic behind its amounts.
type SubscriptionUpdateStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the update.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, Applied, and Reconciling or Stalled while there is a problem.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// The state of the update. Applied, Previewed, Rejected and Superseded are final.
	// +optional
	State UpdateState `json:"state,omitempty"`

	// The change in short, such as "editors 2 → 7" or "5 items".
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Summary string `json:"summary,omitempty"`

	// Who found the change: User, Spec (an edit of the subscription) or Refresh.
	// +optional
	Origin UpdateOrigin `json:"origin,omitempty"`

	// The UID of the Subscription that the update belongs to: the first one that saw it.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=128
	SubscriptionUID types.UID `json:"subscriptionUID,omitempty"`

	// The spec.externalRef of that Subscription when the update applied. Absent if it had none, and until then.
	// +optional
	SubscriptionExternalRef ExternalRef `json:"subscriptionExternalRef,omitempty"`

	// When the operator first saw the update, on the subscription's clock.
	// +optional
	SeenTime *metav1.Time `json:"seenTime,omitempty"`

	// Whether the update is for an edit of the spec that was due but could not apply. It applies as soon as it can.
	// +optional
	Overdue bool `json:"overdue,omitempty"`

	// When the operator saw the approval of an update that was Held, on the subscription's clock.
	// +optional
	ApprovedTime *metav1.Time `json:"approvedTime,omitempty"`

	// Who approved an update that was Held, according to the API server. Absent until it is
	// approved.
	// +optional
	Approval *UpdateApproval `json:"approval,omitempty"`

	// When the change takes effect, as resolved from all settings.
	// +optional
	ApplicationSchedule ApplicationSchedule `json:"applicationSchedule,omitempty"`

	// The instant at which the change applies, if it is known.
	// +optional
	ApplyAt *metav1.Time `json:"applyAt,omitempty"`

	// The instant from which the change is charged, as resolved from all settings.
	// +optional
	EffectiveTime *metav1.Time `json:"effectiveTime,omitempty"`

	// When the adjustment is billed, as resolved from all settings.
	// +optional
	PaymentSchedule PaymentSchedule `json:"paymentSchedule,omitempty"`

	// The instant at which the adjustment is billed. Present only with paymentSchedule Custom.
	// +optional
	BillAt *metav1.Time `json:"billAt,omitempty"`

	// How the change is priced, as resolved from all settings.
	// +optional
	CalculationMethod CalculationMethod `json:"calculationMethod,omitempty"`

	// What happens to the period, as resolved from all settings.
	// +optional
	RenewalPolicy RenewalPolicy `json:"renewalPolicy,omitempty"`

	// Whether a running trial is kept, as resolved from all settings.
	// +optional
	KeepTrial bool `json:"keepTrial,omitempty"`

	// Whether a trial-only subscription stays trial-only, as resolved from all settings.
	// +optional
	IgnoreRecurring bool `json:"ignoreRecurring,omitempty"`

	// The policy that the change is priced by. Absent if there is none.
	// +optional
	ProrationPolicy *ProrationPolicyInForce `json:"prorationPolicy,omitempty"`

	// The generation of that policy.
	// +optional
	// +kubebuilder:validation:Minimum=0
	PolicyGeneration int64 `json:"policyGeneration,omitempty"`

	// When the change took effect, on the subscription's clock.
	// +optional
	AppliedTime *metav1.Time `json:"appliedTime,omitempty"`

	// What the update does to each item that it changes.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=200
	Changes []ItemChange `json:"changes,omitempty"`

	// The signed sum of all lines, in major units. It can be "0.00". Absent if DoNotCharge makes no line
	// (a Reset still charges the new period), and until it is computed.
	// +optional
	AdjustmentAmount Amount `json:"adjustmentAmount,omitempty"`

	// What a waiting update would cost at its present apply time. Absent while that is unknown, and once
	// the update is finished.
	// +optional
	Estimate *UpdateEstimate `json:"estimate,omitempty"`

	// The adjustment as kubectl shows it: the amount, or the estimate in parentheses while the update waits.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	AdjustmentText string `json:"adjustmentText,omitempty"`

	// The currency of all amounts.
	// +optional
	Currency Currency `json:"currency,omitempty"`

	// The lines that explain each amount.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Lines []Line `json:"lines,omitempty"`

	// What the change would put on documents at its resolved apply time, if nothing else changes.
	// +optional
	Preview *UpdatePreview `json:"preview,omitempty"`

	// The renewal time after the change, even if it stays the same. Absent until the change is computed.
	// +optional
	NewRenewalTime *metav1.Time `json:"newRenewalTime,omitempty"`

	// The hash of the outcome, for the expectedHash of another update.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Hash string `json:"hash,omitempty"`

	// The Invoice that was issued when the update applied. Absent if the update is billed later. The
	// lines of invoices name their updates.
	// +optional
	Invoice ObjectName `json:"invoice,omitempty"`

	// The number of the event about the result of the update for EventSinks. Absent if no sink asked for it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EventSequence int64 `json:"eventSequence,omitempty"`

	// When that event happened, on the subscription's clock.
	// +optional
	EventTime *metav1.Time `json:"eventTime,omitempty"`

	// The states in which the open update has waited so far: Scheduled (for its date) or Held (for approval). There is
	// one event for each. Absent once the update is finished.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2
	Waited []UpdateState `json:"waited,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// SubscriptionUpdate is a change of a subscription and the record of what it cost.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=spupd,categories=seatplane
// +kubebuilder:selectablefield:JSONPath=`.spec.subscriptionRef.name`
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Subscription",type=string,JSONPath=`.spec.subscriptionRef.name`
// +kubebuilder:printcolumn:name="Summary",type=string,JSONPath=`.status.summary`
// +kubebuilder:printcolumn:name="Adjustment",type=string,JSONPath=`.status.adjustmentText`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Effective",type=string,JSONPath=`.status.effectiveTime`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Applied")].reason`,priority=1
// +kubebuilder:printcolumn:name="First line",type=string,JSONPath=`.status.lines[0].description`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type SubscriptionUpdate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// The change. Immutable, except for approved.
	// +required
	Spec SubscriptionUpdateSpec `json:"spec"`

	// The outcome of the change.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status SubscriptionUpdateStatus `json:"status,omitzero"`
}

// SubscriptionUpdateList is a list of SubscriptionUpdates.
//
// +kubebuilder:object:root=true
type SubscriptionUpdateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []SubscriptionUpdate `json:"items"`
}
