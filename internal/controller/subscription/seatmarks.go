// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/seating"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// markSeats says on each assignment whether its holder has a seat: first on those
// who have none, then on those who have one, each under the version that was read.
//
// A seat is given only after the subscription was seen to be the one that it was
// computed from, since its assignments were listed: by this pass's commit, else by
// a live read. So a decrease and a seat never pass each other within one process;
// docs/decisions/0013 says what two leaders may do.
func (r *Reconciler) markSeats(ctx context.Context, w *world, outcome subscription.Outcome) error {
	if !w.sub.DeletionTimestamp.IsZero() {
		return nil // they say that it does not exist once it does not
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
		place := plans[before.Spec.Item].Places[before.Name]
		if place.Verdict == seating.Holds {
			after.Status = record.Seated(before, w.sub.UID, w.input.Now, r.Clock.Now())
			last = append(last, func() error { return r.mark(ctx, before, after) })
			continue
		}
		after.Status = record.NotSeated(before, w.unseated(outcome.State, before.Spec.Item, place), r.Clock.Now())
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

// unseated is why the claim on a seat of an item that has this place has none.
func (w *world) unseated(state subscription.State, item string, place seating.Place) record.Unseated {
	_, inForce := state.Item(item)
	declared := slices.ContainsFunc(w.sub.Spec.Items, func(i v1alpha1.SubscriptionItem) bool { return i.Name == item })
	switch {
	case state.Phase == subscription.Canceled:
		return record.HasEnded()
	case place.Verdict == seating.Duplicate:
		return record.SameHolder(place.First, item)
	case inForce && state.Started():
		return record.NoSeatFree(item)
	case declared:
		return record.NotInForce(item)
	default:
		return record.NoSuchItem(item)
	}
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

// mark writes an assignment's status if it changed. A deletion wakes the
// subscription again.
func (r *Reconciler) mark(ctx context.Context, before, after *v1alpha1.SeatAssignment) error {
	_, err := status.Write(ctx, r.Client, before, after)
	return client.IgnoreNotFound(err)
}

// markOrphans says on the assignments of a subscription that does not exist that
// they wait for it. Only a live read tells that it does not.
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
