// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "time"

// due says when an update takes hold and from when it counts.
type due struct {
	// at is its own time.
	at time.Time
	// asked is the same before it was moved up to the newest committed event.
	asked time.Time
	// tooLate: a boundary was charged without it. It counts from the start of
	// the current period, by ProRata (billing.md#seen-too-late).
	tooLate bool
	// waits is why it has no date yet; nil when it has one.
	waits *Waiting
}

// base is the instant at which an update came into being for billing: before
// any schedule of its own (billing.md#event-time).
func (r *replay) base(p *pending) time.Time {
	switch {
	case p.Approved && !p.ApprovedAt.IsZero():
		return p.ApprovedAt
	case p.Approved && r.guarded(p):
		return r.in.seenNow()
	case p.fault != nil:
		// It could not apply earlier in this replay: it counts from when it can.
		return r.state.LastEvent
	case r.overdue(p):
		return r.in.seenNow()
	case p.Origin != OriginUser:
		return p.Cause.Observed
	case !r.in.Terms.ByHand:
		return p.Created.Truncate(time.Second)
	default:
		return r.seen(p)
	}
}

// seen is when a pass first saw the update.
func (r *replay) seen(p *pending) time.Time {
	if !p.Seen.IsZero() {
		return p.Seen
	}
	return r.in.seenNow()
}

// dueTime is when an update takes hold.
func (r *replay) dueTime(p *pending) due {
	if p.Origin == OriginRefresh && r.itemOf(p) == nil {
		return due{waits: r.notInForce(p)}
	}
	if r.guarded(p) && !p.Approved {
		return due{waits: r.held(p)}
	}
	if p.Origin == OriginUser && r.checkTarget(p) != nil {
		// Rejected as soon as it is seen, whatever its schedule.
		base := r.base(p)
		return due{at: r.notBeforeLast(base), asked: base}
	}
	raw, waits := r.rawDueTime(p)
	if waits != nil {
		return due{waits: waits}
	}
	if raw.Before(r.state.Start) {
		raw = r.state.Start
	}
	return due{at: r.notBeforeLast(raw), asked: raw, tooLate: raw.Before(r.state.Period.Span.Start)}
}

// rawDueTime applies the schedule in force; it may lie in a closed period.
func (r *replay) rawDueTime(p *pending) (time.Time, *Waiting) {
	at, waits := r.scheduledTime(p)
	if waits == nil && p.Items != nil && r.endsPeriod(p) {
		at = latest(at, p.Effective) // a period cannot end before its time (billing.md#6-items)
	}
	return at, waits
}

// endsPeriod reports whether a change of items ends a period, or the current trial,
// at its effective time.
func (r *replay) endsPeriod(p *pending) bool {
	f := r.inForce(p)
	if f.Renewal == Reset {
		return true
	}
	if !r.state.Period.Trial || !p.Effective.Before(r.state.Period.Span.End) {
		return false
	}
	targets, fault := r.targets(p, r.in.Now)
	return fault == nil && r.endsTrial(&itemsChange{targets: targets, before: r.state.Items, inForce: f})
}

func (r *replay) scheduledTime(p *pending) (time.Time, *Waiting) {
	base := r.base(p)
	if r.changesNothing(p) || r.overdue(p) {
		return base, nil
	}
	switch r.inForce(p).Application {
	case ApplyCustom:
		return r.customTime(p, base), nil
	case ApplyNextPeriod:
		return r.renewalAfter(p, base)
	case ApplyScheduled:
		last, next := r.refreshTimes(p, base)
		if !last.IsZero() {
			return last, nil
		}
		return time.Time{}, r.scheduledForRefresh(p, next)
	default:
		return base, nil
	}
}

// overdue reports whether an edit of the spec was due and could not apply: it
// does so as soon as it can, and waits for no further date.
func (r *replay) overdue(p *pending) bool {
	return p.Origin == OriginSpec && (p.Overdue || p.fault != nil)
}

// renewalAfter is the renewal that a NextPeriod update waits for: the end of the
// period that its base lies in. A base in a closed period is returned as it is:
// its boundary was charged without it.
func (r *replay) renewalAfter(p *pending, base time.Time) (time.Time, *Waiting) {
	period := r.state.Period.Span
	if base.Before(r.state.Start) {
		base = r.state.Start
	}
	if base.Before(r.state.Period.Renewed) {
		return base, nil
	}
	if !base.Before(period.End) {
		// A later period's: the boundaries between come first.
		return time.Time{}, r.scheduled(p, time.Time{})
	}
	return period.End, nil
}

// customTime is when a Custom update applies: at applyAt, or when it was first
// seen where that had passed when the update came into being. A date that was
// still to come then stays what it is however late it is replayed: a downtime
// changes nothing.
func (r *replay) customTime(p *pending, base time.Time) time.Time {
	switch {
	case !p.ApplyAt.Before(base):
		return p.ApplyAt
	case p.Origin == OriginUser:
		return latest(r.seen(p), base)
	default:
		return base
	}
}

// refreshTimes are the first known refresh after the base and the next one that is
// due, of the products of the items that an update changes; zero where there is
// none. With several products the earliest counts (billing.md#7-schedules).
func (r *replay) refreshTimes(p *pending, base time.Time) (last, next time.Time) {
	for _, name := range r.productsOf(p) {
		product := r.in.Products[name]
		if t := product.LastRefresh; t.After(base) && (last.IsZero() || t.Before(last)) {
			last = t
		}
		if t := product.NextRefresh; !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return last, next
}

// productsOf names the products of the items that an update changes.
func (r *replay) productsOf(p *pending) []string {
	if item := r.itemOf(p); item != nil {
		return []string{item.Product}
	}
	if p.Items == nil {
		// An edit of an item that an update took away: the spec says what it is of.
		declared, _ := r.in.Terms.item(p.Change.Item)
		return []string{declared.Product}
	}
	var names []string
	wanted := map[string]bool{}
	for _, t := range r.list(p) {
		wanted[t.Name] = true
		held := r.state.item(t.Name)
		if held == nil || !held.terms().sameButQuantity(t) || (t.Quantity != nil && *t.Quantity != held.Position.Held) {
			names = append(names, t.Product)
		}
	}
	for i := range r.state.Items {
		if held := &r.state.Items[i]; !wanted[held.Name] {
			names = append(names, held.Product)
		}
	}
	return names
}
