// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// The oracle computes histories once more, in another way: with big.Rat, unit by
// unit, day by day and minute by minute, and with sums of all lines where the
// engine carries a remainder. It shares no arithmetic with the engine.
//
// SEATPLANE_ORACLE_HISTORIES sets how many histories to compare, a million in a
// long run, and SEATPLANE_ORACLE_SEED which; a history that differs is printed
// whole.
func TestOracle(t *testing.T) {
	histories := 12_000
	if testing.Short() {
		histories = 1_000
	}
	if s := os.Getenv("SEATPLANE_ORACLE_HISTORIES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("SEATPLANE_ORACLE_HISTORIES: %v", err)
		}
		histories = n
	}
	seed := uint64(1)
	if s := os.Getenv("SEATPLANE_ORACLE_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("SEATPLANE_ORACLE_SEED: %v", err)
		}
		seed = n
	}
	lines := compareAll(t, histories, seed)
	t.Logf("compared %d histories with %d lines, seed %d", histories, lines, seed)
}

// compareAll compares histories on all cores and returns how many lines they
// had. Each history has a seed of its own, so that one can be run alone.
func compareAll(t *testing.T, histories int, seed uint64) int64 {
	var next, lines atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for !t.Failed() {
				i := next.Add(1) - 1
				if i >= int64(histories) {
					return
				}
				if i > 0 && i%100_000 == 0 {
					t.Logf("%d of %d histories", i, histories)
				}
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				h := randomHistory(random.IntN, anything)
				n, err := compare(h)
				if err != nil {
					t.Errorf("history %d of seed %d: %v\n%s", i, seed, err, h)
				}
				lines.Add(int64(n))
			}
		})
	}
	workers.Wait()
	return lines.Load()
}

// compare plays a history in both ways and says where they differ first.
func compare(h history) (lines int, err error) {
	o := newOracle(h)
	if err := o.checkPeriod(); err != nil {
		return 0, err
	}
	got := h.play()
	if err := o.checkLine(got.recurring, o.recurring()); err != nil {
		return 0, fmt.Errorf("the recurring charge: %w", err)
	}
	lines++
	for i, c := range h.changes {
		want := o.change(c)
		if len(want) != len(got.lines[i]) {
			return lines, fmt.Errorf("change %d has %d lines, want %d", i+1, len(got.lines[i]), len(want))
		}
		for j := range want {
			if err := o.checkLine(got.lines[i][j], want[j]); err != nil {
				return lines, fmt.Errorf("change %d, line %d: %w", i+1, j+1, err)
			}
			lines++
		}
		if err := o.checkPosition(got.positions[i]); err != nil {
			return lines, fmt.Errorf("after change %d: %w", i+1, err)
		}
	}
	n, err := o.checkEnd(got)
	return lines + n, err
}

// checkEnd compares how the item is settled at the cut: given back by a Reset,
// or charged for the time elapsed when it is in arrears.
func (o *oracle) checkEnd(got played) (lines int, err error) {
	elapsed := o.elapsed()
	if len(got.elapsed) != len(elapsed) {
		return 0, fmt.Errorf("in arrears it is settled by %d lines, want %d", len(got.elapsed), len(elapsed))
	}
	for i := range elapsed {
		if err := o.checkLine(got.elapsed[i], elapsed[i]); err != nil {
			return 0, fmt.Errorf("in arrears, line %d: %w", i+1, err)
		}
	}
	want := o.credit(o.worth(o.units, int(o.held)), o.end())
	if (got.settled == nil) != (len(want) == 0) {
		return 0, fmt.Errorf("the item is settled by %v, want %v", got.settled, want)
	}
	if got.settled == nil {
		return len(elapsed), nil
	}
	if err := o.checkLine(*got.settled, want[0]); err != nil {
		return 0, fmt.Errorf("settled: %w", err)
	}
	return len(elapsed) + 1, nil
}

// end is the cut, as a change by the policy of the start.
func (o *oracle) end() change {
	return change{at: o.cut, method: proration.ProRata, policy: o.history.policy}
}

