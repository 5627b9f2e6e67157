// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Upcoming is what the next invoice would come to if nothing changed.
type Upcoming struct {
	// DueTime is the next renewal, or the end where that comes first.
	DueTime time.Time
	// Lines are those accrued so far.
	Lines []proration.Line
	// The totals include the charges that fall due with it, by the prices and
	// policies as they are now.
	Totals
}

// UpcomingInvoice returns what the next invoice would come to; zero before the
// start and after the end. The renewal, or the end that is set, is replayed on a
// copy: its stub, its minimum and its usage so far are what they would be.
func UpcomingInvoice(s State, in Input) Upcoming {
	if !s.Started() {
		return Upcoming{}
	}
	in.Updates, in.Readings, in.Unpark, in.MaxEffects, in.Terms.Suspended = nil, nil, false, 0, false
	in.Now = latest(in.Now, s.Period.Span.End)
	r := newReplay(s, in)
	r.state.Parked, r.state.Day = "", DayCount{}
	u := Upcoming{DueTime: s.Period.Span.End, Lines: s.Accrued}
	u.Totals = r.totalsOf(Total(s.Accrued))
	for range maxEventsPerPlan {
		e, found := r.next()
		if !found || r.out.Blocked != nil || e.at.After(s.Period.Span.End) {
			return u // a policy or product is missing: what has accrued is all that is known
		}
		r.out.Effects = nil
		r.step(e)
		if e.kind == billingDate {
			continue
		}
		if r.out.Blocked == nil {
			u.DueTime = e.at
			u.Totals = r.documentTotals()
		}
		return u
	}
	return u
}

// totalsOf are the totals of a renewal with this subtotal.
func (r *replay) totalsOf(subtotal money.Decimal) Totals {
	credit := creditApplied(DocumentRenewal, subtotal, r.state.Balance)
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
