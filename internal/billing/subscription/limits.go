// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "fmt"

// Clamp brings a loaded count within the plan's seat limits, and never below the number of assigned
// seats (billing.md#10-seats and billing.md#targets). A maximum of 0 means no maximum.
func Clamp(count, minimum, maximum, assigned int64) int64 {
	if maximum > 0 {
		count = min(count, maximum)
	}
	return max(count, minimum, assigned)
}

// checkLimits explains why an item cannot have the quantity (billing.md#10-seats). Loaded counts
// are clamped and always pass.
func (v view) checkLimits(item *Item, quantity int64) *Fault {
	minimum, maximum := v.limits(item)
	switch assigned := v.in.Assigned[item.Name]; {
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

// limits are the seat limits of an item: those of the plan as it is now, or as last captured if the
// plan is missing.
func (v view) limits(item *Item) (minimum, maximum int64) {
	if plan, ok := v.in.Products[item.Product].Plans[item.Plan]; ok {
		return plan.Minimum, plan.Maximum
	}
	return item.Minimum, item.Maximum
}
