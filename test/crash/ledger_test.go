// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// balance checks that the ledger of one version adds up: documents, accrued and deferred lines are the
// charges of the plans and what applied updates changed; the balance is what documents put there less
// what they took. A line that names no update is a plan's own charge, of whatever kind, due or early, or
// what an end settles; one that names an update is a part of that update's adjustment, of whatever kind.
func (a *account) balance(s *v1alpha1.SubscriptionStatus) []string {
	lines, waiting := a.lines(s)
	wrong := a.readLines(lines)
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
	return append(wrong, a.eachUpdateOnce(lines)...)
}

// readLines: each line is in one place, stays as it was entered, and no plan charges for a time twice.
func (a *account) readLines(lines []v1alpha1.Line) []string {
	var wrong []string
	now := map[string]v1alpha1.Amount{}
	for _, line := range lines {
		if _, known := now[line.Key]; known {
			wrong = append(wrong, "line key "+line.Key+" is there twice")
		}
		now[line.Key] = line.Amount
	}
	for _, key := range slices.Sorted(maps.Keys(a.entered)) {
		if slices.ContainsFunc(lines, isFolded) {
			break // what was taken together is under the key of the first
		}
		switch is, there := now[key]; {
		case !there:
			wrong = append(wrong, fmt.Sprintf("line %s over %s is gone", key, a.entered[key]))
		case is != a.entered[key]:
			wrong = append(wrong, fmt.Sprintf("line %s over %s is now over %s", key, a.entered[key], is))
		}
	}
	a.entered = now
	periods := map[string]bool{}
	for _, line := range ofPlans(lines) {
		period := fmt.Sprint(line.Item, " ", line.Kind, " from ", line.From)
		if periods[period] && line.Kind != v1alpha1.LineCredit {
			wrong = append(wrong, "charged twice: "+period)
		}
		periods[period] = true
	}
	return wrong
}

func isFolded(line v1alpha1.Line) bool { return ptr.Deref(line.Count, 0) > 1 }

// ofPlans are the lines that no update is behind.
func ofPlans(lines []v1alpha1.Line) []v1alpha1.Line {
	return slices.DeleteFunc(slices.Clone(lines), func(line v1alpha1.Line) bool { return line.Update != "" || line.FirstUpdate != "" })
}

// lines returns every line of every document, and those that wait for one, with the sum of the latter.
func (a *account) lines(s *v1alpha1.SubscriptionStatus) (all []v1alpha1.Line, waiting *big.Rat) {
	if s.UpcomingInvoice != nil {
		all = append(all, s.UpcomingInvoice.Lines...)
	}
	for _, d := range s.Deferred {
		all = append(all, d.Line)
	}
	waiting = sum(all)
	for _, name := range slices.Sorted(maps.Keys(a.documents)) {
		all = append(all, a.documents[name].Lines...)
	}
	return all, waiting
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

// eachUpdateOnce: the lines of an applied update are each in exactly one place: by themselves, or in a
// line that stands for several and says for how many.
func (a *account) eachUpdateOnce(lines []v1alpha1.Line) []string {
	places := map[string]int{}
	takenIn := int64(0)
	for i := range lines {
		places[lines[i].Key]++
		// It has the key of the first that it stands for.
		takenIn += max(ptr.Deref(lines[i].Count, 1), 1) - 1
	}
	var wrong, missing []string
	for uid, mark := range a.marks {
		if mark.State != v1alpha1.UpdateApplied {
			continue
		}
		for i := range mark.Lines {
			line := &mark.Lines[i]
			if amount(line.Amount).Sign() == 0 {
				continue
			}
			switch found := places[line.Key]; {
			case found > 1:
				wrong = append(wrong, fmt.Sprintf("line %s of the applied update %s is in %d places", line.Key, uid, found))
			case found == 0:
				missing = append(missing, line.Key)
			}
		}
	}
	if int64(len(missing)) != takenIn {
		slices.Sort(missing)
		wrong = append(wrong, fmt.Sprintf("%d lines of applied updates are nowhere by themselves, and folded lines stand for %d: %q",
			len(missing), takenIn, missing))
	}
	return wrong
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
func amount(a v1alpha1.Amount) *big.Rat {
	value, ok := new(big.Rat).SetString(string(a))
	if !ok {
		panic(fmt.Sprintf("%q is no amount", a))
	}
	return value
}
