// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A preview says what would be billed at once and with the next invoice, signed,
// and when the renewal would be.
func TestPreviewTotals(t *testing.T) {
	rows := map[string]struct {
		reason        string
		play          func(w *world)
		now, upcoming string
		renewal       string
	}{
		"with the next invoice": {
			"nothing at once", func(w *world) { w.holding(10).at("2026-04-16").increment("editors", 5, preview) },
			"nothing", "175.00", "2026-05-01",
		},
		"at once": {
			"on a document of its own", func(w *world) { w.holding(10).at("2026-04-16").increment("editors", 5, preview, paid(PayImmediately)) },
			"25.00", "150.00", "2026-05-01",
		},
		"a credit at once": {
			"its amount goes to the balance, which the next invoice uses",
			func(w *world) { w.holding(10).at("2026-04-16").decrement("editors", 6, preview, paid(PayImmediately)) },
			"-30.00, credit -30.00, due 0.00", "40.00, credit 30.00, due 10.00", "2026-05-01",
		},
		"at the renewal": {
			"nothing is priced; the next invoice is for what is then held",
			func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, preview, applies(ApplyNextPeriod))
			},
			"nothing", "150.00", "2026-05-01",
		},
		"three months on": {
			"at its apply time, after the renewals in between",
			func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, preview, applyingAt("2026-07-16T12:00:00Z"))
			},
			"nothing", "175.00", "2026-08-01",
		},
		"a Reset": {
			"figure 6", func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change([]TermsItem{on("editors", "big")}, preview, renewal(Reset), paid(PayImmediately))
			}, "75.00", "90.00", "2026-05-16",
		},
		"a trial that it ends": {
			"the stub is charged at once", func(w *world) {
				w.in.Terms.TrialEnd = instant("2026-04-15")
				plans30and90(w).holding(1).at("2026-04-10").change([]TermsItem{on("editors", "big")}, preview)
			}, "14.52", "90.00", "2026-04-15",
		},
		"with other lines": {
			"what has accrued is on the next invoice too",
			func(w *world) {
				w.holding(10).at("2026-04-11").increment("editors", 3).replay().at("2026-04-16").increment("editors", 1, preview)
			},
			"nothing", "165.00", "2026-05-01",
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			row.play(w)
			w.replay()
			var d Decision
			for _, effect := range w.last.Effects {
				if effect.Decision != nil && effect.Decision.Verdict == IsPreviewed {
					d = *effect.Decision
				}
			}
			if d.Preview == nil {
				t.Fatalf("%s: it was not previewed: %v", row.reason, w.log)
			}
			if now := w.totals(d.Preview.Now); now != row.now {
				t.Errorf("%s: now %s, want %s", row.reason, now, row.now)
			}
			if upcoming := w.totals(&d.Preview.Upcoming); upcoming != row.upcoming {
				t.Errorf("%s: upcoming %s, want %s", row.reason, upcoming, row.upcoming)
			}
			if got := brief(d.Renewal); got != row.renewal {
				t.Errorf("%s: renewal %s, want %s", row.reason, got, row.renewal)
			}
		})
	}
}

// totals tells the sums of a document: the subtotal, and credit and amount due
// where they say more.
func (w *world) totals(t *Totals) string {
	if t == nil {
		return "nothing"
	}
	format := w.state.Currency.Format
	if t.CreditApplied.IsZero() {
		return format(t.Subtotal)
	}
	return format(t.Subtotal) + ", credit " + format(t.CreditApplied) + ", due " + format(t.AmountDue)
}

// A preview that cannot apply is rejected as the change would be; it holds nothing
// up.
func TestPreviewRefused(t *testing.T) {
	tell(t, map[string]story{
		"below the minimum": {
			reason: "with the reason that the change would be rejected for",
			play:   func(w *world) { w.holding(10).at("2026-04-16").decrement("editors", 11, preview).replay() },
			want:   []string{"Initial 2026-04-01: 100.00", "u1 Rejected BelowMinimum"},
		},
		"after the end": {
			reason: "the subscription is canceled by then",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").cancel(Cancellation{AtPeriodEnd: true}).increment("editors", 1, preview, applyingAt("2026-07-01")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Superseded SubscriptionCanceled"},
		},
		"a policy that is gone": {
			reason: "it waits, and the renewal does not",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 1, preview, prorated("gone")).replay().at("2026-05-01").replay()
				if got := w.waits(); len(got) != 1 || got[0] != "u1 Pending PolicyNotReady" {
					w.t.Fatalf("it waits: %v", got)
				}
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00"},
		},
	})
}

