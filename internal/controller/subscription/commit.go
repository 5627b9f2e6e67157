// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/record"
)

// maxOutboxBytes bounds what one commit owes (consistency.md#5-size-bounds).
const maxOutboxBytes = 256 << 10

// freeze converts an outcome's effects to the form of the outbox, and counts their bytes.
func (r *Reconciler) freeze(w *world, outcome subscription.Outcome, told []v1alpha1.Notification) ([]v1alpha1.Effect, int, error) {
	var effects []v1alpha1.Effect
	bytes := 0
	for _, e := range outcome.Effects {
		effect, payload := r.freezeOne(w, outcome, e, told)
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

// freezeOne converts one effect. A record has the number of the event about it.
func (r *Reconciler) freezeOne(w *world, outcome subscription.Outcome, e subscription.Effect, told []v1alpha1.Notification) (v1alpha1.Effect, any) {
	if d := e.Decision; d != nil {
		status := assembly.DecidedUpdate(w.sub, w.input, outcome, *d, r.Clock.Now())
		status.Origin = w.originOf(d.UID)
		status.Approval = w.approvalOf(d.UID, status.ApprovedTime)
		if n := toldOf(told, d.Name); n != nil {
			status.EventSequence, status.EventTime = n.Sequence, n.Time.DeepCopy()
			status.SubscriptionExternalRef = w.sub.Spec.ExternalRef
		}
		return v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: d.Name, UID: types.UID(d.UID)}, status
	}
	name, invoice := assembly.IssuedInvoice(w.sub, outcome, *e.Document)
	if n := toldOf(told, name); n != nil {
		invoice.EventSequence = n.Sequence
	}
	return v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: name}, invoice
}

// commit is the one status update that makes an outcome take effect. It uses the resourceVersion
// that the outcome was computed from, so a conflict means that nothing happened. If nothing
// changed, nothing is written.
func (r *Reconciler) commit(ctx context.Context, w *world, p intent) error {
	after := w.sub.DeepCopy()
	r.describe(w, p, &after.Status)
	if len(p.told) == 0 && equality.Semantic.DeepEqual(w.sub.Status, after.Status) {
		return nil
	}
	r.keepEvents(w, p, &after.Status)
	// Everything in the outbox is in place. Otherwise the pass would have ended before.
	after.Status.Outbox = slices.Clone(p.effects)
	if err := record.AbridgeOutbox(after); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := r.askAgain(ctx, w.sub, p.outcome); err != nil {
		return err
	}
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
	r.own.Wrote(w.sub)
	w.committed = true
	r.announce(w, p.outcome)
	r.announceFaults(w.sub, said)
	return nil
}

// describe writes the outcome into a status.
func (r *Reconciler) describe(w *world, p intent, s *v1alpha1.SubscriptionStatus) {
	assembly.Describe(w.sub, w.input, p.outcome, w.seating(p.outcome.State), s)
	if assembly.Happened(p.outcome) {
		s.Outbox = p.effects
	}
	conditions(w, p.outcome, s, r.Clock.Now())
}
