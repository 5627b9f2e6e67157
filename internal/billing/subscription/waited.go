// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "time"

// Wait is one thing that an update waited for.
type Wait struct {
	// Verdict is IsScheduled or IsHeld.
	Verdict Verdict
	// Since is when the update began to wait.
	Since time.Time
	// ApplyAt is when the update would have applied, or applied, and Summary describes it. If its item is gone since, they
	// are from before that.
	ApplyAt time.Time
	Summary string
}

// Waits reports whether an update waits for its date or for its approval, and not only for its turn.
func (w Waiting) Waits() bool {
	return w.Verdict == IsHeld || w.Verdict == IsScheduled && w.Postponed
}

// postponed reports whether the schedule of an update makes it apply later than it was created. The update alone
// decides that, and not the time of a pass. An update is not postponed if it only comes after others, or if it was
// created in a second that the clock of the pass does not show yet.
func (v view) postponed(p *pending) bool {
	if p.Preview || v.changesNothing(p) {
		return false
	}
	came := latest(v.came(p), v.state.Start)
	switch v.inForce(p).Application {
	case ApplyCustom:
		return p.ApplyAt.After(came)
	case ApplyNextPeriod:
		return !came.Before(v.state.Period.Renewed)
	case ApplyScheduled:
		return true
	default:
		return false
	}
}

// waitedFor returns what the update of an event has waited for, even if no pass saw it wait. So an operator that was
// down from the creation of an update until its apply time records the same as one that was not.
func (v view) waitedFor(e event) []Wait {
	p := e.update
	switch {
	case p == nil || p.Preview:
		return nil
	case p.waited != nil:
		return p.waited
	case !v.hadToWait(e):
		return nil
	}
	var waits []Wait
	if e.kind == countLoaded && p.Approved && v.guarded(p) {
		waits = append(waits, Wait{Verdict: IsHeld, Since: p.Cause.Observed})
	}
	if v.postponed(p) {
		waits = append(waits, Wait{Verdict: IsScheduled, Since: latest(v.came(p), v.state.Start)})
	}
	return waits
}

// waitingWhen returns what the updates wait for when a change of items takes effect. An update that was created then or
// later has not waited. An edit of the spec is left out: it keeps waiting when its item is gone.
func (v view) waitingWhen(e event) map[*pending]Wait {
	if e.update == nil || e.update.Items == nil || e.kind != changeDue {
		return nil // nothing else takes an item away
	}
	waiting := map[*pending]Wait{}
	for _, p := range v.updates {
		if p.Origin == OriginSpec || p.Preview || !v.came(p).Before(e.at) || v.checkTarget(p) != nil {
			continue
		}
		due := v.dueTime(p)
		w := due.waits
		if w == nil {
			w = v.scheduled(p, due.at)
		}
		if w.Waits() {
			waiting[p] = Wait{w.Verdict, latest(v.came(p), v.state.Start), w.InForce.ApplyAt, w.Summary}
		}
	}
	return waiting
}

// rememberWaits keeps what those updates waited for whose item a change of items took away: it does not follow from the
// updates any more, and the commit of this change may be the last one that knows it.
func (r *replay) rememberWaits(waiting map[*pending]Wait) {
	for p, wait := range waiting {
		if r.checkTarget(p) != nil {
			p.waited = []Wait{wait}
		}
	}
}

// hadToWait reports whether an update was open before its event. One that was obsolete or refused from the beginning never
// waited.
func (v view) hadToWait(e event) bool {
	p := e.update
	switch {
	case e.kind != superseded:
		return p.Origin != OriginUser || v.checkTarget(p) == nil
	case p.Origin == OriginUser:
		return !v.madeAfterEnd(p)
	case p.Origin == OriginSpec:
		acted, found := v.actedGeneration(p.Cause.Item)
		return found && p.Cause.Generation > acted
	default:
		return false
	}
}

// recordWaits adds to the decision about the update of an event what the update waited for.
func (r *replay) recordWaits(e event, waits []Wait) {
	for n := len(r.out.Effects) - 1; n >= 0 && e.update != nil; n-- {
		d := r.out.Effects[n].Decision
		if d == nil || d.UID != e.update.UID {
			continue
		}
		for i := range waits {
			if e.update.waited == nil {
				waits[i].ApplyAt, waits[i].Summary = d.InForce.ApplyAt, d.Summary
			}
		}
		d.Waited = waits
		return
	}
}
