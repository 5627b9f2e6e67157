// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An edit of the spec makes one update for each item of which only the quantity
// changed, and one for all else (billing.md#7-schedules).
func TestSchedulesOfEditedLists(t *testing.T) {
	five, six := int64(5), int64(6)
	acted := []TermsItem{on("editors", "monthly", 5), on("viewers", "monthly")}
	rows := map[string]struct {
		reason string
		edited []TermsItem
		open   []Update
		want   []Edit
	}{
		"nothing":         {"an edit of something else", acted, nil, nil},
		"a quantity":      {"is that item's alone", []TermsItem{on("editors", "monthly", 6), on("viewers", "monthly")}, nil, []Edit{{Item: "editors", Quantity: 6}}},
		"one left out":    {"a quantity that is no longer declared stays as it is", []TermsItem{on("editors", "monthly"), on("viewers", "monthly")}, nil, nil},
		"one declared":    {"from now on the spec decides", []TermsItem{on("editors", "monthly", 5), on("viewers", "monthly", 5)}, nil, []Edit{{Item: "viewers", Quantity: five}}},
		"a plan":          {"is all else", []TermsItem{on("editors", "big", 5), on("viewers", "monthly")}, nil, []Edit{{Items: []TermsItem{on("editors", "big", 5), on("viewers", "monthly")}}}},
		"a plan and more": {"its quantity goes with it, another item's does not", []TermsItem{on("editors", "big", 6), on("viewers", "monthly", 6)}, nil, []Edit{{Item: "viewers", Quantity: six}, {Items: []TermsItem{on("editors", "big", 6), on("viewers", "monthly", 6)}}}},
		"removed":         {"is all else", []TermsItem{on("editors", "monthly", 5)}, nil, []Edit{{Items: []TermsItem{on("editors", "monthly", 5)}}}},
		"recurring":       {"is all else", []TermsItem{on("editors", "monthly", 5).once(), on("viewers", "monthly")}, nil, []Edit{{Items: []TermsItem{on("editors", "monthly", 5).once(), on("viewers", "monthly")}}}},
		"there already": {
			"an update is made once",
			[]TermsItem{on("editors", "big", 6), on("viewers", "monthly", 6)},
			[]Update{{Origin: OriginSpec, Cause: Cause{Generation: 2}}, {Origin: OriginSpec, Cause: Cause{Generation: 2, Item: "viewers"}}},
			nil,
		},
		"of an earlier edit": {
			"that one was another",
			[]TermsItem{on("editors", "big", 5), on("viewers", "monthly")},
			[]Update{{Origin: OriginSpec, Cause: Cause{Generation: 1}}},
			[]Edit{{Items: []TermsItem{on("editors", "big", 5), on("viewers", "monthly")}}},
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			s := State{Phase: Active}
			s.ActedOn.Generation = 1
			for _, item := range acted {
				s.ActedOn.Items = append(s.ActedOn.Items, ActedOnItem{TermsItem: item, Generation: 1})
			}
			got := Edits(s, Terms{Items: row.edited, Generation: 2}, row.open)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%s: %s", row.reason, diff)
			}
		})
	}
}

