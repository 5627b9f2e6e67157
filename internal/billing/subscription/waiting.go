// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"
)

// waiting explains what an open update waits for, in values that do not change from one pass to the
// next as long as nothing happens.
func (r *replay) waiting(p *pending) Waiting {
	if p.fault != nil && p.tried { // otherwise it was not tried since the last event
		return r.wait(p, IsPending, *p.fault, time.Time{})
	}
	if fault := r.standingFault(p); fault != nil {
		return r.wait(p, IsPending, *fault, time.Time{})
	}
	if fault := r.notReplaying(); fault != nil {
		return r.wait(p, IsPending, *fault, time.Time{})
	}
	due := r.dueTime(p)
	if due.waits != nil {
		return *due.waits
	}
	if r.out.Blocked != nil && !due.at.After(r.in.Now) {
		if r.overdue(p) {
			due.at = time.Time{} // it moves on with every pass
		}
		return r.wait(p, IsPending, *r.out.Blocked, due.at)
	}
	return *r.scheduled(p, due.at)
}

// standingFault is what keeps an overdue edit from applying, even if something else prevents trying
// it. It is the same in every pass, and the edit stays overdue.
func (v view) standingFault(p *pending) *Fault {
	if !v.overdue(p) || !v.state.Started() {
		return nil
	}
	if p.Items != nil {
		_, fault := v.checkedTargets(p, v.inForce(p), v.in.Now)
		return fault
	}
	if fault := v.checkTarget(p); fault != nil {
		return fault
	}
	item := v.itemOf(p)
	return v.checkLimits(item, v.wanted(p, item))
}

// notReplaying explains why nothing is replayed at all.
func (r *replay) notReplaying() *Fault {
	switch {
	case r.in.Terms.OnHold():
		return &Fault{ReasonSuspended, "The subscription is suspended: no change is applied until it is resumed."}
	case r.notStarted() && r.out.Blocked != nil:
		return &Fault{r.out.Blocked.Reason, "The subscription has not started: " + r.out.Blocked.Message}
	case r.notStarted():
		return &Fault{NotStarted, "The subscription has not started yet."}
	default:
		return nil
	}
}

func (v view) wait(p *pending, verdict Verdict, fault Fault, at time.Time) Waiting {
	f := v.inForce(p)
	f.ApplyAt = at
	return Waiting{
		Name: p.Name, UID: p.UID, Verdict: verdict, Fault: fault, InForce: f, Summary: v.summary(p),
		Postponed: verdict == IsScheduled && v.postponed(p),
	}
}

// scheduled is for an update with a date, or one that comes after other events.
func (v view) scheduled(p *pending, at time.Time) *Waiting {
	message := "Applies at its apply time."
	if v.inForce(p).Application == ApplyNextPeriod {
		message = "Applies at the renewal, before it is charged."
	}
	w := v.wait(p, IsScheduled, Fault{ReasonScheduled, message}, at)
	return &w
}

// scheduledForRefresh is for an update that waits for the next refresh of its product.
func (v view) scheduledForRefresh(p *pending, next time.Time) *Waiting {
	w := v.wait(p, IsScheduled, Fault{ReasonScheduled, "Applies with the next refresh of the item's seat product, " +
		"after its counts."}, next)
	return &w
}

// held is for a loaded count that waits for a person.
func (v view) held(p *pending) *Waiting {
	w := v.wait(p, IsHeld, Fault{AwaitingApproval, v.exceeded(p) + " Check the data source, then set spec.approved to true to " +
		"apply the count."}, time.Time{})
	return &w
}

// exceeded describes which limit of the guard a loaded count exceeds.
func (v view) exceeded(p *pending) string {
	item := v.itemOf(p)
	guard := v.in.Products[item.Product].Guard
	limit, field := guard.MaxDecreasePercent, "maxDecreasePercent"
	if v.wanted(p, item) > item.Position.Held {
		limit, field = guard.MaxIncreasePercent, "maxIncreasePercent"
	}
	return fmt.Sprintf("The count changes from %d to %d, by more than the %d percent that %s of SeatProduct %q allows without "+
		"approval.", item.Position.Held, v.wanted(p, item), *limit, field, item.Product)
}

// notInForce is for a count of an item that the spec declares but that is not in force yet.
func (v view) notInForce(p *pending) *Waiting {
	w := v.wait(p, IsPending, Fault{NotStarted, "The item is not in force yet. Its first count waits for it."}, time.Time{})
	return &w
}
