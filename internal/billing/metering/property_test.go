// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/metering"
)

// Largest is what counting unit by unit finds, for every model.
func TestPropertyLargestIsTheNaiveOne(t *testing.T) {
	const upTo = 400
	rapid.Check(t, func(t *rapid.T) {
		p, l := prices().Draw(t, "price"), limit().Draw(t, "limit")
		if err := p.Validate(); err != nil {
			t.Fatalf("not valid: %v", err)
		}
		got, limited := metering.Largest(p, l)
		if want := naiveLargest(p, l, upTo); min(got, upTo) != want {
			t.Fatalf("got %d, want %d", got, want)
		}
		if !limited && got != math.MaxInt64 {
			t.Fatalf("no limit, and yet %d", got)
		}
	})
}

// A threshold is reached, in whole percent, when the exact comparison says so.
func TestPropertyPercentIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := prices().Draw(t, "price")
		l := limit().Filter(func(l metering.Limit) bool { return !l.IsZero() }).Draw(t, "limit")
		used := rapid.OneOf(rapid.Int64Range(0, 400), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "used")
		got := metering.Percent(used, p, l)
		if !reached(used, p, l, got) {
			t.Fatalf("%d %% is not reached", got)
		}
		if got < math.MaxInt64 && reached(used, p, l, got+1) {
			t.Fatalf("more than %d %% is reached", got)
		}
	})
}

// Without limits usage is what a naive counter sums up, period after period, and
// nothing is lost between them.
func TestPropertyUsageIsTheCounter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := prices().Draw(t, "price")
		var m metering.Meter
		var last *int64
		sum, counted := new(big.Int), new(big.Int)
		for i := range rapid.IntRange(0, 30).Draw(t, "readings") {
			total := rapid.Int64Range(0, math.MaxInt64/64).Draw(t, "total")
			switch {
			case last == nil: // the base line
			case total >= *last:
				counted.Add(counted, big.NewInt(total-*last))
			default:
				counted.Add(counted, big.NewInt(total))
			}
			last = &total
			m, _ = m.Take(read(i, total), p, metering.Limits{}, rapid.Bool().Draw(t, "trial"))
			if rapid.IntRange(0, 4).Draw(t, "boundary") == 0 {
				sum.Add(sum, big.NewInt(m.Used))
				m = m.NextPeriod()
			}
		}
		if sum.Add(sum, big.NewInt(m.Used)); sum.Cmp(counted) != 0 {
			t.Fatalf("used %s, counted %s", sum, counted)
		}
	})
}

// step is one reading of a history in which everything may change.
func step(t *rapid.T, m metering.Meter) (metering.Meter, []metering.Notice) {
	p, l, trial := prices().Draw(t, "price"), limits().Draw(t, "limits"), rapid.Bool().Draw(t, "trial")
	r := metering.Reading{
		Total:    totals().Draw(t, "total"),
		Observed: m.Last.Observed.Add(time.Duration(rapid.IntRange(-1, 3).Draw(t, "observed")) * time.Minute),
		Loaded:   m.Last.Loaded.Add(time.Duration(rapid.IntRange(-1, 3).Draw(t, "loaded")) * time.Minute),
	}
	after, notices := m.Take(r, p, l, trial)
	newer := r.Observed.After(m.Last.Observed) || r.Observed.Equal(m.Last.Observed) && r.Loaded.After(m.Last.Loaded)
	switch {
	case r.Total < 0 || m.Known && !newer:
		same(t, "a reading that is not newer", m, after, notices)
		return after, notices
	case m.Known && r.Total == m.Last.Total:
		want := m
		want.Last = r
		same(t, "the same total", want, after, notices)
		return after, notices
	}
	if !cmp.Equal(after.Last, r) || !after.Known {
		t.Fatalf("%+v was not taken: %+v", r, after)
	}
	if !trial {
		l.Trial = metering.Limit{}
	}
	checkCaps(t, m, after, r, func(room metering.Limit) (int64, bool) { return metering.Largest(p, room) }, l)
	want := expected(m, func(threshold int64) bool { return reached(after.Used, p, l.Soft, threshold) },
		func(room metering.Limit) bool {
			most, limited := metering.Largest(p, room)
			return limited && after.Used >= most
		}, l)
	if diff := cmp.Diff(want, notices); diff != "" {
		t.Fatalf("notices (-want +got):\n%s", diff)
	}
	again, none := after.Take(r, p, l, trial)
	same(t, "the same reading again", after, again, none)
	return after, notices
}

func same(t *rapid.T, what string, want, got metering.Meter, notices []metering.Notice) {
	if diff := cmp.Diff(want, got); diff != "" || notices != nil {
		t.Fatalf("%s: notices %v, meter (-want +got):\n%s", what, notices, diff)
	}
}

// checkCaps: usage grows by what was read, unless a limit is in the way, and
// stays within the limits that it was within.
func checkCaps(t *rapid.T, before, after metering.Meter, r metering.Reading, largest func(metering.Limit) (int64, bool), l metering.Limits) {
	if after.Used < before.Used {
		t.Fatalf("usage fell from %d to %d", before.Used, after.Used)
	}
	grown := big.NewInt(before.Used)
	switch {
	case !before.Known: // the base line
	case r.Total < before.Last.Total:
		grown.Add(grown, big.NewInt(r.Total))
	default:
		grown.Add(grown, big.NewInt(r.Total-before.Last.Total))
	}
	free := true
	for _, bound := range []metering.Limit{l.Trial, l.Hard} {
		most, limited := largest(bound)
		if limited && before.Used <= most && after.Used > most {
			t.Fatalf("%d used, of %d at most", after.Used, most)
		}
		free = free && (!limited || grown.Cmp(big.NewInt(most)) <= 0)
	}
	if free && grown.IsInt64() && after.Used != grown.Int64() {
		t.Fatalf("%d used, want %s, which the limits allow", after.Used, grown)
	}
}

// expected returns the notices that the exact comparisons call for.
func expected(before metering.Meter, soft func(int64) bool, spent func(metering.Limit) bool, l metering.Limits) []metering.Notice {
	var all []metering.Notice
	for _, threshold := range []int{75, 90, 100} {
		if before.Soft < threshold && soft(int64(threshold)) {
			all = append(all, metering.Notice{Limit: metering.SoftLimit, Threshold: threshold})
		}
	}
	if !before.TrialReached && spent(l.Trial) {
		all = append(all, metering.Notice{Limit: metering.TrialLimit, Threshold: 100})
	}
	if !before.HardReached && spent(l.Hard) {
		all = append(all, metering.Notice{Limit: metering.HardLimit, Threshold: 100})
	}
	return all
}

// Whatever is read, and however prices and limits change: usage never falls, is
// never negative and never passes a limit that it was within; each threshold is
// announced once a period, and exactly when it is reached.
func TestPropertyHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m metering.Meter
		announced := map[metering.Notice]bool{}
		for range rapid.IntRange(1, 15).Draw(t, "readings") {
			var notices []metering.Notice
			m, notices = step(t, m)
			if m.Used < 0 {
				t.Fatalf("used %d", m.Used)
			}
			for _, n := range notices {
				if announced[n] {
					t.Fatalf("%v was announced before", n)
				}
				announced[n] = true
			}
			if rapid.IntRange(0, 5).Draw(t, "boundary") == 0 {
				want := metering.Meter{Known: m.Known, Last: m.Last}
				m = m.NextPeriod()
				same(t, "the next period", want, m, nil)
				clear(announced)
			}
		}
	})
}
