// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// play takes totals in, one a minute.
func play(m metering.Meter, price pricing.Price, limits metering.Limits, trial bool, totals ...int64) (metering.Meter, []metering.Notice) {
	var all []metering.Notice
	for i, total := range totals {
		var notices []metering.Notice
		m, notices = m.Take(read(i+1, total), price, limits, trial)
		all = append(all, notices...)
	}
	return m, all
}

// "Readings 100 at the start, 900 at the last refresh before 1 May, 950 at the
// first after it: April bills 800, May begins with 50."
func TestUsageFigure(t *testing.T) {
	var m metering.Meter
	m, _ = m.Take(read(0, 100), unit, metering.Limits{}, false)
	if m.Used != 0 {
		t.Errorf("the first reading is the base line: %d were used", m.Used)
	}
	m, _ = m.Take(read(1, 400), unit, metering.Limits{}, false)
	m, _ = m.Take(read(2, 900), unit, metering.Limits{}, false)
	if m.Used != 800 {
		t.Errorf("April bills %d, want 800", m.Used)
	}
	m = m.NextPeriod()
	if m.Used != 0 {
		t.Errorf("May starts with %d, want 0", m.Used)
	}
	m, notices := m.Take(read(3, 950), unit, metering.Limits{}, false)
	want := metering.Meter{Known: true, Last: read(3, 950), Used: 50}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("May begins with 50 (-want +got):\n%s", diff)
	}
	if notices != nil {
		t.Errorf("nothing is limited, and yet: %v", notices)
	}
}

func TestUsageReadings(t *testing.T) {
	tests := map[string]struct {
		reason   string
		totals   []int64
		want     int64
		wentBack bool
	}{
		"none":                {"nothing was read", nil, 0, false},
		"one":                 {"the baseline", []int64{7}, 0, false},
		"a rise":              {"the difference", []int64{7, 10}, 3, false},
		"the same":            {"nothing more was used", []int64{7, 10, 10}, 3, false},
		"a fall":              {"counts from zero, the whole of it", []int64{100, 150, 30}, 80, true},
		"a fall to zero":      {"nothing is added, and yet it went back", []int64{100, 150, 0}, 50, true},
		"a rise after a fall": {"measured against the reading that fell", []int64{100, 150, 30, 35}, 85, true},
		"falls by one":        {"a counter that is lower began again", []int64{100, 99}, 99, true},
		"below zero":          {"no total; were it a fall, the next would be charged twice", []int64{100, 150, -1, 160}, 60, false},
		"from zero":           {"a baseline of 0 is one", []int64{0, 5}, 5, false},
		"the largest":         {"as far as 64 bits go", []int64{0, math.MaxInt64}, math.MaxInt64, false},
		"beyond the largest":  {"held there, never negative", []int64{0, math.MaxInt64, 5, math.MaxInt64}, math.MaxInt64, true},
		"the least":           {"no total", []int64{math.MinInt64, 5, math.MinInt64, 8}, 3, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			m, notices := play(metering.Meter{}, unit, metering.Limits{}, true, tc.totals...)
			if m.Used != tc.want || m.WentBack != tc.wentBack || notices != nil {
				t.Errorf("%s: used %d, went back %t, notices %v; want %d, %t, none", tc.reason, m.Used, m.WentBack, notices, tc.want, tc.wentBack)
			}
			if next := m.NextPeriod(); next.WentBack || next.Used != 0 || next.Last != m.Last || next.Known != m.Known {
				t.Errorf("the next period starts with %+v", next)
			}
		})
	}
}

