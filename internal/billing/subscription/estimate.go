// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// maxEventsOfEstimate bounds how many events are replayed to estimate one update. An update that
// applies many periods from now has no estimate.
const maxEventsOfEstimate = 64

// Estimate is the cost of a waiting update if nothing else changes (billing.md#8-documents).
type Estimate struct {
	// Amount is the adjustment, signed, in major units.
	Amount money.Decimal
	// ApplyAt is when it would apply. It is zero for an update that waits for approval, whose count
	// is priced from when it was observed.
	ApplyAt time.Time
}

// estimate prices a waiting update at its current apply time. It is nil if the update has no apply
// time, cannot apply or is not priced.
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
