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
	// Absent: there will be none, because the subscription ends with nothing to bill.
	Absent bool
	// DueTime is the next renewal, or the end where that comes first.
	DueTime time.Time
	// Lines are those accrued so far.
	Lines []proration.Line
	// The totals include the charges that fall due with it, and the changes that apply
	// until then, by the prices and policies as they are now.
	Totals
	// End is when the subscription will end, or ended; zero where no end is set.
	End time.Time
	// Renews: the current period is followed by another one.
	Renews bool
	// TrialOnly: the subscription ends with its trial.
	TrialOnly bool
}

// UpcomingInvoice returns what the next invoice will be; zero before the start. The
// renewal, or the end that is set, is replayed on a copy: its stub, its minimum, its
// usage so far and the updates that apply until then are what they would be. in holds
// the updates that are still open; see [Outcome.Open].
func UpcomingInvoice(s State, in Input) Upcoming {
	r := upcomingReplay(s, in)
	if !s.Started() {
		u := Upcoming{Absent: true, End: s.LastEvent}
		if s.Phase != Canceled {
			u.End, _ = r.endTime()
		}
		return u
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
			return u // a policy or product is missing: what has accrued is all that is known
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
		}
		return u
	}
	return u
}

// upcomingReplay is a copy that has time run on to the end of the period.
func upcomingReplay(s State, in Input) *replay {
	in.Updates = slices.DeleteFunc(slices.Clone(in.Updates), func(u Update) bool { return u.Preview })
	in.Readings, in.Unpark, in.InvoiceNow, in.MaxEffects, in.Terms.Suspended = nil, false, false, 0, false
	in.Before = in.seenNow()
	in.Now = latest(in.Now, s.Period.Span.End)
	r := newReplay(s, in)
	r.state.Parked, r.state.Day = "", DayCount{}
	return r
}

// Open is the input with the updates alone that are open after the outcome.
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

// documentTotals are those of the document that was issued last; zero without one.
func (r *replay) documentTotals() Totals {
	for _, effect := range r.out.Effects {
		if d := effect.Document; d != nil {
			return Totals{d.Subtotal, d.CreditApplied, d.AmountDue}
		}
	}
	return Totals{}
}

// issued reports whether the last event issued a document over anything.
func (r *replay) issued() bool {
	return slices.ContainsFunc(r.out.Effects, func(e Effect) bool {
		return e.Document != nil && (len(e.Document.Lines) > 0 || !e.Document.AmountDue.IsZero())
	})
}

// Recurring is what a full period costs for the quantities held, at the captured
// prices; usage is not part of it.
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