// Only a newer reading counts.
func TestUsageNewer(t *testing.T) {
	last := read(10, 100)
	reading := func(total int64, observed, loaded time.Duration) metering.Reading {
		return metering.Reading{Total: total, Observed: last.Observed.Add(observed), Loaded: last.Loaded.Add(loaded)}
	}
	tests := map[string]struct {
		reason  string
		reading metering.Reading
		taken   bool
	}{
		"observed later":                        {"newer", reading(130, 1, 0), true},
		"observed later, loaded before":         {"the observation counts first", reading(130, 1, -1), true},
		"observed at once, loaded later":        {"the wall clock tells them apart", reading(130, 0, 1), true},
		"the same reading":                      {"it was taken", reading(100, 0, 0), false},
		"another total at the same times":       {"which is right cannot be told; the first stays", reading(130, 0, 0), false},
		"observed at once, loaded before":       {"older", reading(130, 0, -1), false},
		"observed before, loaded later":         {"an answer that came late", reading(130, -1, 1), false},
		"observed before, lower":                {"an older total did not go back", reading(70, -1, 1), false},
		"the same reading in another time zone": {"instants are compared", metering.Reading{Total: 130, Observed: last.Observed.In(time.FixedZone("", -3600)), Loaded: last.Loaded.In(time.FixedZone("", 3600))}, false},
		"observed at once in another time zone": {"instants are compared", metering.Reading{Total: 130, Observed: last.Observed.In(time.FixedZone("", -3600)), Loaded: last.Loaded.Add(1)}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before := metering.Meter{Known: true, Last: last, Used: 5}
			want := before
			if tc.taken {
				want.Last, want.Used = tc.reading, 35
			}
			got, _ := before.Take(tc.reading, unit, metering.Limits{}, false)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// A status that somebody wrote by hand makes no usage out of nothing.
func TestUsageBelowZero(t *testing.T) {
	m, _ := metering.Meter{Known: true, Last: read(1, math.MinInt64), Used: math.MinInt64}.Take(read(2, 7), unit, metering.Limits{}, false)
	if m.Used != 7 {
		t.Errorf("used %d, want 7: what is below 0 counts as 0", m.Used)
	}
}

// The same total again announces nothing, even where there is something new to
// announce: the status is not written for it.
func TestUsageSameTotal(t *testing.T) {
	before := metering.Meter{Known: true, Last: read(1, 100), Used: 90}
	lowered := metering.Limits{Soft: quantity(50), Trial: quantity(50), Hard: quantity(50)}
	after, notices := before.Take(read(2, 100), unit, lowered, true)
	want := before
	want.Last = read(2, 100)
	if diff := cmp.Diff(want, after); diff != "" || notices != nil {
		t.Errorf("notices %v, meter (-want +got):\n%s", notices, diff)
	}
}

func TestUsageLimits(t *testing.T) {
	soft := func(thresholds ...int) (all []metering.Notice) {
		for _, threshold := range thresholds {
			all = append(all, metering.Notice{Limit: metering.SoftLimit, Threshold: threshold})
		}
		return all
	}
	trial := metering.Notice{Limit: metering.TrialLimit, Threshold: 100}
	hard := metering.Notice{Limit: metering.HardLimit, Threshold: 100}
	packs := pricing.Price{Model: pricing.Package, UnitAmount: *amount("50").Amount, PackageSize: 10}
	tests := map[string]struct {
		reason string
		price  pricing.Price
		limits metering.Limits
		trial  bool
		totals []int64 // the first is the base line, 0
		used   int64
		want   []metering.Notice
	}{
		"soft, below":                   {"74.9 % is not 75 %", unit, metering.Limits{Soft: quantity(1000)}, false, []int64{0, 749}, 749, nil},
		"soft, at 75 %":                 {"at it, not above it", unit, metering.Limits{Soft: quantity(1000)}, false, []int64{0, 750}, 750, soft(75)},
		"soft, one after another":       {"an event for each threshold", unit, metering.Limits{Soft: quantity(1000)}, false, []int64{0, 750, 899, 900, 999, 1000, 2000}, 2000, soft(75, 90, 100)},
		"soft, a jump":                  {"over several gives several, from the lowest", unit, metering.Limits{Soft: quantity(1000)}, false, []int64{0, 5000}, 5000, soft(75, 90, 100)},
		"soft, by amount":               {"T(usage) of the amount", unit, metering.Limits{Soft: amount("100")}, false, []int64{0, 95}, 95, soft(75, 90)},
		"soft, the amount is further":   {"both dimensions count", unit, metering.Limits{Soft: both(1000, "100")}, false, []int64{0, 80}, 80, soft(75)},
		"soft, the quantity is further": {"both dimensions count", unit, metering.Limits{Soft: both(100, "1000")}, false, []int64{0, 80}, 80, soft(75)},
		"soft, a third":                 {"66.67 % is less than 75 %", unit, metering.Limits{Soft: quantity(3)}, false, []int64{0, 2}, 2, nil},
		"soft, finer than a cent":       {"exact, before rounding: 0.007499 of 0.01 is not 75 %", pricing.Price{Model: pricing.PerUnit, UnitAmount: *amount("0.000001").Amount}, metering.Limits{Soft: amount("0.01")}, false, []int64{0, 7499}, 7499, nil},
		"soft, beyond 64 bits":          {"100 times the usage overflows; the comparison does not", unit, metering.Limits{Soft: quantity(math.MaxInt64)}, false, []int64{0, math.MaxInt64 / 100 * 80}, math.MaxInt64 / 100 * 80, soft(75)},
		"soft, went back":               {"a counter that began again continues towards the limit", unit, metering.Limits{Soft: quantity(100)}, false, []int64{0, 76, 15}, 91, soft(75, 90)},
		"soft of 0":                     {"nothing can be used below it: reached at once", unit, metering.Limits{Soft: quantity(0)}, false, []int64{0}, 0, soft(75, 90, 100)},
		"soft of 0 by amount":           {"0 of 0 is 100 %, of a free price too", free, metering.Limits{Soft: amount("0")}, false, []int64{0}, 0, soft(75, 90, 100)},
		"soft, Flat":                    {"costs the same whatever was used: reached at once", flatTen, metering.Limits{Soft: amount("10")}, false, []int64{0}, 0, soft(75, 90, 100)},
		"soft, Flat below":              {"8 of 10 is 75 %, for good", flatTen, metering.Limits{Soft: amount("12.50")}, false, []int64{0, 99}, 99, soft(75)},

		"hard, below":                   {"nothing is cut", unit, metering.Limits{Hard: quantity(100)}, false, []int64{0, 99}, 99, nil},
		"hard, reached":                 {"at it, not above it", unit, metering.Limits{Hard: quantity(100)}, false, []int64{0, 100}, 100, []metering.Notice{hard}},
		"hard, exceeded":                {"capped, announced once", unit, metering.Limits{Hard: quantity(100)}, false, []int64{0, 150, 180}, 100, []metering.Notice{hard}},
		"hard, by amount":               {"the largest whole quantity within 10.50", unit, metering.Limits{Hard: amount("10.50")}, false, []int64{0, 50}, 10, []metering.Notice{hard}},
		"hard, between two units":       {"10 is all that 10.50 lets be taken: reached", unit, metering.Limits{Hard: amount("10.50")}, false, []int64{0, 10}, 10, []metering.Notice{hard}},
		"hard, both, the amount first":  {"within both dimensions", unit, metering.Limits{Hard: both(20, "10")}, false, []int64{0, 50}, 10, []metering.Notice{hard}},
		"hard, both, quantity first":    {"within both dimensions", unit, metering.Limits{Hard: both(5, "10")}, false, []int64{0, 50}, 5, []metering.Notice{hard}},
		"hard, in a paid package":       {"100 is spent with the 11th unit, but nine more cost nothing: not reached", packs, metering.Limits{Hard: amount("100")}, false, []int64{0, 11}, 11, nil},
		"hard, packages":                {"two whole packages", packs, metering.Limits{Hard: amount("149")}, false, []int64{0, 99}, 20, []metering.Notice{hard}},
		"hard of 0":                     {"reached at once, and nothing is taken", unit, metering.Limits{Hard: quantity(0)}, false, []int64{0, 50}, 0, []metering.Notice{hard}},
		"hard of 0 by amount":           {"included units are within it", pricing.Price{Model: pricing.PerUnit, UnitAmount: *amount("1").Amount, IncludedUnits: 3}, metering.Limits{Hard: amount("0")}, false, []int64{0, 50}, 3, []metering.Notice{hard}},
		"hard of 0 by amount, free":     {"what costs nothing is not bound by an amount: never reached", free, metering.Limits{Hard: amount("0")}, false, []int64{0, 50}, 50, nil},
		"hard, Flat above":              {"exceeded before anything is used", flatTen, metering.Limits{Hard: amount("9.99")}, false, []int64{0, 50}, 0, []metering.Notice{hard}},
		"hard, Flat within":             {"never exceeded", flatTen, metering.Limits{Hard: amount("10")}, false, []int64{0, 50}, 50, nil},
		"hard, beyond 64 bits":          {"taken up to the limit, no further", unit, metering.Limits{Hard: quantity(math.MaxInt64 - 1)}, false, []int64{0, math.MaxInt64, 1, math.MaxInt64}, math.MaxInt64 - 1, []metering.Notice{hard}},
		"soft beyond hard":              {"usage that is not taken announces nothing", unit, metering.Limits{Soft: quantity(100), Hard: quantity(80)}, false, []int64{0, 500}, 80, append(soft(75), hard)},
		"all three, out of trial":       {"the trial limit means nothing", unit, metering.Limits{Soft: quantity(10), Trial: quantity(1), Hard: quantity(10)}, false, []int64{0, 10}, 10, append(soft(75, 90, 100), hard)},
		"all three, in a trial":         {"soft, trial, hard", unit, metering.Limits{Soft: quantity(10), Trial: quantity(10), Hard: quantity(10)}, true, []int64{0, 10}, 10, append(soft(75, 90, 100), trial, hard)},
		"trial, exceeded":               {"further usage is not taken", unit, metering.Limits{Trial: amount("10")}, true, []int64{0, 8, 15, 20}, 10, []metering.Notice{trial}},
		"trial, out of one":             {"no limit", unit, metering.Limits{Trial: amount("10")}, false, []int64{0, 15}, 15, nil},
		"trial below hard":              {"usage stops short of the hard limit", unit, metering.Limits{Trial: quantity(10), Hard: quantity(20)}, true, []int64{0, 50}, 10, []metering.Notice{trial}},
		"hard below trial":              {"a trial has both", unit, metering.Limits{Trial: quantity(20), Hard: quantity(10)}, true, []int64{0, 50}, 10, []metering.Notice{hard}},
		"trial of 0, counter went back": {"the baseline announces, nothing is taken", unit, metering.Limits{Trial: quantity(0)}, true, []int64{0, 50, 10}, 0, []metering.Notice{trial}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			m, notices := play(metering.Meter{}, tc.price, tc.limits, tc.trial, tc.totals...)
			if m.Used != tc.used {
				t.Errorf("%s: used %d, want %d", tc.reason, m.Used, tc.used)
			}
			if diff := cmp.Diff(tc.want, notices); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// What a limit left out is not billed later; what was taken stays taken.
func TestUsageLimitsMove(t *testing.T) {
	m, _ := play(metering.Meter{}, unit, metering.Limits{Hard: quantity(100)}, false, 0, 150)
	raised, notices := m.Take(read(3, 160), unit, metering.Limits{Hard: quantity(1000)}, false)
	if raised.Used != 110 || notices != nil {
		t.Errorf("raised: used %d, notices %v; want 110: 50 were not taken, and are not taken later", raised.Used, notices)
	}
	lowered, notices := m.Take(read(3, 160), unit, metering.Limits{Hard: quantity(30)}, false)
	if lowered.Used != 100 || notices != nil {
		t.Errorf("lowered: used %d, notices %v; want 100: what was taken stays taken", lowered.Used, notices)
	}
	next, notices := m.NextPeriod().Take(read(3, 160), unit, metering.Limits{Hard: quantity(10)}, false)
	if next.Used != 10 || len(notices) != 1 {
		t.Errorf("next period: used %d, notices %v; want 10 of its own, announced again", next.Used, notices)
	}

	trial := metering.Limits{Soft: quantity(20), Trial: quantity(10)}
	m, _ = play(metering.Meter{}, unit, trial, true, 0, 50)
	if !m.TrialReached || m.Used != 10 {
		t.Fatalf("trial: %+v", m)
	}
	paid, notices := m.NextPeriod().Take(read(3, 60), unit, trial, false)
	if paid.Used != 10 || paid.TrialReached || notices != nil {
		t.Errorf("after the trial: used %d, notices %v; want the 10 since its end", paid.Used, notices)
	}
	softer, notices := metering.Meter{Known: true, Last: read(1, 0), Used: 95, Soft: 90}.Take(read(2, 1), unit, metering.Limits{Soft: quantity(120)}, false)
	if softer.Soft != 90 || notices != nil {
		t.Errorf("a raised soft limit: %+v, notices %v; 75 was announced in this period", softer, notices)
	}
}
