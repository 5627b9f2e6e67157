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

// Outcome is the result of a plan.
type Outcome struct {
	// State is the next state. It equals the given one if nothing was due.
	State State
	// Events is the number of events that were replayed. If it is 0, there is nothing to commit.
	Events int
	// Readings is the number of readings that were taken. They are committed too, but are not
	// events.
	Readings int
	// InvoicedNow means that an invoice for everything accrued was asked for, and was issued if
	// anything had accrued.
	InvoicedNow bool
	// Notices are thresholds that usage and seats reached, in order.
	Notices []Notice
	// Milestones are the important events of the subscription, such as its start and its renewals,
	// in order.
	Milestones []Milestone
	// Refused explains, for each reading that was left out, why it cannot be recorded.
	Refused []Fault
	// Effects are what the commit owes to other objects, in order.
	Effects []Effect
	// Waiting explains what each open update waits for, in the order in which the updates were
	// created.
	Waiting []Waiting
	// Blocked explains why no further step can be taken. It is nil if nothing is in the way.
	Blocked *Fault
	// More means that the plan stopped at a bound, and that there is more to replay now.
	More bool
	// Next is when the next event falls due. It is zero if none is known.
	Next time.Time
}

// Notice is a threshold that an item reached: of a limit on usage, or of the
// maximum of its seats (billing.md#10-seats and billing.md#11-usage).
type Notice struct {
	Item  string
	Limit metering.LimitKind
	// Threshold in percent of the limit: 75, 90 or 100.
	Threshold int
	// Reached is the usage, or the current quantity.
	Reached int64
	At      time.Time
}

// Turn is a kind of milestone.
type Turn string

// The turns.
const (
	// HasStarted: the first period, or the trial, began.
	HasStarted Turn = "Started"
	// HasRenewed: a period or the trial ended, and the next period began.
	HasRenewed Turn = "Renewed"
	// HasEnded: the subscription is canceled.
	HasEnded Turn = "Ended"
)

// Milestone is a turn in the life of a subscription.
type Milestone struct {
	Turn Turn
	At   time.Time
	// Period is the period that began. It is empty for the end.
	Period calendar.Span
}

// SeatsLimit is the kind of a notice about the maximum of an item's seats.
const SeatsLimit metering.LimitKind = "Seats"

// Effect is one thing that a commit owes: exactly one field is set.
type Effect struct {
	Decision *Decision
	Document *Document
}

// Reason is a word for programs to act on. The API fixes it.
type Reason string

// Fault explains why something cannot be done: a word for programs, and a sentence for people that
// says what is wrong and what to do.
type Fault struct {
	Reason  Reason
	Message string
}

// Verdict is the result of an update.
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

// InForce are the values that apply to an update after every default is resolved
// (billing.md#7-schedules).
type InForce struct {
	Application Application
	Payment     Payment
	Method      proration.Method
	Proration   PolicyRef
	// Renewal, KeepTrial and IgnoreRecurring are empty for a change of quantity.
	Renewal                    Renewal
	KeepTrial, IgnoreRecurring bool
	// PolicyGeneration is the generation of the policy that priced the update, or 0.
	PolicyGeneration int64
	// ApplyAt is zero as long as the apply time is not known.
	ApplyAt, Effective, BillAt time.Time
	// Overdue means that an edit of the spec was due but could not apply. It counts from when it
	// can.
	Overdue bool
	// SeenAt and ApprovedAt are when a pass first saw the update and its approval.
	SeenAt, ApprovedAt time.Time
}

// Waiting explains what an open update waits for.
type Waiting struct {
	Name, UID string
	Verdict   Verdict
	Fault     Fault
	InForce   InForce
	Summary   string
	// Postponed means that the schedule makes the update wait. An update that is scheduled and not postponed only waits
	// for its turn.
	Postponed bool
	// Waited is what the update waited for until this plan took its item away. It is decided next, and then nothing shows
	// that any more.
	Waited []Wait
	// Estimate is what the update would cost. It is nil if that is not known.
	Estimate *Estimate
}

// Decision is the final result of an update. It is frozen when it is committed.
type Decision struct {
	Name, UID string
	Verdict   Verdict
	Fault     Fault
	InForce   InForce
	// AppliedAt is the event time of the update.
	AppliedAt time.Time
	Changes   []Change
	Lines     []proration.Line
	// Adjustment is the signed sum of the lines. It is nil if nothing was computed, as for
	// DoNotCharge and for updates that were not applied.
	Adjustment *money.Decimal
	// Document is the number of the document that bills the update if the same commit issued it,
	// and 0 otherwise.
	Document int64
	// Renewal is the next renewal after an update that took effect. It is zero for any other.
	Renewal time.Time
	// Preview is the additional result of a preview.
	Preview *Preview
	// Waited is what the update waited for before it was decided, even if no pass saw it wait.
	Waited  []Wait
	Summary string
}

// Change is how an update changed one item.
type Change struct {
	Item, Product, ProductRef string
	PreviousPlan, NewPlan     string
	PreviousCount, NewCount   int64
	Adjustment                *money.Decimal
	NextRefresh               time.Time
}

// DocumentReason is why a document was issued (billing.md#8-documents).
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
	// Number counts the documents of a subscription from 1, without gaps.
	Number int64
	Issued time.Time
	Period calendar.Span
	Lines  []proration.Line
	// AmountDue = Subtotal − CreditApplied. A positive CreditApplied takes from
	// the credit balance, a negative one adds to it.
	Subtotal, CreditApplied, AmountDue money.Decimal
	// BilledUntil is set on the Final document of a subscription that was billed elsewhere for time
	// after its end. It is the end of that time.
	BilledUntil time.Time
	// BalanceAfter is the credit balance after the document.
	BalanceAfter money.Decimal
}
