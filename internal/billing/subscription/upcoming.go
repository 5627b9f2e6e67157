// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Upcoming is what the next invoice will be if nothing else changes.
type Upcoming struct {
	// Absent means that there will be none, because the subscription ends with nothing to bill.
	Absent bool
	// DueTime is the next renewal, or the end if that comes first.
	DueTime time.Time
	// Lines are those accrued so far.
	Lines []proration.Line
	// The totals include the charges that fall due with the invoice, and the changes that apply
	// until then, at the current prices and policies.
	Totals
	// End is when the subscription will end, or ended. It is zero if no end is set.
	End time.Time
	// Renews means that the current period is followed by another one.
	Renews bool
	// TrialOnly means that the subscription ends with its trial.
	TrialOnly bool
}

// Ahead is what lies ahead of a subscription if nothing else changes.
type Ahead struct {
	Upcoming
	// After is the state after the upcoming invoice is issued, from which follows what a full period then costs at
	// current prices. It is the current state if that is not known, or if no invoice follows.
	After State
	// Blocked explains why only the accrued lines of the upcoming invoice are known. It is nil if
	// the whole invoice is known.
	Blocked *Fault
}

// UpcomingInvoice returns the next invoice as it will be, or zero before the start. See
// [LookAhead].
func UpcomingInvoice(s State, in Input) Upcoming { return LookAhead(s, in).Upcoming }

// LookAhead returns the next invoice as it will be, and the state of the subscription after it. It
// replays the renewal, or the end that is set, on a copy, so the result includes stubs, minimums,
// the usage so far and the updates that apply until then. in holds the updates that are still open;
// see [Outcome.Open].
func LookAhead(s State, in Input) Ahead {
	r := upcomingReplay(s, in)
	if !s.Started() {
		u := Upcoming{Absent: true, End: s.LastEvent}
		if s.Phase != Canceled {
			u.End, _ = r.endTime()
		}
		return Ahead{Upcoming: u, After: s}
	}
	u := Upcoming{DueTime: s.Period.Span.End, Lines: s.Accrued, Renews: true, TrialOnly: r.trialOnly()}
	u.Totals = r.totalsOf(Total(s.Accrued))
	if end, ends := r.endTime(); ends {
		u.End = latest(end, s.LastEvent)
		u.Renews = end.After(s.Period.Span.End)
	}
	for range maxEventsPerPlan {
		e, found := r.next()
		if !found || r.out.Blocked != nil || e.at.After(r.state.Period.Span.End) {
			break // a policy or product is missing: what has accrued is all that is known
		}
		r.out.Effects = nil
		r.step(e)
		if !e.kind.invoices() {
			continue
		}
		if r.out.Blocked == nil {
			u.DueTime = e.at
			u.Totals = r.documentTotals()
			u.Absent = e.kind == cancels && !r.issued()
			return Ahead{Upcoming: u, After: *r.state}
		}
		break
	}
	return Ahead{Upcoming: u, After: s, Blocked: r.out.Blocked}
}

// upcomingReplay is a copy in which time has advanced to the end of the period.
func upcomingReplay(s State, in Input) *replay {
	in.Updates = slices.DeleteFunc(slices.Clone(in.Updates), func(u Update) bool { return u.Preview })
	in.Readings, in.Unpark, in.InvoiceNow, in.MaxEffects, in.Terms.Suspended = nil, false, false, 0, false
	in.Before = in.seenNow()
	in.Now = latest(in.Now, s.Period.Span.End)
	r := newReplay(s, in)
	r.state.Parked, r.state.Day = "", DayCount{}
	return r
}

// Open is the input with only the updates that are still open after the outcome.
func (o Outcome) Open(in Input) Input {
	in.Updates = slices.DeleteFunc(slices.Clone(in.Updates), func(u Update) bool {
		return !slices.ContainsFunc(o.Waiting, func(w Waiting) bool { return w.UID == u.UID })
	})
	return in
}

// invoices reports whether an event is followed by a period's invoice, or the last
// one.
func (k kind) invoices() bool { return k == cancels || k == trialEnds || k == periodEnds }

// totalsOf are the totals of a renewal with this subtotal.
func (v view) totalsOf(subtotal money.Decimal) Totals {
	credit := creditApplied(DocumentRenewal, subtotal, v.state.Balance)
	return Totals{subtotal, credit, subtotal.Sub(credit)}
}

// documentTotals are the totals of the document that was issued last, or zero.
func (r *replay) documentTotals() Totals {
	for _, effect := range r.out.Effects {
		if d := effect.Document; d != nil {
			return Totals{d.Subtotal, d.CreditApplied, d.AmountDue}
		}
	}
	return Totals{}
}

// issued reports whether the last event issued a document.
func (r *replay) issued() bool {
	return slices.ContainsFunc(r.out.Effects, func(e Effect) bool {
		return e.Document != nil && (len(e.Document.Lines) > 0 || !e.Document.AmountDue.IsZero())
	})
}

// Recurring is the cost of a full period for the current quantities, at the captured prices. It
// does not include usage.
func (s *State) Recurring() money.Decimal {
	var sum money.Decimal
	for i := range s.Items {
		item := &s.Items[i]
		if !item.Recurring || item.Metered {
			continue
		}
		total := item.Price.Total(max(item.Position.Held, item.Minimum))
		sum = sum.Add(s.Currency.Round(money.FractionOf(total)))
	}
	return sum
}
