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
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

const (
	normal  = corev1.EventTypeNormal
	warning = corev1.EventTypeWarning
)

// announce tells people what a commit did, after it succeeded and once.
func (r *Reconciler) announce(w *world, outcome subscription.Outcome) {
	for _, e := range outcome.Effects {
		if d := e.Document; d != nil {
			name := record.InvoiceName(w.sub.Name, string(w.sub.UID), d.Number)
			note := fmt.Sprintf("%s document %s over %s %s", d.Reason, name,
				outcome.State.Currency.Format(d.AmountDue), outcome.State.Currency.Code())
			invoice := &v1alpha1.Invoice{ObjectMeta: metav1.ObjectMeta{Namespace: w.sub.Namespace, Name: name}}
			r.Events.Eventf(w.sub, invoice, normal, "InvoiceIssued", "InvoiceIssued", "%s", status.EventNote(note))
			continue
		}
		r.announceDecision(w, outcome, e.Decision)
	}
	for _, n := range outcome.Notices {
		r.announceNotice(w, n)
	}
	if w.state.Phase == subscription.Pending && outcome.State.Started() {
		r.event(w.sub, nil, normal, "Started", "The subscription has started")
	}
	if w.state.Phase != subscription.Canceled && outcome.State.Phase == subscription.Canceled {
		r.event(w.sub, nil, normal, "Canceled", "The subscription has ended")
	}
	if w.state.Parked == "" && outcome.State.Parked != "" {
		r.event(w.sub, nil, warning, "Parked", outcome.State.Parked)
	}
}

// announceNotice says that an item reached a threshold of a limit.
func (r *Reconciler) announceNotice(w *world, n subscription.Notice) {
	var reason, note string
	kind := normal
	switch n.Limit {
	case subscription.SeatsLimit:
		reason, note = "SeatsLimitReached", fmt.Sprintf("Item %s holds %d seats: %d %% of its maximum.", n.Item, n.Reached, n.Threshold)
	case metering.SoftLimit:
		reason, note = "SoftLimitReached", fmt.Sprintf("Item %s used %d units: %d %% of its soft limit.", n.Item, n.Reached, n.Threshold)
	case metering.TrialLimit:
		kind, reason = warning, "TrialUsageLimitReached"
		note = fmt.Sprintf("Item %s used %d units: further usage is not taken until the trial ends.", n.Item, n.Reached)
	case metering.HardLimit:
		kind, reason = warning, "HardLimitReached"
		note = fmt.Sprintf("Item %s used %d units: further usage in this period is not billed.", n.Item, n.Reached)
	}
	// Events of one commit that differ in their note alone are taken for repetitions of the first,
	// whose note stays: the action tells items and thresholds apart.
	action := fmt.Sprintf("Reach %d %% of %s", n.Threshold, n.Item)
	r.Events.Eventf(w.sub, nil, kind, reason, action, "%s", status.EventNote(note))
}

func (r *Reconciler) announceDecision(w *world, outcome subscription.Outcome, d *subscription.Decision) {
	update := w.updates[d.UID]
	switch d.Verdict {
	case subscription.IsApplied:
		note := d.Summary
		if d.Adjustment != nil {
			note += fmt.Sprintf(", adjustment %s %s", outcome.State.Currency.Format(*d.Adjustment), outcome.State.Currency.Code())
		}
		r.event(w.sub, update, normal, "Applied", note)
	case subscription.IsRejected:
		r.event(w.sub, update, warning, "Rejected", d.Fault.Message)
	default:
		// What was superseded or previewed changed nothing, and its status says so.
	}
}

// event sends one Kubernetes event about the subscription.
func (r *Reconciler) event(sub *v1alpha1.Subscription, related *v1alpha1.SubscriptionUpdate, kind, reason, note string) {
	var other runtime.Object
	if related != nil {
		other = related
	}
	r.Events.Eventf(sub, other, kind, reason, reason, "%s", status.EventNote(note))
}
