// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// maxOutboxBytes bounds what one commit owes (consistency.md#5-size-bounds).
const maxOutboxBytes = 256 << 10

// freeze writes an outcome's effects down as the outbox will hold them, and
// counts their bytes.
func (r *Reconciler) freeze(w *world, outcome subscription.Outcome) ([]v1alpha1.Effect, int, error) {
	var effects []v1alpha1.Effect
	bytes := 0
	for _, e := range outcome.Effects {
		effect, payload := r.freezeOne(w, outcome, e)
		raw, err := json.Marshal(payload)
		if err != nil {
			return nil, 0, fmt.Errorf("write the outbox entry of %q: %w", effect.Name, err)
		}
		effect.Payload = &runtime.RawExtension{Raw: raw}
		effects = append(effects, effect)
		bytes += len(raw)
	}
	return effects, bytes, nil
}

func (r *Reconciler) freezeOne(w *world, outcome subscription.Outcome, e subscription.Effect) (v1alpha1.Effect, any) {
	currency := outcome.State.Currency
	if d := e.Decision; d != nil {
		if d.Preview != nil {
			currency = d.Preview.Currency
		}
		status := record.Decided(w.sub, *d, currency, w.input.Policies, r.Clock.Now())
		status.Origin = w.originOf(d.UID)
		status.Approval = w.approvalOf(d.UID, status.ApprovedTime)
		return v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: d.Name, UID: types.UID(d.UID)}, status
	}
	name := record.InvoiceName(w.sub.Name, string(w.sub.UID), e.Document.Number)
	return v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: name}, record.Invoice(w.sub, *e.Document, currency)
}

// commit is the one status update that makes everything true that the outcome
// says. It carries the resourceVersion that the outcome was computed from; a
// conflict means that nothing happened. Where there is nothing to say, nothing
// is written.
func (r *Reconciler) commit(ctx context.Context, w *world, p intent) error {
	after := w.sub.DeepCopy()
	r.describe(w, p, &after.Status)
	if equality.Semantic.DeepEqual(w.sub.Status, after.Status) {
		return nil
	}
	// What the outbox holds is in place, or this pass would not be here.
	after.Status.Outbox = p.effects
	err := r.Client.Status().Update(ctx, after)
	if apierrors.IsConflict(err) {
		return errConflict
	}
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	said := w.sub.Status.Conditions
	*w.sub = *after
	r.placed.begin(w.sub)
	w.committed = true
	r.announce(w, p.outcome)
	r.announceFaults(w.sub, said)
	return nil
}

// describe writes the outcome into a status.
func (r *Reconciler) describe(w *world, p intent, s *v1alpha1.SubscriptionStatus) {
	outcome := p.outcome
	switch {
	case outcome.Events > 0 || outcome.Readings > 0:
		record.WriteState(outcome.State, subscription.UpcomingInvoice(outcome.State, outcome.Open(w.input)), s)
		s.Outbox = p.effects
		s.LastHandledUnpark = w.sub.Annotations[v1alpha1.AnnotationUnpark]
	case w.looksAhead(outcome):
		record.WriteUpcoming(&outcome.State, subscription.UpcomingInvoice(outcome.State, outcome.Open(w.input)), s)
	}
	if outcome.InvoicedNow {
		s.LastHandledInvoiceRequest = w.sub.Annotations[v1alpha1.AnnotationInvoiceRequestedAt]
	}
	for _, e := range outcome.Effects {
		if e.Document == nil {
			continue
		}
		summary := record.Summary(w.sub, *e.Document, outcome.State.Currency)
		s.RecentInvoice = summary
		if s.InitialInvoice == nil {
			s.InitialInvoice = summary
		}
	}
	w.describeSeats(outcome.State, s)
	s.ObservedGeneration = w.sub.Generation
	s.ScheduledCancelTime = facts.ScheduledCancel(w.sub)
	s.State = displayState(outcome.State, w.input.Terms)
	s.PendingUpdates = ptr.To(int64(len(outcome.Waiting)))
	s.NextEventTime = record.Time(outcome.Next)
	if w.input.Terms.ByHand {
		if s.SeenTime == nil {
			s.SeenTime = record.Time(w.input.Now)
		}
		if !outcome.More {
			s.ClockTime = record.Time(w.input.Now)
		}
	}
	conditions(w, outcome, s, r.Clock.Now())
}

// looksAhead reports whether what lies ahead may have changed although nothing happened: the spec was edited, or
// an update waits that did not before. What other objects say is taken up with the next event, so that an edit of
// a product does not rewrite all of its subscriptions.
func (w *world) looksAhead(outcome subscription.Outcome) bool {
	return w.sub.Status.ObservedGeneration != w.sub.Generation || wasRefused(w.sub) ||
		ptr.Deref(w.sub.Status.PendingUpdates, 0) != int64(len(outcome.Waiting))
}

// displayState is the state that people read.
func displayState(state subscription.State, terms subscription.Terms) v1alpha1.SubscriptionState {
	if terms.OnHold() && state.Phase != subscription.Canceled {
		return v1alpha1.SubscriptionSuspended
	}
	return v1alpha1.SubscriptionState(state.Phase)
}
