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

// Input is what the world says when a plan is made: the subscription's own
// terms and the values of every object that they name.
type Input struct {
	// Now is the present on the subscription's clock, in whole seconds.
	Now time.Time
	// Before is the present that was last taken up, where time is driven by
	// hand: what is seen for the first time counts as seen then, so that a
	// clock moved right after an update was made changes nothing. Zero on the
	// wall clock.
	Before time.Time
	Terms  Terms
	// Products by name; one that is missing does not exist.
	Products map[string]Product
	// Policies by reference; one that is missing does not exist or is not ready.
	Policies map[PolicyRef]Policy
	// Updates that are not finished, in any order.
	Updates []Update
	// Readings of metered items that were not taken yet, in any order.
	Readings []Reading
	// Assigned counts the seats of each item that somebody holds.
	Assigned map[string]int64
	// Predecessor sums up the invoices of earlier subscriptions of this name and
	// customer; its zero value says that there is none
	// (billing.md#14-start-and-end).
	Predecessor Predecessor
	// Unpark lets a parked subscription go on.
	Unpark bool
	// InvoiceNow: a person asked for an invoice over everything accrued so far.
	InvoiceNow bool
	// MaxEffects bounds what one commit may owe to other objects. 0 is no bound.
	MaxEffects int
}

// Predecessor is what the invoices of earlier subscriptions come to.
type Predecessor struct {
	// Invoice is the name of the newest one.
	Invoice string
	// Issued is when that one fell due, on the clock of its subscription.
	Issued time.Time
	// BilledUntil is up to when these subscriptions were billed, here or elsewhere: Issued,
	// or a later instant up to which was charged in advance and not given back.
	BilledUntil time.Time
	// Paid is what these subscriptions were charged for the time up to BilledUntil and were not
	// given back, as the amount for a full period in Currency. Nil where nothing is known but
	// that the time was billed, as elsewhere.
	Paid     *money.Decimal
	Currency string
}

// exists reports whether there was an earlier subscription.
func (p Predecessor) exists() bool { return p.Invoice != "" }

// paidAhead reports whether time after the newest invoice was charged in advance.
func (p Predecessor) paidAhead() bool { return p.BilledUntil.After(p.Issued) }

// seenNow is the instant at which something seen for the first time counts as
// seen.
func (in *Input) seenNow() time.Time {
	if in.Before.IsZero() || in.Before.After(in.Now) {
		return in.Now
	}
	return in.Before
}

// Terms are what a subscription's spec declares.
type Terms struct {
	// Created is when the subscription was created, on its own clock. It is the
	// start where Start is zero.
	Created time.Time
	// Start, Anchor and BilledUntil are zero when left out.
	Start, Anchor, BilledUntil time.Time
	// Zone is an IANA name; empty is UTC.
	Zone  string
	Items []TermsItem
	// Policy is the subscription's own proration policy.
	Policy PolicyRef
	// Change is how an edit takes hold where the update does not say.
	Change ChangePolicy
	// Generation of the spec.
	Generation int64
	// ByHand: the subscription lives by a clock that is moved by hand.
	ByHand bool
	// SpecSeen: this generation of the spec was seen by an earlier pass.
	SpecSeen bool
	// Suspended: no step is taken until that is lifted, or the subscription is
	// deleted (billing.md#14-start-and-end).
	Suspended bool
	// TrialEnd overrides the plans' trials; zero when left out.
	TrialEnd time.Time
	// TrialOnly: the subscription ends with its trial.
	TrialOnly bool
	Cancel    Cancellation
	// Deleted: the subscription was deleted, which ends it at DeletedAt. That is
	// zero where its clock cannot tell: then it ends when that is seen.
	Deleted   bool
	DeletedAt time.Time
}

// OnHold reports whether no step is taken: a deletion is settled all the same.
func (t Terms) OnHold() bool { return t.Suspended && !t.Deleted }

// Cancellation ends a subscription. The zero value does not.
type Cancellation struct {
	// At is the instant to end at, AtPeriodEnd the renewal instead.
	At          time.Time
	AtPeriodEnd bool
	// Method settles unused time; DoNotCharge when empty.
	Method proration.Method
	// DateSeen: an earlier pass saw this date, so that it was still to come then. One
	// that had passed when it was first seen means now.
	DateSeen bool
}

// IsZero reports whether nothing is cancelled.
func (c Cancellation) IsZero() bool { return c.At.IsZero() && !c.AtPeriodEnd }