// An update with the hash of a preview applies when its outcome is that one, and
// is rejected when it differs (docs/kinds/subscriptionupdate.md).
func TestExpectedHash(t *testing.T) {
	previewed := func(w *world, options ...option) string {
		w.add("u", Update{Origin: OriginUser, Change: QuantityChange{Item: "editors", Increment: ptr[int64](5)}}, append(options, preview))
		return w.replay().decisions["u1"].Preview.Hash
	}
	same := []option{effective("2026-04-16")}
	rows := map[string]struct {
		reason string
		play   func(w *world, hash string)
		want   string
	}{
		"the same": {
			"nothing changed", func(w *world, hash string) { w.increment("editors", 5, append(same, expecting(hash))...).replay() }, "u2 Applied: 25.00",
		},
		"later, with its effective time": {
			"the hash covers no times", func(w *world, hash string) {
				w.at("2026-04-20").increment("editors", 5, append(same, expecting(hash))...).replay()
			}, "u2 Applied: 25.00",
		},
		"later": {
			"another amount", func(w *world, hash string) { w.at("2026-04-21").increment("editors", 5, expecting(hash)).replay() },
			"u2 Rejected PreviewOutdated",
		},
		"another count": {
			"it was for 10 → 15", func(w *world, hash string) { w.increment("editors", 4, append(same, expecting(hash))...).replay() },
			"u2 Rejected PreviewOutdated",
		},
		"another schedule": {
			"the amount is the same", func(w *world, hash string) {
				w.increment("editors", 5, append(same, expecting(hash), paid(PayImmediately))...).replay()
			}, "u2 Rejected PreviewOutdated",
		},
		"another start": {
			"somebody else was quicker", func(w *world, hash string) {
				w.increment("editors", 1, same...).increment("editors", 5, append(same, expecting(hash))...).replay()
			}, "u3 Rejected PreviewOutdated",
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).holding(10).at("2026-04-16")
			row.play(w, previewed(w, same...))
			if got := w.log[len(w.log)-1]; got != row.want {
				t.Errorf("%s: %s, want %s", row.reason, got, row.want)
			}
		})
	}
}

// The renewal that a change waits for is part of what was agreed to.
func TestExpectedHashCoversTheRenewal(t *testing.T) {
	w := newWorld(t).holding(10).at("2026-04-16").increment("editors", 5, applies(ApplyNextPeriod), preview).replay()
	hash := w.decisions["u1"].Preview.Hash
	w.at("2026-05-02").increment("editors", 5, applies(ApplyNextPeriod), expecting(hash)).replay().at("2026-06-01").replay()
	if got := w.decisions["u2"].Fault.Reason; got != PreviewOutdated {
		t.Errorf("it was for the renewal of May: %s, %v", got, w.log)
	}
}

// What a preview says is what the change comes to, where nothing else happens in
// between.
func TestPreviewEqualsApply(t *testing.T) {
	previews := 0
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		w.in.Terms.SpecSeen = true
		w.refresh("viewers", rapid.Int64Range(0, 15).Draw(t, "first count"))
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			w.in.Now = w.in.Now.AddDate(0, 0, rapid.IntRange(0, 12).Draw(t, "days"))
			anyUserUpdate(t, w)
			w.settle()
		}
		w.in.Updates = nil
		anyUserUpdate(t, w)
		asked := w.in.Updates[0]
		asked.Preview = true
		w.in.Updates = []Update{asked}
		before := w.state.clone()
		previewed := decided(Replay(w.state, w.in), asked.UID)
		if previewed == nil {
			return // it waits
		}
		w.state = before
		asked.Preview = false
		w.in.Updates = []Update{asked}
		var applied *Decision
		for range 40 {
			w.settle()
			if d, ok := w.decisions[asked.Name]; ok {
				applied = &d
				break
			}
			w.in.Now = w.in.Now.AddDate(0, 0, 10)
		}
		if applied == nil {
			t.Fatalf("previewed and never applied: %s", dump(previewed))
		}
		previews++
		p, a := *previewed, *applied
		if p.Verdict == IsPreviewed && p.Hash() != p.Preview.Hash {
			t.Fatalf("the hash is not of what the preview says")
		}
		if got, want := shared(a), shared(p); got != want {
			t.Fatalf("preview and change differ: %s", firstDifference(want, got))
		}
	})
	if previews == 0 {
		t.Error("nothing was previewed")
	}
}

