// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// A history is one item through one period: what it was charged for at the
// start, and changes in order of their times. The properties check it alone,
// the oracle computes it again in another way.
type history struct {
	calendar calendar.Calendar
	index    int // of the natural period
	window   proration.Window
	from     time.Time // the start of the period; later than the natural one in a stub
	currency money.Currency
	policy   proration.Policy
	price    pricing.Price
	start    int64 // the quantity charged at the start
	changes  []change
	cut      time.Time // when the item is settled, after the last change
}

// change is one step of a history.
type change struct {
	at       time.Time
	quantity int64
	method   proration.Method
	policy   proration.Policy
	plan     string         // the plan after the change
	price    *pricing.Price // of the new plan; nil when only the quantity changes
}

func (h history) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, every %d %s from %s; period %d: %s to %s, from %s; %s; %+v; policy %+v; %d at the start\n",
		h.calendar.Zone, h.calendar.Interval.Count, h.calendar.Interval.Unit, h.calendar.Anchor.Format(time.RFC3339), h.index,
		h.window.Natural.Start.Format(time.RFC3339), h.window.Natural.End.Format(time.RFC3339), h.from.Format(time.RFC3339),
		h.currency.Code(), h.price, h.policy, h.start)
	for i, c := range h.changes {
		fmt.Fprintf(&b, "%3d. %s → %d %s, %s %s", i+1, c.at.Format(time.RFC3339), c.quantity, c.method, c.policy.Unit, c.policy.Rounding)
		if c.price != nil {
			fmt.Fprintf(&b, ", plan %s at %+v", c.plan, *c.price)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "settled at %s\n", h.cut.Format(time.RFC3339))
	return b.String()
}

// played is what the engine made of a history.
type played struct {
	recurring proration.Line
	lines     [][]proration.Line // of each change
	positions []proration.Position
	settled   *proration.Line  // what a Reset gives back at the cut
	elapsed   []proration.Line // what an item in arrears owes at the cut
}

// play runs a history through the engine.
func (h history) play() played {
	charge := proration.Charge{
		Item: "i", Product: "p", Plan: "a", Price: h.price, Currency: h.currency, Quantity: h.start,
		From: h.from, Window: h.window, Policy: h.policy,
	}
	pos, line := proration.PeriodCharge(charge)
	out := played{recurring: line}
	plan, price := "a", h.price
	remainders := map[string]money.Fraction{}
	for _, c := range h.changes {
		var lines []proration.Line
		if c.price != nil {
			var left money.Fraction
			pos, lines, left = proration.ReplaceItem(pos, proration.Replacement{
				Item: "i", Update: "u", OldProduct: "p", OldPlan: plan, OldPrice: price, Product: "p", Plan: c.plan, Price: *c.price,
				Currency: h.currency, Quantity: c.quantity, Method: c.method, At: c.at, Window: h.window, Policy: c.policy,
				Carried: remainders[c.plan],
			})
			remainders[plan] = left
			plan, price = c.plan, *c.price
		} else {
			var line *proration.Line
			pos, line = proration.ChangeQuantity(pos, proration.Change{
				Item: "i", Product: "p", Plan: plan, Update: "u", Price: price, Currency: h.currency,
				Quantity: c.quantity, Method: c.method, At: c.at, Window: h.window, Policy: c.policy,
			})
			if line != nil {
				lines = []proration.Line{*line}
			}
		}
		out.lines = append(out.lines, lines)
		out.positions = append(out.positions, pos)
	}
	out.settled = proration.SettleItem(pos, proration.Change{
		Price: price, Currency: h.currency, Method: proration.ProRata, At: h.cut, Window: h.window, Policy: h.policy,
	})
	out.elapsed = proration.ElapsedCharge(pos, charge, h.cut)
	return out
}

// choose returns a number below n: the source of a random history.
type choose func(n int) int

func pick[T any](c choose, from ...T) T { return from[c(len(from))] }

// shape says what a random history may contain.
type shape struct {
	plans      bool // changes of the plan
	policyEdit bool // a policy that is edited in mid-period
	volume     bool // the model in which more can cost less
	methods    []proration.Method
}

var (
	anything   = shape{plans: true, policyEdit: true, volume: true, methods: allMethods}
	allMethods = []proration.Method{proration.ProRata, proration.PayInFull, proration.DoNotCharge}
	quantities = shape{methods: allMethods}
)

// randomHistory draws a history since 1990: any zone, anchor, interval, unit,
// rounding and model, currencies of 0, 2 and 3 digits, up to 50 changes.
func randomHistory(c choose, s shape) history {
	// Offsets of local mean time, in odd seconds, are gone by then: the oracle looks
	// for clock changes minute by minute.
	earliest := time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC)
	h := history{
		currency: pick(c, currencies...),
		policy:   randomPolicy(c),
		price:    randomPrice(c, s),
		start:    int64(c(30)),
	}
	h.calendar, h.index = randomCalendar(c)
	natural := h.calendar.Period(h.index)
	for natural.Empty() || natural.Start.Before(earliest) { // a local day that the zone skipped
		h.index++
		natural = h.calendar.Period(h.index)
	}
	h.window = proration.Window{Natural: natural, End: natural.End, Zone: h.calendar.Zone}
	h.from = natural.Start
	if c(3) == 0 {
		h.from = randomInstant(c, natural.Start, natural)
	}
	h.changes = randomChanges(c, s, h)
	last := h.from
	if n := len(h.changes); n > 0 {
		last = h.changes[n-1].at
	}
	h.cut = randomInstant(c, last, natural)
	return h
}

