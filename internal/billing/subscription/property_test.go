// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// What random histories draw from.
var (
	anyMethod      = rapid.SampledFrom([]proration.Method{"", proration.ProRata, proration.PayInFull, proration.DoNotCharge})
	anyPayment     = rapid.SampledFrom([]Payment{"", PayImmediately, PayNextInvoice, PayCustom})
	anyApplication = rapid.SampledFrom([]Application{"", ApplyImmediately, ApplyNextPeriod, ApplyCustom})
	anyAmount      = rapid.SampledFrom([]string{"10", "12.50", "0.0123", "9.99", "33.333", "0"})
	anyUnit        = rapid.SampledFrom([]proration.Unit{proration.Second, proration.Hour, proration.Day})
	anyRounding    = rapid.SampledFrom([]proration.Rounding{proration.None, proration.Up, proration.Down, proration.Nearest})
	anyZone        = rapid.SampledFrom([]string{"", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"})
	anyCurrency    = rapid.SampledFrom([]string{"EUR", "JPY", "KWD"})
	anyInterval    = rapid.SampledFrom([]calendar.Interval{
		monthly, {Unit: calendar.Week, Count: 1}, {Unit: calendar.Day, Count: 10}, {Unit: calendar.Month, Count: 2},
	})
	anyItem   = rapid.SampledFrom([]string{"editors", "viewers", "setup"})
	timeOfDay = rapid.SampledFrom([]time.Duration{0, 0, 12 * time.Hour, 24*time.Hour - time.Second, 7*time.Hour + 13*time.Minute + 7*time.Second})
)

// anyTime is an instant in the first hundred days, often one at which something
// else happens as well.
func anyTime(t *rapid.T, label string) time.Time {
	day := rapid.IntRange(0, 100).Draw(t, label+" day")
	return instant("2026-04-01").AddDate(0, 0, day).Add(timeOfDay.Draw(t, label+" time"))
}

func anyPrice(t *rapid.T) pricing.Price {
	amount := money.MustDecimal(anyAmount.Draw(t, "amount"))
	switch rapid.IntRange(0, 4).Draw(t, "model") {
	case 0:
		return pricing.Price{Model: pricing.Graduated, Tiers: []pricing.Tier{
			{UpTo: 5, UnitAmount: money.MustDecimal("12.34"), FlatAmount: money.MustDecimal("1")}, {UnitAmount: amount},
		}}
	case 1:
		return pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{{UpTo: 5, UnitAmount: money.MustDecimal("7.77")}, {UnitAmount: amount}}}
	case 2:
		return pricing.Price{Model: pricing.Package, UnitAmount: amount, PackageSize: 3}
	default:
		return pricing.Price{Model: pricing.PerUnit, UnitAmount: amount}
	}
}

func anyChange(t *rapid.T) ChangePolicy {
	c := ChangePolicy{Application: anyApplication.Draw(t, "application"), Payment: anyPayment.Draw(t, "payment"), Method: anyMethod.Draw(t, "method")}
	if c.Application == ApplyCustom {
		c.Application = "" // a date belongs to an update
	}
	if c.Payment == PayCustom {
		c.Payment = ""
	}
	return c
}

// anyWorld has an item of each kind: editors by updates, viewers loaded, setup
// charged once.
func anyWorld(t *rapid.T) *world {
	w := newWorld(t)
	interval, currency := anyInterval.Draw(t, "interval"), anyCurrency.Draw(t, "currency")
	plan := func() Plan {
		charge := rapid.SampledFrom([]Charge{InAdvance, InAdvance, InArrears}).Draw(t, "charge")
		p := Plan{Currency: currency, Interval: interval, Charge: charge, Price: anyPrice(t)}
		p.Minimum = rapid.Int64Range(0, 2).Draw(t, "minimum")
		p.Maximum = rapid.SampledFrom([]int64{0, 12}).Draw(t, "maximum")
		return p
	}
	w.item("viewers", plan(), true).item("setup", plan(), false)
	other := plan()
	other.Interval = anyInterval.Draw(t, "another interval")
	w.offer("extra-seat", "monthly", plan())
	for _, name := range []string{"editor-seat", "viewers-seat", "setup-seat"} {
		w.offer(name, "big", plan()).offer(name, "other", other)
		p := w.in.Products[name]
		if name == "editor-seat" {
			p.Plans["monthly"] = plan()
		}
		p.OnIncrease, p.OnDecrease, p.Loader = anyChange(t), anyChange(t), name == "viewers-seat"
		if p.Loader && rapid.Bool().Draw(t, "guarded") {
			p.Guard = Guard{MaxIncreasePercent: ptr[int64](100), MaxDecreasePercent: ptr[int64](60), FromSeats: 4}
		}
		w.in.Products[name] = p
	}
	if rapid.Bool().Draw(t, "with policy") {
		w.policy(anyUnit.Draw(t, "unit"), anyRounding.Draw(t, "rounding"))
	}
	w.in.Terms.Zone = anyZone.Draw(t, "zone")
	w.in.Terms.Change = anyChange(t)
	switch rapid.IntRange(0, 3).Draw(t, "beginning") {
	case 0:
		w.in.Terms.TrialEnd = anyTime(t, "trial").Add(time.Second)
	case 1:
		w.in.Terms.Anchor = anyTime(t, "anchor")
	}
	return w
}

// anyOption draws what a user's update says about itself. Its date, if it has one,
// is not in the past.
func anyOption(t *rapid.T, now time.Time) option {
	u := Update{Policy: ChangePolicy{
		Application: anyApplication.Draw(t, "application"), Payment: anyPayment.Draw(t, "payment"), Method: anyMethod.Draw(t, "method"),
	}}
	if u.Policy.Application == ApplyCustom {
		u.ApplyAt = latest(anyTime(t, "applyAt"), now)
	}
	if u.Policy.Payment == PayCustom {
		u.BillAt = anyTime(t, "billAt")
	}
	if u.Policy.Application != ApplyNextPeriod && rapid.IntRange(0, 3).Draw(t, "backdated") == 0 {
		u.Effective = anyTime(t, "effective")
	}
	return func(to *Update) {
		to.Policy, to.ApplyAt, to.BillAt, to.Effective = u.Policy, u.ApplyAt, u.BillAt, u.Effective
	}
}

// anyList is a list of items: mostly those that there are, on this plan or that.
func anyList(t *rapid.T) []TermsItem {
	plan := rapid.SampledFrom([]string{"monthly", "monthly", "monthly", "big", "big", "other"})
	var items []TermsItem
	for _, name := range []string{"editors", "viewers", "setup", "extra"} {
		if rapid.IntRange(0, 3).Draw(t, "without "+name) == 0 {
			continue
		}
		item := on(name, plan.Draw(t, "plan of "+name))
		if item.Recurring = name != "setup"; rapid.IntRange(0, 15).Draw(t, "flipped") == 0 {
			item.Recurring = !item.Recurring
		}
		if name == "extra" {
			item.Plan = "monthly"
		}
		if rapid.Bool().Draw(t, "declared") {
			item.Quantity = ptr(rapid.Int64Range(0, 12).Draw(t, "quantity"))
		}
		items = append(items, item)
	}
	return items
}

// anyRenewal draws what a change of items says about itself.
func anyRenewal(t *rapid.T) option {
	r := rapid.SampledFrom([]Renewal{"", Retain, Reset, Reset}).Draw(t, "renewal")
	keep := rapid.SampledFrom([]*bool{nil, nil, ptr(true), ptr(false)}).Draw(t, "keepTrial")
	return func(u *Update) { u.Policy.Renewal, u.Policy.KeepTrial = r, keep }
}

// anyUserUpdate is some change by a user.
func anyUserUpdate(t *rapid.T, w *world) {
	if rapid.IntRange(0, 3).Draw(t, "of items") == 0 {
		w.change(anyList(t), anyOption(t, w.in.Now), anyRenewal(t))
		return
	}
	item := rapid.SampledFrom([]string{"editors", "editors", "editors", "setup", "viewers"}).Draw(t, "item")
	n, o := rapid.Int64Range(0, 15).Draw(t, "n"), anyOption(t, w.in.Now)
	switch rapid.IntRange(0, 2).Draw(t, "change") {
	case 0:
		w.increment(item, n, o)
	case 1:
		w.decrement(item, n, o)
	default:
		w.set(item, n, o)
	}
}

// act is something that happens in a random history.
func act(t *rapid.T, w *world) {
	switch rapid.IntRange(0, 17).Draw(t, "act") {
	case 0, 1, 2, 3:
		anyUserUpdate(t, w)
	case 4, 5, 6:
		w.refresh("viewers", rapid.Int64Range(0, 15).Draw(t, "count"))
	case 7:
		if _, declared := w.in.Terms.item("editors"); declared && w.state.Started() {
			w.edit("editors", rapid.Int64Range(0, 15).Draw(t, "declared"))
		}
	case 8:
		w.in.Terms.Items = slices.Clone(w.in.Terms.Items)
		w.in.Terms.Items[0].Quantity = nil
		w.terms(func(*Terms) {})
	case 16, 17:
		if items := anyList(t); w.state.Started() && len(items) > 0 {
			w.declare(items...)
		}
	case 9:
		for _, u := range w.in.Updates {
			w.approve(u.Name)
		}
	case 10:
		actOnPolicy(t, w)
	case 11:
		w.in.Terms.Suspended = rapid.IntRange(0, 3).Draw(t, "suspended") == 0
	case 12:
		item := anyItem.Draw(t, "assigned item")
		w.in.Assigned[item] = rapid.Int64Range(0, max(w.held(item), 0)).Draw(t, "assigned")
	case 13:
		c := Cancellation{Method: anyMethod.Draw(t, "cancel by")}
		switch rapid.IntRange(0, 3).Draw(t, "cancel") {
		case 0:
			c.At = anyTime(t, "cancel at")
		case 1:
			c.AtPeriodEnd = true
		}
		w.cancel(c)
	case 14:
		w.plan(func(p *Plan) {
			p.Price = anyPrice(t)
			p.Maximum = rapid.SampledFrom([]int64{0, 12, 20}).Draw(t, "new maximum")
		})
	case 15:
		w.terms(func(terms *Terms) { terms.Zone = anyZone.Draw(t, "new zone") })
	}
}

// actOnPolicy takes the policy away, or brings it back.
func actOnPolicy(t *rapid.T, w *world) {
	ref := w.in.Terms.Policy
	if ref.IsZero() {
		return
	}
	if _, there := w.in.Policies[ref]; there {
		delete(w.in.Policies, ref)
		return
	}
	w.in.Policies[ref] = Policy{Policy: proration.Policy{Name: ref.Name, Unit: anyUnit.Draw(t, "unit"), Rounding: proration.Rounding(ref.Name)}}
}

// Whatever happens, every plan keeps the invariants of [world.replayOnce], and
// the history as a whole neither drifts nor pays the subscriber.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		w.in.MaxEffects = rapid.SampledFrom([]int{0, 0, 2, 5}).Draw(t, "bound")
		w.in.Terms.ByHand = rapid.IntRange(0, 3).Draw(t, "by hand") == 0
		w.refresh("viewers", rapid.Int64Range(0, 15).Draw(t, "first count"))
		zones := w.in.Terms.Zone
		events := 0
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			forward := time.Duration(rapid.IntRange(0, 12).Draw(t, "days"))*24*time.Hour + timeOfDay.Draw(t, "time")
			w.in.Now = w.in.Now.Truncate(24 * time.Hour).Add(forward)
			for range rapid.IntRange(0, 3).Draw(t, "acts") {
				act(t, w)
			}
			for range 300 {
				w.replay()
				if events += w.last.Events; !w.last.More {
					break
				}
			}
			w.recordEdits()
		}
		if limit := 100*len(w.made) + 50*25 + 400; events > limit {
			t.Fatalf("%d events", events)
		}
		w.checkDrift()
		if zones == w.in.Terms.Zone {
			w.checkNotPaid()
		}
	})
}

