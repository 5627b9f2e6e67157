// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// maxEventsOfEstimate bounds what is replayed to estimate one update. One that
// applies many periods from now has no estimate.
const maxEventsOfEstimate = 64

// Estimate is what an update that waits would come to, if nothing else changed
// (billing.md#8-documents).
type Estimate struct {
	// Amount is the adjustment, signed, in major units.
	Amount money.Decimal
	// ApplyAt is when it would apply; zero for one that waits for approval, whose
	// count is priced from its observation on.
	ApplyAt time.Time
}

// estimate is what a waiting update would come to at the apply time that it has now;
// nil where it has none, cannot apply or is not priced.
func (v view) estimate(p *pending, w Waiting) *Estimate {
	held := w.Verdict == IsHeld
	if p.Preview || !v.state.Started() || (!held && w.InForce.ApplyAt.IsZero()) {
		return nil
	}
	tried := *p
	if held {
		tried.Approved, tried.ApprovedAt = true, v.notBeforeLast(p.Cause.Observed)
	}
	c, at := v.rehearsal(&tried)
	c.maxEvents = maxEventsOfEstimate
	c.replayOnly(at)
	decision, _, found := c.outcomeOf(p.Name)
	if !found || decision.Verdict != IsApplied || decision.Adjustment == nil {
		return nil
	}
	return &Estimate{Amount: *decision.Adjustment, ApplyAt: w.InForce.ApplyAt}
}
