// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// reportWaiting says on each update that is still open what it waits for. A
// word that changes nothing is not written.
func (r *Reconciler) reportWaiting(ctx context.Context, w *world, outcome subscription.Outcome) error {
	for _, waiting := range outcome.Waiting {
		before := w.updates[waiting.UID]
		after := before.DeepCopy()
		after.Status = record.Waiting(before, waiting, outcome.State.Currency, w.input.Policies, r.Clock.Now())
		after.Status.SubscriptionUID = w.sub.UID
		after.Status.Origin = w.originOf(waiting.UID)
		if err := r.gatherApproval(ctx, before, after); err != nil {
			return err
		}
		if err := r.write(ctx, before, after); err != nil {
			return err
		}
		if waiting.Verdict == subscription.IsHeld && before.Status.State != v1alpha1.UpdateHeld {
			r.event(w.sub, after, warning, v1alpha1.EventHeld, waiting.Summary+": "+waiting.Fault.Message)
		}
	}
	return nil
}

// write writes an open update's status if it changed, under its
// resourceVersion. A conflict or a deletion wakes the subscription again.
func (r *Reconciler) write(ctx context.Context, before, after *v1alpha1.SubscriptionUpdate) error {
	_, err := status.Write(ctx, r.Client, before, after)
	return client.IgnoreNotFound(err)
}

// reportOwed says that a write which the last commit owes cannot be made. No
// further step is taken until it is.
func (r *Reconciler) reportOwed(ctx context.Context, sub *v1alpha1.Subscription, owed error) error {
	if errors.Is(owed, errConflict) || apierrors.IsConflict(owed) || status.IsRefused(owed) {
		return owed
	}
	after := sub.DeepCopy()
	set := status.Of(&after.Status.Conditions, sub.Generation, r.Clock.Now())
	if errors.Is(owed, errForeign) {
		set.Stalled(v1alpha1.ReasonInvoiceNameTaken, nameTaken(owed))
	} else {
		set.InProgress(v1alpha1.ReasonEffectsOwed, "Invoices or updates from the last change could not be written yet. Seatplane keeps trying, and takes no further step until they are written.")
	}
	wrote, err := status.Write(ctx, r.Client, sub, after)
	if err != nil {
		return errors.Join(owed, err)
	}
	if wrote && errors.Is(owed, errForeign) {
		r.event(sub, nil, warning, v1alpha1.ReasonInvoiceNameTaken, nameTaken(owed))
	}
	return owed
}

// reportUngathered says why nothing could be decided.
func (r *Reconciler) reportUngathered(ctx context.Context, sub *v1alpha1.Subscription, cause error) error {
	var clock *clocks.NotFoundError
	after := sub.DeepCopy()
	set := status.Of(&after.Status.Conditions, sub.Generation, r.Clock.Now())
	switch {
	case errors.As(cause, &clock):
		set.InProgress(v1alpha1.ReasonClockNotFound, clock.Error()+": create it. Without it, the subscription does not advance.")
	default:
		return cause
	}
	after.Status.ObservedGeneration = sub.Generation
	if after.Status.State == "" {
		after.Status.State = v1alpha1.SubscriptionPending
	}
	wrote, err := status.Write(ctx, r.Client, sub, after)
	if wrote && err == nil {
		r.announceFaults(after, sub.Status.Conditions)
	}
	return err
}

// reportOrphans says on the updates of a subscription that does not exist that
// they wait for it. One that the cache lacks may be another operator's, by its
// labels: only a live read tells.
func (r *Reconciler) reportOrphans(ctx context.Context, name types.NamespacedName) error {
	var list v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &list, client.InNamespace(name.Namespace),
		client.MatchingFields{index.FieldSubscription: name.Name}); err != nil {
		return fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	list.Items = slices.DeleteFunc(list.Items, func(u v1alpha1.SubscriptionUpdate) bool { return facts.Finished(u.Status.State) })
	if len(list.Items) == 0 {
		return nil
	}
	err := r.Live.Get(ctx, name, &v1alpha1.Subscription{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	for i := range list.Items {
		if err := r.reportForeign(ctx, &list.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// reportForeign deals with an update that means a subscription which is not
// there: it waits for one or, when the one that it means is gone, is rejected.
// That is the one decision that no commit makes (consistency.md#1-one-commit).
func (r *Reconciler) reportForeign(ctx context.Context, u *v1alpha1.SubscriptionUpdate) error {
	gone, err := r.isGone(ctx, u)
	if err != nil {
		return err
	}
	after := u.DeepCopy()
	after.Status.Origin = facts.Origin(u)
	after.Status.ObservedGeneration = u.Generation
	set := status.Of(&after.Status.Conditions, u.Generation, r.Clock.Now())
	message := fmt.Sprintf("The Subscription %q does not exist. The update waits until it is created.", u.Spec.SubscriptionRef.Name)
	after.Status.State = v1alpha1.UpdatePending
	if gone {
		message = goneMessage(u)
		after.Status.State = v1alpha1.UpdateRejected
		set.Stalled(v1alpha1.ReasonSubscriptionNotFound, message)
	} else {
		set.InProgress(v1alpha1.ReasonSubscriptionNotFound, message)
	}
	set.Set(v1alpha1.ConditionApplied, metav1.ConditionFalse, v1alpha1.ReasonSubscriptionNotFound, message)
	return r.write(ctx, u, after)
}

// isGone reports, by a live read, whether the subscription that an update means no longer exists: the one that it
// names by UID, or the one that it was seen to wait for. One that means no subscription in particular may have been
// created before its subscription, and waits.
func (r *Reconciler) isGone(ctx context.Context, u *v1alpha1.SubscriptionUpdate) (bool, error) {
	uid := cmp.Or(u.Spec.SubscriptionRef.UID, u.Status.SubscriptionUID)
	if uid == "" {
		return false, nil
	}
	var sub v1alpha1.Subscription
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: u.Namespace, Name: u.Spec.SubscriptionRef.Name}, &sub)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read Subscription %q: %w", u.Spec.SubscriptionRef.Name, err)
	}
	return sub.UID != uid, nil
}