// story of a history whose updates were all there in time.
type history struct {
	begin   func(t failer) *world
	updates []Update
	end     time.Time
}

// told is everything that a world came to, but for what depends on when it was
// replayed: which commit billed an update, and when it was first seen.
func (w *world) told() string {
	var b strings.Builder
	b.WriteString(dump(w.state))
	for _, d := range w.documents {
		b.WriteString(dump(d))
	}
	var names []string
	for name := range w.decisions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		d := w.decisions[name]
		d.Document, d.InForce.SeenAt, d.InForce.Overdue = 0, time.Time{}, false
		b.WriteString(dump(d))
	}
	b.WriteString(strings.Join(w.waits(), "\n"))
	return b.String()
}

// stepByStep replays at the time of each update, and at times between.
func (h history) stepByStep(t failer, between []time.Time) *world {
	w := h.begin(t)
	times := append(slices.Clone(between), h.end)
	for _, u := range h.updates {
		times = append(times, u.Created)
	}
	slices.SortFunc(times, time.Time.Compare)
	left := slices.Clone(h.updates)
	for _, at := range times {
		if at.After(h.end) {
			break
		}
		w.in.Now = at
		left = slices.DeleteFunc(left, func(u Update) bool {
			if !u.Created.After(at) {
				w.in.Updates = append(w.in.Updates, u)
				return true
			}
			return false
		})
		w.settle()
	}
	return w
}

