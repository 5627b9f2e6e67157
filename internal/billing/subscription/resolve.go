// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// inForce resolves what an update goes by: the update, the subscription, the
// item's product, the default (billing.md#resolution). Times
// are filled in by whoever knows them.
func (r *replay) inForce(p *pending) InForce {
	chain := []ChangePolicy{
		p.Policy, r.in.Terms.Change, r.productPolicy(p),
		{Application: ApplyImmediately, Payment: r.defaultPayment(p), Method: proration.ProRata},
	}
	var f InForce
	for _, c := range chain {
		f.Application = cmp.Or(f.Application, c.Application)
		f.Payment = cmp.Or(f.Payment, c.Payment)
		f.Method = cmp.Or(f.Method, c.Method)
	}
	if p.Items != nil {
		f.Renewal = r.renewal(p)
		f.KeepTrial = isTrue(cmp.Or(p.Policy.KeepTrial, r.in.Terms.Change.KeepTrial))
		f.IgnoreRecurring = isTrue(cmp.Or(p.Policy.IgnoreRecurring, r.in.Terms.Change.IgnoreRecurring))
	}
	f.Proration = r.prorationRef(p)
	f.PolicyGeneration = r.in.Policies[f.Proration].Generation
	f.Effective, f.BillAt = p.Effective, p.BillAt
	f.Seen, f.Overdue = r.seen(p), r.overdue(p)
	f.ApprovedAt = p.ApprovedAt
	if p.Approved && f.ApprovedAt.IsZero() && r.guarded(p) {
		f.ApprovedAt = r.in.seenNow()
	}
	return f
}

// renewal is the renewal policy of a change of items.
func (r *replay) renewal(p *pending) Renewal {
	return cmp.Or(p.Policy.Renewal, r.in.Terms.Change.Renewal, Retain)
}

// defaultPayment is the payment schedule where nothing names one. A Reset begins a
// period, and a period is invoiced at its start (billing.md#6-items).
func (r *replay) defaultPayment(p *pending) Payment {
	if r.invoicesReset(p) {
		return PayImmediately
	}
	return PayNextInvoice
}

// invoicesReset reports whether an update is a Reset that is invoiced at its start,
// together with everything accrued so far, because nothing names a payment schedule.
func (r *replay) invoicesReset(p *pending) bool {
	named := cmp.Or(p.Policy.Payment, r.in.Terms.Change.Payment)
	return p.Items != nil && r.renewal(p) == Reset && named == ""
}

// productPolicy is what the item's product says of a change in this direction.
func (r *replay) productPolicy(p *pending) ChangePolicy {
	item := r.itemOf(p)
	if item == nil {
		return ChangePolicy{}
	}
	product := r.in.Products[item.Product]
	switch wanted := r.wanted(p, item); {
	case wanted > item.Position.Held:
		return product.OnIncrease
	case wanted < item.Position.Held:
		return product.OnDecrease
	default:
		return ChangePolicy{}
	}
}

// prorationRef names the policy that prices an update; zero for none.
func (r *replay) prorationRef(p *pending) PolicyRef {
	if !p.Proration.IsZero() {
		return p.Proration
	}
	item := r.itemOf(p)
	if item == nil {
		return r.in.Terms.Policy
	}
	return r.itemPolicyRef(item.Product)
}

// itemPolicyRef names the policy that prices an item of the product where no
// update is involved.
func (r *replay) itemPolicyRef(product string) PolicyRef {
	if !r.in.Terms.Policy.IsZero() {
		return r.in.Terms.Policy
	}
	return r.in.Products[product].Policy
}

// policy returns the policy to price by. One that is gone or not ready prices
// nothing: that is a fault.
func (r *replay) policy(ref PolicyRef) (proration.Policy, *Fault) {
	if ref.IsZero() {
		return proration.NoPolicy, nil
	}
	policy, ready := r.in.Policies[ref]
	if !ready {
		return proration.Policy{}, &Fault{PolicyNotReady, ref.Kind + " " + ref.Name +
			" does not exist or is not ready. Create or mend it, or name another proration policy."}
	}
	return policy.Policy, nil
}

// itemOf is the item whose quantity an update changes; nil when there is none.
func (r *replay) itemOf(p *pending) *Item {
	switch {
	case p.Items != nil:
		return nil
	case p.Change.Item == "" && len(r.state.Items) == 1:
		return &r.state.Items[0]
	default:
		return r.state.item(p.Change.Item)
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// limits are an item's seat limits in force: the plan's as it is now, else as
// it was captured.
func (r *replay) limits(item *Item) (minimum, maximum int64) {
	if plan, ok := r.in.Products[item.Product].Plans[item.Plan]; ok {
		return plan.Minimum, plan.Maximum
	}
	return item.Minimum, item.Maximum
}

// wanted is the quantity that an update asks for. A relative change counts from
// the quantity held, a loaded count is clamped (billing.md#5-coverage and
// billing.md#12-refreshes).
func (r *replay) wanted(p *pending, item *Item) int64 {
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
	minimum, maximum := r.limits(item)
	return Clamp(q, minimum, maximum, r.in.Assigned[item.Name])
}

// changesNothing reports whether an absolute count asks for what is held, so
// that no schedule matters.
func (r *replay) changesNothing(p *pending) bool {
	item := r.itemOf(p)
	return item != nil && p.Origin != OriginUser && r.wanted(p, item) == item.Position.Held
}