// elapsed is the charge of the start for the time up to the cut, and what
// changes had added to or taken from the time after it.
func (o *oracle) elapsed() []expected {
	first := naiveTotal(o.history.price, o.start)
	charged, period := o.measure(o.from, o.history.policy, true)
	unused, _ := o.measure(o.cut, o.history.policy, false)
	used := new(big.Rat).Sub(charged, unused)
	if used.Sign() < 0 {
		used = new(big.Rat)
	}
	lines := []expected{o.line(first, used, period, new(big.Rat))}
	added := new(big.Rat).Sub(o.v, first)
	switch added.Sign() {
	case 0:
		return lines
	case 1:
		unused, _ = o.creditUnits(o.end())
	default:
		if o.creditRatio != nil {
			if given := new(big.Rat).Mul(o.creditRatio, period); given.Cmp(unused) < 0 {
				unused = given
			}
		}
	}
	carried := new(big.Rat)
	if o.exact[o.plan] != nil {
		carried.Sub(o.exact[o.plan], o.rounded[o.plan])
	}
	return append(lines, o.line(added.Neg(added), unused, period, carried))
}

// oracle holds an item's state in its own terms.
type oracle struct {
	history
	clock naiveClock
	held  int64
	// units are the covered ones, one by one: whether each was charged.
	units []bool
	v     *big.Rat
	price pricing.Price
	plan  string
	// The sums of what was priced and of what was billed on each plan.
	exact, rounded map[string]*big.Rat
	// The smallest ratio of a debit in force; nil for 1.
	smallest *big.Rat
	// The newest credit's ratio and instant.
	creditRatio *big.Rat
	creditAt    time.Time
}

// expected is a line as the oracle computes it.
type expected struct {
	full, units, period, unrounded, carried, amount *big.Rat // units is nil without a share
}

func newOracle(h history) *oracle {
	return &oracle{
		history: h, clock: naiveClock{h.calendar.Zone}, price: h.price, plan: "a",
		exact: map[string]*big.Rat{}, rounded: map[string]*big.Rat{},
	}
}

// checkPeriod compares the natural period with boundaries counted one by one
// from the anchor.
func (o *oracle) checkPeriod() error {
	cal, natural := o.calendar, o.window.Natural
	anchor := cal.Anchor.Unix()
	start, end := o.clock.boundary(anchor, cal.Interval, o.index), o.clock.boundary(anchor, cal.Interval, o.index+1)
	if start != natural.Start.Unix() || end != natural.End.Unix() {
		return fmt.Errorf("the period is %s to %s, want %s to %s", natural.Start, natural.End, time.Unix(start, 0).UTC(), time.Unix(end, 0).UTC())
	}
	for _, t := range []int64{start, end - 1, (start + end) / 2} {
		if k := cal.IndexOf(time.Unix(t, 0)); k != o.index {
			return fmt.Errorf("%s is in period %d, want %d", time.Unix(t, 0).UTC(), k, o.index)
		}
	}
	return nil
}

func (o *oracle) recurring() expected {
	total := naiveTotal(o.price, o.start)
	o.held, o.v = o.start, total
	o.cover(o.start, true)
	if o.from.Equal(o.window.Natural.Start) {
		return o.line(total, nil, nil, new(big.Rat))
	}
	units, period := o.measure(o.from, o.history.policy, true)
	o.smallest = ratio(units, period)
	return o.line(total, units, period, new(big.Rat))
}

// change prices one step.
func (o *oracle) change(c change) []expected {
	if c.price != nil {
		return o.replace(c)
	}
	held := o.held
	o.held = c.quantity
	switch {
	case c.quantity > int64(len(o.units)):
		return o.rise(c)
	case c.quantity < held && c.method == proration.ProRata:
		return o.fall(c, held)
	}
	return nil
}

func (o *oracle) debit(d *big.Rat, c change, inFull bool) []expected {
	if o.v.Sign() == 0 {
		o.smallest = nil
	}
	o.v = new(big.Rat).Add(o.v, d)
	if inFull {
		return o.changeLine(o.plan, d, nil, nil)
	}
	units, period := o.debitUnits(c)
	o.keepSmallest(ratio(units, period))
	return o.changeLine(o.plan, d, units, period)
}

func (o *oracle) credit(full *big.Rat, c change) []expected {
	if full.Cmp(o.v) > 0 {
		full = o.v
	}
	if full.Sign() <= 0 {
		return nil
	}
	o.v = new(big.Rat).Sub(o.v, full)
	units, period := o.creditUnits(c)
	o.creditRatio, o.creditAt = ratio(units, period), c.at
	return o.changeLine(o.plan, new(big.Rat).Neg(full), units, period)
}

