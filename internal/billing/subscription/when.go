// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "time"

// due is when an update takes effect, and from when it counts.
type due struct {
	// at is its event time.
	at time.Time
	// asked is its event time before it was moved up to the newest committed event.
	asked time.Time
	// tooLate means that a boundary was charged without the update. It counts from the start of the
	// current period, by ProRata (billing.md#seen-too-late).
	tooLate bool
	// waits is why it has no date yet, or nil if it has one.
	waits *Waiting
}

// base is the instant at which an update came into being for billing, before its schedule is
// applied (billing.md#event-time).
func (v view) base(p *pending) time.Time {
	switch {
	case p.Approved && (!p.ApprovedAt.IsZero() || v.guarded(p)):
		return v.came(p)
	case p.fault != nil:
		// The update could not apply earlier in this replay, so it counts from when it can.
		return v.state.LastEvent
	case v.overdue(p):
		return v.in.seenNow()
	default:
		return v.came(p)
	}
}

// came is when an update was created or, if it needed approval, approved. Unlike its base, it does not change while
// something keeps the update from applying.
func (v view) came(p *pending) time.Time {
	switch {
	case p.Approved && !p.ApprovedAt.IsZero():
		return p.ApprovedAt
	case p.Approved && v.guarded(p):
		return v.in.seenNow()
	case p.Origin != OriginUser:
		return p.Cause.Observed
	case !v.in.Terms.ByHand:
		return p.Created.Truncate(time.Second)
	default:
		return v.seen(p)
	}
}

// seen is when a pass first saw the update.
func (v view) seen(p *pending) time.Time {
	if !p.SeenAt.IsZero() {
		return p.SeenAt
	}
	return v.in.seenNow()
}

// dueTime is when an update takes effect.
func (v view) dueTime(p *pending) due {
	if p.Origin == OriginRefresh && v.itemOf(p) == nil {
		return due{waits: v.notInForce(p)}
	}
	if v.guarded(p) && !p.Approved {
		return due{waits: v.held(p)}
	}
	if p.Origin == OriginUser && v.checkTarget(p) != nil {
		// It is rejected as soon as it is seen, regardless of its schedule.
		base := v.base(p)
		return due{at: v.notBeforeLast(base), asked: base}
	}
	raw, waits := v.rawDueTime(p)
	if waits != nil {
		return due{waits: waits}
	}
	if raw.Before(v.state.Start) {
		raw = v.state.Start
	}
	at, start := v.notBeforeLast(raw), v.state.Period.Span.Start
	// A Reset after a change with a later effective time begins a period that is still to come. Nothing before that is late.
	return due{at: at, asked: raw, tooLate: raw.Before(start) && !at.Before(start)}
}

// rawDueTime applies the schedule in force. The result may lie in a closed period.
func (v view) rawDueTime(p *pending) (time.Time, *Waiting) {
	at, waits := v.scheduledTime(p)
	if waits == nil && p.Items != nil && v.endsPeriod(p) {
		at = latest(at, p.Effective) // a period cannot end before its effective time (billing.md#6-items)
	}
	return at, waits
}

// endsPeriod reports whether a change of items ends a period, or the current trial, at its
// effective time.
func (v view) endsPeriod(p *pending) bool {
	f := v.inForce(p)
	if f.Renewal == Reset {
		return true
	}
	if !v.state.Period.Trial || !p.Effective.Before(v.state.Period.Span.End) {
		return false
	}
	targets, fault := v.targets(p, v.in.Now)
	return fault == nil && v.endsTrial(itemsProposal{proposal: proposal{inForce: f}, targets: targets, before: v.state.Items})
}

func (v view) scheduledTime(p *pending) (time.Time, *Waiting) {
	base := v.base(p)
	if v.changesNothing(p) || v.overdue(p) {
		return base, nil
	}
	switch v.inForce(p).Application {
	case ApplyCustom:
		return v.customTime(p, base), nil
	case ApplyNextPeriod:
		return v.renewalAfter(p, base)
	case ApplyScheduled:
		last, next := v.refreshTimes(p, base)
		if !last.IsZero() {
			return last, nil
		}
		return time.Time{}, v.scheduledForRefresh(p, next)
	default:
		return base, nil
	}
}

// overdue reports whether an edit of the spec was due and could not apply. It applies as soon as it
// can, and waits for no further date.
func (v view) overdue(p *pending) bool {
	return p.Origin == OriginSpec && (p.Overdue || p.fault != nil)
}

// renewalAfter is the renewal that a NextPeriod update waits for: the end of the period that
// contains its base. A base in a closed period is returned as it is, because its boundary was
// charged without the update.
func (v view) renewalAfter(p *pending, base time.Time) (time.Time, *Waiting) {
	period := v.state.Period.Span
	if base.Before(v.state.Start) {
		base = v.state.Start
	}
	if base.Before(v.state.Period.Renewed) {
		return base, nil
	}
	if !base.Before(period.End) {
		// It is the boundary of a later period, and earlier boundaries come first.
		return time.Time{}, v.scheduled(p, time.Time{})
	}
	return period.End, nil
}

// customTime is when a Custom update applies: at applyAt, or when it was first seen if applyAt had
// passed when the update was created. A date that was still in the future then stays in force, no
// matter how late it is replayed, so a downtime changes nothing.
func (v view) customTime(p *pending, base time.Time) time.Time {
	switch {
	case !p.ApplyAt.Before(base):
		return p.ApplyAt
	case p.Origin == OriginUser:
		return latest(v.seen(p), base)
	default:
		return base
	}
}

// refreshTimes are the first known refresh after the base, and the next one that is due, of the
// products of the items that an update changes. They are zero if there is none. With several
// products, the earliest counts (billing.md#7-schedules).
func (v view) refreshTimes(p *pending, base time.Time) (last, next time.Time) {
	for _, name := range v.productsOf(p) {
		product := v.in.Products[name]
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
func (v view) productsOf(p *pending) []string {
	if item := v.itemOf(p); item != nil {
		return []string{item.Product}
	}
	if p.Items == nil {
		// An update may have removed the item of this edit. The spec still names its product.
		declared, _ := v.in.Terms.item(p.Change.Item)
		return []string{declared.Product}
	}
	var names []string
	wanted := map[string]bool{}
	for _, t := range v.list(p) {
		wanted[t.Name] = true
		held := v.state.item(t.Name)
		if held == nil || !held.terms().sameButQuantity(t) || (t.Quantity != nil && *t.Quantity != held.Position.Held) {
			names = append(names, t.Product)
		}
	}
	for i := range v.state.Items {
		if held := &v.state.Items[i]; !wanted[held.Name] {
			names = append(names, held.Product)
		}
	}
	return names
}
