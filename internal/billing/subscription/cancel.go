// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// cancel ends the subscription (billing.md#14-start-and-end). Unused time is settled by the method of the
// cancellation, and the Final document bills everything accrued and deferred. If nothing was ever
// charged, or if time after the end was billed elsewhere, a Final document for 0.00 records that. Before
// the start, the subscription ends without a document.
func (r *replay) cancel(e event) *Fault {
	if r.notStarted() {
		r.state.Phase = Canceled
		return nil
	}
	lines, fault := r.settle(e)
	if fault != nil {
		return fault
	}
	lines = append(lines, r.state.Accrued...)
	for _, d := range r.state.Deferred {
		lines = append(lines, d.Line)
	}
	r.state.Accrued, r.state.Deferred = nil, nil
	r.state.Phase = Canceled
	before := r.state.NextNumber
	r.issue(DocumentFinal, e.at, r.state.Period.Span, lines)
	ahead := r.billedAhead(e.at)
	if r.state.NextNumber == before && (before <= 1 || !ahead.IsZero()) {
		// A later subscription with the same name finds this document, and does not get a second
		// trial (billing.md#14-start-and-end).
		r.issueDocument(DocumentFinal, e.at, r.state.Period.Span, nil, money.Decimal{})
	}
	r.leaveBilledUntil(ahead)
	return nil
}

// leaveBilledUntil records on the Final document until when time after the end was billed
// elsewhere. A later subscription with the same name finds it there.
func (r *replay) leaveBilledUntil(ahead time.Time) {
	for _, effect := range r.out.Effects {
		if d := effect.Document; d != nil && d.Reason == DocumentFinal {
			d.BilledUntil = ahead
		}
	}
}

// settle prices the end of every recurring item. Items billed in advance are credited for unused
// time by ProRata, and not at all by other methods. Items billed in arrears are charged for the
// time elapsed under every method.
func (v view) settle(e event) ([]proration.Line, *Fault) {
	if v.state.Period.Trial {
		return nil, nil
	}
	method := cmp.Or(v.in.Terms.Cancel.Method, proration.DoNotCharge)
	var lines []proration.Line
	for i := range v.state.Items {
		item := &v.state.Items[i]
		if !item.Recurring || (item.Charge == InAdvance && method != proration.ProRata) {
			continue
		}
		settled, fault := v.settleItem(e, item, method)
		if fault != nil {
			return nil, fault
		}
		for _, line := range settled {
			line.Key = v.lineKey(len(lines))
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func (v view) settleItem(e event, item *Item, method proration.Method) ([]proration.Line, *Fault) {
	if item.Charge == InArrears {
		return v.elapsed(item, e.at)
	}
	policy, fault := v.policy(v.itemPolicyRef(item.Product))
	if fault != nil {
		return nil, fault
	}
	line := proration.SettleItem(item.Position, proration.Change{
		Item: item.Name, Product: item.Product, Plan: item.Plan, Price: item.Price, Currency: v.state.Currency,
		Method: method, At: latest(e.at, item.LastEffective), Window: v.window(), Policy: policy,
	})
	if line == nil {
		return nil, nil
	}
	return []proration.Line{*line}, nil
}

// elapsed charges an item in arrears, whose period is cut short, for the time elapsed or for its
// usage. An item that was added in mid-period is only credited for what its changes were charged
// for the time after the cut.
func (v view) elapsed(item *Item, cut time.Time) ([]proration.Line, *Fault) {
	if item.Metered {
		return v.usage(item, cut), nil
	}
	policy, fault := v.policy(v.itemPolicyRef(item.Product))
	if fault != nil {
		return nil, fault
	}
	if item.AtStart == NotAtStart {
		return proration.ElapsedChanges(item.Position, v.charge(item, policy), cut), nil
	}
	return proration.ElapsedCharge(item.Position, v.charge(item, policy), cut), nil
}
