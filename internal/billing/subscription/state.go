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

// Phase is where a subscription stands in its life.
type Phase string

// The phases of a subscription. Suspension is not one of them: it stops the
// operator, not the contract (billing.md#14-start-and-end).
const (
	// Pending: not started; nothing has been charged.
	Pending Phase = "Pending"
	// Trialing: started, inside the trial; time in it costs nothing.
	Trialing Phase = "Trialing"
	// Active: started and billed.
	Active Phase = "Active"
	// Canceled: ended for good.
	Canceled Phase = "Canceled"
)

// State is everything about a subscription that has been committed and that a
// later decision depends on. The zero value is a subscription that has not
// started. A State is never changed in place: [Replay] works on a copy.
type State struct {
	Phase Phase
	// Sequence counts the events replayed so far.
	Sequence int64
	// Start is the instant from which the subscription counts; zero before the
	// start.
	Start time.Time
	// Anchor is the billing cycle anchor in force.
	Anchor   time.Time
	Interval calendar.Interval
	Currency money.Currency
	Period   Period
	Items    []Item
	// Accrued lines wait for the next invoice.
	Accrued []proration.Line
	// Deferred lines wait for a billing date of their own.
	Deferred []Deferred
	// Balance is the customer's credit: what documents owe back and a later
	// document uses. Never negative.
	Balance money.Decimal
	// NextNumber is the number of the next document. The first is 1.
	NextNumber int64
	// LastEvent is the own time of the newest committed event. Own times never
	// go back behind it.
	LastEvent time.Time
	// Day counts the events whose own times lie on one local day; see
	// [MaxEventsPerDay].
	Day DayCount
	// Parked says why the subscription waits for a person; empty when it does not.
	Parked string
	// CatchUpTo is the instant up to which a person let many boundaries be replayed;
	// see [MaxBoundaries]. Zero where nobody had to.
	CatchUpTo time.Time
	// ActedOn is the spec last acted on, item by item.
	ActedOn ActedOn
	// Leftovers say what items left behind that went, or left their plan, in this
	// period; the newest maxLeftovers of them.
	Leftovers []Leftover
	// Continues: a change of items turned a trial-only subscription into one that
	// recurs after its trial (billing.md#9-trials).
	Continues bool
}

// Leftover is what is kept of an item that left a plan, should it come back to it
// in the same period.
type Leftover struct {
	Item, Product, Plan string
	// Remainder is the rounding remainder that the next line of the item on the plan
	// carries (billing.md#no-drift).
	Remainder money.Fraction
	// Left is the effective time at which it left: effective times of an item never
	// go back within a period (billing.md#6-items).
	Left time.Time
}

// maxLeftovers bounds the list, which is rewritten with every change.
const maxLeftovers = 100

// Period is the billing period in force.
type Period struct {
	// Index counts natural periods from the anchor; negative before it.
	Index int
	// Span is what is billed. In a stub it is shorter than Natural.
	Span calendar.Span
	// Natural is the whole period that Span is cut from: the denominator of
	// every ratio (billing.md#2-ratio).
	Natural calendar.Span
	// Zone is the IANA name of the time zone that the period was cut in.
	Zone string
	// Trial: nothing is charged or credited for time inside.
	Trial bool
	// Renewed is the boundary, or the start, at which it began; earlier than
	// Span.Start where a change of items cut the period before it short. What waits
	// for a renewal since then has not missed one.
	Renewed time.Time
}

// Charge says when a recurring charge falls due.
type Charge string

// The two times of a recurring charge.
const (
	// InAdvance: at the start of the period.
	InAdvance Charge = "InAdvance"
	// InArrears: at its end.
	InArrears Charge = "InArrears"
)

// Source says who decides an item's quantity.
type Source string

// The three owners of a quantity.
const (
	FromSpec   Source = "Spec"
	FromLoader Source = "Loader"
	FromUpdate Source = "Update"
)

