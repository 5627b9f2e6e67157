// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

const (
	normal  = corev1.EventTypeNormal
	warning = corev1.EventTypeWarning
)

// announce sends events about what a commit did, once, after it succeeded.
func (r *Reconciler) announce(w *world, outcome subscription.Outcome) {
	for _, e := range outcome.Effects {
		if d := e.Document; d != nil {
			r.announceInvoice(w, outcome.State.Currency, d)
			continue
		}
		r.announceDecision(w, outcome, e.Decision)
	}
	for _, n := range outcome.Notices {
		r.announceNotice(w, n)
	}
	if w.begins(outcome) {
		r.event(w.sub, nil, normal, v1alpha1.EventStarted, "The subscription has started.")
		r.announceOlder(w)
	}
	if w.state.Phase != subscription.Canceled && outcome.State.Phase == subscription.Canceled {
		r.event(w.sub, nil, normal, v1alpha1.ReasonCanceled, "The subscription has ended.")
	}
}

// begins reports whether an outcome starts the subscription.
func (w *world) begins(outcome subscription.Outcome) bool {
	return w.state.Phase == subscription.Pending && outcome.State.Started()
}

// announceInvoice reports that a document was issued, with its amount due and its reason.
func (r *Reconciler) announceInvoice(w *world, currency money.Currency, d *subscription.Document) {
	name := record.InvoiceName(w.sub.Name, string(facts.Identity(w.sub)), d.Number)
	what := "invoice"
	if d.CreditNote {
		what = "credit note"
	}
	note := fmt.Sprintf("Issued %s %s for %s %s (%s)", what, name, currency.Format(d.AmountDue), currency.Code(), d.Reason)
	invoice := &v1alpha1.Invoice{ObjectMeta: metav1.ObjectMeta{Namespace: w.sub.Namespace, Name: name}}
	r.Recorder.Eventf(w.sub, invoice, normal, v1alpha1.EventInvoiceIssued, v1alpha1.EventInvoiceIssued, "%s", status.EventNote(note))
}

// announceNotice reports that an item reached a threshold of a limit.
func (r *Reconciler) announceNotice(w *world, n subscription.Notice) {
	kind, reason, note := eventOfNotice(n)
	// Whoever collects events may take those of one object that differ in their note alone for repetitions of the first:
	// the action tells items and thresholds apart.
	action := fmt.Sprintf("Reach %d %% of %s", n.Threshold, n.Item)
	r.Recorder.Eventf(w.sub, nil, kind, reason, action, "%s", status.EventNote(note))
}

// eventOfNotice returns the type, the reason and the note of the event that announces a notice.
func eventOfNotice(n subscription.Notice) (kind, reason, note string) {
	used := fmt.Sprintf("Item %q used %s: ", n.Item, quantified(n.Reached, "unit"))
	switch n.Limit {
	case metering.SoftLimit:
		return normal, v1alpha1.ReasonSoftLimitReached, used + fmt.Sprintf("%d %% of its soft limit.", n.Threshold)
	case metering.TrialLimit:
		return warning, v1alpha1.ReasonTrialUsageLimitReached, used + "further usage is not counted until the trial ends."
	case metering.HardLimit:
		return warning, v1alpha1.ReasonHardLimitReached, used + "further usage in this period is not billed."
	default:
		return normal, v1alpha1.EventSeatsLimitReached,
			fmt.Sprintf("Item %q has %s: %d %% of its maximum.", n.Item, quantified(n.Reached, "seat"), n.Threshold)
	}
}

// quantified writes a number with its noun: "1 seat", "2 seats".
func quantified(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (r *Reconciler) announceDecision(w *world, outcome subscription.Outcome, d *subscription.Decision) {
	update := w.updates[d.UID]
	switch d.Verdict {
	case subscription.IsApplied:
		note := d.Summary
		if d.Adjustment != nil {
			note += fmt.Sprintf(", adjustment %s %s", outcome.State.Currency.Format(*d.Adjustment), outcome.State.Currency.Code())
		}
		r.event(w.sub, update, normal, v1alpha1.ReasonApplied, note)
	case subscription.IsRejected:
		r.event(w.sub, update, warning, v1alpha1.EventRejected, d.Fault.Message)
	default:
		// A superseded or previewed update changed nothing, and its status shows that.
	}
}

// event sends one Kubernetes event about the subscription.
func (r *Reconciler) event(sub *v1alpha1.Subscription, related *v1alpha1.SubscriptionUpdate, kind, reason, note string) {
	var other runtime.Object
	if related != nil {
		other = related
	}
	r.Recorder.Eventf(sub, other, kind, reason, reason, "%s", status.EventNote(note))
}
