// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Input is everything outside the state that a plan depends on: the subscription's terms and the
// values of every object that they name.
type Input struct {
	// Now is the current time on the subscription's clock, in whole seconds.
	Now time.Time
	// Before is the previous time of a clock that is moved by hand. What is seen for the first time
	// counts as seen then, so moving the clock right after creating an update changes nothing. It
	// is zero on the wall clock.
	Before time.Time
	Terms  Terms
	// Products by name. A product that is missing here does not exist.
	Products map[string]Product
	// Policies by reference. A policy that is missing here does not exist or is not ready.
	Policies map[PolicyRef]Policy
	// Updates that are not finished, in any order.
	Updates []Update
	// Readings of metered items that were not taken yet, in any order.
	Readings []Reading
	// Assigned is the number of assigned seats of each item.
	Assigned map[string]int64
	// Predecessor sums up the invoices of earlier subscriptions with this name and customer. The
	// zero value means that there are none (billing.md#14-start-and-end).
	Predecessor Predecessor
	// Unpark lets a parked subscription continue.
	Unpark bool
	// InvoiceNow means that a person asked for an invoice for everything accrued so far.
	InvoiceNow bool
	// MaxEffects bounds what one commit may owe to other objects. 0 means no bound.
	MaxEffects int
}

// Predecessor sums up the invoices of earlier subscriptions.
type Predecessor struct {
	// Invoice is the name of the newest one.
	Invoice string
	// Issued is when that invoice fell due, on the clock of its subscription.
	Issued time.Time
	// BilledUntil is until when these subscriptions were billed, here or elsewhere: Issued, or a
	// later instant until which time was charged in advance and not credited.
	BilledUntil time.Time
	// Paid is what these subscriptions were charged for the time up to BilledUntil, less what they
	// were credited, as the amount for a full period in Currency. It is nil if only the fact that
	// the time was billed is known, as for time billed elsewhere.
	Paid     *money.Decimal
	Currency string
}

// exists reports whether there was an earlier subscription.
func (p Predecessor) exists() bool { return p.Invoice != "" }

// paidAhead reports whether time after the newest invoice was charged in advance.
func (p Predecessor) paidAhead() bool { return p.BilledUntil.After(p.Issued) }

// seenNow is the time at which something seen for the first time counts as seen.
func (in *Input) seenNow() time.Time {
	if in.Before.IsZero() || in.Before.After(in.Now) {
		return in.Now
	}
	return in.Before
}

// Terms are what a subscription's spec declares.
type Terms struct {
	// Created is when the subscription was created, on its own clock. It is the start if Start is
	// zero.
	Created time.Time
	// Start, Anchor and BilledUntil are zero if the spec omits them.
	Start, Anchor, BilledUntil time.Time
	// Zone is an IANA name. Empty means UTC.
	Zone  string
	Items []TermsItem
	// Policy is the subscription's own proration policy.
	Policy PolicyRef
	// Change is how edits take effect, unless the update overrides it.
	Change ChangePolicy
	// Generation is that of the spec.
	Generation int64
	// ByHand means that the subscription uses a test clock.
	ByHand bool
	// SpecSeen means that an earlier pass has seen this generation of the spec.
	SpecSeen bool
	// Suspended means that no step is taken until the suspension is lifted or the subscription is
	// deleted (billing.md#14-start-and-end).
	Suspended bool
	// TrialEnd overrides the plans' trials. It is zero if the spec omits it.
	TrialEnd time.Time
	// TrialOnly means that the subscription ends with its trial.
	TrialOnly bool
	Cancel    Cancellation
	// Deleted means that the subscription was deleted, and ends at DeletedAt. DeletedAt is zero if
	// the subscription's clock does not show when that was; then it ends when the deletion is seen.
	Deleted   bool
	DeletedAt time.Time
}

// start is when the subscription starts.
func (t Terms) start() time.Time {
	if t.Start.IsZero() {
		return t.Created
	}
	return t.Start
}

// OnHold reports whether no step is taken. A deletion is settled even while the subscription is
// suspended.
func (t Terms) OnHold() bool { return t.Suspended && !t.Deleted }

// Cancellation ends a subscription. The zero value does not.
type Cancellation struct {
	// At is the instant of the end. AtPeriodEnd means the next renewal instead.
	At          time.Time
	AtPeriodEnd bool
	// Method settles unused time. Empty means DoNotCharge.
	Method proration.Method
	// DateSeen means that an earlier pass saw this date, so it was still in the future then. A date
	// that was already in the past when it was first seen means now.
	DateSeen bool
}

// IsZero reports whether there is no cancellation.
func (c Cancellation) IsZero() bool { return c.At.IsZero() && !c.AtPeriodEnd }

// TermsItem is one item as the spec declares it.
type TermsItem struct {
	Name, Product, Plan string
	// Quantity is nil if the spec omits it. Then it comes from the data loader, or from updates
	// without one.
	Quantity  *int64
	Recurring bool
	// Limits apply to the usage of a metered item, and are ignored for any other item.
	Limits metering.Limits
}

func (t *Terms) item(name string) (TermsItem, bool) {
	i := slices.IndexFunc(t.Items, func(it TermsItem) bool { return it.Name == name })
	if i < 0 {
		return TermsItem{}, false
	}
	return t.Items[i], true
}

// PolicyRef names a proration policy. The zero value names none.
type PolicyRef struct{ Kind, Name string }

