// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"math"
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// History returns the events of a subscription that are still known, in order: those in its status, and those that can
// be rebuilt from its finished updates and its invoices. Other records are ignored. An event about a record that was
// deleted, and an event of another type that has left the status, are missing.
func History(sub *v1alpha1.Subscription, updates []v1alpha1.SubscriptionUpdate, invoices []v1alpha1.Invoice) []v1alpha1.Notification {
	events := Rebuild(sub, updates, invoices, 0, math.MaxInt64)
	known := map[int64]bool{}
	for n := range events {
		known[events[n].Sequence] = true
	}
	for _, each := range sub.Status.Notifications {
		if !known[each.Sequence] {
			events = append(events, each)
		}
	}
	slices.SortFunc(events, func(a, b v1alpha1.Notification) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return events
}
