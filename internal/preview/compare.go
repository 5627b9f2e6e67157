// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// verdict is the result of comparing one subscription.
type verdict int

const (
	unchanged verdict = iota
	changed
	refused
	notExamined
)

// finding is what a comparison found about one subscription.
type finding struct {
	verdict verdict
	// direct: the manifests name the subscription itself, or one of its objects.
	direct bool
	// objects are the edited catalogue objects that the subscription uses, if it is not direct.
	objects []string
	change  Change
	// before and after are the amounts of a subscription that changed, in currency.
	before, after amounts
	existed       bool
	currency      money.Currency
	problem       Problem
}

// compare describes how a subscription differs between two worlds. where is its name in messages.
func compare(sub *v1alpha1.Subscription, where string, action Action, before, after side) finding {
	f := finding{before: before.amounts, after: after.amounts, existed: before.there, currency: after.currency}
	if f.currency == (money.Currency{}) {
		f.currency = before.currency
	}
	decided, waiting := newOutcomes(before, after)
	if fault, is := refusal(before, after, decided, waiting); is {
		f.verdict, f.problem = refused, Problem{Where: where, Reason: string(fault.Reason), Message: fault.Message}
		return f
	}
	if after.fault != nil {
		f.verdict, f.problem = notExamined, Problem{Where: where, Reason: string(after.fault.Reason), Message: after.fault.Message}
		return f
	}
	var notes []string
	if before.fault != nil {
		// It was blocked, and would no longer be: its previous cost is not known.
		f.before = amounts{}
		notes = append(notes, "It could not be billed before: "+before.fault.Message)
	}
	f.change = Change{
		Namespace: sub.Namespace, Name: sub.Name, Customer: sub.Spec.Customer.ID, Action: action,
		Direction: directionOf(f.before, f.after), Currency: f.currency.Code(),
		Horizons: horizonsOf(f.before, f.after, f.currency), NextInvoiceTime: instant(after.amounts.nextAt),
		Notes: notes,
	}
	f.change.Outcomes = outcomesOf(after, decided, waiting)
	for i := range after.advanced.Documents {
		if i >= len(before.advanced.Documents) {
			f.change.Documents = append(f.change.Documents, documentOf(&after.advanced.Documents[i], f.currency))
		}
	}
	f.verdict = unchanged
	if !f.before.equal(f.after) || len(f.change.Outcomes) > 0 || action != Edit {
		f.verdict = changed
	}
	return f
}

// newOutcomes are the updates that are decided, or wait, only in the second world.
func newOutcomes(before, after side) (decided []subscription.Decision, waiting []subscription.Waiting) {
	for i := range after.advanced.Decisions {
		d := &after.advanced.Decisions[i]
		same := slices.ContainsFunc(before.advanced.Decisions, func(o subscription.Decision) bool {
			return o.UID == d.UID && o.Hash() == d.Hash() && o.Verdict == d.Verdict
		})
		if !same {
			decided = append(decided, *d)
		}
	}
	for _, w := range after.advanced.Outcome.Waiting {
		same := slices.ContainsFunc(before.advanced.Outcome.Waiting, func(o subscription.Waiting) bool {
			return o.UID == w.UID && o.Verdict == w.Verdict && o.Fault == w.Fault
		})
		if !same {
			waiting = append(waiting, w)
		}
	}
	return decided, waiting
}

// refusal explains why a change would be refused, or would stop the subscription from being billed. A fault that already
// exists is not a refusal.
func refusal(before, after side, decided []subscription.Decision, waiting []subscription.Waiting) (subscription.Fault, bool) {
	for i := range decided {
		if decided[i].Verdict == subscription.IsRejected {
			return decided[i].Fault, true
		}
	}
	for _, w := range waiting {
		if w.Verdict == subscription.IsPending && w.Fault.Reason != subscription.WaitingForSeats {
			return w.Fault, true
		}
	}
	if after.fault == nil || (before.there && before.fault != nil && *before.fault == *after.fault) {
		return subscription.Fault{}, false
	}
	switch after.fault.Reason {
	case subscription.WaitingForSeats, subscription.ReasonSuspended, subscription.ReasonParked:
		return subscription.Fault{}, false
	default:
		return *after.fault, true
	}
}

