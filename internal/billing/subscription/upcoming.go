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
	DueTime time.Time
	// Lines are those accrued so far.
	Lines []proration.Line
	// The totals include the next recurring charge at the captured prices.
	Subtotal, CreditApplied, AmountDue money.Decimal
}

// Upcoming returns what the next invoice would come to; zero before the start
// and after the end.
func (s *State) Upcoming() Upcoming {
	if !s.Started() {
		return Upcoming{}
	}
	subtotal := Total(s.Accrued).Add(s.nextCharge())
	credit := creditApplied(DocumentRenewal, subtotal, s.Balance)
	return Upcoming{
		DueTime: s.Period.Span.End, Lines: s.Accrued,
		Subtotal: subtotal, CreditApplied: credit, AmountDue: subtotal.Sub(credit),
	}
}

// nextCharge is what the next invoice charges besides what has accrued: an item in
// advance for what it holds, one in arrears for what it held when the period
// started, whose changes have accrued.
func (s *State) nextCharge() money.Decimal {
	var sum money.Decimal
	for i := range s.Items {
		switch item := &s.Items[i]; {
		case item.Charge != InArrears:
			sum = sum.Add(s.fullPeriod(item, item.Position.Held))
		case !s.Period.Trial:
			sum = sum.Add(s.fullPeriod(item, item.AtStart))
		}
	}
	return sum
}

// Recurring is what a full period costs for the quantities held, at the
// captured prices.
func (s *State) Recurring() money.Decimal {
	var sum money.Decimal
	for i := range s.Items {
		sum = sum.Add(s.fullPeriod(&s.Items[i], s.Items[i].Position.Held))
	}
	return sum
}

// fullPeriod is what an item costs for a full period; nothing where it is charged
// once.
func (s *State) fullPeriod(item *Item, quantity int64) money.Decimal {
	if !item.Recurring {
		return money.Decimal{}
	}
	total := item.Price.Total(max(quantity, item.Minimum))
	return s.Currency.Round(money.FractionOf(total))
}