// inOneGo replays once, after a downtime that began with the start.
func (h history) inOneGo(t failer, updates []Update, bound int) *world {
	w := h.begin(t)
	w.in.Now, w.in.Updates, w.in.MaxEffects = h.end, slices.Clone(updates), bound
	return w.settle()
}

// anyHistory draws a beginning, and the updates of a history that is played with
// refreshes as they come: which counts become updates depends on what is held.
func anyHistory(t *rapid.T) history {
	first := anyWorld(t)
	if rapid.IntRange(0, 3).Draw(t, "cancelled") == 0 {
		first.in.Terms.Cancel = Cancellation{At: anyTime(t, "cancel at"), Method: anyMethod.Draw(t, "cancel by")}
	}
	first.in.Terms.SpecSeen, first.in.Terms.Cancel.DateSeen = true, true
	in := first.in
	h := history{begin: func(t failer) *world {
		w := newWorld(t)
		w.in = in
		return w
	}}
	w := h.begin(t)
	w.counted("viewers", rapid.Int64Range(0, 15).Draw(t, "first count"))
	seen := map[string]bool{}
	for range rapid.IntRange(1, 15).Draw(t, "steps") {
		forward := time.Duration(rapid.IntRange(0, 12).Draw(t, "days"))*24*time.Hour + timeOfDay.Draw(t, "time")
		w.in.Now = latest(w.in.Now, w.in.Now.Truncate(24*time.Hour).Add(forward))
		if rapid.Bool().Draw(t, "user's") {
			anyUserUpdate(t, w)
		} else {
			w.refresh("viewers", rapid.Int64Range(0, 15).Draw(t, "count"))
		}
		for _, u := range w.in.Updates {
			if !seen[u.UID] {
				seen[u.UID] = true
				h.updates = append(h.updates, u)
			}
		}
		w.settle()
	}
	h.end = w.in.Now.AddDate(0, 0, rapid.IntRange(0, 70).Draw(t, "after")).Add(time.Hour)
	return h
}

