// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"time"
)

// target is an item as it will be after a change of items.
type target struct {
	TermsItem
	quantity int64
	// before is the current item, or nil for one that is added.
	before *Item
	// count is the first loaded count of an added item.
	count *pending
}

// changesRecurrence reports whether the item ends and another one with the same name begins,
// because a one-time item and a recurring item are different things.
func (t target) changesRecurrence() bool { return t.before != nil && t.before.Recurring != t.Recurring }

// isNew reports whether the item did not exist before.
func (t target) isNew() bool { return t.before == nil || t.changesRecurrence() }

// replaced reports whether the item moves to another plan.
func (t target) replaced() bool {
	return !t.isNew() && (t.before.Product != t.Product || t.before.Plan != t.Plan)
}

// changesPrice reports whether anything with a price changes.
func (t target) changesPrice() bool {
	return t.isNew() || t.replaced() || t.before.Position.Held != t.quantity
}

// checkedTargets are the targets of an update that pass every check that is possible before
// pricing.
func (v view) checkedTargets(p *pending, f InForce, at time.Time) ([]target, *Fault) {
	if fault := v.checkList(v.list(p)); fault != nil {
		return nil, fault
	}
	if fault := v.checkTrialFlags(f); fault != nil {
		return nil, fault
	}
	targets, fault := v.targets(p, at)
	if fault != nil {
		return nil, fault
	}
	return targets, v.checkTargets(p, targets, f.Renewal)
}

