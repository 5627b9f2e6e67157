// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/seating"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// markSeats writes on each assignment whether its assignee has a seat: first the refusals and then
// the seats, each with the version that was read.
//
// A seat is assigned only after the subscription was confirmed, after listing its assignments, to
// be the version that the seat was computed from: by this pass's commit, or else by a live read. So
// within one process a decrease and a new seat never overlap. docs/decisions/0013 describes what
// can happen with two leaders.
func (r *Reconciler) markSeats(ctx context.Context, w *world, outcome subscription.Outcome) error {
	if !w.sub.DeletionTimestamp.IsZero() {
		return nil // they report that it does not exist once that is so
	}
	if !w.committed && w.givesSeats(outcome.State) {
		if err := r.isCurrent(ctx, w.sub); err != nil {
			return err
		}
	}
	plans := w.seating(outcome.State)
	var last []func() error
	for i := range w.seats.assignments {
		before := &w.seats.assignments[i]
		after := before.DeepCopy()
		after.Status = assembly.SeatMark(w.sub, outcome.State, plans, before, w.input.Now, r.Clock.Now())
		if plans[before.Spec.Item].Places[before.Name].Verdict == seating.Holds {
			last = append(last, func() error { return r.mark(ctx, before, after) })
			continue
		}
		if err := r.mark(ctx, before, after); err != nil {
			return err
		}
	}
	for _, give := range last {
		if err := give(); err != nil {
			return err
		}
	}
	return nil
}

// isCurrent checks that nobody has written the subscription since it was read.
func (r *Reconciler) isCurrent(ctx context.Context, sub *v1alpha1.Subscription) error {
	var now v1alpha1.Subscription
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(sub), &now)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read the Subscription: %w", err)
	}
	if err != nil || now.ResourceVersion != sub.ResourceVersion {
		return errConflict
	}
	return nil
}

// mark writes an assignment's status if it changed. A deletion triggers the subscription again.
func (r *Reconciler) mark(ctx context.Context, before, after *v1alpha1.SeatAssignment) error {
	_, err := status.Write(ctx, r.Client, before, after)
	return client.IgnoreNotFound(err)
}

// markOrphans reports, on the assignments of a subscription that does not exist, that they wait for
// it. Only a live read shows that it does not exist.
func (r *Reconciler) markOrphans(ctx context.Context, name types.NamespacedName) error {
	var list v1alpha1.SeatAssignmentList
	if err := r.Client.List(ctx, &list, client.InNamespace(name.Namespace),
		client.MatchingFields{index.FieldSubscription: name.Name}); err != nil {
		return fmt.Errorf("list SeatAssignments: %w", err)
	}
	if len(list.Items) == 0 {
		return nil
	}
	err := r.Live.Get(ctx, name, &v1alpha1.Subscription{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	for i := range list.Items {
		after := list.Items[i].DeepCopy()
		after.Status = record.NotSeated(after, record.NoSubscription(), r.Clock.Now())
		if err := r.mark(ctx, &list.Items[i], after); err != nil {
			return err
		}
	}
	return nil
}
