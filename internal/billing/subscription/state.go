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

// Phase is the phase of a subscription's life.
type Phase string

// The phases of a subscription. Suspension is not one of them: it stops the
// operator, not the contract (billing.md#14-start-and-end).
const (
	// Pending means not started. Nothing has been charged.
	Pending Phase = "Pending"
	// Trialing means started, and within the trial. Time in it costs nothing.
	Trialing Phase = "Trialing"
	// Active means started and billed.
	Active Phase = "Active"
	// Canceled means ended for good.
	Canceled Phase = "Canceled"
)

// State is everything about a subscription that has been committed and that later decisions depend
// on. The zero value is a subscription that has not started. A State is never modified in place:
// [Replay] works on a copy.
type State struct {
	Phase Phase
	// Sequence is the number of events replayed so far.
	Sequence int64
	// Start is the start of the subscription. It is zero before the start.
	Start time.Time
	// Anchor is the billing cycle anchor in force.
	Anchor   time.Time
	Interval calendar.Interval
	Currency money.Currency
	Period   Period
	Items    []Item
	// Accrued lines wait for the next invoice.
	Accrued []proration.Line
	// Deferred lines wait for a separate billing date.
	Deferred []Deferred
	// Balance is the customer's credit: what documents owe back and later documents use. It is
	// never negative.
	Balance money.Decimal
	// NextNumber is the number of the next document. The first is 1.
	NextNumber int64
	// LastEvent is the event time of the newest committed event. Event times never go back before
	// it.
	LastEvent time.Time
	// Day counts the events with the same local date; see [MaxEventsPerDay].
	Day DayCount
	// Parked explains why the subscription waits for a person. It is empty if it does not.
	Parked string
	// CatchUpTo is the instant up to which a person let many boundaries be replayed; see
	// [MaxBoundaries]. It is zero if nobody had to.
	CatchUpTo time.Time
	// ActedOn is the spec last acted on, item by item.
	ActedOn ActedOn
	// Leftovers are the remainders of items that were removed or left their plan in this period, up
	// to the newest maxLeftovers of them.
	Leftovers []Leftover
	// Continues means that a change of items turned a trial-only subscription into one that recurs
	// after its trial (billing.md#9-trials).
	Continues bool
}

// Leftover is what is stored about an item that left a plan, in case the item returns to the plan
// in the same period.
type Leftover struct {
	Item, Product, Plan string
	// Remainder is the rounding remainder that the next line of the item on the plan
	// carries (billing.md#no-drift).
	Remainder money.Fraction
	// Left is the effective time at which the item left the plan. Effective times of an item never
	// go back within a period (billing.md#6-items).
	Left time.Time
}

// maxLeftovers bounds the list, which is rewritten with every change.
const maxLeftovers = 100

// Period is the billing period in force.
type Period struct {
	// Index counts natural periods from the anchor. It is negative before the anchor.
	Index int
	// Span is the time that is billed. In a stub it is shorter than Natural.
	Span calendar.Span
	// Natural is the whole period that Span is cut from: the denominator of
	// every ratio (billing.md#2-ratio).
	Natural calendar.Span
	// Zone is the IANA name of the time zone that the period was cut in.
	Zone string
	// Trial means that nothing is charged or credited for time in the period.
	Trial bool
	// Renewed is the boundary, or the start, at which the period began. It is earlier than
	// Span.Start if a change of items cut the previous period short. An update that has waited for
	// a renewal since then has not missed one.
	Renewed time.Time
}

// Charge is when a recurring charge falls due.
type Charge string

// The two times of a recurring charge.
const (
	// InAdvance means at the start of the period.
	InAdvance Charge = "InAdvance"
	// InArrears means at the end of the period.
	InArrears Charge = "InArrears"
)

// Source is who decides an item's quantity.
type Source string

// The three owners of a quantity.
const (
	FromSpec   Source = "Spec"
	FromLoader Source = "Loader"
	FromUpdate Source = "Update"
)

