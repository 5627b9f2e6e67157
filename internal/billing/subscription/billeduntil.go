// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// What was billed before a subscription starts, elsewhere or for an earlier
// subscription of its name and customer (billing design, section 14).

// checkStartTime refuses a start that would charge what was charged before.
func (r *replay) checkStartTime(at time.Time, b beginning) *Fault {
	until, last := r.in.Terms.BilledUntil, r.in.Predecessor
	switch {
	case last.Invoice != "" && until.IsZero():
		return &Fault{PredecessorFound, fmt.Sprintf("Invoice %s belongs to an earlier subscription of this name and "+
			"customer. Set spec.billedUntil to the end of what that subscription was billed for.", last.Invoice)}
	case last.Invoice != "" && last.coversMore(until):
		// A manifest that says what an import was billed for comes back with it.
		return &Fault{PredecessorFound, fmt.Sprintf("Invoice %s of an earlier subscription of this name and customer fell "+
			"due at %s, which spec.billedUntil does not cover. Set spec.billedUntil to the end of what that subscription was "+
			"billed for.", last.Invoice, utc(last.Issued))}
	case last.GaveBack:
		return r.checkGivenBack(at)
	case !until.IsZero():
		return r.checkTooLate(until, b)
	}
	c := calendar.Calendar{Anchor: at, Interval: b.state.Interval, Zone: b.zone}
	if c.Boundary(1).Before(r.in.Terms.Created) {
		return &Fault{StartTimeInPast, "The start lies more than one whole billing period before the creation of the " +
			"subscription. Set spec.billedUntil to the end of what was billed elsewhere, or a later spec.startTime."}
	}
	return nil
}

// coversMore reports whether a predecessor was billed for more than billedUntil says.
// What falls due at billedUntil is billed; one that gave time back is billed for
// nothing from its end on.
func (p Predecessor) coversMore(until time.Time) bool {
	if p.GaveBack {
		return until.Before(p.Issued)
	}
	return !p.Issued.Before(until)
}

// checkTooLate refuses a billedUntil far in the future: nothing would be billed until
// then.
func (r *replay) checkTooLate(until time.Time, b beginning) *Fault {
	c := calendar.Calendar{Anchor: r.in.Now, Interval: b.state.Interval, Zone: b.zone}
	if !until.After(c.Boundary(1)) {
		return nil
	}
	return &Fault{BilledUntilTooLate, fmt.Sprintf("spec.billedUntil is %s, which is more than one billing period from now. "+
		"Set it to the end of what was billed elsewhere.", utc(until))}
}

// checkGivenBack refuses a billedUntil that skips time which nobody billed: the
// predecessor gave back what came after its end, and from its creation on this
// subscription bills. What comes before its start is free in any case.
func (r *replay) checkGivenBack(start time.Time) *Fault {
	until, last := r.in.Terms.BilledUntil, r.in.Predecessor
	newest := latest(last.Issued, earlier(r.in.Terms.Created, r.in.Now))
	if !until.After(latest(start, newest)) {
		return nil
	}
	return &Fault{BilledUntilTooLate, fmt.Sprintf("spec.billedUntil is %s, but an earlier subscription of this name and customer "+
		"gave credits for the time up to then and ended by %s (invoice %s). Set spec.billedUntil to that end, or to %s at the latest.",
		utc(until), utc(last.Issued), last.Invoice, utc(newest))}
}

// checkBilledUntil refuses a billedUntil within a period: the rest of that period
// would never be invoiced. A predecessor that gave time back may have ended at any
// instant. One that is not after the start skips nothing.
func (r *replay) checkBilledUntil(start, first time.Time, c calendar.Calendar) *Fault {
	until := r.in.Terms.BilledUntil
	if !until.After(start) || until.Equal(first) || r.in.Predecessor.GaveBack {
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
	return &Fault{BilledUntilNotABoundary, fmt.Sprintf("spec.billedUntil is %s, which is not a boundary of the billing periods. "+
		"The boundaries before and after it are %s and %s. Set it to the one up to which everything was billed elsewhere.",
		utc(until), utc(before), utc(after))}
}

// checkManyPeriods refuses a start that would replay more than [MaxBoundaries] at once,
// before anything is committed: the dates can still be corrected then. A person may let
// them all be replayed.
func (r *replay) checkManyPeriods(first time.Time, c calendar.Calendar) *Fault {
	from := latest(first, r.in.Terms.BilledUntil)
	if from.After(first) && !r.in.Predecessor.GaveBack {
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

// billedElsewhere reports whether what falls due at an instant was invoiced
// elsewhere: it lies before billedUntil.
func (r *replay) billedElsewhere(due time.Time) bool {
	return due.Before(r.in.Terms.BilledUntil)
}

// firstIssued is when the first document is issued: at the start or, where a part of
// the first period was billed before, at the end of that part.
func (r *replay) firstIssued(start time.Time) time.Time {
	if !r.in.Predecessor.GaveBack {
		return start
	}
	return latest(start, r.in.Terms.BilledUntil)
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }
