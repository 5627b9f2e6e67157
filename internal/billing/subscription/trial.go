// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// MaxTrialYears is how many years after the start a trial ends at the latest. A later end would be
// a typing error, or a subscription that is never billed.
const MaxTrialYears = 3

// latestTrialEnd is the latest end of a trial that begins at an instant.
func latestTrialEnd(start time.Time) time.Time { return start.AddDate(MaxTrialYears, 0, 0) }

// checkTrialEnd refuses an end that the spec sets for the trial of a subscription that is about to
// start. After a predecessor there is no trial. A trial that was over by billedUntil is accepted,
// because it belongs to a manifest that was restored.
func (v view) checkTrialEnd(start, end time.Time) *Fault {
	last := v.in.Predecessor
	switch {
	case !end.After(start):
		return &Fault{InvalidTrial, "spec.trial.endTime is not after the start: use a later one, or remove the trial."}
	case last.exists() && !end.Before(v.in.Terms.BilledUntil):
		return &Fault{InvalidTrial, fmt.Sprintf("spec.trial.endTime asks for a trial, but a customer does not get a second one: invoice "+
			"%s belongs to an earlier subscription with this name and customer. Remove spec.trial.endTime.", last.Invoice)}
	case end.After(latestTrialEnd(start)):
		return &Fault{InvalidTrial, fmt.Sprintf("spec.trial.endTime is %s, which is more than %d years after the start. Set it to "+
			"%s or earlier.", utc(end), MaxTrialYears, utc(latestTrialEnd(start)))}
	default:
		return nil
	}
}

// movedTooLate explains that the spec moves the end of the current trial too far, or is nil. The
// previous end stays in force.
func (v view) movedTooLate() *Fault {
	last := latestTrialEnd(v.state.Start)
	if !v.state.Period.Trial || !v.in.Terms.TrialEnd.After(last) {
		return nil
	}
	return &Fault{InvalidTrial, fmt.Sprintf("spec.trial.endTime is %s, which is more than %d years after the start. The trial "+
		"still ends at %s. Set spec.trial.endTime to %s or earlier.", utc(v.in.Terms.TrialEnd), MaxTrialYears,
		utc(v.state.Period.Span.End), utc(last))}
}

// movedTrialEnd is when the current trial ends according to the spec, and when that edit takes
// effect (billing.md#9-trials). An end that had passed by then means that instant. As long as the
// end of the trial has not been charged, a new end is in time, no matter how late it is seen.
func (v view) movedTrialEnd() (at, end time.Time) {
	current := v.state.Period.Span.End
	at = v.notBeforeLast(earlier(v.in.seenNow(), current))
	if v.in.Terms.TrialEnd.IsZero() || v.movedTooLate() != nil {
		return at, current
	}
	return at, latest(v.in.Terms.TrialEnd, at)
}

// moveTrial moves the end of the trial. Nothing is charged or credited for it. Without an anchor in
// the spec, periods are counted from the new end.
func (r *replay) moveTrial(_ event) {
	_, end := r.movedTrialEnd()
	span := calendar.Span{Start: r.state.Period.Span.Start, End: end}
	r.state.Period.Span, r.state.Period.Natural = span, span
	if r.in.Terms.Anchor.IsZero() {
		r.state.Anchor = end
	}
}