// Policy is a proration policy that is ready to use.
type Policy struct {
	proration.Policy
	// Generation of the policy's spec, which is recorded on what it priced.
	Generation int64
}

// IsZero reports whether the reference names nothing.
func (r PolicyRef) IsZero() bool { return r == PolicyRef{} }

// Application is when a change takes effect (billing.md#7-schedules).
type Application string

// The application schedules.
const (
	ApplyImmediately Application = "Immediately"
	ApplyNextPeriod  Application = "NextPeriod"
	ApplyCustom      Application = "Custom"
	ApplyScheduled   Application = "Scheduled"
)

// Payment is when an adjustment is billed (billing.md#7-schedules).
type Payment string

// The payment schedules.
const (
	PayImmediately Payment = "Immediately"
	PayNextInvoice Payment = "NextInvoice"
	PayCustom      Payment = "Custom"
)

// ChangePolicy is when a change takes effect and how it is paid. A zero field leaves the choice to
// the next level (billing.md#resolution).
type ChangePolicy struct {
	Application Application
	Payment     Payment
	Method      proration.Method
	// Renewal, KeepTrial and IgnoreRecurring apply to changes of items and plans.
	Renewal                    Renewal
	KeepTrial, IgnoreRecurring *bool
}

// Renewal says what a change of items does to the current period (billing.md#6-items).
type Renewal string

// The renewal policies.
const (
	// Retain keeps the period.
	Retain Renewal = "Retain"
	// Reset ends the period at the effective time and starts a new one there, which becomes the new
	// anchor.
	Reset Renewal = "Reset"
)

// Product is what billing needs to know about a seat product.
type Product struct {
	// ExternalRef is the product's ID elsewhere, or empty.
	ExternalRef string
	Plans       map[string]Plan
	// OnIncrease and OnDecrease apply to changes of one item's quantity.
	OnIncrease, OnDecrease ChangePolicy
	Policy                 PolicyRef
	// Loader means that a data loader counts the seats of items without a quantity.
	Loader bool
	// LastRefresh is the newest successful refresh on the subscription's clock, and NextRefresh the
	// next one that is due. They are zero if there is none.
	LastRefresh, NextRefresh time.Time
	Guard                    Guard
}

// Plan is one way to pay for a product.
type Plan struct {
	Currency string
	Interval calendar.Interval
	Charge   Charge
	// Metered means that usage is billed, in arrears, instead of the quantity.
	Metered bool
	Price   pricing.Price
	// Minimum and Maximum bound the seats. A Maximum of 0 means no maximum.
	Minimum, Maximum int64
	// Trial at the start of a subscription, in local calendar units. A Count of 0 means no trial.
	Trial calendar.Interval
}

// Guard stops loaded counts that look wrong until a person approves them (billing.md#guards). A nil
// limit stops nothing.
type Guard struct {
	MaxIncreasePercent, MaxDecreasePercent *int64
	FromSeats                              int64
}

// Origin is where an update came from.
type Origin string

// The three origins.
const (
	OriginUser    Origin = "User"
	OriginSpec    Origin = "Spec"
	OriginRefresh Origin = "Refresh"
)

// Update is an open SubscriptionUpdate.
type Update struct {
	Name, UID string
	Origin    Origin
	// Created is when the update was created, on the wall clock.
	Created time.Time
	// SeenAt is when a pass first saw the update, on the subscription's clock. It is zero before
	// that.
	SeenAt time.Time
	// Approved means that a person approved the update. ApprovedAt is when that was first seen, and
	// zero before that.
	Approved   bool
	ApprovedAt time.Time
	// Overdue means that an earlier pass found the update due but unable to apply; see
	// [InForce.Overdue].
	Overdue bool
	// Change is what the update asks for, unless it asks for another list of items.
	Change QuantityChange
	// Items replace the list of items: absent ones are removed, new ones are added, and the others
	// keep their name and may change plan or quantity. It is nil if the update asks for a quantity.
	// The spec's list is merged into the current items instead.
	Items []TermsItem
	// The values that the update asks for. A zero value leaves the choice to the next level
	// (billing.md#resolution).
	Policy                     ChangePolicy
	ApplyAt, Effective, BillAt time.Time
	Proration                  PolicyRef
	// Preview means that the result is computed, and nothing changes.
	Preview bool
	// ExpectedHash is the hash of the preview that the outcome must equal. If it is empty, any
	// outcome is accepted.
	ExpectedHash string
	Cause        Cause
	// InvalidCause explains why the update was not created by the operator although its cause says
	// so. Such an update counts as a user's, and is rejected. It is empty if the cause is valid.
	InvalidCause string
}

// QuantityChange asks for another quantity of one item. Exactly one of
// Increment, Decrement and Count is set.
type QuantityChange struct {
	// Item may be empty if the subscription has one item.
	Item                        string
	Increment, Decrement, Count *int64
}

// Reading is a total that a loader read for a metered item.
type Reading struct {
	Item string
	// Product is the product that was read. An item that moved to another product has another
	// total.
	Product string
	metering.Reading
}

// Cause is why the operator created an update.
type Cause struct {
	Item string
	// Observed is when a count was observed, or an edit first seen, on the
	// subscription's clock.
	Observed time.Time
	// Loaded is the wall clock's time of the loader's answer.
	Loaded time.Time
	// Generation is that of the edited spec.
	Generation int64
}
