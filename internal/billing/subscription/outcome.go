// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Outcome is what a plan came to.
type Outcome struct {
	// State is the next state. It equals the one handed in when nothing was due.
	State State
	// Events counts the events that were replayed; none means that there is
	// nothing to commit.
	Events int
	// Readings counts the readings that were taken; they are committed too, and
	// are no events.
	Readings int
	// InvoicedNow: an invoice over everything accrued was asked for, and issued where
	// anything had accrued.
	InvoicedNow bool
	// Notices are thresholds that usage and seats reached, in order.
	Notices []Notice
	// Refused says of each reading that was left out why it cannot be recorded.
	Refused []Fault
	// Effects are what the commit owes to other objects, in order.
	Effects []Effect
	// Waiting says of every update that is still open what it waits for, in the
	// order in which the updates were created.
	Waiting []Waiting
	// Blocked says why no further step can be taken; nil when nothing is in the
	// way.
	Blocked *Fault
	// More: the plan stopped at a bound and there is more to replay now.
	More bool
	// Next is when the next event falls due; zero when none is known.
	Next time.Time
}

// Notice is a threshold that an item reached: of a limit on usage, or of the
// maximum of its seats (billing.md#10-seats and billing.md#11-usage).
type Notice struct {
	Item  string
	Limit metering.LimitKind
	// Threshold in percent of the limit: 75, 90 or 100.
	Threshold int
	// Reached is the quantity used, or held.
	Reached int64
	At      time.Time
}

// SeatsLimit is the kind of a notice about the maximum of an item's seats.
const SeatsLimit metering.LimitKind = "Seats"

// Effect is one thing that a commit owes: exactly one field is set.
type Effect struct {
	Decision *Decision
	Document *Document
}

// Reason is a word that a program can act on, fixed by the contract.
type Reason string

// Fault is why something cannot be done: a word for programs and a sentence for
// people that says what is wrong and what to do.
type Fault struct {
	Reason  Reason
	Message string
}

// Verdict is what became of an update.
type Verdict string

// The verdicts. The first three are open, the others final.
const (
	IsPending    Verdict = "Pending"
	IsScheduled  Verdict = "Scheduled"
	IsHeld       Verdict = "Held"
	IsApplied    Verdict = "Applied"
	IsPreviewed  Verdict = "Previewed"
	IsRejected   Verdict = "Rejected"
	IsSuperseded Verdict = "Superseded"
)

// InForce are the values that an update goes by once every default is resolved
// (billing.md#7-schedules).
type InForce struct {
	Application Application
	Payment     Payment
	Method      proration.Method
	Proration   PolicyRef
	// Renewal, KeepTrial and IgnoreRecurring are empty for a change of quantity.
	Renewal                    Renewal
	KeepTrial, IgnoreRecurring bool
	// PolicyGeneration of the policy that priced it; 0 without one.
	PolicyGeneration int64
	// ApplyAt is zero while the apply time is not known.
	ApplyAt, Effective, BillAt time.Time
	// Overdue: an edit of the spec that was due and could not apply. It counts from
	// when it can.
	Overdue bool
	// SeenAt and ApprovedAt are when a pass first saw the update and its approval.
	SeenAt, ApprovedAt time.Time
}

// Waiting says what an open update waits for.
type Waiting struct {
	Name, UID string
	Verdict   Verdict
	Fault     Fault
	InForce   InForce
	Summary   string
	// Estimate is what it would come to; nil where that is not known.
	Estimate *Estimate
}

// Decision is the final word on an update, frozen when it is committed.
type Decision struct {
	Name, UID string
	Verdict   Verdict
	Fault     Fault
	InForce   InForce
	// AppliedAt is the update's own time.
	AppliedAt time.Time
	Changes   []Change
	Lines     []proration.Line
	// Adjustment is the signed sum of the lines; nil where nothing was computed
	// (DoNotCharge, and updates that were not applied).
	Adjustment *money.Decimal
	// Document is the number of the document that bills it, when the same
	// commit issued it; 0 otherwise.
	Document int64
	// Renewal is the next renewal once it has taken hold; zero where it did not.
	Renewal time.Time
	// Preview is what a preview says besides.
	Preview *Preview
	Summary string
}

// Change is what an update did to one item.
type Change struct {
	Item, Product, ProductRef string
	PreviousPlan, NewPlan     string
	PreviousCount, NewCount   int64
	Adjustment                *money.Decimal
	NextRefresh               time.Time
}

// DocumentReason says why a document exists (billing.md#8-documents).
type DocumentReason string

// The reasons of documents.
const (
	DocumentInitial DocumentReason = "Initial"
	DocumentRenewal DocumentReason = "Renewal"
	DocumentUpdate  DocumentReason = "Update"
	DocumentCustom  DocumentReason = "Custom"
	DocumentFinal   DocumentReason = "Final"
)

// Document is an invoice or a credit note. It never changes once committed.
type Document struct {
	CreditNote bool
	Reason     DocumentReason
	// Number counts a subscription's documents without a gap, from 1.
	Number int64
	Issued time.Time
	Period calendar.Span
	Lines  []proration.Line
	// AmountDue = Subtotal − CreditApplied. A positive CreditApplied takes from
	// the credit balance, a negative one adds to it.
	Subtotal, CreditApplied, AmountDue money.Decimal
	// BilledUntil is set on a Final document whose subscription was billed elsewhere for
	// time after its end: up to when.
	BilledUntil time.Time
	// BalanceAfter is the credit balance that the document leaves.
	BalanceAfter money.Decimal
}
