// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Abandon ends a subscription that is deleted without a settlement (billing.md#14-start-and-end).
// Committed changes stay as they are, and no other due event is replayed. A Final document for 0.00
// lists the accrued lines and the charges of items in arrears, and bills none of them. Nothing is
// ended before the start or after the end.
//
// Accrued lines stay in the state, because no document bills them.
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
	r.mark(event{kind: cancels, at: at})
	r.out.State = *r.state
	return r.out
}

// unsettled returns the charges of items in arrears up to the end. An item whose policy is missing
// is left out, because nothing may keep an abandoned subscription.
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

// notBilled describes a line that is not billed, with its purpose and its amount.
func (v view) notBilled(line proration.Line, i int) proration.Line {
	return proration.Line{
		Key: v.lineKey(i), Item: line.Item, Product: line.Product, Plan: line.Plan, Kind: line.Kind, Quantity: line.Quantity,
		Description: fmt.Sprintf("Not billed: %s, %s %s", line.Description, v.state.Currency.Format(line.Amount), v.state.Currency.Code()),
		From:        line.From, To: line.To, Update: line.Update, Count: line.Count,
		FirstUpdate: line.FirstUpdate, LastUpdate: line.LastUpdate,
	}
}
