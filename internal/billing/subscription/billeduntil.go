// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// This file handles what was billed before a subscription starts, either elsewhere or for an
// earlier subscription with the same name and customer (billing.md#14-start-and-end).

// checkStartTime refuses a start that would charge a second time for the same time, or would leave
// out time that nobody charged for.
func (v view) checkStartTime(at time.Time, b beginning) *Fault {
	until := v.in.Terms.BilledUntil
	switch {
	case v.in.Predecessor.exists():
		if fault := v.checkSuccession(at); fault != nil {
			return fault
		}
		return v.checkTooLate(at, b)
	case !until.IsZero():
		return v.checkTooLate(at, b)
	}
	c := calendar.Calendar{Anchor: at, Interval: b.state.Interval, Zone: b.zone}
	if c.Boundary(1).Before(v.in.Terms.Created) {
		return &Fault{StartTimeInPast, "The start is more than one whole billing period before the creation of the " +
			"subscription. Set spec.billedUntil to the end of what was billed elsewhere, or a later spec.startTime."}
	}
	return nil
}

// checkSuccession refuses a billedUntil that differs from what the predecessor was billed for. An
// earlier one would charge time twice, and a later one would give time away. The customer of a
// predecessor was billed here, so nobody else can have billed them since. Nobody used the time
// between the end of the predecessor and the creation of this subscription, and time before the
// start is free anyway.
func (v view) checkSuccession(start time.Time) *Fault {
	until, last := v.in.Terms.BilledUntil, v.in.Predecessor
	if until.Before(last.BilledUntil) {
		// A manifest that declares billedUntil for an import still declares it when it is restored.
		return &Fault{PredecessorFound, fmt.Sprintf("Invoice %s belongs to an earlier subscription with this name and customer, which "+
			"was billed up to %s. Set spec.billedUntil to that instant.", last.Invoice, utc(last.BilledUntil))}
	}
	newest := latest(last.BilledUntil, earlier(v.in.Terms.Created, v.in.Now))
	if !until.After(latest(start, newest)) {
		return nil
	}
	return &Fault{BilledUntilTooLate, fmt.Sprintf("spec.billedUntil is %s, but an earlier subscription with this name and customer "+
		"was billed up to %s only (invoice %s). Set spec.billedUntil to that instant, or to %s at the latest. To be charged from "+
		"a later instant on, set spec.startTime to it.",
		utc(until), utc(last.BilledUntil), last.Invoice, utc(newest))}
}

// checkTooLate refuses a billedUntil far in the future, because nothing would be billed until then.
// A billedUntil at or before the start leaves nothing out.
func (v view) checkTooLate(start time.Time, b beginning) *Fault {
	until := v.in.Terms.BilledUntil
	c := calendar.Calendar{Anchor: v.in.Now, Interval: b.state.Interval, Zone: b.zone}
	if !until.After(c.Boundary(1)) || !until.After(start) {
		return nil
	}
	return &Fault{BilledUntilTooLate, fmt.Sprintf("spec.billedUntil is %s, which is more than one billing period from now. "+
		"Set it to the end of what was billed elsewhere.", utc(until))}
}

// resumes reports whether billing resumes at billedUntil itself, in mid-period if necessary. It
// does so after a predecessor, unless billedUntil is the end of the time that was charged in
// advance.
func (v view) resumes() bool {
	last := v.in.Predecessor
	return last.exists() && (!last.paidAhead() || v.in.Terms.BilledUntil.After(last.BilledUntil))
}

// checkBilledUntil refuses a billedUntil within a period, because the rest of that period would
// never be invoiced. Where billing resumes at that instant, the rest is invoiced. A billedUntil at
// or before the start skips nothing.
func (v view) checkBilledUntil(start, first time.Time, c calendar.Calendar) *Fault {
	until := v.in.Terms.BilledUntil
	if !until.After(start) || until.Equal(first) || v.resumes() {
		return nil
	}
	before, after := start, first
	if until.After(first) {
		index := c.IndexOf(until)
		before, after = latest(first, c.Boundary(index)), c.Boundary(index+1)
		if until.Equal(before) {
			return nil
		}
	}
	if last := v.in.Predecessor; last.exists() {
		return &Fault{BilledUntilNotABoundary, fmt.Sprintf("spec.billedUntil is %s, the end of what an earlier subscription with this "+
			"name and customer was charged for in advance (invoice %s), but a billing period lasts from %s to %s. Set "+
			"spec.billingCycleAnchor to the same instant as spec.billedUntil.", utc(until), last.Invoice, utc(before), utc(after))}
	}
	return &Fault{BilledUntilNotABoundary, fmt.Sprintf("spec.billedUntil is %s, which is not a boundary of the billing periods. "+
		"The boundaries before and after it are %s and %s. Set it to the one up to which everything was billed elsewhere.",
		utc(until), utc(before), utc(after))}
}

// checkManyPeriods refuses a start that would replay more than [MaxBoundaries] at once. It does so
// before anything is committed, while the dates can still be corrected. A person may let all of
// them be replayed.
func (r *replay) checkManyPeriods(first time.Time, c calendar.Calendar) *Fault {
	from := latest(first, r.in.Terms.BilledUntil)
	if from.After(first) && !r.resumes() {
		from = from.Add(-time.Second) // the period before it counts as charged
	}
	last := r.in.Now
	if end, ends := r.endTime(); ends {
		last = earlier(last, end)
	}
	n := c.IndexOf(last) - c.IndexOf(from)
	switch {
	case n <= MaxBoundaries || r.in.Terms.ByHand:
		return nil
	case r.in.Unpark:
		r.state.CatchUpTo = r.in.Now
		return nil
	default:
		return &Fault{StartTimeInPast, fmt.Sprintf("%d billing periods would be charged at once, more than %d, which looks like "+
			"a wrong date. Correct spec.startTime or spec.billedUntil. To charge them all, set the annotation "+
			"billing.seatplane.dev/unpark to a new value.", n, MaxBoundaries)}
	}
}

// billedElsewhere reports whether what falls due at an instant was invoiced elsewhere, which means
// before billedUntil.
func (v view) billedElsewhere(due time.Time) bool {
	return due.Before(v.in.Terms.BilledUntil)
}

// firstIssued is when the first document is issued: at the start, or at billedUntil if that lies
// within the first period.
func (v view) firstIssued(start time.Time) time.Time {
	if !v.resumes() {
		return start
	}
	return latest(start, v.in.Terms.BilledUntil)
}

// billedAhead is the billedUntil that the Final document of a subscription records, if the
// subscription ends before it. It is zero if no time after the end was billed.
func (v view) billedAhead(end time.Time) time.Time {
	if until := v.in.Terms.BilledUntil; until.After(end) {
		return until
	}
	return time.Time{}
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }
