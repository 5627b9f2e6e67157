// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// auditPlan checks the books of a plan before anything is committed. It describes what does not add
// up, or returns "". It checks the result and not how it was computed: the unbilled total grows by
// what was priced and shrinks by what documents billed, and the credit balance equals what
// documents put there.
func auditPlan(before State, out Outcome) string {
	owed, balance, number := unbilled(&before), before.Balance, max(before.NextNumber, 1)
	for _, effect := range out.Effects {
		if d := effect.Decision; d != nil && d.Verdict == IsApplied {
			owed = owed.Add(Total(d.Lines))
		}
		d := effect.Document
		if d == nil {
			continue
		}
		if d.Number != number {
			return fmt.Sprintf("document %d should be number %d", d.Number, number)
		}
		number++
		balance = balance.Sub(d.CreditApplied)
		if wrong := auditDocument(d, balance); wrong != "" {
			return wrong
		}
		owed = owed.Sub(totalOfUpdates(d.Lines))
	}
	switch left := unbilled(&out.State); {
	case !left.Equal(owed):
		return fmt.Sprintf("%s is left to be billed, and it should be %s", left, owed)
	case !out.State.Balance.Equal(balance):
		return fmt.Sprintf("the credit balance is %s, and it should be %s", out.State.Balance, balance)
	}
	return auditItems(out.State.Items)
}

// auditDocument checks the sums of one document.
func auditDocument(d *Document, balance money.Decimal) string {
	switch {
	case !d.Subtotal.Equal(Total(d.Lines)):
		return fmt.Sprintf("the subtotal of document %d is not the sum of its lines", d.Number)
	case !d.AmountDue.Equal(d.Subtotal.Sub(d.CreditApplied)):
		return fmt.Sprintf("the amount due of document %d is not its subtotal less the credit applied", d.Number)
	case !d.BalanceAfter.Equal(balance) || balance.Sign() < 0:
		return fmt.Sprintf("document %d leaves a credit balance of %s, and it should be %s", d.Number, d.BalanceAfter, balance)
	default:
		return ""
	}
}

// auditItems checks that no item was credited more than it was charged.
func auditItems(items []Item) string {
	for i := range items {
		if items[i].Position.Charged.Sign() < 0 || items[i].Position.Held < 0 {
			return fmt.Sprintf("item %q was credited more than it was charged", items[i].Name)
		}
	}
	return ""
}

// unbilled sums the lines of updates that wait for a document.
func unbilled(s *State) money.Decimal {
	sum := totalOfUpdates(s.Accrued)
	for i := range s.Deferred {
		if ofUpdate(&s.Deferred[i].Line) {
			sum = sum.Add(s.Deferred[i].Line.Amount)
		}
	}
	return sum
}

// totalOfUpdates sums the lines that updates caused. It leaves out the recurring and one-time
// charges of plans, and what a cancellation settles.
func totalOfUpdates(lines []proration.Line) money.Decimal {
	var sum money.Decimal
	for i := range lines {
		if ofUpdate(&lines[i]) {
			sum = sum.Add(lines[i].Amount)
		}
	}
	return sum
}

func ofUpdate(line *proration.Line) bool { return line.Update != "" || line.FirstUpdate != "" }

// park discards a plan that does not add up, and parks the subscription until a person resolves it
// (billing.md#13-time).
func park(state State, wrong string) Outcome {
	state = state.clone()
	state.Sequence++
	state.Parked = fmt.Sprintf("The books do not add up: %s. Nothing was committed. This is a defect: please report "+
		"it; then set the annotation billing.seatplane.dev/unpark to a new value to try again.", wrong)
	return Outcome{State: state, Events: 1, Blocked: &Fault{ReasonParked, state.Parked}}
}