// Item is one line of a subscription: a plan and a quantity.
type Item struct {
	Name, Product, Plan string
	// Recurring is false for an item that is charged once.
	Recurring bool
	Charge    Charge
	// Price is captured when a period starts and when the plan changes, so that editing the product
	// changes nothing in mid-period.
	Price pricing.Price
	// Minimum and Maximum are the plan's seat limits as last seen. A Maximum of 0 means no maximum.
	Minimum, Maximum int64
	// Position is the current quantity, and the numbers that the next change is compared with.
	Position proration.Position
	// AtStart is the quantity at the start of the period, which an item in arrears is charged for
	// at its end. It is NotAtStart for an item that was added, or moved to its plan, in mid-period.
	AtStart int64
	Source  Source
	// Metered means that the usage of a period is billed at its end, and not the quantity
	// (billing.md#11-usage). Limits bound the usage, and Meter counts it.
	Metered bool
	Limits  metering.Limits
	Meter   metering.Meter
	// SeatsNoticed is the highest threshold of the maximum, in percent, for which notice was given
	// in this period, or 0.
	SeatsNoticed int
	// Loaded is the count last acted on, before clamping, or nil.
	Loaded *int64
	// Observed is when that count was observed, on the subscription's clock, and LoadedAt is when
	// its answer arrived, on the wall clock.
	Observed, LoadedAt time.Time
	// LastEffective is the effective time of the newest change applied in this period, or zero.
	// Effective times never go back before it.
	LastEffective time.Time
}

// NotAtStart is the [Item.AtStart] of an item whose plan charges nothing for it at the end of the
// period. Only its changes are priced.
const NotAtStart = -1

// Deferred is a line that is billed on a separate document.
type Deferred struct {
	// BillAt is the instant that the line's update asked for.
	BillAt time.Time
	// Reason distinguishes an adjustment billed at once (DocumentUpdate) from one with a billing
	// date (DocumentCustom). The two never share a document.
	Reason DocumentReason
	Line   proration.Line
}

// DayCount counts events by the local date of their event times.
type DayCount struct {
	// Date is the local date, "2026-04-16".
	Date  string
	Count int
}

// ActedOn records which edits of the spec were acted on. This way an edit is applied only once,
// even after its update was deleted, and the next edit is compared with this one and not with the
// current items.
type ActedOn struct {
	// Generation is that of the last edit of anything except the quantity of one item.
	Generation int64
	Items      []ActedOnItem
}

// ActedOnItem is one item as declared by the spec last acted on.
type ActedOnItem struct {
	TermsItem
	// Generation is that of the last edit of this item's quantity.
	Generation int64
}

func (a ActedOn) item(name string) (ActedOnItem, bool) {
	i := slices.IndexFunc(a.Items, func(it ActedOnItem) bool { return it.Name == name })
	if i < 0 {
		return ActedOnItem{}, false
	}
	return a.Items[i], true
}

// Item returns a copy of the item with the name, and whether it exists.
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

// notStarted reports whether nothing has been charged and nothing has ended yet. This is true of
// the zero state.
func (v view) notStarted() bool { return v.state.Phase == Pending || v.state.Phase == "" }

// Started reports whether billing has started and the subscription has not ended.
func (s *State) Started() bool { return s.Phase == Trialing || s.Phase == Active }

// Seats is the sum of the current quantities.
func (s *State) Seats() int64 {
	var sum int64
	for i := range s.Items {
		sum += s.Items[i].Position.Held
	}
	return sum
}

// clone copies the lists that a replay changes. Their elements are replaced as a whole, so they can
// be shared.
func (s *State) clone() State {
	c := *s
	c.Items = slices.Clone(s.Items)
	c.Accrued = slices.Clone(s.Accrued)
	c.Deferred = slices.Clone(s.Deferred)
	c.ActedOn.Items = slices.Clone(s.ActedOn.Items)
	c.Leftovers = slices.Clone(s.Leftovers)
	return c
}
