// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "time"

// seatThresholds are the percentages of an item's maximum at which a notice is given
// (billing.md#10-seats).
var seatThresholds = [...]int{75, 90, 100}

// noticeSeats gives notice of each threshold of the maximum that an item's quantity
// crosses from below, once in each period.
func (r *replay) noticeSeats(item *Item, before int64, at time.Time) {
	_, maximum := r.limits(item)
	if maximum <= 0 {
		return
	}
	for _, threshold := range seatThresholds {
		level := part(maximum, threshold)
		held := item.Position.Held
		if before >= level || held < level || item.SeatsNoticed >= threshold {
			continue
		}
		item.SeatsNoticed = threshold
		r.out.Notices = append(r.out.Notices, Notice{Item: item.Name, Limit: SeatsLimit, Threshold: threshold, Reached: held, At: at})
	}
}

// noticeChanges gives notice of the thresholds that a change of items crosses.
func (r *replay) noticeChanges(c *itemsChange) {
	for _, t := range c.targets {
		before := int64(0)
		if t.before != nil && !t.isNew() && !t.replaced() {
			before = t.before.Position.Held
		}
		r.noticeSeats(r.state.item(t.Name), before, c.at)
	}
}

// part is the smallest quantity that is at least the given percentage of the whole.
func part(whole int64, percent int) int64 {
	p := int64(percent)
	return whole/100*p + (whole%100*p+99)/100
}