// shared leaves out what a preview and a change do not share: the verdict, when it took effect, what it waited for, and the
// keys of lines.
func shared(d Decision) string {
	if d.Verdict == IsPreviewed {
		d.Verdict, d.Fault = IsApplied, Fault{ReasonApplied, "Applied."}
	}
	d.Preview, d.AppliedAt, d.Waited = nil, d.InForce.ApplyAt, nil
	d.Document, d.InForce.SeenAt = 0, d.InForce.ApplyAt
	d.Lines = slices.Clone(d.Lines)
	for i := range d.Lines {
		d.Lines[i].Key = ""
	}
	return dump(d)
}

// decided is the decision on an update; nil while it waits.
func decided(out Outcome, uid string) *Decision {
	for _, effect := range out.Effects {
		if effect.Decision != nil && effect.Decision.UID == uid {
			return effect.Decision
		}
	}
	return nil
}

// A preview for a subscription that starts later is computed as of the start.
func TestPreviewBeforeTheStart(t *testing.T) {
	tests := map[string]struct {
		reason string
		play   func(w *world)
		want   []string
		amount string
	}{
		"at once": {
			reason: "it would apply with the start, when the period is charged for nothing yet",
			play:   func(w *world) { w.increment("editors", 5, preview) },
			want:   []string{"u1 Previewed"}, amount: "50.00",
		},
		"in mid-period": {
			reason: "5 × 10 × 15/30",
			play: func(w *world) {
				w.increment("editors", 5, preview, func(u *Update) {
					u.Policy.Application, u.ApplyAt = ApplyCustom, instant("2026-05-16T12:00:00Z")
				})
			},
			want: []string{"u1 Previewed"}, amount: "25.00",
		},
		"of counted seats": {
			reason: "the start takes the first count in",
			play: func(w *world) {
				w.loaded().counted("editors", 3).item("viewers", eur("20"), true).increment("viewers", 1, preview)
			},
			want: []string{"u1 Previewed"}, amount: "20.00",
		},
		"refused": {
			reason: "there is no such item",
			play:   func(w *world) { w.increment("nobody", 5, preview) },
			want:   []string{"u1 Rejected UnknownItem"},
		},
		"of one that ends before": {
			reason: "it never takes effect",
			play: func(w *world) {
				w.increment("editors", 5, preview).cancel(Cancellation{At: instant("2026-04-20")})
			},
			want: []string{"u1 Superseded SubscriptionCanceled"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in.Terms.Start = instant("2026-05-01")
			tc.play(w)
			if w.replay(); !slices.Equal(w.log, tc.want) {
				t.Fatalf("%s: got %q, want %q, waiting %q", tc.reason, w.log, tc.want, w.waits())
			}
			if d := w.decisions["u1"]; tc.amount != "" && (d.Adjustment == nil || d.Preview.Currency.Format(*d.Adjustment) != tc.amount) {
				t.Errorf("%s: got %+v", tc.reason, d)
			}
			if !w.state.Start.IsZero() || len(w.documents) != 0 || !w.state.LastEvent.IsZero() {
				t.Errorf("%s: a preview changes nothing, and it started at %s", tc.reason, w.state.Start)
			}
		})
	}
}

// A preview for a subscription that cannot start says why, and waits.
func TestPreviewOfWhatCannotStart(t *testing.T) {
	w := newWorld(t)
	w.in.Terms.Start = instant("2026-05-01")
	delete(w.in.Products, "editor-seat")
	w.increment("editors", 5, preview).replay()
	if want := []string{"u1 Pending ProductNotFound"}; !slices.Equal(w.waits(), want) || w.last.Events != 0 {
		t.Errorf("got %q, want %q", w.waits(), want)
	}
}
