// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "fmt"

// Clamp brings a loaded count within the plan's seat limits, and never below
// the seats that somebody holds (billing.md#10-seats and billing.md#targets). A
// maximum of 0 is none.
func Clamp(count, minimum, maximum, assigned int64) int64 {
	if maximum > 0 {
		count = min(count, maximum)
	}
	return max(count, minimum, assigned)
}

// Exceeds reports whether a change of a loaded count from held to count must be
// held until a person approves it (billing.md#guards). From 0 every
// rise exceeds.
func (g Guard) Exceeds(held, count int64) bool {
	if max(held, count) < g.FromSeats {
		return false
	}
	switch {
	case count > held && g.MaxIncreasePercent != nil:
		return (count-held)*100 > held**g.MaxIncreasePercent
	case count < held && g.MaxDecreasePercent != nil:
		return (held-count)*100 > held**g.MaxDecreasePercent
	default:
		return false
	}
}

// guarded reports whether the guard of its product holds an update. An item's
// first count never is.
func (r *replay) guarded(p *pending) bool {
	item := r.itemOf(p)
	if p.Origin != OriginRefresh || item == nil || item.Loaded == nil {
		return false
	}
	return r.in.Products[item.Product].Guard.Exceeds(item.Position.Held, r.wanted(p, item))
}

// checkTarget says why a change cannot be made to the item that it names, or
// that there is no such item.
func (r *replay) checkTarget(p *pending) *Fault {
	if p.InvalidCause != "" {
		return &Fault{InvalidCause, p.InvalidCause}
	}
	if p.Items != nil {
		return nil // a list names its own items
	}
	item := r.itemOf(p)
	if item == nil && p.Change.Item == "" {
		return &Fault{UnknownItem, fmt.Sprintf("The subscription has %d items: name the one to change in "+
			"spec.seats.item.", len(r.state.Items))}
	}
	if item == nil {
		return &Fault{UnknownItem, fmt.Sprintf("The subscription has no item %q: name one that it has.", p.Change.Item)}
	}
	if p.Origin != OriginUser {
		return nil
	}
	declared, _ := r.in.Terms.item(item.Name)
	if declared.Quantity != nil {
		return &Fault{DeclaredInSpec, fmt.Sprintf("The quantity of item %q is declared by the subscription: "+
			"change it there, in spec.items.", item.Name)}
	}
	if r.in.Products[item.Product].Loader {
		return loadedFromSource(item.Name, item.Product)
	}
	return nil
}

func loadedFromSource(item, product string) *Fault {
	return &Fault{LoadedFromSource, fmt.Sprintf("The seats of item %q are counted by the data loader of SeatProduct %q: "+
		"change them where they are counted.", item, product)}
}

// checkLimits says why an item cannot hold the quantity (billing.md#10-seats).
// Loaded counts are clamped and always pass.
func (r *replay) checkLimits(item *Item, quantity int64) *Fault {
	minimum, maximum := r.limits(item)
	switch assigned := r.in.Assigned[item.Name]; {
	case quantity < max(minimum, 0):
		return &Fault{BelowMinimum, fmt.Sprintf("Item %q would have %s; plan %q has a minimum of %d. Raise the quantity, or use "+
			"a plan with a lower minimum.", item.Name, quantified(quantity, "seat"), item.Plan, minimum)}
	case maximum > 0 && quantity > maximum:
		return &Fault{AboveMaximum, fmt.Sprintf("Item %q would have %s; plan %q has a maximum of %d. Lower the quantity, or use "+
			"a plan with a higher maximum.", item.Name, quantified(quantity, "seat"), item.Plan, maximum)}
	case quantity < item.Position.Held && quantity < assigned:
		return &Fault{SeatsAssigned, fmt.Sprintf("Item %q would have %s, but %d are assigned: unassign "+
			"some first.", item.Name, quantified(quantity, "seat"), assigned)}
	default:
		return nil
	}
}

// quantified writes a number with its noun: "1 seat", "2 seats".
func quantified(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
