// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Abandon ends a subscription that is deleted without a settlement
// (billing.md#14-start-and-end). What was committed stays what it is; nothing else
// that is due takes place. A Final document over 0.00 names what was accrued and what
// items in arrears owe, and is not billed. There is nothing to end before the start
// and after the end.
//
// What was accrued stays in the state: no document bills it.
func Abandon(s State, in Input) Outcome {
	if !s.Started() {
		return Outcome{State: s}
	}
	r := newReplay(s, in)
	at := r.notBeforeLast(r.in.seenNow())
	if end, ends := r.endTime(); ends {
		at = r.notBeforeLast(earlier(end, at))
	}
	lines := slices.Clone(r.state.Accrued)
	for _, d := range r.state.Deferred {
		lines = append(lines, d.Line)
	}
	lines = append(lines, r.unsettled(event{kind: cancels, at: at})...)
	for i := range lines {
		lines[i] = r.notBilled(lines[i], i)
	}
	r.state.Phase, r.state.LastEvent = Canceled, at
	r.issueDocument(DocumentFinal, at, r.state.Period.Span, lines, money.Decimal{})
	r.leaveBilledUntil(r.billedAhead(at))
	r.count()
	r.out.State = *r.state
	return r.out
}

// unsettled are the charges of items in arrears up to the end. A policy that is
// missing leaves its item out: nothing keeps an abandoned subscription.
func (v view) unsettled(e event) []proration.Line {
	var lines []proration.Line
	if v.state.Period.Trial {
		return nil
	}
	for i := range v.state.Items {
		item := &v.state.Items[i]
		if !item.Recurring || item.Charge != InArrears {
			continue
		}
		owed, fault := v.elapsed(item, e.at)
		if fault == nil {
			lines = append(lines, owed...)
		}
	}
	return lines
}

// notBilled names a line that is not billed: what it is about, and its amount in
// words.
func (v view) notBilled(line proration.Line, i int) proration.Line {
	return proration.Line{
		Key: v.lineKey(i), Item: line.Item, Product: line.Product, Plan: line.Plan, Kind: line.Kind, Quantity: line.Quantity,
		Description: fmt.Sprintf("Not billed: %s, %s %s", line.Description, v.state.Currency.Format(line.Amount), v.state.Currency.Code()),
		From:        line.From, To: line.To, Update: line.Update, Count: line.Count,
		FirstUpdate: line.FirstUpdate, LastUpdate: line.LastUpdate,
	}
}