// targets computes the list of items after an update. A person's list replaces the current one; the
// spec's list is merged into it, item by item (billing.md#6-items).
func (v view) targets(p *pending, at time.Time) ([]target, *Fault) {
	var targets []target
	for _, wanted := range v.list(p) {
		t := target{TermsItem: wanted, before: v.state.item(wanted.Name)}
		if fault := v.fillQuantity(p, &t, at); fault != nil {
			return nil, fault
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// list is the list of items after an update, in the form of a declaration.
func (v view) list(p *pending) []TermsItem {
	if p.Origin == OriginSpec {
		return v.merge(p.Items)
	}
	return p.Items
}

// merge is the three-way merge of the spec last acted on, the edited spec and the current items.
// What an edit did not touch stays.
func (v view) merge(edited []TermsItem) []TermsItem {
	var merged []TermsItem
	for _, item := range edited {
		acted, known := v.state.ActedOn.item(item.Name)
		held := v.state.item(item.Name)
		switch {
		case !known || !acted.sameButQuantity(item):
			merged = append(merged, item)
		case held != nil:
			merged = append(merged, held.terms())
		default:
			// An update removed the item, and this edit does not change it.
		}
	}
	for i := range v.state.Items {
		held := &v.state.Items[i]
		_, acted := v.state.ActedOn.item(held.Name)
		if !acted && !slices.ContainsFunc(edited, func(t TermsItem) bool { return t.Name == held.Name }) {
			merged = append(merged, held.terms()) // an update added it
		}
	}
	return merged
}

// terms is the declaration that would leave the item as it is.
func (i *Item) terms() TermsItem {
	return TermsItem{Name: i.Name, Product: i.Product, Plan: i.Plan, Recurring: i.Recurring, Limits: i.Limits}
}

// sameButQuantity reports whether two declarations differ at most in the quantity, which has a
// separate update.
func (t TermsItem) sameButQuantity(o TermsItem) bool {
	return t.Product == o.Product && t.Plan == o.Plan && t.Recurring == o.Recurring && t.Limits.Equal(o.Limits)
}

// fillQuantity finds the quantity of a target: the declared one, or else the current one. For a new
// item it is the loaded count, or else the plan's minimum.
func (v view) fillQuantity(p *pending, t *target, at time.Time) *Fault {
	product := v.in.Products[t.Product]
	plan := product.Plans[t.Plan]
	switch {
	case t.replaced() && v.counts(*t):
		// A count is never a reason to refuse the item. It is clamped, as at a start.
		t.quantity = Clamp(t.before.count(t.Product), plan.Minimum, plan.Maximum, v.in.Assigned[t.Name])
		return nil
	case t.Quantity != nil:
		t.quantity = *t.Quantity
		return nil
	case t.before != nil:
		t.quantity = t.before.Position.Held
		return nil
	case p.Origin != OriginSpec || !product.Loader || (plan.Metered && t.Recurring):
		t.quantity = max(plan.Minimum, v.in.Assigned[t.Name])
		return nil
	}
	if t.count = v.firstCount(t.Name, at); t.count == nil {
		return &Fault{WaitingForSeats, fmt.Sprintf("The seats of item %q have not been counted yet by the data loader "+
			"of SeatProduct %q.", t.Name, t.Product)}
	}
	t.quantity = Clamp(*t.count.Change.Count, plan.Minimum, plan.Maximum, v.in.Assigned[t.Name])
	return nil
}

// counts reports whether a data loader decides the quantity of a target, because the spec does not
// declare it.
func (v view) counts(t target) bool {
	declared, _ := v.in.Terms.item(t.Name)
	product := v.in.Products[t.Product]
	metered := product.Plans[t.Plan].Metered && t.Recurring
	asked := t.Quantity != nil && t.before != nil && *t.Quantity != t.before.Position.Held
	return product.Loader && declared.Quantity == nil && !metered && !asked
}

// count is the count of an item before it is clamped, if it is known. A count loaded for another
// product does not apply.
func (i *Item) count(product string) int64 {
	if i.Loaded == nil || i.Product != product {
		return i.Position.Held
	}
	return *i.Loaded
}

// checkList explains why a subscription cannot have a list of items, regardless of their plans and quantities.
func (v view) checkList(items []TermsItem) *Fault {
	switch {
	case len(items) == 0:
		return &Fault{InvalidItems, "No item would be left: keep at least one, or cancel the subscription."}
	case len(items) > MaxItems:
		return &Fault{InvalidItems, fmt.Sprintf("The subscription would have %d items, and can have at most %d, with those that "+
			"updates added. Remove some of them.", len(items), MaxItems)}
	}
	names := map[string]bool{}
	for _, item := range items {
		if names[item.Name] {
			return &Fault{InvalidItems, fmt.Sprintf("Two items are called %q: give each a different name.", item.Name)}
		}
		names[item.Name] = true
	}
	return nil
}

// checkTargets explains why a subscription cannot have the list. Items that do not change are not
// checked again, unless a Reset charges them again.
func (v view) checkTargets(p *pending, targets []target, renewal Renewal) *Fault {
	for _, t := range targets {
		if !t.changesPrice() && renewal != Reset {
			continue
		}
		if fault := v.checkProduct(t.Product, t.Plan); fault != nil {
			return fault
		}
		if fault := v.checkSource(p, t); fault != nil {
			return fault
		}
	}
	if fault := v.checkAgreed(targets, renewal); fault != nil {
		return fault
	}
	for _, t := range targets {
		if !t.changesPrice() {
			continue
		}
		if fault := v.checkQuantity(t); fault != nil {
			return fault
		}
	}
	return v.checkRemoved(targets)
}

// checkSource refuses a person's quantity for an item that a loader counts.
func (v view) checkSource(p *pending, t target) *Fault {
	declared, _ := v.in.Terms.item(t.Name)
	counted := v.in.Products[t.Product].Loader && declared.Quantity == nil
	same := t.before != nil && t.Quantity != nil && t.before.Position.Held == *t.Quantity
	if p.Origin != OriginUser || t.Quantity == nil || !counted || same {
		return nil
	}
	return loadedFromSource(t.Name, t.Product)
}

// checkAgreed compares the currency and the interval, which all items share. The currency is fixed
// at the start; only a Reset can change the interval.
func (v view) checkAgreed(targets []target, renewal Renewal) *Fault {
	var agreed *target
	for i := range targets {
		t := &targets[i]
		if !t.changesPrice() && renewal != Reset {
			continue
		}
		plan := v.planOf(t)
		switch {
		case plan.Currency != v.state.Currency.Code():
			return &Fault{CurrencyChange, fmt.Sprintf("Item %q is priced in %s, and the subscription is billed in %s, which "+
				"is fixed at the start: use a plan in that currency.", t.Name, plan.Currency, v.state.Currency.Code())}
		case agreed != nil && !plan.Interval.Equal(v.planOf(agreed).Interval):
			return &Fault{InvalidItems, fmt.Sprintf("Item %q is on plan %q, billed every %s, and item %q on plan %q, billed every %s. "+
				"Use plans of one interval.", agreed.Name, agreed.Plan, v.planOf(agreed).Interval, t.Name, t.Plan, plan.Interval)}
		case !plan.Interval.Equal(v.state.Interval) && renewal != Reset:
			return &Fault{IntervalChangeNeedsReset, fmt.Sprintf("Item %q is on plan %q, billed every %s, and the subscription is billed "+
				"every %s. Create a SubscriptionUpdate with changeItems and renewalPolicy Reset, or use a plan of the same "+
				"interval.", t.Name, t.Plan, plan.Interval, v.state.Interval)}
		}
		agreed = t
	}
	return nil
}

// planOf returns the new plan of a target.
func (v view) planOf(t *target) Plan { return v.in.Products[t.Product].Plans[t.Plan] }

// checkQuantity explains why an item cannot have its quantity on its plan.
func (v view) checkQuantity(t target) *Fault {
	item := Item{Name: t.Name, Product: t.Product, Plan: t.Plan}
	if t.before != nil {
		item.Position.Held = t.before.Position.Held
	}
	return v.checkLimits(&item, t.quantity)
}

// checkRemoved refuses to remove assigned seats.
func (v view) checkRemoved(targets []target) *Fault {
	for i := range v.state.Items {
		name := v.state.Items[i].Name
		if assigned := v.in.Assigned[name]; assigned > 0 && !listed(targets, name) {
			return &Fault{SeatsAssigned, fmt.Sprintf("Item %q would be removed, but %d of its seats are assigned: unassign "+
				"them first.", name, assigned)}
		}
	}
	return nil
}

func listed(targets []target, name string) bool {
	return slices.ContainsFunc(targets, func(t target) bool { return t.Name == name })
}