func randomChanges(c choose, s shape, h history) []change {
	n := c(6)
	if c(20) == 0 {
		n = c(51)
	}
	var all []change
	now, policy, plan := h.from, h.policy, "a"
	for range n {
		if c(3) > 0 { // else at the same instant
			now = randomInstant(c, now, h.window.Natural)
		}
		if s.policyEdit && c(20) == 0 {
			policy = randomPolicy(c)
		}
		step := change{at: now, quantity: int64(c(30)), method: pick(c, s.methods...), policy: policy, plan: plan}
		if s.plans && c(6) == 0 {
			price := randomPrice(c, s)
			plan = pick(c, others[plan]...)
			step.price, step.plan = &price, plan
		}
		all = append(all, step)
	}
	return all
}

// others are the plans that an item can move to.
var others = map[string][]string{"a": {"b", "c"}, "b": {"a", "c"}, "c": {"a", "b"}}

var currencies = []money.Currency{currency("JPY"), currency("EUR"), currency("KWD")}

func randomPolicy(c choose) proration.Policy {
	return proration.Policy{
		Unit:     pick(c, proration.Second, proration.Minute, proration.Hour, proration.Day, proration.Day),
		Rounding: pick(c, proration.None, proration.Up, proration.Down, proration.Nearest),
	}
}

func randomPrice(c choose, s shape) pricing.Price {
	p := pricing.Price{Model: pick(c, pricing.PerUnit, pricing.PerUnit, pricing.Graduated, pricing.Package, pricing.Flat, pricing.Volume)}
	if p.Model == pricing.Volume && !s.volume {
		p.Model = pricing.PerUnit
	}
	if p.Model != pricing.Flat && c(4) == 0 {
		p.IncludedUnits = int64(c(6))
	}
	switch p.Model {
	case pricing.Graduated, pricing.Volume:
		below := int64(0)
		for range c(3) {
			below += int64(1 + c(9))
			p.Tiers = append(p.Tiers, pricing.Tier{UpTo: below, UnitAmount: randomAmount(c), FlatAmount: randomAmount(c)})
		}
		p.Tiers = append(p.Tiers, pricing.Tier{UnitAmount: randomAmount(c), FlatAmount: randomAmount(c)})
	case pricing.Package:
		p.PackageSize = int64(1 + c(7))
		p.UnitAmount = randomAmount(c)
	default:
		p.UnitAmount = randomAmount(c)
	}
	return p
}

// randomAmount draws round prices, odd ones, and some finer than a minor unit.
func randomAmount(c choose) money.Decimal {
	d := money.FromInt(int64(c(10_000)))
	switch c(4) {
	case 0:
		return d
	case 1:
		return d.Mul(money.MustDecimal("0.01"))
	case 2:
		return d.Mul(money.MustDecimal("0.0001"))
	}
	return money.FromInt(int64(c(3)))
}

// zones are all names of the zone database and the instants since 1990 at which
// each changes its clocks.
var zones = sync.OnceValue(func() []zoneChanges {
	names, err := os.ReadFile("../calendar/testdata/zones.txt")
	if err != nil {
		panic(err)
	}
	var all []zoneChanges
	for name := range strings.FieldsSeq(string(names)) {
		z := zoneChanges{zone: zone(name)}
		for t := at("1990-01-01T00:00:00Z").In(z.zone); t.Year() < 2040; {
			_, t = t.ZoneBounds()
			if t.IsZero() {
				break
			}
			z.at = append(z.at, t)
		}
		all = append(all, z)
	}
	return all
})

type zoneChanges struct {
	zone *time.Location
	at   []time.Time
}

// randomCalendar draws a zone, an anchor and an interval, and the index of a
// period near which, more often than not, the zone changes its clocks.
func randomCalendar(c choose) (calendar.Calendar, int) {
	z := pick(c, zones()...)
	year := 1990 + c(50)
	near := time.Date(year, time.Month(1+c(12)), 1+c(28), 0, 0, 0, 0, time.UTC)
	if len(z.at) > 0 && c(4) > 0 {
		near = pick(c, z.at...)
	}
	interval := calendar.Interval{
		Unit:  pick(c, calendar.Day, calendar.Week, calendar.Month, calendar.Month, calendar.Month, calendar.Year),
		Count: pick(c, 1, 1, 1, 2, 3, 6, 13),
	}
	anchor := randomAnchor(c, near, z.zone)
	cal := calendar.Calendar{Anchor: anchor, Interval: interval, Zone: z.zone}
	index := cal.IndexOf(near)
	if c(4) == 0 {
		index = c(25) - 12
	}
	return cal, index
}

// randomAnchor draws an anchor on any day of the month, often at an hour at
// which clocks change.
func randomAnchor(c choose, near time.Time, z *time.Location) time.Time {
	year, month := near.Year()-c(3), time.Month(1+c(12))
	day := 1 + c(31)
	if c(3) == 0 {
		day = 28 + c(4)
	}
	for time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() != day {
		day-- // the month is shorter
	}
	minutes := pick(c, 0, 0, 30, 60, 90, 120, 150, 180, 23*60, 23*60+30, 12*60, 15*60, c(24*60))
	t := time.Date(year, month, day, 0, minutes, pick(c, 0, 0, c(60)), 0, z)
	return t.UTC()
}

// randomInstant draws an instant from a time on to the end of a period: its
// ends, local midnights, changes of the clock, or any second.
func randomInstant(c choose, from time.Time, natural calendar.Span) time.Time {
	length := int(natural.End.Sub(from) / time.Second)
	if length <= 0 {
		return from
	}
	switch c(4) {
	case 0:
		return from.Add(time.Duration(min(length, 3600*c(1+length/3600))) * time.Second)
	case 1:
		return natural.End.Add(-time.Duration(min(length, 1+c(100_000))) * time.Second)
	}
	return from.Add(time.Duration(c(length)) * time.Second)
}
