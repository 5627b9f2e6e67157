// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Reading is what a loader said of a metered item.
type Reading struct {
	// Total is the number of units counted so far. It only grows; where it is lower
	// than before, the counter began again at 0.
	Total int64
	// Observed is when it was so, on the subscription's clock.
	Observed time.Time
	// Loaded is the wall clock's time of the loader's answer. It tells readings
	// observed at one instant apart.
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
	// Known is whether a reading was ever taken.
	Known bool
	// Last is the newest reading; the next one is measured against it. It follows
	// the counter also where a limit left usage out.
	Last Reading
	// Used is the usage of the period so far in units, as far as limits let it be
	// taken. It never falls within a period.
	Used int64
	// Soft is the highest threshold of the soft limit announced in this period, in
	// percent: 0, 75, 90 or 100.
	Soft int
	// TrialReached and HardReached are whether that limit was announced in this
	// period.
	TrialReached, HardReached bool
	// WentBack is whether a reading lower than the one before was counted from 0 in
	// this period.
	WentBack bool
}

// Notice is a threshold that usage has reached.
type Notice struct {
	Limit LimitKind
	// Threshold is how far, in percent: 75, 90 or 100 of the soft limit, 100 of the
	// others.
	Threshold int
}

// full is the threshold of a limit that is reached.
const full = 100

// thresholds are those of the soft limit, in percent, from the lowest.
var thresholds = [...]int{75, 90, full}

// Take takes a reading in and returns the thresholds that usage reaches with
// it: the soft limit's from the lowest, the trial limit, the hard limit
// (billing.md#11-usage). The price is the one captured for the period; trial is
// whether the period is a trial.
//
// The first reading is the base line: nothing was used. A later one adds its difference to the one
// before, or, when it is lower, itself. A reading that is not newer than the last, or below 0, which is
// not a total, changes nothing. The same total again changes nothing but Last, so that it announces
// nothing either, whatever has become of the limits or the period.
//
// Usage beyond the largest quantity of the hard limit and, in a trial, of the
// trial limit is not taken, and is not taken later, when there is more room.
// What was taken before a limit was lowered stays taken.
//
// Each threshold is announced once a period. The soft limit's are reached by
// percent ([Percent]), and by the usage at a reading: what it passed between two
// readings is not known. The trial and the hard limit are reached when nothing
// more is taken, at their largest quantity ([Largest]), which by amount may come
// to less than the limit. A limit of 0 is reached at once: with the first
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
	case !known: // the base line
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

// add takes units in as far as the limits let it.
func (m Meter) add(units int64, price pricing.Price, limits Limits) Meter {
	trialRoom, _ := Largest(price, limits.Trial)
	hardRoom, _ := Largest(price, limits.Hard)
	used := max(0, m.Used)
	m.Used = min(plus(used, units), max(used, min(trialRoom, hardRoom)))
	return m
}

// announce returns what usage has reached and was not announced before, and the
// meter that remembers it.
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

// Exhausts reports whether l leaves no room for more: usage beyond it is not taken.
// A limit without a dimension always leaves room.
func (m Meter) Exhausts(price pricing.Price, l Limit) bool {
	room, limited := Largest(price, l)
	return limited && m.Used >= room
}

// NextPeriod returns the meter at the start of a period: nothing was used or
// announced, and the last reading is the base line. A trial's end starts one
// too.
func (m Meter) NextPeriod() Meter {
	return Meter{Known: m.Known, Last: m.Last}
}