// Item is what a subscription holds of one plan.
type Item struct {
	Name, Product, Plan string
	// Recurring is false for an item that is charged once.
	Recurring bool
	Charge    Charge
	// Price is captured when a period starts and when the plan changes, so that
	// an edit of the product changes nothing in mid-period.
	Price pricing.Price
	// Minimum and Maximum are the plan's seat limits as last seen. A Maximum of
	// 0 is none.
	Minimum, Maximum int64
	// Position holds the quantity held and the numbers that the next change is
	// measured against.
	Position proration.Position
	// AtStart is the quantity held when the period started: what an item in
	// arrears is charged for at its end. NotAtStart for one that came, or moved to
	// its plan, in mid-period.
	AtStart int64
	Source  Source
	// Metered: what was used in a period is billed at its end, not what is held
	// (billing.md#11-usage). Limits bound its usage, and Meter counts it.
	Metered bool
	Limits  metering.Limits
	Meter   metering.Meter
	// SeatsNoticed is the highest threshold of the maximum, in percent, of which a
	// notice was given in this period; 0 for none.
	SeatsNoticed int
	// Loaded is the count last acted on, as it was loaded; nil without one.
	Loaded *int64
	// Observed is when that count was observed, on the subscription's clock, and
	// LoadedAt the wall clock's time of the answer that it came in.
	Observed, LoadedAt time.Time
	// LastEffective is the effective time of the newest change applied in this
	// period; zero without one. Effective times never go back behind it.
	LastEffective time.Time
}

// NotAtStart is the [Item.AtStart] of an item that its plan charges nothing for at the
// end of the period: its changes are priced, and nothing else.
const NotAtStart = -1

// Deferred is a line that is billed on a document of its own.
type Deferred struct {
	// BillAt is the instant that the line's update asked for.
	BillAt time.Time
	// Reason tells an adjustment billed at once (DocumentUpdate) from one with a
	// date of its own (DocumentCustom): the two never share a document.
	Reason DocumentReason
	Line   proration.Line
}

// DayCount counts events by the local date of their own times.
type DayCount struct {
	// Date is the local date, "2026-04-16".
	Date  string
	Count int
}

// ActedOn remembers which edits of the spec were acted on, so that an edit is
// applied once even after its update was deleted, and so that the next edit is
// compared with this one and not with what is held.
type ActedOn struct {
	// Generation is of the last edit of anything but one item's quantity.
	Generation int64
	Items      []ActedOnItem
}

// ActedOnItem is one item as the spec last acted on declared it.
type ActedOnItem struct {
	TermsItem
	// Generation is of the last edit of this item's quantity.
	Generation int64
}

func (a ActedOn) item(name string) (ActedOnItem, bool) {
	i := slices.IndexFunc(a.Items, func(it ActedOnItem) bool { return it.Name == name })
	if i < 0 {
		return ActedOnItem{}, false
	}
	return a.Items[i], true
}

// Item returns a copy of the item with the name, and whether there is one.
func (s *State) Item(name string) (Item, bool) {
	if it := s.item(name); it != nil {
		return *it, true
	}
	return Item{}, false
}

func (s *State) item(name string) *Item {
	for i := range s.Items {
		if s.Items[i].Name == name {
			return &s.Items[i]
		}
	}
	return nil
}

// notStarted reports whether nothing has been charged and nothing has ended yet;
// the zero state has not started.
func (v view) notStarted() bool { return v.state.Phase == Pending || v.state.Phase == "" }

// Started reports whether the subscription has begun to be billed and has not
// ended.
func (s *State) Started() bool { return s.Phase == Trialing || s.Phase == Active }

// Seats is the sum of the quantities held.
func (s *State) Seats() int64 {
	var sum int64
	for i := range s.Items {
		sum += s.Items[i].Position.Held
	}
	return sum
}

// clone copies the lists that replaying changes. Their elements are replaced
// as a whole and may be shared.
func (s *State) clone() State {
	c := *s
	c.Items = slices.Clone(s.Items)
	c.Accrued = slices.Clone(s.Accrued)
	c.Deferred = slices.Clone(s.Deferred)
	c.ActedOn.Items = slices.Clone(s.ActedOn.Items)
	c.Leftovers = slices.Clone(s.Leftovers)
	return c
}
