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
	if p == nil || p.Preview || !v.hadToWait(e) {
		return nil
	}
	var waits []Wait
	if e.kind == countLoaded && p.Approved && v.guarded(p) {
		waits = append(waits, Wait{IsHeld, p.Cause.Observed})
	}
	if v.postponed(p) {
		waits = append(waits, Wait{IsScheduled, latest(v.came(p), v.state.Start)})
	}
	return waits
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
		if d := r.out.Effects[n].Decision; d != nil && d.UID == e.update.UID {
			d.Waited = waits
			return
		}
	}
}
