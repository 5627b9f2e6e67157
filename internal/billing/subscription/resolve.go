// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// inForce resolves the values that apply to an update: from the update, the subscription, the
// item's product, or the defaults (billing.md#resolution). The caller fills in the times it knows.
func (v view) inForce(p *pending) InForce {
	chain := []ChangePolicy{
		p.Policy, v.in.Terms.Change, v.productPolicy(p),
		{Application: ApplyImmediately, Payment: v.defaultPayment(p), Method: proration.ProRata},
	}
	var f InForce
	for _, c := range chain {
		f.Application = cmp.Or(f.Application, c.Application)
		f.Payment = cmp.Or(f.Payment, c.Payment)
		f.Method = cmp.Or(f.Method, c.Method)
	}
	if p.Items != nil {
		f.Renewal = v.renewal(p)
		f.KeepTrial = isTrue(cmp.Or(p.Policy.KeepTrial, v.in.Terms.Change.KeepTrial))
		f.IgnoreRecurring = isTrue(cmp.Or(p.Policy.IgnoreRecurring, v.in.Terms.Change.IgnoreRecurring))
	}
	f.Proration = v.prorationRef(p)
	f.PolicyGeneration = v.in.Policies[f.Proration].Generation
	f.Effective, f.BillAt = p.Effective, p.BillAt
	f.SeenAt, f.Overdue = v.seen(p), v.overdue(p)
	f.ApprovedAt = p.ApprovedAt
	if p.Approved && f.ApprovedAt.IsZero() && v.guarded(p) {
		f.ApprovedAt = v.in.seenNow()
	}
	return f
}

// renewal is the renewal policy of a change of items.
func (v view) renewal(p *pending) Renewal {
	return cmp.Or(p.Policy.Renewal, v.in.Terms.Change.Renewal, Retain)
}

// defaultPayment is the payment schedule if none is set. A Reset begins a period, and a period is
// invoiced at its start (billing.md#6-items).
func (v view) defaultPayment(p *pending) Payment {
	if v.invoicesReset(p) {
		return PayImmediately
	}
	return PayNextInvoice
}

// invoicesReset reports whether an update is a Reset that is invoiced at its start, together with
// everything accrued so far, because no payment schedule is set.
func (v view) invoicesReset(p *pending) bool {
	named := cmp.Or(p.Policy.Payment, v.in.Terms.Change.Payment)
	return p.Items != nil && v.renewal(p) == Reset && named == ""
}

// productPolicy is the item's product's policy for a change in this direction.
func (v view) productPolicy(p *pending) ChangePolicy {
	item := v.itemOf(p)
	if item == nil {
		return ChangePolicy{}
	}
	product := v.in.Products[item.Product]
	switch wanted := v.wanted(p, item); {
	case wanted > item.Position.Held:
		return product.OnIncrease
	case wanted < item.Position.Held:
		return product.OnDecrease
	default:
		return ChangePolicy{}
	}
}

// prorationRef names the policy that prices an update, or is zero.
func (v view) prorationRef(p *pending) PolicyRef {
	if !p.Proration.IsZero() {
		return p.Proration
	}
	item := v.itemOf(p)
	if item == nil {
		return v.in.Terms.Policy
	}
	return v.itemPolicyRef(item.Product)
}

// itemPolicyRef names the policy that prices an item of the product if no update is involved.
func (v view) itemPolicyRef(product string) PolicyRef {
	if !v.in.Terms.Policy.IsZero() {
		return v.in.Terms.Policy
	}
	return v.in.Products[product].Policy
}

// policy returns the policy to price by. A policy that is missing or not ready prices nothing,
// which is a fault.
func (v view) policy(ref PolicyRef) (proration.Policy, *Fault) {
	if ref.IsZero() {
		return proration.NoPolicy, nil
	}
	policy, ready := v.in.Policies[ref]
	if !ready {
		return proration.Policy{}, &Fault{PolicyNotReady, ref.Kind + " " + ref.Name +
			" does not exist or is not ready. Create it or fix it, or name another proration policy."}
	}
	return policy.Policy, nil
}

// itemOf is the item whose quantity an update changes, or nil.
func (v view) itemOf(p *pending) *Item {
	switch {
	case p.Items != nil:
		return nil
	case p.Change.Item == "" && len(v.state.Items) == 1:
		return &v.state.Items[0]
	default:
		return v.state.item(p.Change.Item)
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// wanted is the quantity that an update asks for. A relative change counts from the current
// quantity, and a loaded count is clamped (billing.md#5-coverage and billing.md#12-refreshes).
func (v view) wanted(p *pending, item *Item) int64 {
	q := item.Position.Held
	switch c := p.Change; {
	case c.Count != nil:
		q = *c.Count
	case c.Increment != nil:
		q += *c.Increment
	case c.Decrement != nil:
		q -= *c.Decrement
	}
	if p.Origin != OriginRefresh {
		return q
	}
	minimum, maximum := v.limits(item)
	return Clamp(q, minimum, maximum, v.in.Assigned[item.Name])
}

// changesNothing reports whether an absolute count equals the current quantity, so that no schedule
// matters.
func (v view) changesNothing(p *pending) bool {
	item := v.itemOf(p)
	return item != nil && p.Origin != OriginUser && v.wanted(p, item) == item.Position.Held
}