func (o *oracle) replace(c change) []expected {
	before, total := o.worth(o.units, int(o.held)), naiveTotal(*c.price, c.quantity)
	if before.Cmp(o.v) > 0 {
		before = o.v
	}
	old := o.plan
	o.price, o.plan, o.held, o.units = *c.price, c.plan, c.quantity, nil
	o.cover(c.quantity, true)
	var lines []expected
	switch c.method {
	case proration.ProRata:
		units, period := o.debitUnits(c)
		if total.Cmp(before) < 0 {
			units, period = o.creditUnits(c)
			o.creditRatio, o.creditAt = ratio(units, period), c.at
		}
		if before.Sign() > 0 {
			lines = append(lines, o.changeLine(old, new(big.Rat).Neg(before), units, period)...)
		}
		o.v, o.smallest = total, ratio(units, period)
		if total.Sign() > 0 {
			lines = append(lines, o.changeLine(c.plan, total, units, period)...)
		}
	case proration.PayInFull:
		o.v, o.smallest = total, nil
		if total.Sign() > 0 {
			lines = o.changeLine(c.plan, total, nil, nil)
		}
	case proration.DoNotCharge:
	}
	return lines
}

func (o *oracle) keepSmallest(r *big.Rat) {
	if o.smallest == nil || r.Cmp(o.smallest) < 0 {
		o.smallest = r
	}
}

// debitUnits and creditUnits are R' and N with the caps of billing.md#2-ratio,
// which the oracle keeps as parts of the period.
func (o *oracle) debitUnits(c change) (units, period *big.Rat) {
	units, period = o.measure(c.at, c.policy, true)
	if o.creditRatio != nil && o.creditAt.Equal(c.at) {
		if given := new(big.Rat).Mul(o.creditRatio, period); given.Cmp(units) > 0 {
			units = given
		}
	}
	return units, period
}

func (o *oracle) creditUnits(c change) (units, period *big.Rat) {
	units, period = o.measure(c.at, c.policy, false)
	if o.smallest != nil {
		if most := new(big.Rat).Mul(o.smallest, period); most.Cmp(units) < 0 {
			units = most
		}
	}
	return units, period
}

// changeLine rounds by sums: what is billed is the rounded sum of all that was
// priced less what was billed before.
func (o *oracle) changeLine(plan string, full, units, period *big.Rat) []expected {
	exact, rounded := o.exact[plan], o.rounded[plan]
	if exact == nil {
		exact, rounded = new(big.Rat), new(big.Rat)
	}
	line := o.line(full, units, period, new(big.Rat).Sub(exact, rounded))
	o.exact[plan] = new(big.Rat).Add(exact, line.unrounded)
	o.rounded[plan] = new(big.Rat).Add(rounded, line.amount)
	return []expected{line}
}

func (o *oracle) line(full, units, period, carried *big.Rat) expected {
	line := expected{full: full, units: units, period: period, unrounded: full, carried: carried}
	if units != nil {
		line.unrounded = new(big.Rat).Mul(full, ratio(units, period))
	}
	if line.unrounded.Sign() == 0 {
		line.carried, line.amount = new(big.Rat), new(big.Rat)
		return line
	}
	line.amount = halfAway(new(big.Rat).Add(line.unrounded, carried), o.currency.Digits())
	return line
}

func (o *oracle) checkLine(got proration.Line, want expected) error {
	if err := same("full amount", money.FractionOf(got.Full), want.full); err != nil {
		return err
	}
	if (got.Share == nil) != (want.units == nil) {
		return fmt.Errorf("the share is %v, want %v of %v", got.Share, want.units, want.period)
	}
	if got.Share != nil {
		if err := same("units", got.Share.Units, want.units); err != nil {
			return err
		}
		if err := same("units in the period", got.Share.UnitsInPeriod, want.period); err != nil {
			return err
		}
	}
	if err := same("unrounded amount", got.Unrounded, want.unrounded); err != nil {
		return err
	}
	if err := same("carried amount", got.Carried, want.carried); err != nil {
		return err
	}
	return same("amount", money.FractionOf(got.Amount), want.amount)
}

