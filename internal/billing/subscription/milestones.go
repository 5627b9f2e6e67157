// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

// mark records the milestone that an event is, if it is one.
func (r *replay) mark(e event) {
	m := Milestone{At: e.at, Period: r.state.Period.Span}
	switch e.kind {
	case starts:
		m.Turn = HasStarted
	case trialEnds, periodEnds:
		m.Turn = HasRenewed
	case cancels:
		m = Milestone{Turn: HasEnded, At: e.at}
	default:
		return
	}
	r.out.Milestones = append(r.out.Milestones, m)
}
