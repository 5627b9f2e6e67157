// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// isNews reports whether a reading belongs to a current metered item and its product, and is newer
// than the last one taken.
func (r *replay) isNews(reading Reading) bool {
	item := r.state.item(reading.Item)
	if slices.Contains(r.refused, reading) {
		return false
	}
	return r.state.Started() && item != nil && item.Metered && reading.Product == item.Product &&
		reading.Total >= 0 && item.Meter.IsNews(reading.Reading)
}

// firstReading is the baseline reading of a metered item: the newest one observed by the start, or
// else the first one after it.
func (v view) firstReading(item *Item, start time.Time) (first Reading, found bool) {
	for _, reading := range v.in.Readings {
		if reading.Item != item.Name || reading.Product != item.Product || reading.Total < 0 {
			continue
		}
		newer := (metering.Meter{Known: true, Last: first.Reading}).IsNews(reading.Reading)
		switch {
		case !found,
			newer && !reading.Observed.After(start),
			!newer && first.Observed.After(start):
			first, found = reading, true
		}
	}
	return first, found
}

// read records a reading, and gives notice of the limits that usage reaches (billing.md#11-usage).
func (r *replay) read(e event) *Fault {
	item := r.state.item(e.reading.Item)
	var reached []metering.Notice
	item.Meter, reached = item.Meter.Take(e.reading.Reading, item.Price, item.Limits, r.state.Period.Trial)
	for _, n := range reached {
		r.out.Notices = append(r.out.Notices, Notice{
			Item: item.Name, Limit: n.Limit, Threshold: n.Threshold, Reached: item.Meter.Used, At: e.at,
		})
	}
	return nil
}

// startMeter starts the meter of an item that was added, or moved to a metered plan. Usage counts
// from the last reading of its product by then, even if that reading was not taken yet, or else
// from the first one after it.
func (r *replay) startMeter(item *Item, productBefore string, at time.Time) {
	if item.Metered && productBefore == item.Product {
		item.Meter = item.Meter.NextPeriod()
		return
	}
	item.Meter = metering.Meter{}
	if base, found := r.firstReading(item, at); found && item.Metered {
		item.Meter = metering.Meter{Known: true, Last: base.Reading}
	}
}

// usage charges what a metered item used in the current period, up to an instant. It returns one
// line, or none, not even a flat fee, for an item that was only just added.
func (v view) usage(item *Item, until time.Time) []proration.Line {
	if item.Meter.Used == 0 && !v.usageFrom(item).Before(until) {
		return nil
	}
	line := proration.UsageCharge(proration.Charge{
		Item: item.Name, Product: item.Product, Plan: item.Plan,
		Price: item.Price, Currency: v.state.Currency, Quantity: item.Meter.Used,
		From: v.usageFrom(item), Window: v.window(),
	})
	line.To = until
	return []proration.Line{line}
}

// usageFrom is when the usage of the current period begins to count.
func (v view) usageFrom(item *Item) time.Time {
	if item.AtStart == NotAtStart {
		return latest(item.LastEffective, v.state.Period.Span.Start)
	}
	return v.state.Period.Span.Start
}

// UsageOutsideLimits describes the problem of the first item whose usage reached a limit in this
// period, whose reading went back, or whose limits are ignored because it is not metered. It is nil
// if there is none (billing.md#11-usage). A limit that was since raised above the usage, or
// removed, is not a problem.
func UsageOutsideLimits(s State) *Fault {
	var faults []Fault
	for i := range s.Items {
		faults = collect(faults, outsideUsage(&s.Items[i], s.Period.Trial))
	}
	together := Together(faults)
	if together != nil {
		together.Reason = slices.MinFunc(faults, graverUsage).Reason
	}
	return together
}

// graverUsage orders the problems of usage: usage that is not billed comes first, and settings without
// effect come last.
func graverUsage(a, b Fault) int {
	order := []Reason{HardLimitReached, TrialUsageLimitReached, SoftLimitReached, ReadingWentBack, NotMetered}
	return slices.Index(order, a.Reason) - slices.Index(order, b.Reason)
}

func outsideUsage(item *Item, trial bool) *Fault {
	m := item.Meter
	switch {
	case !item.Metered && !item.Limits.IsZero():
		return &Fault{NotMetered, fmt.Sprintf("Item %q is not on a metered plan: its usage limits are ignored.", item.Name)}
	case m.HardReached && m.Exhausts(item.Price, item.Limits.Hard):
		return &Fault{HardLimitReached, fmt.Sprintf("Item %q used %s and reached its hard limit: further usage in this "+
			"period is not billed.", item.Name, quantified(m.Used, "unit"))}
	case m.TrialReached && trial && m.Exhausts(item.Price, item.Limits.Trial):
		return &Fault{TrialUsageLimitReached, fmt.Sprintf("Item %q used %s and reached its trial limit: further usage is not "+
			"counted until the trial ends.", item.Name, quantified(m.Used, "unit"))}
	case m.Soft == 100 && metering.Percent(m.Used, item.Price, item.Limits.Soft) >= 100:
		return &Fault{SoftLimitReached, fmt.Sprintf("Item %q used %s and reached its soft limit.", item.Name, quantified(m.Used, "unit"))}
	case m.WentBack:
		return &Fault{ReadingWentBack, fmt.Sprintf("A reading of item %q was lower than the one before and was counted from "+
			"zero: check that the source returns a total that only grows.", item.Name)}
	default:
		return nil
	}
}

// HasUsage reports whether any item is metered or has limits on usage.
func HasUsage(s State) bool {
	return slices.ContainsFunc(s.Items, func(item Item) bool { return item.Metered || !item.Limits.IsZero() })
}
