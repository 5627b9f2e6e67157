// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// Check says what stands in the way of the next step of a subscription that has
// started, although nothing is due yet; nil when nothing does.
func Check(s State, in Input) *Fault {
	if !s.Started() {
		return nil
	}
	r := newReplay(s, in)
	if _, err := calendar.LoadZone(in.Terms.Zone); err != nil {
		return &Fault{InvalidTimeZone, fmt.Sprintf("spec.timeZone: %v. The zone before it stays in force.", err)}
	}
	if fault := r.checkItems(); fault != nil {
		return fault
	}
	for i := range s.Items {
		if _, fault := r.policy(r.itemPolicyRef(s.Items[i].Product)); fault != nil {
			return fault
		}
	}
	return nil
}

// OutsideLimits says of the first item that is outside its plan's seat limits, or
// whose loaded count was clamped to them, what is wrong; nil when none is
// (billing design, section 10).
func OutsideLimits(s State, in Input) *Fault {
	r := newReplay(s, in)
	for i := range s.Items {
		item := &s.Items[i]
		count := item.Position.Held
		if item.Loaded != nil && item.Source == FromLoader {
			count = *item.Loaded
		}
		if fault := r.checkLimits(item, count); fault != nil {
			return fault
		}
	}
	return nil
}

// Difference says in what the items in force differ from what the spec declares;
// nil when they do not.
func Difference(s State, t Terms) *Fault {
	for _, declared := range t.Items {
		item := s.item(declared.Name)
		if item == nil || item.Product != declared.Product || item.Plan != declared.Plan || item.Recurring != declared.Recurring {
			return &Fault{InvalidItems, fmt.Sprintf("Item %q was added, or its product, plan or recurrence changed, after "+
				"the start, which this version does not apply yet; what was in force stays.", declared.Name)}
		}
		if declared.Quantity != nil && *declared.Quantity != item.Position.Held {
			return &Fault{ChangedByUpdate, fmt.Sprintf("Item %q holds %d seats since an update; the spec declares %d.",
				item.Name, item.Position.Held, *declared.Quantity)}
		}
	}
	if len(s.Items) > len(t.Items) {
		return &Fault{InvalidItems, "An item was removed after the start, which this version does not apply yet; " +
			"what was in force stays."}
	}
	return nil
}