// A generation that was acted on makes no further update, no matter what happened to the
// one that it made.
func TestEditsOfAnActedGeneration(t *testing.T) {
	s := State{Phase: Active}
	s.ActedOn.Generation = 2
	s.ActedOn.Items = []ActedOnItem{{TermsItem: on("editors", "monthly", 5), Generation: 2}}
	for name, edited := range map[string][]TermsItem{
		"a quantity": {on("editors", "monthly", 6)},
		"a plan":     {on("editors", "big", 5)},
	} {
		if got := Edits(s, Terms{Items: edited, Generation: 2}, nil); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An edit is a three-way merge for each item: last acted on, new, held
// (billing.md#6-items).
func TestItemsMerge(t *testing.T) {
	two := func(w *world) *world {
		return w.item("viewers", eur("3"), true).offer("editor-seat", "big", eur("90")).offer("viewers-seat", "big", eur("6")).
			offer("admins-seat", "monthly", eur("20"))
	}
	tell(t, map[string]story{
		"a plan": {
			reason: "the edit takes effect at once; the other item keeps what an update made of it",
			play: func(w *world) {
				two(w).holding(1, 1).at("2026-04-11").increment("viewers", 2).replay().
					at("2026-04-16").declare(on("editors", "big"), on("viewers", "monthly")).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "u1 Applied: 4.00", "e1 Applied: 40.00", "Renewal 2026-05-01: 90.00 9.00 4.00 -5.00 45.00"},
		},
		"removed by an update": {
			reason: "an edit that does not touch it leaves it removed",
			play: func(w *world) {
				two(w).holding(1, 1).at("2026-04-16").change([]TermsItem{on("editors", "monthly")}).replay().
					declare(on("editors", "big"), on("viewers", "monthly")).replay().at("2026-05-01").replay()
				if d := Difference(w.state, w.in.Terms); d == nil || d.Reason != ChangedByUpdate {
					w.t.Fatalf("the spec still declares it: %v", d)
				}
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "u1 Applied: -1.50", "e1 Applied: 40.00", "Renewal 2026-05-01: 90.00 -1.50 -5.00 45.00"},
		},
		"removed by an update, edited": {
			reason: "an edit of it brings it back",
			play: func(w *world) {
				two(w).holding(1, 1).at("2026-04-16").change([]TermsItem{on("editors", "monthly")}).replay().
					declare(on("editors", "monthly"), on("viewers", "big", 2)).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "u1 Applied: -1.50", "e1 Applied: 6.00"},
		},
		"added by an update": {
			reason: "an edit of something else leaves it",
			play: func(w *world) {
				two(w).holding(1, 1).at("2026-04-16").change([]TermsItem{on("editors", "monthly"), on("viewers", "monthly"), on("admins", "monthly", 1)}).replay().
					declare(on("editors", "big"), on("viewers", "monthly")).replay()
				if w.held("admins") != 1 {
					w.t.Fatalf("admins holds %d", w.held("admins"))
				}
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "u1 Applied: 10.00", "e1 Applied: 40.00"},
		},
		"changed by an update": {
			reason: "Git does not fight a change of plan made on purpose",
			play: func(w *world) {
				two(w).holding(1, 1).at("2026-04-16").change([]TermsItem{on("editors", "big"), on("viewers", "monthly")}).replay().
					declare(on("editors", "monthly"), on("viewers", "big")).replay()
				if item, _ := w.state.Item("editors"); item.Plan != "big" {
					w.t.Fatalf("editors is on %s", item.Plan)
				}
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "u1 Applied: 40.00", "e1 Applied: 1.50"},
		},
		"two edits at once": {
			reason: "a quantity and a plan are updates of their own, and both take effect",
			play: func(w *world) {
				two(w).declaring(1, 1).at("2026-04-16").declare(on("editors", "monthly", 3), on("viewers", "big", 1)).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "e1 Applied: 10.00", "e2 Applied: 1.50"},
		},
		"two edits, of which one waits": {
			reason: "acting on the list does not act on the quantity",
			play: func(w *world) {
				two(w).plan(func(p *Plan) { p.Maximum = 2 }).declaring(1, 1).at("2026-04-16").
					declare(on("editors", "monthly", 3), on("viewers", "big", 1)).replay()
				w.plan(func(p *Plan) { p.Maximum = 3 }).at("2026-04-21").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "e2 Applied: 1.50", "e1 Applied: 6.67"},
		},
		"taken back": {
			reason: "a newer generation takes the place of what waits, and leaves nothing open",
			play: func(w *world) {
				two(w).declaring(1, 1).at("2026-04-16").declare(on("editors", "nowhere", 1), on("viewers", "monthly", 1)).replay().
					at("2026-04-17").declare(on("editors", "monthly", 1), on("viewers", "monthly", 1)).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "e1 Superseded SupersededBySpec", "Renewal 2026-05-01: 10.00 3.00"},
		},
		"while it cannot apply": {
			reason: "the items in force continue to be billed; it counts from when it can",
			play: func(w *world) {
				two(w).declaring(1, 1).at("2026-04-16").declare(on("editors", "nowhere", 1), on("viewers", "monthly", 1)).replay()
				if got := w.waits(); len(got) != 1 || got[0] != "e1 Pending PlanNotFound" {
					w.t.Fatalf("it waits: %v", got)
				}
				w.at("2026-05-01").replay().offer("editor-seat", "nowhere", eur("20")).at("2026-05-16T12:00:00Z").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "Renewal 2026-05-01: 10.00 3.00", "e1 Applied: 5.00"},
		},
		"never rejected": {
			reason: "not for what a person's update would be rejected for",
			play: func(w *world) {
				dollars := eur("9")
				dollars.Currency = "USD"
				two(w).offer("editor-seat", "dollars", dollars).declaring(1, 1).at("2026-04-16").
					declare(on("editors", "dollars", 1), on("viewers", "monthly", 1)).replay()
				if got := w.waits(); len(got) != 1 || got[0] != "e1 Pending CurrencyChange" {
					w.t.Fatalf("it waits: %v", got)
				}
				w.declare(on("viewers", "monthly", 1))
				w.in.Assigned["editors"] = 1
				w.replay()
				if got := w.waits(); len(got) != 1 || got[0] != "e2 Pending SeatsAssigned" {
					w.t.Fatalf("it waits: %v", got)
				}
				w.in.Assigned["editors"] = 0
				w.replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "e1 Superseded SupersededBySpec", "e2 Applied: -5.00"},
		},
		"a new item that is counted": {
			reason: "it waits for its first count, and takes it in",
			play: func(w *world) {
				two(w).declaring(1, 1).at("2026-04-16")
				admins := w.in.Products["admins-seat"]
				admins.Loader = true
				w.in.Products["admins-seat"] = admins
				w.declare(on("editors", "monthly", 1), on("viewers", "monthly", 1), on("admins", "monthly")).replay()
				if got := w.waits(); len(got) != 1 || got[0] != "e1 Pending WaitingForSeats" {
					w.t.Fatalf("it waits: %v", got)
				}
				w.at("2026-04-21").counted("admins", 3).replay().at("2026-04-26").refresh("admins", 4).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "e1 Applied: 20.00", "c1 Applied: 0.00", "c2 Applied: 3.33"},
		},
		"to another product that counts": {
			reason: "what the loader of the one before counted says nothing here; the next count is a first one",
			play: func(w *world) {
				w.loaded().product(func(p *Product) { p.OnDecrease.Application = ApplyNextPeriod }).counted("editors", 3).replay().
					at("2026-04-10").counted("editors", 2).replay()
				w.in.Products["other-seat"] = Product{Plans: map[string]Plan{"monthly": eur("20")}, Loader: true}
				moved := on("editors", "monthly")
				moved.Product = "other-seat"
				w.at("2026-04-16").declare(moved).replay().at("2026-04-21").counted("editors", 4).replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 30.00", "e1 Applied: 15.00", "c2 Superseded SupersededByRefresh", "c3 Applied: 6.67"},
		},
		"at the renewal": {
			reason: "by changePolicy: scheduled, and nothing is priced",
			play: func(w *world) {
				two(w).in.Terms.Change.Application = ApplyNextPeriod
				w.declaring(1, 1).at("2026-04-16").declare(on("editors", "big", 1), on("viewers", "monthly", 1)).replay()
				if got := w.waits(); len(got) != 1 || got[0] != "e1 Scheduled 2026-05-01" {
					w.t.Fatalf("it waits: %v", got)
				}
				w.at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "e1 Applied: 0.00", "Renewal 2026-05-01: 90.00 3.00"},
		},
	})
}
