// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// movedTrialEnd is when the current trial ends by the spec, and when that counts as
// said (billing design, section 9). An end that had passed by then means that
// instant. As long as the end of the trial has not been charged, a new end comes in
// time, however late it is seen.
func (r *replay) movedTrialEnd() (at, end time.Time) {
	current := r.state.Period.Span.End
	at = r.notBeforeLast(earlier(r.in.seenNow(), current))
	if r.in.Terms.TrialEnd.IsZero() {
		return at, current
	}
	return at, latest(r.in.Terms.TrialEnd, at)
}

// moveTrial moves the end of the trial. Nothing is charged or credited for it.
// Without an anchor of its own, periods are counted from the new end.
func (r *replay) moveTrial(_ event) {
	_, end := r.movedTrialEnd()
	span := calendar.Span{Start: r.state.Period.Span.Start, End: end}
	r.state.Period.Span, r.state.Period.Natural = span, span
	if r.in.Terms.Anchor.IsZero() {
		r.state.Anchor = end
	}
}
