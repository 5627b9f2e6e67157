// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// Check returns what blocks the next step of a subscription that has started, although nothing is
// due yet. It is nil if nothing does.
func Check(s State, in Input) *Fault {
	if !s.Started() {
		return nil
	}
	r := newReplay(s, in)
	if _, err := calendar.LoadZone(in.Terms.Zone); err != nil {
		return &Fault{InvalidTimeZone, fmt.Sprintf("spec.timeZone: %v. The previous time zone stays in force.", err)}
	}
	if fault := r.movedTooLate(); fault != nil {
		return fault
	}
	faults := collect(nil, r.checkItems())
	for i := range s.Items {
		_, fault := r.policy(r.itemPolicyRef(s.Items[i].Product))
		faults = collect(faults, fault)
	}
	return Together(faults)
}

// OutsideLimits describes the items that are outside their plans' seat limits, or whose loaded
// counts were clamped to them. It is nil if there are none (billing.md#10-seats).
func OutsideLimits(s State, in Input) *Fault {
	r := newReplay(s, in)
	var faults []Fault
	for i := range s.Items {
		item := &s.Items[i]
		count := item.Position.Held
		if item.Loaded != nil && item.Source == FromLoader {
			count = *item.Loaded
		}
		faults = collect(faults, r.checkLimits(item, count))
	}
	return Together(faults)
}

// Difference describes how the items in force differ from the spec after every edit of it was acted
// on. It is nil if they do not.
func Difference(s State, t Terms) *Fault {
	var faults []Fault
	changed := func(format string, args ...any) {
		faults = append(faults, Fault{ChangedByUpdate, fmt.Sprintf(format, args...)})
	}
	for _, declared := range t.Items {
		item := s.item(declared.Name)
		switch {
		case item == nil:
			changed("An update removed item %q, but the spec declares it.", declared.Name)
		case item.Product != declared.Product || item.Plan != declared.Plan || item.Recurring != declared.Recurring:
			changed("An update moved item %q to plan %q of SeatProduct %q, but the spec declares plan %q of %q.",
				item.Name, item.Plan, item.Product, declared.Plan, declared.Product)
		case declared.Quantity != nil && *declared.Quantity != item.Position.Held:
			changed("An update changed the quantity of item %q to %s, but the spec declares %d.", item.Name, quantified(item.Position.Held, "seat"),
				*declared.Quantity)
		}
	}
	for i := range s.Items {
		if _, declared := t.item(s.Items[i].Name); !declared {
			changed("An update added item %q, but the spec does not declare it.", s.Items[i].Name)
		}
	}
	return Together(faults)
}
