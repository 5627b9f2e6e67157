// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

// Exceeds reports whether a change of a loaded count from held to count needs a person's approval
// (billing.md#guards). From 0, every increase exceeds the guard.
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

// guarded reports whether the guard of its product stops an update. It never stops the first count
// of an item.
func (v view) guarded(p *pending) bool {
	item := v.itemOf(p)
	if p.Origin != OriginRefresh || item == nil || item.Loaded == nil {
		return false
	}
	return v.in.Products[item.Product].Guard.Exceeds(item.Position.Held, v.wanted(p, item))
}