func (o *oracle) checkPosition(got proration.Position) error {
	var units []bool
	for _, run := range got.Coverage {
		units = append(units, slices.Repeat([]bool{run.Charged}, int(run.Units))...)
	}
	if got.Held != o.held || !slices.Equal(units, o.units) {
		return fmt.Errorf("held %d, covered %v, want %d and %v", got.Held, units, o.held, o.units)
	}
	if err := same("V", money.FractionOf(got.Charged), o.v); err != nil {
		return err
	}
	if o.exact[o.plan] == nil {
		return same("remainder", got.Remainder, new(big.Rat))
	}
	return same("remainder", got.Remainder, new(big.Rat).Sub(o.exact[o.plan], o.rounded[o.plan]))
}

func same(what string, got money.Fraction, want *big.Rat) error {
	if got.String() != want.RatString() {
		return fmt.Errorf("%s: got %s, want %s", what, got, want.RatString())
	}
	return nil
}

// measure returns R' and N, not yet capped.
func (o *oracle) measure(t time.Time, policy proration.Policy, debit bool) (units, period *big.Rat) {
	start, end := o.window.Natural.Start.Unix(), o.window.Natural.End.Unix()
	from := t.Unix()
	var rest *big.Rat
	if policy.Unit == proration.Day {
		period = new(big.Rat).SetInt64(max(1, o.clock.date(end)-o.clock.date(start)))
		rest = o.clock.days(from, end)
	} else {
		seconds := map[proration.Unit]int64{proration.Second: 1, proration.Minute: 60, proration.Hour: 3600}[policy.Unit]
		period = big.NewRat(end-start, seconds)
		rest = big.NewRat(end-from, seconds)
	}
	if from == start || rest.Cmp(period) >= 0 {
		return period, period
	}
	switch {
	case policy.Rounding == proration.Nearest:
		rest = floor(new(big.Rat).Add(rest, big.NewRat(1, 2)))
	case policy.Rounding == proration.Up && debit, policy.Rounding == proration.Down && !debit:
		rest = new(big.Rat).Neg(floor(new(big.Rat).Neg(rest)))
	case policy.Rounding == proration.Up, policy.Rounding == proration.Down:
		rest = floor(rest)
	}
	if rest.Cmp(period) > 0 {
		rest = period
	}
	return rest, period
}

func ratio(units, period *big.Rat) *big.Rat { return new(big.Rat).Quo(units, period) }

func floor(r *big.Rat) *big.Rat {
	q, m := new(big.Int), new(big.Int)
	q.DivMod(r.Num(), r.Denom(), m)
	return new(big.Rat).SetInt(q)
}

// halfAway rounds half away from zero to a number of digits after the point.
func halfAway(r *big.Rat, digits int) *big.Rat {
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	size := new(big.Rat).Mul(new(big.Rat).Abs(r), scale)
	size = floor(size.Add(size, big.NewRat(1, 2)))
	size.Quo(size, scale)
	if r.Sign() < 0 {
		size.Neg(size)
	}
	return size
}

// naiveTotal counts unit by unit.
func naiveTotal(p pricing.Price, q int64) *big.Rat {
	sum := new(big.Rat)
	if p.Model == pricing.Flat {
		return sum.Add(sum, naive(p.UnitAmount))
	}
	n := q - p.IncludedUnits
	reached := -1
	for unit := int64(1); unit <= n; unit++ {
		switch p.Model {
		case pricing.PerUnit, pricing.Flat:
			sum.Add(sum, naive(p.UnitAmount))
		case pricing.Package:
			if unit%p.PackageSize == 1 || p.PackageSize == 1 {
				sum.Add(sum, naive(p.UnitAmount))
			}
		case pricing.Graduated:
			if i := naiveTier(p.Tiers, unit); i != reached {
				reached = i
				sum.Add(sum, naive(p.Tiers[i].FlatAmount))
			}
			sum.Add(sum, naive(p.Tiers[reached].UnitAmount))
		case pricing.Volume:
			sum.Add(sum, naive(p.Tiers[naiveTier(p.Tiers, n)].UnitAmount))
		}
	}
	if p.Model == pricing.Volume && n > 0 {
		sum.Add(sum, naive(p.Tiers[naiveTier(p.Tiers, n)].FlatAmount))
	}
	return sum
}

func naiveTier(tiers []pricing.Tier, unit int64) int {
	for i := range tiers[:len(tiers)-1] {
		if unit <= tiers[i].UpTo {
			return i
		}
	}
	return len(tiers) - 1
}

func naive(d money.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		panic(d.String())
	}
	return r
}
