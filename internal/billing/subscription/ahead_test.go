// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#8-documents: an invoice over what has accrued, because a person asked
// for it.
func TestInvoicedOnRequest(t *testing.T) {
	tell(t, map[string]story{
		"what has accrued": {
			reason: "one document, at once; lines with a date of their own wait for it",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 2).increment("editors", 2, paidAt("2026-04-26")).replay()
				w.in.InvoiceNow = true
				if w.replay(); !w.last.InvoicedNow || w.last.Events != 1 {
					w.t.Fatalf("it was not answered: %+v", w.last)
				}
				w.at("2026-05-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 10.00", "u2 Applied: 10.00", "Custom 2026-04-16: 10.00",
				"Custom 2026-04-26: 10.00", "Renewal 2026-05-01: 140.00",
			},
		},
		"nothing has accrued": {
			reason: "no document, and the request is answered",
			play: func(w *world) {
				w.holding(10).at("2026-04-16")
				w.in.InvoiceNow = true
				if w.replay(); !w.last.InvoicedNow {
					w.t.Fatalf("it was not answered: %+v", w.last)
				}
			},
			want: []string{"Initial 2026-04-01: 100.00"},
		},
		"before the start": {
			reason: "it is answered when the subscription has started",
			play: func(w *world) {
				w.in.Terms.Start = instant("2026-05-01")
				w.in.InvoiceNow = true
				if w.declaring(1); w.last.InvoicedNow {
					w.t.Fatalf("it was answered: %+v", w.last)
				}
			},
		},
	})
}

// billing.md#8-documents: what waits says what it would cost.
func TestEstimates(t *testing.T) {
	guarded := func(w *world) *world {
		return w.loaded().product(func(p *Product) { p.Guard.MaxIncreasePercent = ptr[int64](100) })
	}
	tests := map[string]struct {
		reason string
		play   func(w *world)
		want   string
		at     string
	}{
		"at a date": {
			reason: "10 × 10/30",
			play: func(w *world) {
				w.holding(10).at("2026-04-11").increment("editors", 1, applyingAt("2026-04-21")).replay()
			},
			want: "3.33", at: "2026-04-21",
		},
		"at the renewal": {
			reason: "nothing is prorated there",
			play:   func(w *world) { w.holding(10).at("2026-04-11").set("editors", 4, applies(ApplyNextPeriod)).replay() },
			want:   "0.00", at: "2026-05-01",
		},
		"held": {
			reason: "500 × 15/30, from its observation on, whenever it is approved",
			play: func(w *world) {
				guarded(w).counted("editors", 10).replay().at("2026-04-16").counted("editors", 60).replay().at("2026-04-20").replay()
			},
			want: "250.00",
		},
		"not charged": {
			reason: "there is no adjustment",
			play: func(w *world) {
				w.holding(10).at("2026-04-11").increment("editors", 1, applyingAt("2026-04-21"), by(proration.DoNotCharge)).replay()
			},
		},
		"in ten years": {
			reason: "too many periods lie between",
			play: func(w *world) {
				w.holding(10).at("2026-04-11").increment("editors", 1, applyingAt("2036-04-21")).replay()
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.play(w)
			got := w.last.Waiting[0].Estimate
			if (got == nil) != (tc.want == "") {
				t.Fatalf("%s: the estimate is %+v, want %q", tc.reason, got, tc.want)
			}
			if got == nil {
				return
			}
			if amount := w.state.Currency.Format(got.Amount); amount != tc.want {
				t.Errorf("%s: the estimate is %s, want %s", tc.reason, amount, tc.want)
			}
			if got.ApplyAt.IsZero() != (tc.at == "") || (tc.at != "" && brief(got.ApplyAt) != tc.at) {
				t.Errorf("%s: it applies at %s, want %s", tc.reason, got.ApplyAt, tc.at)
			}
		})
	}
}

// The message of a held count names both counts and the limit.
func TestHeldNamesTheLimit(t *testing.T) {
	w := newWorld(t).loaded().product(func(p *Product) { p.Guard.MaxIncreasePercent = ptr[int64](100) })
	w.counted("editors", 10).replay().at("2026-04-16").counted("editors", 60).replay()
	message := w.last.Waiting[0].Fault.Message
	for _, part := range []string{"from 10 to 60", "100 percent", "maxIncreasePercent", "editor-seat"} {
		if !strings.Contains(message, part) {
			t.Errorf("%q does not say %q", message, part)
		}
	}
}

// billing.md#9-trials: the end of a trial can be moved while it lasts.
func TestMovedTrial(t *testing.T) {
	trial := func(w *world) *world {
		w.in.Terms.TrialEnd = instant("2026-04-11")
		return w
	}
	move := func(when string) func(*Terms) { return func(t *Terms) { t.TrialEnd = instant(when) } }
	tell(t, map[string]story{
		"later": {
			reason: "the boundary moves with it, and nothing is charged for that",
			play: func(w *world) {
				trial(w).declaring(5).at("2026-04-05").terms(move("2026-04-21")).replay()
				if !w.state.Period.Span.End.Equal(instant("2026-04-21")) || w.state.Phase != Trialing {
					w.t.Fatalf("the trial ends %s", w.state.Period.Span.End)
				}
				w.at("2026-05-21").replay()
			},
			want: []string{"Initial 2026-04-21: 50.00", "Renewal 2026-05-21: 50.00"},
		},
		"earlier": {
			reason: "periods are counted from the new end",
			play: func(w *world) {
				trial(w).declaring(5).at("2026-04-02").terms(move("2026-04-06")).replay().at("2026-05-06").replay()
			},
			want: []string{"Initial 2026-04-06: 50.00", "Renewal 2026-05-06: 50.00"},
		},
		"into the past": {
			reason: "it means now, and periods are counted from now",
			play: func(w *world) {
				trial(w).declaring(5).at("2026-04-08").terms(move("2026-04-03")).replay().replay().at("2026-05-08").replay()
			},
			want: []string{"Initial 2026-04-08: 50.00", "Renewal 2026-05-08: 50.00"},
		},
		"later, seen after its end": {
			reason: "the end had not been charged",
			play: func(w *world) {
				trial(w).declaring(5).at("2026-04-15").terms(move("2026-04-21")).replay().at("2026-04-21").replay()
			},
			want: []string{"Initial 2026-04-21: 50.00"},
		},
		"with an anchor": {
			reason: "the boundaries after the trial stay: 50 × 10/30",
			play: func(w *world) {
				w.in.Terms.Anchor = instant("2026-05-01")
				trial(w).declaring(5).at("2026-04-05").terms(move("2026-04-21")).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-21: 16.67", "Renewal 2026-05-01: 50.00"},
		},
		"after the trial": {
			reason: "admission refuses it; it changes nothing",
			play: func(w *world) {
				trial(w).declaring(5).at("2026-04-12").replay().terms(move("2026-06-01")).replay().at("2026-05-11").replay()
			},
			want: []string{"Initial 2026-04-11: 50.00", "Renewal 2026-05-11: 50.00"},
		},
	})
}

// A list that only changes quantities never ends a trial, and waits for nothing: the
// same change as a count applies at once too.
func TestQuantitiesByAList(t *testing.T) {
	w := newWorld(t)
	w.in.Terms.TrialEnd = instant("2026-04-11")
	w.holding(5).at("2026-04-02").change([]TermsItem{on("editors", "monthly", 7)}, effective("2026-04-08")).replay()
	if w.held("editors") != 7 || w.state.Phase != Trialing {
		t.Errorf("%d seats, %s: %v", w.held("editors"), w.state.Phase, w.waits())
	}
}
