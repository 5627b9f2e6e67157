// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// waited tells what the decided updates waited for: "u1 Scheduled 2026-04-16".
func (w *world) waited() []string {
	var all []string
	for _, e := range w.last.Effects {
		if e.Decision == nil {
			continue
		}
		for _, wait := range e.Decision.Waited {
			all = append(all, e.Decision.Name+" "+string(wait.Verdict)+" "+brief(wait.Since))
		}
	}
	return all
}

// What an update waited for follows from the update, and not from when a pass looks at it. Each row has one pass, after
// everything is over, as after a downtime.
func TestWaitedDuringADowntime(t *testing.T) {
	cases := map[string]struct {
		reason string
		play   func(w *world)
		want   []string
	}{
		"Immediately": {
			reason: "it never had to wait",
			play:   func(w *world) { w.at("2026-04-20").increment("editors", 5, created("2026-04-16")) },
		},
		"NextPeriod": {
			reason: "it waited for the renewal",
			play: func(w *world) {
				w.at("2026-05-02").decrement("editors", 5, applies(ApplyNextPeriod), created("2026-04-16"))
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
		"NextPeriod after a boundary": {
			reason: "it waited for the second renewal, which is known once the first is replayed",
			play: func(w *world) {
				w.at("2026-06-02").decrement("editors", 5, applies(ApplyNextPeriod), created("2026-05-10"))
			},
			want: []string{"u1 Scheduled 2026-05-10"},
		},
		"Custom": {
			reason: "it waited for its date",
			play: func(w *world) {
				w.at("2026-04-25").increment("editors", 5, created("2026-04-16"), applyingAt("2026-04-21"))
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
		"Custom in the past": {
			reason: "its date had passed when it was created",
			play: func(w *world) {
				w.at("2026-04-25").increment("editors", 5, created("2026-04-16"), applyingAt("2026-04-06"))
			},
		},
		"Custom at its creation": {
			reason: "it was due at once",
			play: func(w *world) {
				w.at("2026-04-25").increment("editors", 5, created("2026-04-16"), applyingAt("2026-04-16"))
			},
		},
		"Scheduled": {
			reason: "it waited for the next refresh",
			play: func(w *world) {
				w.product(func(p *Product) { p.LastRefresh = instant("2026-04-21") }).
					at("2026-04-25").increment("editors", 5, applies(ApplyScheduled), created("2026-04-16"))
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
		"Before the start": {
			reason: "it did not wait before the subscription started",
			play: func(w *world) {
				w.at("2026-05-02").decrement("editors", 5, applies(ApplyNextPeriod), created("2026-03-20"))
			},
			want: []string{"u1 Scheduled 2026-04-01"},
		},
		"Rejected at its date": {
			reason: "that it cannot apply is known at its date",
			play: func(w *world) {
				w.at("2026-05-02").decrement("editors", 50, applies(ApplyNextPeriod), created("2026-04-16"))
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
		"Rejected at once": {
			reason: "it names an item that does not exist",
			play: func(w *world) {
				w.at("2026-05-02").increment("viewers", 1, applies(ApplyNextPeriod), created("2026-04-16"))
			},
		},
		"Superseded by the end": {
			reason: "it waited for a renewal that never came",
			play: func(w *world) {
				w.at("2026-04-20").decrement("editors", 5, applies(ApplyNextPeriod), created("2026-04-16")).
					cancel(Cancellation{At: instant("2026-04-20"), Method: proration.DoNotCharge, DateSeen: true})
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
		"After the end": {
			reason: "it is rejected at once",
			play: func(w *world) {
				w.cancel(Cancellation{At: instant("2026-04-10"), DateSeen: true}).
					at("2026-04-20").decrement("editors", 5, applies(ApplyNextPeriod), created("2026-04-16"))
			},
		},
		"Preview": {
			reason: "it is computed at once",
			play: func(w *world) {
				w.at("2026-04-20").decrement("editors", 5, applies(ApplyNextPeriod), created("2026-04-16"), preview)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).holding(10)
			tc.play(w)
			if w.settle(); !slices.Equal(w.waited(), tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, w.waited(), tc.want)
			}
		})
	}
}

// A count that a person approved was held, even if no pass saw it before the approval.
func TestWaitedForApproval(t *testing.T) {
	w := newWorld(t).loaded().product(func(p *Product) { p.Guard = Guard{MaxIncreasePercent: ptr[int64](50)} })
	w.counted("editors", 10).replay()
	w.at("2026-04-16").counted("editors", 100).at("2026-04-17").approve("c2").replay()
	if got, want := w.waited(), []string{"c2 Held 2026-04-16"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	w.at("2026-04-20").counted("editors", 101).replay()
	if got := w.waited(); got != nil {
		t.Errorf("a small change never waited, and got %q", got)
	}
}

// An update that waited until its item was taken away did wait, even if no pass saw it. Each row has one pass, after
// everything is over.
func TestWaitedForWhatIsGone(t *testing.T) {
	removed := []TermsItem{on("editors", "monthly")}
	cases := map[string]struct {
		reason string
		play   func(w *world)
		want   []string
	}{
		"NextPeriod": {
			reason: "it waited for the renewal until the item was removed",
			play: func(w *world) {
				w.decrement("viewers", 1, applies(ApplyNextPeriod), created("2026-04-16")).change(removed, created("2026-04-20"))
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
		"Custom": {
			reason: "it waited for its date",
			play: func(w *world) {
				w.decrement("viewers", 1, applyingAt("2026-04-25"), created("2026-04-16")).change(removed, created("2026-04-20"))
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
		"Removed at the renewal": {
			reason: "the list applied first, because its name comes first",
			play: func(w *world) {
				w.change(removed, applies(ApplyNextPeriod), created("2026-04-16")).
					decrement("viewers", 1, applies(ApplyNextPeriod), created("2026-04-16"))
			},
			want: []string{"u1 Scheduled 2026-04-16", "u2 Scheduled 2026-04-16"},
		},
		"Created after the removal": {
			reason: "it was refused from the beginning",
			play: func(w *world) {
				w.decrement("viewers", 1, applies(ApplyNextPeriod), created("2026-04-21")).change(removed, created("2026-04-20"))
			},
		},
		"Immediately": {
			reason: "it applied before the item was removed, and never waited",
			play: func(w *world) {
				w.decrement("viewers", 1, created("2026-04-16")).change(removed, created("2026-04-20"))
			},
		},
		"Counted from now on": {
			reason: "the item moved to a product whose loader decides its quantity",
			play: func(w *world) {
				w.offer("counted-seat", "monthly", eur("5"))
				counted := w.in.Products["counted-seat"]
				counted.Loader = true
				w.in.Products["counted-seat"] = counted
				moved := on("viewers", "monthly")
				moved.Product = "counted-seat"
				w.decrement("viewers", 1, applies(ApplyNextPeriod), created("2026-04-16")).
					change([]TermsItem{on("editors", "monthly"), moved}, created("2026-04-20"))
			},
			want: []string{"u1 Scheduled 2026-04-16"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).item("viewers", eur("5"), true).holding(10, 3).at("2026-05-02")
			tc.play(w)
			if w.replay(); !slices.Equal(w.waited(), tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, w.waited(), tc.want)
			}
		})
	}
}

// What an update waited for is as it was before its item was removed, and the commit that removes the item tells it if the
// update is left to the next one.
func TestWaitedForWhatIsGoneTellsItAsItWas(t *testing.T) {
	w := newWorld(t).item("viewers", eur("5"), true).holding(10, 3).at("2026-05-02")
	w.decrement("viewers", 1, applies(ApplyNextPeriod), created("2026-04-16")).
		change([]TermsItem{on("editors", "monthly")}, created("2026-04-20"))
	w.in.MaxEffects = 1
	w.replay()
	if len(w.last.Waiting) != 1 || len(w.last.Waiting[0].Waited) != 1 {
		t.Fatalf("the removed item: %+v", w.last.Waiting)
	}
	want := Wait{
		Verdict: IsScheduled, Since: instant("2026-04-16"), ApplyAt: instant("2026-05-01"), Summary: summaryOf("viewers", 3, 2),
	}
	if got := w.last.Waiting[0].Waited[0]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if w.settle(); w.decisions["u1"].Fault.Reason != UnknownItem || w.waited() != nil {
		t.Errorf("it is told twice, or not refused: %+v, %q", w.decisions["u1"], w.waited())
	}
}

// A count that waited for approval when its item was removed was held.
func TestHeldUntilTheItemIsGone(t *testing.T) {
	w := newWorld(t).item("viewers", eur("5"), true).loaded().
		product(func(p *Product) { p.Guard = Guard{MaxIncreasePercent: ptr[int64](50)} })
	w.in.Terms.Items[1].Quantity = ptr[int64](3)
	w.counted("editors", 10).replay().at("2026-04-16").counted("editors", 100).at("2026-04-20").
		change([]TermsItem{on("viewers", "monthly")}, created("2026-04-17")).replay()
	if got, want := w.waited(), []string{"c2 Held 2026-04-16"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An update that only waits for its turn, or for a second that the clock of the pass does not show yet, is not postponed.
func TestPostponed(t *testing.T) {
	cases := map[string]struct {
		reason string
		play   func(w *world)
		want   bool
	}{
		"A late clock": {
			reason: "the API server created it a second later than the pass began",
			play:   func(w *world) { w.increment("editors", 1, created("2026-04-16T00:00:01Z")) },
		},
		"A late clock and its date": {
			reason: "the date is its creation",
			play: func(w *world) {
				w.increment("editors", 1, created("2026-04-16T00:00:01Z"), applyingAt("2026-04-16T00:00:01Z"))
			},
		},
		"Behind another": {
			reason: "the outbox has room for one event",
			play: func(w *world) {
				w.in.MaxEffects = 1
				w.increment("editors", 1, created("2026-04-10")).increment("editors", 1, created("2026-04-11"))
			},
		},
		"NextPeriod": {
			reason: "its schedule makes it wait", want: true,
			play: func(w *world) { w.decrement("editors", 1, applies(ApplyNextPeriod)) },
		},
		"Custom": {
			reason: "its date is to come", want: true,
			play: func(w *world) { w.increment("editors", 1, applyingAt("2026-04-21")) },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).holding(10).at("2026-04-16")
			tc.play(w)
			w.replay()
			if len(w.last.Waiting) != 1 {
				t.Fatalf("%s: %d updates wait, want 1", tc.reason, len(w.last.Waiting))
			}
			if got := w.last.Waiting[0]; got.Postponed != tc.want || got.Waits() != tc.want {
				t.Errorf("%s: it is %s, postponed: %t", tc.reason, got.Verdict, got.Postponed)
			}
		})
	}
}
