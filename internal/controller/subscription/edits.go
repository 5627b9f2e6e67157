// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// recordEdits creates an update for each item for which the spec now declares another quantity, and one for
// everything else that changed in the list of items. The name is derived from the generation, so that creating an
// update twice creates one.
//
// An update that the API server refuses, or whose names are taken, blocks neither the other edits nor the due events.
// w.unrecorded explains why it does not exist.
func (r *Reconciler) recordEdits(ctx context.Context, w *world) error {
	for _, edit := range subscription.Edits(w.state, w.input.Terms, w.input.Updates) {
		update, err := r.recordEdit(ctx, w, assembly.EditUpdate(w.sub, w.input, edit))
		if fault := unrecordedEdit(err); fault != nil {
			log.FromContext(ctx).Error(err, "could not create the SubscriptionUpdate for an edit of the spec")
			w.unrecorded = cmp.Or(w.unrecorded, fault)
			continue
		}
		if err != nil {
			return fmt.Errorf("create a SubscriptionUpdate for an edit of the spec: %w", err)
		}
		if facts.Belongs(update, w.sub) && !facts.Finished(update.Status.State) {
			w.add(update)
		}
	}
	r.announceUnrecorded(w)
	return nil
}

// maxNames bounds how many names are tried for the update of one edit.
const maxNames = 5

// errNamesTaken means that other objects have every name that the update of an edit could have.
var errNamesTaken = errors.New("the names of the update are taken")

// recordEdit creates the update, or returns the one that an earlier try created. If another object has its name,
// it gets the next name.
func (r *Reconciler) recordEdit(ctx context.Context, w *world, wanted *v1alpha1.SubscriptionUpdate) (*v1alpha1.SubscriptionUpdate, error) {
	for range maxNames {
		update := wanted.DeepCopy()
		err := r.Client.Create(ctx, update)
		if err == nil {
			return update, nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return nil, err
		}
		existing := &v1alpha1.SubscriptionUpdate{}
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(wanted), existing); err != nil {
			return nil, err
		}
		if record.SameRecord(existing, wanted) && record.CauseFault(existing, w.sub, w.present) == "" {
			return existing, nil
		}
		r.event(w.sub, existing, warning, v1alpha1.ReasonUpdateNameTaken, fmt.Sprintf("The SubscriptionUpdate %q has a name that Seatplane "+
			"uses for an edit of this subscription, but Seatplane did not create it. The edit is recorded under another name.", existing.Name))
		wanted.Name = record.NextUpdateName(w.sub.Name, existing.Name, string(existing.UID))
	}
	return nil, fmt.Errorf("%w: delete those that Seatplane did not create", errNamesTaken)
}
