// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// The bounds of what can be recorded (billing.md#bounds). An event that would exceed them is undone
// as a whole, and its update, its reading or its charge is refused. This way nothing is committed
// that the API server would refuse.
const (
	// MaxLines is the largest number of lines of a document.
	MaxLines = 1000
	// MaxDeferred is the largest number of lines that wait for a separate billing date, and
	// MaxAccrued the largest number that wait for the next invoice. The Final document has room for
	// both.
	MaxDeferred = 500
	MaxAccrued  = 300
	// MaxItems is the largest number of items of a subscription. The spec cannot list more, but the items that updates added
	// stay next to those of the spec.
	MaxItems = 100
)

// refuseReading leaves a reading out. The reading is not tried again before the next event, and
// does not block anything.
func (r *replay) refuseReading(reading Reading, fault Fault) {
	r.refused = append(r.refused, reading)
	r.out.Refused = append(r.out.Refused, fault)
}

// outdateRefused drops the refused readings of an item when a newer one was taken.
func (r *replay) outdateRefused(item string) {
	meter := r.state.item(item).Meter
	for i := len(r.refused) - 1; i >= 0; i-- {
		if r.refused[i].Item == item && !meter.IsNews(r.refused[i].Reading) {
			r.refused, r.out.Refused = slices.Delete(r.refused, i, i+1), slices.Delete(r.out.Refused, i, i+1)
		}
	}
}

// outOfBounds describes what of the state, or of the effects from firstEffect on, cannot be
// recorded. It is nil if everything can.
func (r *replay) outOfBounds(firstEffect int) *Fault {
	for _, effect := range r.out.Effects[firstEffect:] {
		if fault := r.effectOutOfBounds(effect); fault != nil {
			return fault
		}
	}
	switch {
	case len(r.state.Deferred) > MaxDeferred:
		return &Fault{TooManyLines, fmt.Sprintf("More than %d lines would wait for a separate billing date. Bill this "+
			"change with the next invoice, or wait until some of them are billed.", MaxDeferred)}
	case len(r.state.Accrued) > MaxAccrued:
		return &Fault{TooManyLines, fmt.Sprintf("More than %d lines would wait for the next invoice. Ask for an invoice with "+
			"the annotation billing.seatplane.dev/invoice-requested-at, or wait for the renewal.", MaxAccrued)}
	}
	return r.stateOutOfBounds()
}

func (v view) effectOutOfBounds(effect Effect) *Fault {
	if d := effect.Decision; d != nil {
		if fault := linesOutOfBounds(d.Lines); fault != nil {
			return fault
		}
		if d.Adjustment != nil && !fits(*d.Adjustment) {
			return tooLarge("The adjustment")
		}
		return nil
	}
	d := effect.Document
	switch {
	case len(d.Lines) > MaxLines:
		return &Fault{TooManyLines, fmt.Sprintf("The document would have more than %d lines.", MaxLines)}
	case !fits(d.Subtotal, d.AmountDue, d.CreditApplied, d.BalanceAfter):
		return tooLarge("The document")
	}
	return linesOutOfBounds(d.Lines)
}

func (v view) stateOutOfBounds() *Fault {
	for i := range v.state.Items {
		item := &v.state.Items[i]
		if !fits(item.Position.Charged, item.Price.Total(item.Position.Held)) ||
			(item.Metered && !fits(item.Price.Total(item.Meter.Used))) {
			return tooLarge(fmt.Sprintf("Item %q", item.Name))
		}
	}
	if !fits(v.state.Recurring(), v.state.Balance, Total(v.state.Accrued)) {
		return tooLarge("The subscription")
	}
	return linesOutOfBounds(v.state.Accrued)
}

// sumOutOfBounds describes an event that makes the next document too large although each amount
// fits. It is nil for any other event, and always for one that makes the sum smaller.
func (v view) sumOutOfBounds(e event, before view) *Fault {
	sum := v.largestDocument()
	if fits(sum) || v.state.Phase == Canceled || sum.Cmp(before.largestDocument()) <= 0 {
		return nil
	}
	switch {
	case e.kind == readingTaken:
		return tooLarge(fmt.Sprintf("With the usage of item %q, the next invoice", e.reading.Item))
	case e.update != nil && e.update.Change.Item != "":
		return tooLarge(fmt.Sprintf("With this change of item %q, the next invoice", e.update.Change.Item))
	default:
		return tooLarge("The next invoice")
	}
}

// largestDocument is an upper bound of the next document at current prices: all unbilled lines, the charges
// or credits for a period, the usage so far, and the balance. Each part counts by its absolute value,
// because a document may contain only some of them.
func (v view) largestDocument() money.Decimal {
	sum := v.state.Balance.Abs()
	for i := range v.state.Accrued {
		sum = sum.Add(v.state.Accrued[i].Amount.Abs())
	}
	for i := range v.state.Deferred {
		sum = sum.Add(v.state.Deferred[i].Line.Amount.Abs())
	}
	var charged money.Decimal
	for i := range v.state.Items {
		item := &v.state.Items[i]
		charged = charged.Add(item.Position.Charged.Abs())
		if item.Metered {
			sum = sum.Add(item.Price.Total(item.Meter.Used))
		}
	}
	return sum.Add(money.Max(charged, v.state.Recurring()))
}

func linesOutOfBounds(lines []proration.Line) *Fault {
	for i := range lines {
		if !fits(lines[i].Full, lines[i].Amount) {
			return tooLarge(fmt.Sprintf("Item %q", lines[i].Item))
		}
	}
	return nil
}

func tooLarge(what string) *Fault {
	return &Fault{AmountTooLarge, what + " would come to an amount of more than 15 digits before the decimal point, which is " +
		"more than can be billed. Check the quantity and the prices of the plan."}
}

// fits reports whether every amount can be recorded.
func fits(amounts ...money.Decimal) bool {
	for _, amount := range amounts {
		if amount.CheckRange() != nil {
			return false
		}
	}
	return true
}