// The result depends on the event times, and not on the order in which updates
// are handed in, nor on how often and when Replay is called between, nor on the
// bound on effects. After a downtime it is what it would have been.
func TestOnlyOwnTimesMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		var between []time.Time
		for range rapid.IntRange(0, 10).Draw(t, "replays between") {
			between = append(between, anyTime(t, "between"))
		}
		want := h.stepByStep(t, nil)
		ways := map[string]*world{
			"replayed more often": h.stepByStep(t, between),
			"in one go":           h.inOneGo(t, h.updates, 0),
			"in another order":    h.inOneGo(t, rapid.Permutation(h.updates).Draw(t, "order"), 0),
			"a little at a time":  h.inOneGo(t, h.updates, rapid.IntRange(1, 4).Draw(t, "bound")),
		}
		for way, got := range ways {
			if got.told() != want.told() {
				t.Fatalf("%s: %s\nstep by step:\n  %s\n%s:\n  %s", way, firstDifference(want.told(), got.told()),
					strings.Join(want.log, "\n  "), way, strings.Join(got.log, "\n  "))
			}
		}
		want.checkDrift()
		want.checkNotPaid()
	})
}

// A stop at any event, and another go from there, changes nothing: what was
// committed is not done again.
func TestAnyPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		want := h.inOneGo(t, h.updates, 0)
		w := h.begin(t)
		w.in.Now, w.in.Updates, w.in.MaxEffects = h.end, slices.Clone(h.updates), 1
		for {
			before := w.state.clone()
			once, again := Replay(before, w.in), Replay(before, w.in)
			if dump(once) != dump(again) {
				t.Fatalf("two plans of the same differ: %s", firstDifference(dump(once), dump(again)))
			}
			if dump(before) != dump(w.state) {
				t.Fatalf("a plan changed the state that it was made from: %s", firstDifference(dump(w.state), dump(before)))
			}
			if w.replay(); !w.last.More {
				break
			}
		}
		if got := w.told(); got != want.told() {
			t.Fatalf("%s", firstDifference(want.told(), got))
		}
	})
}

// DoNotCharge never creates money: the documents are those of a subscription that
// bills what it holds at its renewals, and nothing else. An update that was seen only
// after its renewal was charged is the exception: it is priced whatever its method, so
// that the renewal comes to what it would have been (billing.md#13-time).
func TestDoNotChargeMakesNoMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		for i := range h.updates {
			h.updates[i].Policy.Method = proration.DoNotCharge
		}
		w := h.stepByStep(t, nil)
		for _, d := range w.documents {
			for _, line := range d.Lines {
				seenTooLate := line.Update != "" && w.decisions[line.Update].InForce.Method != proration.DoNotCharge
				if line.Update != "" && !seenTooLate && line.Kind != proration.KindRecurring { // but the new period of a Reset
					t.Fatalf("document %d: %s\n%s\n%s", d.Number, dump(line), strings.Join(w.log, "\n"), dump(w.decisions[line.Update].InForce))
				}
			}
		}
	})
}
