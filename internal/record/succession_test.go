// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// span is some time.
type span struct{ from, to time.Time }

func (s span) holds(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// customer is one who creates and deletes subscriptions of one name, and what comes of it.
type customer struct {
	lives    int
	invoices []v1alpha1.Invoice
	// imported is up to when the first subscription says that it was billed elsewhere.
	imported time.Time
	// used is when subscriptions existed and were not on trial; edges are where anything may change.
	used  []span
	edges []time.Time
}

// life is one subscription, from its creation to its deletion.
type life struct {
	created, deleted time.Time
	terms            subscription.Terms
}

// live plays a life and records what it was billed for. It reports whether the subscription started.
func (c *customer) live(t *rapid.T, l life, charge subscription.Charge) bool {
	c.lives++
	in := subscription.Input{
		Now: l.created, Terms: l.terms, Predecessor: Predecessor(c.invoices),
		Products: map[string]subscription.Product{"seat": {Plans: map[string]subscription.Plan{"monthly": {
			Currency: "EUR", Interval: calendar.Interval{Unit: calendar.Month, Count: 1}, Charge: charge,
			Price: pricing.Price{Model: pricing.PerUnit, UnitAmount: money.MustDecimal("10")},
		}}}},
	}
	// The seconds of its life in which something may happen.
	state := subscription.State{}
	for _, now := range []time.Time{l.created, l.deleted} {
		if in.Now = now; now.Equal(l.deleted) {
			in.Terms.Deleted, in.Terms.DeletedAt = true, now
		}
		for range 1000 {
			out := subscription.Replay(state, in)
			c.collect(out)
			if state = out.State; !out.More {
				break
			}
		}
	}
	if state.Start.IsZero() {
		return false
	}
	if state.Phase != subscription.Canceled {
		t.Fatalf("life %d was deleted and is %s", c.lives, state.Phase)
	}
	from := state.Start
	if l.created.After(from) {
		from = l.created
	}
	if state.Period.Trial {
		return true
	}
	if trial := l.terms.TrialEnd; trial.After(from) && !trial.Before(l.terms.BilledUntil) {
		from = trial
	}
	c.used = append(c.used, span{from, l.deleted})
	c.edges = append(c.edges, from)
	return true
}

// collect keeps the documents of an outcome as invoices.
func (c *customer) collect(out subscription.Outcome) {
	sub := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: types.UID(fmt.Sprint(c.lives))}}
	for _, effect := range out.Effects {
		if effect.Document == nil {
			continue
		}
		c.invoices = append(c.invoices, v1alpha1.Invoice{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("acme-%d-%06d", c.lives, effect.Document.Number)},
			Spec:       Invoice(sub, *effect.Document, out.State.Currency),
		})
		for _, line := range effect.Document.Lines {
			c.edges = append(c.edges, line.From, line.To)
		}
	}
}

// billed is how often an instant was charged and not given back.
func (c *customer) billed(at time.Time) int {
	n := 0
	for i := range c.invoices {
		for _, line := range c.invoices[i].Spec.Lines {
			switch {
			case !(span{line.From.UTC(), line.To.UTC()}).holds(at):
			case line.Kind == v1alpha1.LineRecurring:
				n++
			case line.Kind == v1alpha1.LineCredit:
				n--
			}
		}
	}
	return n
}

// check finds an instant that was used and not charged, or charged twice.
func (c *customer) check(t *rapid.T) {
	for _, at := range c.edges {
		n := c.billed(at)
		used := slices.ContainsFunc(c.used, func(s span) bool { return s.holds(at) })
		if n > 1 || (used && n < 1 && !at.Before(c.imported)) {
			for i := range c.invoices {
				t.Logf("%s %s %s %v", c.invoices[i].Name, c.invoices[i].Spec.Reason, c.invoices[i].Spec.IssueTime.UTC(), c.invoices[i].Spec.Lines)
			}
			t.Fatalf("%s is used: %t, and was charged %d times; imported until %s, used %v", at, used, n, c.imported, c.used)
		}
	}
}

// tempting are the instants that a customer may write, the first being none.
func (c *customer) tempting(created time.Time) []time.Time {
	last := Predecessor(c.invoices)
	month := time.Date(created.Year(), created.Month(), 1, 0, 0, 0, 0, time.UTC)
	return []time.Time{
		{},
		last.BilledUntil, last.BilledUntil, last.Issued, created, created.AddDate(0, 0, -3), created.AddDate(0, 0, 5), created.AddDate(0, 1, 0),
		month, month.AddDate(0, 1, 0), month.AddDate(0, -1, 0), last.BilledUntil.AddDate(0, 1, 0), month.AddDate(100, 0, 0),
	}
}

func (c *customer) anyLife(t *rapid.T, created time.Time) life {
	instants := c.tempting(created)
	one := func(label string) time.Time {
		at := rapid.SampledFrom(instants).Draw(t, label)
		if at.Year() < 2000 {
			return time.Time{}
		}
		return at
	}
	quantity := int64(10)
	l := life{created: created, terms: subscription.Terms{
		Created: created, Generation: 1, Start: one("start"), Anchor: one("anchor"), BilledUntil: one("billedUntil"),
		Items: []subscription.TermsItem{{Name: "editors", Product: "seat", Plan: "monthly", Quantity: &quantity, Recurring: true}},
	}}
	if rapid.IntRange(0, 3).Draw(t, "with a trial") == 0 {
		l.terms.TrialEnd = one("trial")
	}
	l.terms.Cancel.Method = rapid.SampledFrom([]proration.Method{"", proration.ProRata, proration.DoNotCharge}).Draw(t, "method")
	days := rapid.SampledFrom([]int{0, 1, 3, 20, 40, 70}).Draw(t, "days")
	l.deleted = created.AddDate(0, 0, days)
	if until := l.terms.BilledUntil; until.After(created) && until.Year() < 2100 && rapid.Bool().Draw(t, "deleted at billedUntil") {
		l.deleted = until
	}
	return l
}

// billing.md#14-start-and-end: however a customer deletes subscriptions and creates
// them again, and whatever they write, all time that was used is charged once. What
// the first subscription says about an import is believed.
func TestNobodyLivesFreeByComingBack(t *testing.T) {
	for _, charge := range []subscription.Charge{subscription.InAdvance, subscription.InArrears} {
		t.Run(string(charge), rapid.MakeCheck(func(t *rapid.T) {
			c := &customer{}
			now := time.Date(2026, time.January, 10, 0, 0, 0, 0, time.UTC)
			for range rapid.IntRange(2, 6).Draw(t, "lives") {
				l := c.anyLife(t, now)
				first := len(c.invoices) == 0
				if started := c.live(t, l, charge); started && first {
					c.imported = l.terms.BilledUntil
				}
				now = l.deleted.AddDate(0, 0, rapid.SampledFrom([]int{0, 0, 1, 15}).Draw(t, "away"))
			}
			c.check(t)
		}))
	}
}
