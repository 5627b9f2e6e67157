// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Reading is a total that a loader returned for a metered item.
type Reading struct {
	// Total is the number of units counted so far. It only grows. If it is lower than before, the
	// counter started again at 0.
	Total int64
	// Observed is when the total was observed, on the subscription's clock.
	Observed time.Time
	// Loaded is when the loader answered, on the wall clock. It distinguishes readings that were
	// observed at the same instant.
	Loaded time.Time
}

// after reports whether r is newer than o: observed later or, at the same
// instant, loaded later.
func (r Reading) after(o Reading) bool {
	if !r.Observed.Equal(o.Observed) {
		return r.Observed.After(o.Observed)
	}
	return r.Loaded.After(o.Loaded)
}

// Meter is the state kept for one metered item in the current period. The zero
// value is a meter that was never read.
type Meter struct {
	// Known reports whether a reading was ever taken.
	Known bool
	// Last is the newest reading, which the next one is compared with. It follows the counter even
	// if a limit left usage out.
	Last Reading
	// Used is the usage of the period so far, in units, up to the limits. It never decreases within
	// a period.
	Used int64
	// Soft is the highest threshold of the soft limit announced in this period, in
	// percent: 0, 75, 90 or 100.
	Soft int
	// TrialReached and HardReached report whether that limit was announced in this period.
	TrialReached, HardReached bool
	// WentBack reports whether a reading in this period was lower than the previous one and was
	// counted from 0.
	WentBack bool
}

// Notice is a threshold that usage has reached.
type Notice struct {
	Limit LimitKind
	// Threshold is the percentage reached: 75, 90 or 100 of the soft limit, or 100 of the others.
	Threshold int
}

// full is the threshold of a limit without partial thresholds.
const full = 100

// thresholds are those of the soft limit, in percent, in ascending order.
var thresholds = [...]int{75, 90, full}

// Take records a reading and returns the thresholds that usage reaches with it: those of the soft limit
// in ascending order, then the trial limit, then the hard limit (billing.md#11-usage). The price is the
// one captured for the period. The flag trial means that the period is a trial.
//
// The first reading is the baseline, and adds no usage. A later one adds its difference to the previous
// one, or its whole total if it is lower. A reading changes nothing if it is not newer than the last
// one, or if its total is below 0 and therefore not valid. The same total again changes only Last. It
// announces nothing, even if the limits or the period changed.
//
// Usage above the largest quantity of the hard limit, or in a trial of the trial limit, does not count.
// It does not count later either, when there is more room. Usage that counted before a limit was
// lowered still counts.
//
// Each threshold is announced once in each period. Those of the soft limit are reached by percentage
// ([Percent]), and by the usage at a reading, because the usage between two readings is not known. The
// trial limit and the hard limit are reached when no more usage counts. This happens at their largest
// quantity ([Largest]), whose amount may be less than the limit. A limit of 0 is reached with the first
// reading, or in a later period with the first usage.
func (m Meter) Take(r Reading, price pricing.Price, limits Limits, trial bool) (Meter, []Notice) {
	if r.Total < 0 || !m.IsNews(r) {
		return m, nil
	}
	known, before := m.Known, m.Last.Total
	m.Known, m.Last = true, r
	if known && r.Total == before {
		return m, nil
	}
	if !trial {
		limits.Trial = Limit{}
	}
	switch {
	case !known: // the baseline
	case r.Total < before:
		m.WentBack = true
		m = m.add(r.Total, price, limits)
	default:
		m = m.add(r.Total-max(0, before), price, limits)
	}
	return m.announce(price, limits)
}

// IsNews reports whether a reading is newer than the last one taken.
func (m Meter) IsNews(r Reading) bool { return !m.Known || r.after(m.Last) }

// add adds units up to the limits.
func (m Meter) add(units int64, price pricing.Price, limits Limits) Meter {
	trialRoom, _ := Largest(price, limits.Trial)
	hardRoom, _ := Largest(price, limits.Hard)
	used := max(0, m.Used)
	m.Used = min(plus(used, units), max(used, min(trialRoom, hardRoom)))
	return m
}

// announce returns what usage has reached and what was not announced before, together with the
// updated meter.
func (m Meter) announce(price pricing.Price, limits Limits) (Meter, []Notice) {
	var notices []Notice
	percent := Percent(m.Used, price, limits.Soft)
	for _, threshold := range thresholds {
		if threshold > m.Soft && percent >= int64(threshold) {
			notices = append(notices, Notice{SoftLimit, threshold})
			m.Soft = threshold
		}
	}
	if !m.TrialReached && m.Exhausts(price, limits.Trial) {
		notices = append(notices, Notice{TrialLimit, full})
		m.TrialReached = true
	}
	if !m.HardReached && m.Exhausts(price, limits.Hard) {
		notices = append(notices, Notice{HardLimit, full})
		m.HardReached = true
	}
	return m, notices
}

// Exhausts reports whether l leaves no room for more usage. A limit without a dimension always
// leaves room.
func (m Meter) Exhausts(price pricing.Price, l Limit) bool {
	room, limited := Largest(price, l)
	return limited && m.Used >= room
}

// NextPeriod returns the meter at the start of a period, which the end of a trial also is: no
// usage, nothing announced, and the last reading as the baseline.
func (m Meter) NextPeriod() Meter {
	return Meter{Known: m.Known, Last: m.Last}
}
