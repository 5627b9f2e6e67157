// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "time"

// next finds the earliest event, whether it is due yet or not.
func (r *replay) next() (event, bool) {
	var first event
	found := false
	offer := func(e event) {
		if !found || e.before(first) {
			first, found = e, true
		}
	}
	switch {
	case r.notStarted():
		r.agendaBeforeStart(offer)
	case r.state.Started():
		r.agendaOfContract(offer)
	}
	for _, reading := range r.in.Readings {
		if r.isNews(reading) {
			offer(event{kind: readingTaken, at: reading.Observed, reading: reading})
		}
	}
	for _, p := range r.updates {
		if e, ok := r.agendaOfUpdate(p); ok {
			offer(e)
		}
	}
	return first, found
}

// agendaBeforeStart offers the events of a subscription that has not started. A cancellation at the
// instant of the start comes before the start, as one at a boundary comes before the renewal.
func (v view) agendaBeforeStart(offer func(event)) {
	if at, ok := v.endTime(); ok && !at.After(v.startTime()) {
		offer(event{kind: cancels, at: at})
		return
	}
	offer(event{kind: starts, at: v.startTime()})
}

func (r *replay) agendaOfContract(offer func(event)) {
	if r.state.Period.Trial {
		if at, end := r.movedTrialEnd(); !end.Equal(r.state.Period.Span.End) {
			offer(event{kind: trialMoved, at: at})
		}
		offer(event{kind: trialEnds, at: r.state.Period.Span.End})
	} else {
		offer(event{kind: periodEnds, at: r.state.Period.Span.End})
	}
	if r.in.InvoiceNow && !r.out.InvoicedNow {
		offer(event{kind: invoiceAsked, at: r.notBeforeLast(r.in.seenNow())})
	}
	for _, d := range r.state.Deferred {
		offer(event{kind: billingDate, at: r.notBeforeLast(d.BillAt), deferred: d})
	}
	if at, ok := r.endTime(); ok {
		offer(event{kind: cancels, at: r.notBeforeLast(at)})
	}
}

// agendaOfUpdate returns the event at which an update is looked at next. It is not ok while the
// update waits for something without a date.
func (v view) agendaOfUpdate(p *pending) (event, bool) {
	applies, dated := v.appliesAt(p)
	at, gone := v.supersededAt(p)
	at = v.notBeforeLast(at)
	if gone && (!dated || !applies.at.Before(at)) {
		return event{kind: superseded, at: at, update: p}, true
	}
	return applies, dated
}

// appliesAt returns the event at which an update takes effect. It is not ok while the update waits
// for something without a date, or for an event after the last one.
func (v view) appliesAt(p *pending) (event, bool) {
	if p.tried || v.state.Phase == Canceled || (v.notStarted() && !p.Preview) {
		return event{}, false
	}
	if p.Preview {
		// A preview is computed at once, whenever the update would apply. Before the start, it is
		// computed as of the start.
		base := v.base(p)
		return event{kind: changeDue, at: v.notBeforeLast(base), asked: base, update: p}, true
	}
	due := v.dueTime(p)
	if due.waits != nil {
		return event{}, false
	}
	e := event{kind: changeDue, at: due.at, asked: due.asked, update: p}
	if p.Origin == OriginRefresh {
		e.kind = countLoaded
	}
	return e, true
}

// startTime is when the subscription starts.
func (v view) startTime() time.Time { return v.in.Terms.start() }

// endTime is when the subscription ends, if it does: at its cancellation, or earlier by its
// deletion (billing.md#14-start-and-end). A cancellation that fell due during a downtime is not
// postponed by a later deletion.
func (v view) endTime() (time.Time, bool) {
	agreed, ends := v.cancelTime()
	if !v.in.Terms.Deleted {
		return agreed, ends
	}
	deleted := v.in.Terms.DeletedAt
	if deleted.IsZero() {
		deleted = v.in.seenNow()
	}
	if ends && agreed.Before(deleted) {
		return agreed, true
	}
	return deleted, true
}

// cancelTime is when the cancellation is due. A date that was already in the past when it was first
// seen means now.
func (v view) cancelTime() (time.Time, bool) {
	c := v.in.Terms.Cancel
	if c.AtPeriodEnd && v.state.Started() {
		return v.state.Period.Span.End, true
	}
	if v.trialOnly() && v.state.Period.Trial && (c.At.IsZero() || c.At.After(v.state.Period.Span.End)) {
		return v.state.Period.Span.End, true
	}
	if c.At.IsZero() {
		return time.Time{}, false
	}
	if !c.DateSeen && c.At.Before(v.in.seenNow()) {
		return v.in.seenNow(), true
	}
	return c.At, true
}

// trialOnly reports whether the subscription ends with its trial: the spec says so, and no change
// of items has turned it into a recurring subscription (billing.md#9-trials).
func (v view) trialOnly() bool { return v.in.Terms.TrialOnly && !v.state.Continues }

// notBeforeLast moves an event time up to that of the newest committed event, because event times
// never go back.
func (v view) notBeforeLast(t time.Time) time.Time {
	if t.Before(v.state.LastEvent) {
		return v.state.LastEvent
	}
	return t
}
