// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"time"

	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// amounts are what a subscription costs at each of the horizons, in one of two worlds.
type amounts struct {
	dueNow, next, perMonth, perYear money.Decimal
	// nextAt is when the next invoice is due; zero for none.
	nextAt time.Time
}

// side is one subscription in one of two worlds: as it is, or as it would be.
type side struct {
	// there: the subscription exists in this world.
	there    bool
	advanced assembly.Advanced
	amounts  amounts
	currency money.Currency
	// fault is what blocks the next step, or its computation; nil if nothing does.
	fault *subscription.Fault
}

// look computes a subscription in one world.
func look(o assembly.Objects) (side, error) {
	advanced, err := assembly.Advance(o)
	if err != nil {
		return side{}, err
	}
	s := side{there: true, advanced: advanced, currency: advanced.Outcome.State.Currency}
	for i := range advanced.Documents {
		s.amounts.dueNow = s.amounts.dueNow.Add(advanced.Documents[i].AmountDue)
	}
	s.lookAhead(advanced.Outcome, advanced.Input)
	return s, nil
}

// lookAhead computes the next invoice, and what recurs after it.
func (s *side) lookAhead(outcome subscription.Outcome, in subscription.Input) {
	s.fault = outcome.Blocked
	if s.fault == nil && outcome.State.Phase == subscription.Pending && !outcome.Next.IsZero() && !in.Terms.OnHold() {
		s.lookAtStart(outcome, in)
		return
	}
	ahead := subscription.LookAhead(outcome.State, in)
	if s.fault == nil {
		s.fault = subscription.Check(outcome.State, in)
	}
	if s.fault == nil {
		s.fault = ahead.Blocked
	}
	if !ahead.Absent {
		s.amounts.next, s.amounts.nextAt = ahead.AmountDue, ahead.DueTime
	}
	s.recur(ahead.After)
}

// lookAtStart computes the first invoice of a subscription that starts later. If it starts with a trial, that is the
// invoice at the end of the trial.
func (s *side) lookAtStart(outcome subscription.Outcome, in subscription.Input) {
	in.Now = outcome.Next
	started := subscription.Replay(outcome.State, in)
	s.fault = started.Blocked
	s.currency = started.State.Currency
	issued := false
	for _, effect := range started.Effects {
		if effect.Document != nil {
			s.amounts.next, s.amounts.nextAt, issued = s.amounts.next.Add(effect.Document.AmountDue), in.Now, true
		}
	}
	if issued {
		s.recur(started.State)
		return
	}
	ahead := subscription.LookAhead(started.State, started.Open(in))
	if !ahead.Absent {
		s.amounts.next, s.amounts.nextAt = ahead.AmountDue, ahead.DueTime
	}
	s.recur(ahead.After)
}

// recur computes the recurring amount of a state, for a month and for a year. An ended subscription has none.
func (s *side) recur(state subscription.State) {
	if !state.Started() {
		return
	}
	monthly := pricing.Monthly(state.Recurring(), state.Interval)
	s.amounts.perMonth = state.Currency.Round(monthly)
	s.amounts.perYear = state.Currency.Round(monthly.Mul(money.NewFraction(monthsOfYear, 1)))
}

const monthsOfYear = 12

// moneyOf is an amount in two worlds, in a currency.
func moneyOf(before, after money.Decimal, c money.Currency) Money {
	return Money{Before: c.Format(before), After: c.Format(after), Difference: c.Format(after.Sub(before))}
}

// horizonsOf are the amounts of two worlds.
func horizonsOf(before, after amounts, c money.Currency) Horizons {
	return Horizons{
		DueNow:      moneyOf(before.dueNow, after.dueNow, c),
		NextInvoice: moneyOf(before.next, after.next, c),
		PerMonth:    moneyOf(before.perMonth, after.perMonth, c),
		PerYear:     moneyOf(before.perYear, after.perYear, c),
	}
}

// directionOf reports whether a subscription costs more or less. It compares the recurring amounts, then the next
// invoices, then the amounts due now.
func directionOf(before, after amounts) Direction {
	for _, difference := range []int{
		after.perYear.Cmp(before.perYear), after.next.Cmp(before.next), after.dueNow.Cmp(before.dueNow),
	} {
		switch {
		case difference > 0:
			return Up
		case difference < 0:
			return Down
		}
	}
	return Same
}

// equal reports whether the amounts and times of two worlds are the same.
func (a amounts) equal(o amounts) bool {
	return a.dueNow.Equal(o.dueNow) && a.next.Equal(o.next) && a.perMonth.Equal(o.perMonth) && a.perYear.Equal(o.perYear) &&
		a.nextAt.Equal(o.nextAt)
}

// add adds amounts up.
func (a amounts) add(o amounts) amounts {
	return amounts{
		dueNow: a.dueNow.Add(o.dueNow), next: a.next.Add(o.next),
		perMonth: a.perMonth.Add(o.perMonth), perYear: a.perYear.Add(o.perYear),
	}
}
