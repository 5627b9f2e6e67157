// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// bytesReader draws values from fuzzed bytes; at their end everything is zero.
type bytesReader struct{ b []byte }

func (r *bytesReader) byte() byte {
	if len(r.b) == 0 {
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *bytesReader) bool() bool { return r.byte()%2 == 1 }

// pick draws one of some values.
func pick[T any](r *bytesReader, values ...T) T { return values[int(r.byte())%len(values)] }

// time draws an instant in the 22 days around 1 April 2026, no time at all, or a
// far one.
func (r *bytesReader) time() time.Time {
	switch r.byte() % 8 {
	case 0:
		return time.Time{}
	case 1:
		return instant("2026-04-01").AddDate(int(int8(r.byte())), 0, 0)
	default:
		return instant("2026-04-01").Add(time.Duration(int16(binary.BigEndian.Uint16([]byte{r.byte(), r.byte()}))) * time.Minute)
	}
}

// count draws a quantity, rarely an absurd one.
func (r *bytesReader) count() *int64 {
	switch b := r.byte(); b {
	case 0:
		return nil
	case 255:
		return ptr(pick[int64](r, math.MaxInt64, math.MinInt64, -1, math.MaxInt64/100))
	default:
		return ptr(int64(b))
	}
}

func (r *bytesReader) change() ChangePolicy {
	return ChangePolicy{
		Application: pick(r, "", ApplyImmediately, ApplyNextPeriod, ApplyCustom, ApplyScheduled, "Never"),
		Payment:     pick(r, "", PayImmediately, PayNextInvoice, PayCustom, "Never"),
		Method:      pick(r, "", proration.ProRata, proration.PayInFull, proration.DoNotCharge, "Never"),
		Renewal:     pick(r, "", Retain, Reset, "Never"),
		KeepTrial:   pick(r, nil, nil, ptr(true), ptr(false)), IgnoreRecurring: pick(r, nil, nil, nil, ptr(true)),
	}
}

func (r *bytesReader) plan() Plan {
	return Plan{
		Currency: pick(r, "EUR", "EUR", "EUR", "JPY", "KWD", "", "NONE"),
		Interval: calendar.Interval{Unit: pick(r, calendar.Month, calendar.Month, calendar.Week, calendar.Year, calendar.Day, ""), Count: pick(r, 1, 1, 2, 3, 0, -1)},
		Charge:   pick(r, InAdvance, InArrears, ""),
		Price: pricing.Price{
			Model: pick(r, pricing.PerUnit, pricing.Flat, pricing.Package, pricing.Volume, pricing.Graduated, ""), PackageSize: int64(r.byte() % 4),
			UnitAmount: money.MustDecimal(pick(r, "10", "0.0123", "0", "999999999")), IncludedUnits: int64(r.byte() % 3),
			Tiers: []pricing.Tier{{UpTo: 3, UnitAmount: money.FromInt(5)}, {UnitAmount: money.FromInt(4)}},
		},
		Minimum: int64(r.byte() % 5), Maximum: int64(r.byte() % 20),
		Trial: calendar.Interval{Unit: pick(r, calendar.Day, calendar.Month), Count: int(r.byte() % 3)},
	}
}

func (r *bytesReader) update(i int) Update {
	u := Update{
		Name: string(rune('a' + i)), UID: string(rune('A' + int(r.byte()%64))),
		Origin:  pick(r, OriginUser, OriginSpec, OriginRefresh, ""),
		Created: r.time(), SeenAt: r.time(), Approved: r.bool(), ApprovedAt: r.time(), Overdue: r.bool(),
		Policy: r.change(), ApplyAt: r.time(), Effective: r.time(), BillAt: r.time(), Preview: r.byte()%8 == 1,
		Proration: pick(r, PolicyRef{}, PolicyRef{}, PolicyRef{"ProrationPolicy", "p"}, PolicyRef{"ProrationPolicy", "none"}),
	}
	u.Change = QuantityChange{Item: pick(r, "x", "y", "", "z"), Increment: r.count(), Decrement: r.count(), Count: r.count()}
	for range r.byte() % 8 % 5 {
		u.Items = append(u.Items, r.item(pick(r, "x", "y", "z")))
	}
	u.ExpectedHash = pick(r, "", "", "", "", "another")
	u.Cause = Cause{Item: pick(r, "x", "y", "", "z"), Observed: r.time(), Loaded: r.time(), Generation: int64(r.byte() % 4)}
	return u
}

// item is mostly of a product of its own name; the plan q differs from p.
func (r *bytesReader) item(name string) TermsItem {
	product := pick(r, name, name, name, "x", "none")
	return TermsItem{Name: name, Product: product, Plan: pick(r, "p", "p", "q", "none"), Quantity: r.count(), Recurring: r.byte()%8 != 1}
}

func (r *bytesReader) input() Input {
	in := Input{
		Now: r.time(), Before: r.time(), Products: map[string]Product{}, Policies: map[PolicyRef]Policy{},
		Assigned: map[string]int64{"x": int64(r.byte() % 8)}, Unpark: r.bool(), MaxEffects: int(r.byte() % 6),
	}
	in.Terms = Terms{
		Created: latest(r.time(), instant("2025-01-01")), Start: r.time(), Anchor: r.time(), Zone: pick(r, "", "Europe/Paris", "America/New_York", "Mars"),
		Policy: pick(r, PolicyRef{}, PolicyRef{}, PolicyRef{"ProrationPolicy", "p"}), Change: r.change(), Generation: int64(r.byte() % 4),
		ByHand: r.bool(), SpecSeen: r.bool(), Suspended: r.byte()%8 == 1, TrialOnly: r.byte()%8 == 1,
	}
	if r.byte()%4 == 1 {
		in.Terms.TrialEnd = r.time()
	}
	if r.byte()%4 == 1 {
		in.Terms.BilledUntil = r.time()
	}
	if r.byte()%2 == 1 {
		in.Terms.Cancel = Cancellation{At: r.time(), AtPeriodEnd: r.bool(), Method: pick(r, "", proration.ProRata), DateSeen: r.bool()}
	}
	for _, name := range []string{"x", "y"}[:r.byte()%3] {
		in.Terms.Items = append(in.Terms.Items, r.item(name))
		product := Product{
			Plans: map[string]Plan{"p": r.plan(), "q": r.plan()}, OnIncrease: r.change(), OnDecrease: r.change(), Loader: r.bool(),
			LastRefresh: r.time(), NextRefresh: r.time(), Guard: Guard{MaxIncreasePercent: r.count(), MaxDecreasePercent: r.count()},
		}
		if r.byte()%16 != 1 {
			in.Products[name] = product
		}
	}
	if r.byte()%4 != 1 {
		ref := PolicyRef{"ProrationPolicy", "p"}
		in.Policies[ref] = Policy{Policy: proration.Policy{Unit: pick(r, proration.Second, proration.Day), Rounding: pick(r, proration.Up, proration.Down, "")}}
	}
	for i := range int(r.byte() % 12) {
		in.Updates = append(in.Updates, r.update(i))
	}
	if r.byte()%8 == 1 {
		in.Terms.Deleted, in.Terms.DeletedAt = true, r.time()
	}
	return in
}

// Whatever the input says, Replay neither panics nor continues forever, and its
// books add up; two worlds follow each other, as when everything was edited at
// once.
func FuzzReplay(f *testing.F) {
	for _, seed := range []string{
		"", "\x02\x00\x00", "0000000000000000000000000000000000000000000000000000000000000000000000000000",
		"\x02\x30\x00\x00\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x05\x00\x00",
		"aZ2kd9fjw0Q8vnalksdjf02938rjalskdnv0239jfalksndv2039jflaksndv0239fjlasknvd0293jflaksnvd0293jflaskdnv",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &bytesReader{b: data}
		state := State{}
		for range 2 {
			in := r.input()
			for plans := 0; ; plans++ {
				out := Replay(state, in)
				if out.State.Sequence != state.Sequence+int64(out.Events) || out.Events > maxEventsPerPlan+1 {
					t.Fatalf("%d events: %d → %d", out.Events, state.Sequence, out.State.Sequence)
				}
				if out.State.LastEvent.Before(state.LastEvent) {
					t.Fatalf("LastEvent went back from %s to %s", state.LastEvent, out.State.LastEvent)
				}
				if strings.Contains(out.State.Parked, "books") {
					t.Fatal(out.State.Parked)
				}
				if out.More && out.Events == 0 {
					t.Fatal("more to replay, and nothing was")
				}
				state = out.State
				in.Updates, in.Unpark = stillOpen(in.Updates, out), false
				if !out.More || plans == 3 {
					break
				}
			}
			UpcomingInvoice(state, in)
			Edits(state, in.Terms, in.Updates)
			Check(state, in)
			OutsideLimits(state, in)
			Difference(state, in.Terms)
		}
	})
}

// stillOpen drops the updates that were decided, by name.
func stillOpen(updates []Update, out Outcome) []Update {
	open := map[string]bool{}
	for _, w := range out.Waiting {
		open[w.Name] = true
	}
	var left []Update
	for i := range updates {
		if open[updates[i].Name] {
			left = append(left, updates[i])
		}
	}
	return left
}