// TermsItem is one item as declared.
type TermsItem struct {
	Name, Product, Plan string
	// Quantity is nil when left out: it comes from the data loader, else from
	// updates.
	Quantity  *int64
	Recurring bool
	// Limits on the usage of a metered item; on any other they are ignored.
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

// Policy is a proration policy that is ready to price by.
type Policy struct {
	proration.Policy
	// Generation of the policy's spec, recorded on what it priced.
	Generation int64
}

// IsZero reports whether the reference names nothing.
func (r PolicyRef) IsZero() bool { return r == PolicyRef{} }

// Application says when a change takes hold (billing.md#7-schedules).
type Application string

// The application schedules.
const (
	ApplyImmediately Application = "Immediately"
	ApplyNextPeriod  Application = "NextPeriod"
	ApplyCustom      Application = "Custom"
	ApplyScheduled   Application = "Scheduled"
)

// Payment says when an adjustment is billed (billing.md#7-schedules).
type Payment string

// The payment schedules.
const (
	PayImmediately Payment = "Immediately"
	PayNextInvoice Payment = "NextInvoice"
	PayCustom      Payment = "Custom"
)

// ChangePolicy is how a change takes hold and is paid; a zero field says
// nothing and leaves it to the next in line (billing.md#resolution).
type ChangePolicy struct {
	Application Application
	Payment     Payment
	Method      proration.Method
	// Renewal, KeepTrial and IgnoreRecurring concern changes of items and plans.
	Renewal                    Renewal
	KeepTrial, IgnoreRecurring *bool
}

// Renewal says what a change of items does to the current period (billing.md#6-items).
type Renewal string

// The renewal policies.
const (
	// Retain: the period stays.
	Retain Renewal = "Retain"
	// Reset: the period ends at the effective time and a new one starts there,
	// which is the new anchor.
	Reset Renewal = "Reset"
)

// Product is a seat product as far as billing goes.
type Product struct {
	// ExternalRef is the product's ID elsewhere; empty without one.
	ExternalRef string
	Plans       map[string]Plan
	// OnIncrease and OnDecrease apply to changes of one item's quantity.
	OnIncrease, OnDecrease ChangePolicy
	Policy                 PolicyRef
	// Loader: a data loader counts the seats of items without a quantity.
	Loader bool
	// LastRefresh is the newest refresh on the subscription's clock that
	// succeeded, NextRefresh the one that is due next; zero without one.
	LastRefresh, NextRefresh time.Time
	Guard                    Guard
}

// Plan is one way to pay for a product.
type Plan struct {
	Currency string
	Interval calendar.Interval
	Charge   Charge
	// Metered: the quantity used is billed, in arrears, and not the quantity held.
	Metered bool
	Price   pricing.Price
	// Minimum and Maximum seats; a Maximum of 0 is none.
	Minimum, Maximum int64
	// Trial at the start of a subscription, in local calendar units; a Count of
	// 0 is none.
	Trial calendar.Interval
}

// Guard holds loaded counts that look absurd until a person approves them
// (billing.md#guards). A nil limit holds nothing.
type Guard struct {
	MaxIncreasePercent, MaxDecreasePercent *int64
	FromSeats                              int64
}

// Origin says where an update came from.
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
	// Created is the wall clock's time of creation.
	Created time.Time
	// SeenAt is the first time that a pass saw the update, on the subscription's
	// clock; zero before that.
	SeenAt time.Time
	// Approved: a person released it. ApprovedAt is when that was first seen;
	// zero before that.
	Approved   bool
	ApprovedAt time.Time
	// Overdue: an earlier pass found that it was due and could not apply; see
	// [InForce.Overdue].
	Overdue bool
	// Change is what it asks for, unless it asks for another list of items.
	Change QuantityChange
	// Items replace the list of items: those absent are removed, new ones added,
	// others keep their name and may change plan or quantity. nil where it asks for
	// a quantity. The spec's list is merged into what is held instead.
	Items []TermsItem
	// As asked; a zero value leaves it to the resolution of billing.md#7-schedules.
	Policy                     ChangePolicy
	ApplyAt, Effective, BillAt time.Time
	Proration                  PolicyRef
	// Preview: compute, change nothing.
	Preview bool
	// ExpectedHash is the hash of the preview that its outcome must equal; empty
	// when it may come to anything.
	ExpectedHash string
	Cause        Cause
	// InvalidCause says why the update is not the operator's although its cause says so. It is a
	// user's then, and is rejected. Empty where nothing is wrong with the cause.
	InvalidCause string
}

// QuantityChange asks for another quantity of one item. Exactly one of
// Increment, Decrement and Count is set.
type QuantityChange struct {
	// Item may be empty where the subscription has one item.
	Item                        string
	Increment, Decrement, Count *int64
}

// Reading is what a loader read of a metered item.
type Reading struct {
	Item string
	// Product is the one that was read: an item that moved to another product has another total.
	Product string
	metering.Reading
}

// Cause is what made the operator create an update.
type Cause struct {
	Item string
	// Observed is when a count was observed, or an edit first seen, on the
	// subscription's clock.
	Observed time.Time
	// Loaded is the wall clock's time of the loader's answer.
	Loaded time.Time
	// Generation of the edited spec.
	Generation int64
}
