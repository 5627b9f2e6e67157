// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seating

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// second is so many seconds after the first claim.
func second(n int) time.Time { return time.Date(2026, 4, 1, 0, 0, n, 0, time.UTC) }

func TestSeat(t *testing.T) {
	holds, waits := Place{Verdict: Holds}, Place{Verdict: Waits}
	for name, tc := range map[string]struct {
		reason   string
		claims   []Claim
		quantity int64
		places   map[string]Place
		assigned int64
	}{
		"nobody": {"seats without claims are free", nil, 3, map[string]Place{}, 0},
		"in creation order": {
			"who comes first is served first, whatever the names",
			[]Claim{{Name: "a", Holder: "u1", Created: second(2)}, {Name: "b", Holder: "u2", Created: second(1)}},
			1,
			map[string]Place{"a": waits, "b": holds},
			1,
		},
		"of one second": {
			"then the name decides, so that two processes agree",
			[]Claim{{Name: "b", Holder: "u2"}, {Name: "a", Holder: "u1"}},
			1,
			map[string]Place{"a": holds, "b": waits},
			1,
		},
		"marked first": {
			"a seat that was given is not taken for an older claim",
			[]Claim{{Name: "a", Holder: "u1", Created: second(1)}, {Name: "b", Holder: "u2", Created: second(2), Assigned: true}},
			1,
			map[string]Place{"a": waits, "b": holds},
			1,
		},
		"no seats": {
			"an item may have none",
			[]Claim{{Name: "a", Holder: "u1"}},
			0,
			map[string]Place{"a": waits},
			0,
		},
		"duplicate": {
			"the younger of two claims of one holder, also where seats are free",
			[]Claim{{Name: "a", Holder: "u1", Created: second(2)}, {Name: "b", Holder: "u1", Created: second(1)}},
			5,
			map[string]Place{"a": {Duplicate, "b"}, "b": holds},
			1,
		},
		"duplicate of one who waits": {
			"the seat that comes free goes to the older one",
			[]Claim{{Name: "a", Holder: "u1", Assigned: true}, {Name: "b", Holder: "u2", Created: second(1)}, {Name: "c", Holder: "u2", Created: second(2)}},
			1,
			map[string]Place{"a": holds, "b": waits, "c": {Duplicate, "b"}},
			1,
		},
		"the marked one of two": {
			"the holder has a seat, and goes on having that one",
			[]Claim{{Name: "a", Holder: "u1", Created: second(1)}, {Name: "b", Holder: "u1", Created: second(2), Assigned: true}},
			2,
			map[string]Place{"a": {Duplicate, "b"}, "b": holds},
			1,
		},
		"more marked than seats": {
			"nobody loses a seat, and nobody else gets one",
			[]Claim{{Name: "a", Holder: "u1", Assigned: true}, {Name: "b", Holder: "u2", Assigned: true}, {Name: "c", Holder: "u3"}},
			1,
			map[string]Place{"a": holds, "b": holds, "c": waits},
			2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Seat(tc.claims, tc.quantity)
			if diff := cmp.Diff(Plan{tc.places, tc.assigned}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// someClaims draws claims whose holders, instants and marks meet often.
func someClaims(t *rapid.T) []Claim {
	claims := make([]Claim, rapid.IntRange(0, 12).Draw(t, "claims"))
	for i := range claims {
		claims[i] = Claim{
			Name:     fmt.Sprintf("%c", 'a'+i),
			Holder:   fmt.Sprintf("u%d", rapid.IntRange(0, 8).Draw(t, "holder")),
			Created:  second(rapid.IntRange(0, 5).Draw(t, "created")),
			Assigned: rapid.Bool().Draw(t, "assigned"),
		}
	}
	return claims
}

// settled are claims as they are once what they came to was written on them.
func settled(claims []Claim, plan Plan) []Claim {
	claims = slices.Clone(claims)
	for i := range claims {
		claims[i].Assigned = plan.Places[claims[i].Name].Verdict == Holds
	}
	return claims
}

func TestSeatProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims, quantity := someClaims(t), rapid.Int64Range(0, 10).Draw(t, "quantity")
		plan := Seat(claims, quantity)

		marked := map[string]bool{}
		holders := map[string]string{}
		count := int64(0)
		for _, c := range claims {
			if c.Assigned {
				marked[c.Holder] = true
			}
			if plan.Places[c.Name].Verdict != Holds {
				continue
			}
			count++
			if other, twice := holders[c.Holder]; twice {
				t.Fatalf("%s holds two seats, by %s and %s", c.Holder, other, c.Name)
			}
			holders[c.Holder] = c.Name
		}
		if len(plan.Places) != len(claims) || count != plan.Assigned {
			t.Fatalf("%d places of %d claims, %d of them seats, but %d counted", len(plan.Places), len(claims), count, plan.Assigned)
		}
		if most := max(quantity, int64(len(marked))); count > most {
			t.Fatalf("%d seats given of %d, with %d given before", count, quantity, len(marked))
		}
		for holder := range marked {
			if holders[holder] == "" {
				t.Fatalf("%s lost the seat", holder)
			}
		}
		for name, place := range plan.Places {
			if place.Verdict == Waits && count < quantity {
				t.Fatalf("%s waits although a seat is free", name)
			}
		}
	})
}

func TestSeatDoesNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims, quantity := someClaims(t), rapid.Int64Range(0, 10).Draw(t, "quantity")
		shuffled := rapid.Permutation(claims).Draw(t, "shuffled")
		if diff := cmp.Diff(Seat(claims, quantity), Seat(shuffled, quantity)); diff != "" {
			t.Fatalf("-as made +shuffled:\n%s", diff)
		}
	})
}

func TestSeatIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims, quantity := someClaims(t), rapid.Int64Range(0, 10).Draw(t, "quantity")
		once := Seat(claims, quantity)
		if diff := cmp.Diff(once, Seat(settled(claims, once), quantity)); diff != "" {
			t.Fatalf("-once +twice:\n%s", diff)
		}
	})
}

// What is counted is what a decrease is measured against, before anybody was told
// so: a quantity that is not below it leaves every seat where it is.
func TestSeatDecreaseDownToTheCountMovesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims, quantity := someClaims(t), rapid.Int64Range(0, 10).Draw(t, "quantity")
		before := Seat(claims, quantity)
		if before.Assigned > quantity {
			return // such a quantity cannot go down at all
		}
		lower := rapid.Int64Range(before.Assigned, quantity).Draw(t, "lower")
		if diff := cmp.Diff(before, Seat(claims, lower)); diff != "" {
			t.Fatalf("%d → %d (-before +after):\n%s", quantity, lower, diff)
		}
	})
}

// Whoever comes later changes nothing for those who are there.
func TestSeatANewcomerMovesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims, quantity := someClaims(t), rapid.Int64Range(0, 10).Draw(t, "quantity")
		before := Seat(claims, quantity)
		late := Claim{Name: "z", Holder: fmt.Sprintf("u%d", rapid.IntRange(0, 12).Draw(t, "late")), Created: second(6)}
		after := Seat(append(slices.Clone(claims), late), quantity)
		delete(after.Places, "z")
		if diff := cmp.Diff(before.Places, after.Places); diff != "" {
			t.Fatalf("-before +after:\n%s", diff)
		}
	})
}
