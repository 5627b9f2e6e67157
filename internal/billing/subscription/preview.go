// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Preview is the result of an update at its apply time if nothing else changes.
type Preview struct {
	// Now is what is billed when it applies, or nil if nothing is.
	Now *Totals
	// Upcoming is the next invoice after that.
	Upcoming Totals
	// Hash is the hash of the outcome; see [Update.ExpectedHash].
	Hash string
	// Currency of the amounts. It is here because a subscription has none before its start.
	Currency money.Currency
}

// Totals are the sums of a document, in major units, signed.
type Totals struct{ Subtotal, CreditApplied, AmountDue money.Decimal }

// preview computes the result of an update and changes nothing. The update is really applied, to a
// copy, so the preview cannot differ from what would happen.
func (r *replay) preview(e event) *Fault {
	p := e.update
	c, at := r.rehearsal(p)
	c.replayOnly(at)
	if fault := c.notReplaying(); fault != nil {
		return fault
	}
	if c.out.Blocked != nil {
		return c.out.Blocked
	}
	if len(c.updates) > 0 && c.updates[0].fault != nil {
		return c.updates[0].fault
	}
	decision, now, found := c.outcomeOf(p.Name)
	if !found {
		return &Fault{NotStarted, "The subscription does not reach the time at which this would apply."}
	}
	asked := r.inForce(p)
	decision.InForce.Application, decision.InForce.SeenAt = asked.Application, asked.SeenAt
	for i := range decision.Lines {
		decision.Lines[i].Key = r.lineKey(i)
	}
	if decision.Verdict == IsApplied {
		decision.Verdict, decision.Fault = IsPreviewed, Fault{ReasonPreviewed, "Computed. Nothing was changed."}
		decision.AppliedAt = time.Time{} // it never takes effect
		decision.Preview = &Preview{
			Now:      now,
			Upcoming: UpcomingInvoice(*c.state, c.withoutUpdates()).Totals,
			Hash:     decision.Hash(),
			Currency: c.state.Currency,
		}
	}
	r.decide(p, decision)
	return nil
}

// rehearsal returns a copy in which the update is the only one, and the time at which it applies
// there. A subscription that has not started is started in the copy.
func (v view) rehearsal(p *pending) (*replay, time.Time) {
	in := *v.in
	in.Before = v.in.seenNow() // what is seen now counts as seen now, even if it applies later
	u := p.Update
	u.Preview = false
	in.Updates, in.Unpark, in.InvoiceNow, in.MaxEffects = []Update{u}, false, false, 0
	c := newReplay(*v.state, in)
	only := c.updates[0]
	if v.notStarted() {
		in.Now = latest(in.Now, v.startTime())
		c.in = &in
		if c.startOrEnd(v.in.Updates); c.out.Blocked != nil {
			return c, time.Time{}
		}
	}
	at := c.soonest(only)
	in.Now = latest(in.Now, at)
	c.in = &in
	return c, at
}

// soonest is when an update applies. One that waits for a refresh is assumed to apply at the next
// one that is due, or now.
func (r *replay) soonest(p *pending) time.Time {
	d := r.dueTime(p)
	if d.waits != nil {
		p.Policy.Application, p.ApplyAt = ApplyImmediately, time.Time{}
		if next := d.waits.InForce.ApplyAt; !next.IsZero() {
			p.Policy.Application, p.ApplyAt = ApplyCustom, next
		}
		d = r.dueTime(p)
	}
	return d.at
}

// startOrEnd starts the subscription, or ends it if its end comes first. The open updates are
// needed because the first counts are among them.
func (r *replay) startOrEnd(updates []Update) {
	only := slices.Clone(r.updates)
	for i := range updates {
		if updates[i].Origin == OriginRefresh {
			r.updates = append(r.updates, &pending{Update: updates[i]})
		}
	}
	if e, found := r.next(); found {
		r.step(e)
	}
	r.updates = only
}

// withoutUpdates is the input without any update.
func (v view) withoutUpdates() Input {
	in := *v.in
	in.Updates = nil
	return in
}

// replayOnly replays events until the update is decided on, including what is billed with it at
// that instant.
func (r *replay) replayOnly(at time.Time) {
	for !r.stopped() {
		e, found := r.next()
		if !found || e.at.After(r.in.Now) || r.out.Events >= r.maxEvents {
			return
		}
		if len(r.updates) == 0 && (e.kind != billingDate || e.at.After(at)) {
			return
		}
		r.step(e)
	}
}

// outcomeOf finds the decision on an update, and sums up the documents that bill it.
func (r *replay) outcomeOf(update string) (decision Decision, now *Totals, found bool) {
	for _, effect := range r.out.Effects {
		if d := effect.Decision; d != nil && d.Name == update {
			decision, found = *d, true
		}
		d := effect.Document
		if d == nil || !bills(d, update) {
			continue
		}
		if now == nil {
			now = &Totals{}
		}
		now.Subtotal = now.Subtotal.Add(d.Subtotal)
		now.CreditApplied = now.CreditApplied.Add(d.CreditApplied)
		now.AmountDue = now.AmountDue.Add(d.AmountDue)
	}
	return decision, now, found
}

// bills reports whether a document has a line of the update.
func bills(d *Document, update string) bool {
	for i := range d.Lines {
		if d.Lines[i].Update == update {
			return true
		}
	}
	return false
}

// checkHash refuses an outcome that differs from the preview that was agreed to.
func checkHash(p *pending, d Decision) *Fault {
	if p.ExpectedHash == "" || p.ExpectedHash == d.Hash() {
		return nil
	}
	return &Fault{PreviewOutdated, "The outcome would differ from the preview that has the expected hash: preview it " +
		"again, then use the new hash."}
}

// Hash is the fingerprint of the outcome: counts, plans, schedules, the renewal and rounded
// amounts. It covers neither times nor anything that names the update. An update with this hash as
// its [Update.ExpectedHash] has no other outcome.
func (d Decision) Hash() string {
	b := &strings.Builder{}
	f := d.InForce
	fmt.Fprintf(b, "%s|%s|%s|%s|%t|%t|%d\n", f.Application, f.Payment, f.Method, f.Renewal, f.KeepTrial, f.IgnoreRecurring,
		d.Renewal.Unix())
	for _, c := range d.Changes {
		fmt.Fprintf(b, "%q %q %q %q %d %d\n", c.Item, c.Product, c.PreviousPlan, c.NewPlan, c.PreviousCount, c.NewCount)
	}
	for _, l := range d.Lines {
		fmt.Fprintf(b, "%q %q %q %s\n", l.Item, l.Plan, l.Kind, l.Amount)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