// outcomesOf describes the outcomes of updates.
func outcomesOf(after side, decided []subscription.Decision, waiting []subscription.Waiting) []Outcome {
	var outcomes []Outcome
	for i := range decided {
		d := &decided[i]
		o := Outcome{
			Update: userUpdate(after.advanced, d.UID, d.Name), Summary: d.Summary, State: string(d.Verdict),
			ApplyTime: instant(d.InForce.ApplyAt), EffectiveTime: instant(d.InForce.Effective), Lines: linesOf(d.Lines, after.currency),
		}
		if d.Verdict == subscription.IsApplied || d.Verdict == subscription.IsPreviewed {
			o.Hash = d.Hash()
		}
		if d.Adjustment != nil {
			o.Adjustment = after.currency.Format(*d.Adjustment)
		}
		if d.Verdict != subscription.IsApplied {
			o.Message = d.Fault.Message
		}
		outcomes = append(outcomes, o)
	}
	for i := range waiting {
		outcomes = append(outcomes, waitingOutcome(after, &waiting[i]))
	}
	return outcomes
}

// waitingOutcome describes an update that applies later, with its cost if nothing else changes. The cost is that of a
// preview of the same update.
func waitingOutcome(after side, w *subscription.Waiting) Outcome {
	o := Outcome{
		Update: userUpdate(after.advanced, w.UID, w.Name), Summary: w.Summary, State: string(w.Verdict),
		ApplyTime: instant(w.InForce.ApplyAt), EffectiveTime: instant(w.InForce.Effective), Message: w.Fault.Message,
	}
	in := after.advanced.Input
	at := slices.IndexFunc(in.Updates, func(u subscription.Update) bool { return u.UID == w.UID })
	if at < 0 || w.Verdict != subscription.IsScheduled {
		return o
	}
	asked := in.Updates[at]
	asked.Preview = true
	in.Updates = []subscription.Update{asked}
	for _, effect := range subscription.Replay(after.advanced.Outcome.State, in).Effects {
		d := effect.Decision
		if d == nil || d.UID != w.UID || d.Verdict != subscription.IsPreviewed {
			continue
		}
		o.Hash, o.Lines = d.Preview.Hash, linesOf(d.Lines, after.currency)
		if d.Adjustment != nil {
			o.Adjustment = after.currency.Format(*d.Adjustment)
		}
	}
	return o
}

// userUpdate is the name of an update that has a manifest; empty for one that the operator makes from an edit.
func userUpdate(a assembly.Advanced, uid, name string) string {
	if slices.ContainsFunc(a.Edits, func(u *v1alpha1.SubscriptionUpdate) bool { return string(u.UID) == uid }) {
		return ""
	}
	return name
}

func documentOf(d *subscription.Document, c money.Currency) Document {
	kind := v1alpha1.TypeInvoice
	if d.CreditNote {
		kind = v1alpha1.TypeCreditNote
	}
	return Document{Type: string(kind), Reason: string(d.Reason), AmountDue: c.Format(d.AmountDue), Lines: linesOf(d.Lines, c)}
}

func linesOf(lines []proration.Line, c money.Currency) []Line {
	var all []Line
	for i := range lines {
		all = append(all, Line{Item: lines[i].Item, Description: lines[i].Description, Amount: c.Format(lines[i].Amount)})
	}
	return all
}

// instant writes an instant; the zero instant is left out.
func instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// fingerprint is a digest of everything that changes about a subscription.
func (f *finding) fingerprint() string {
	b := &strings.Builder{}
	c := &f.change
	fmt.Fprintf(b, "%s/%s|%s|%s|%s|%s|%s|%s\n", c.Namespace, c.Name, c.Action, c.Currency, c.DueNow.After, c.NextInvoice.After,
		c.PerYear.After, c.NextInvoiceTime)
	for i := range c.Outcomes {
		fmt.Fprintf(b, "%s|%s|%s\n", c.Outcomes[i].Summary, c.Outcomes[i].State, c.Outcomes[i].Hash)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
