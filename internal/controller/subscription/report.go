// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// reportWaiting writes on each open update what it waits for. It does not write what has not
// changed.
func (r *Reconciler) reportWaiting(ctx context.Context, w *world, outcome subscription.Outcome) error {
	for _, waiting := range outcome.Waiting {
		before := w.updates[waiting.UID]
		waiting = assembly.Reported(outcome, before, waiting)
		after := before.DeepCopy()
		after.Status = record.Waiting(before, waiting, outcome.State.Currency, w.input.Policies, r.Clock.Now())
		after.Status.SubscriptionUID = facts.Identity(w.sub)
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

// write writes an open update's status if it changed, with its resourceVersion. A conflict or a
// deletion triggers the subscription again.
func (r *Reconciler) write(ctx context.Context, before, after *v1alpha1.SubscriptionUpdate) error {
	_, err := status.Write(ctx, r.Client, before, after)
	return client.IgnoreNotFound(err)
}

// reportOwed reports that a write that the last commit owes is not possible. No further step is taken until it is. If
// an archive is ahead, that stays in the status, because a new process knows it only from there (decision 69).
func (r *Reconciler) reportOwed(ctx context.Context, sub *v1alpha1.Subscription, owed error) error {
	if errors.Is(owed, errConflict) || apierrors.IsConflict(owed) || status.IsRefused(owed) || facts.SaysArchiveAhead(sub) != "" {
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

// reportUngathered reports why nothing could be decided.
func (r *Reconciler) reportUngathered(ctx context.Context, sub *v1alpha1.Subscription, cause error) error {
	var clock *clocks.NotFoundError
	after := sub.DeepCopy()
	set := status.Of(&after.Status.Conditions, sub.Generation, r.Clock.Now())
	switch {
	case errors.As(cause, &clock):
		set.InProgress(v1alpha1.ReasonClockNotFound, clock.Error()+": create it. Without it, the subscription does not advance.")
	case errors.Is(cause, assembly.ErrUnreadable):
		set.Stalled(v1alpha1.ReasonForeignStatus, status.Message(unreadableStatus(cause)))
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

// reportForeignStatus reports that a status was written for another object, for example by a tool that restores
// objects with their statuses. Billing does not continue from this status, because its records and its outbox name
// objects that do not exist.
func (r *Reconciler) reportForeignStatus(ctx context.Context, sub *v1alpha1.Subscription) error {
	after := sub.DeepCopy()
	after.Status.ObservedGeneration = sub.Generation
	set := status.Of(&after.Status.Conditions, sub.Generation, r.Clock.Now())
	set.Stalled(v1alpha1.ReasonForeignStatus, foreignStatus)
	wrote, err := status.Write(ctx, r.Client, sub, after)
	if wrote && err == nil {
		r.announceFaults(after, sub.Status.Conditions)
	}
	return err
}

// skew is more than the clocks of the operator and of the API server differ.
const skew = time.Hour

// reportOrphans reports, on the updates of a subscription that does not exist, that they wait for it. It returns when
// to look again: when the first of them has waited too long, or 0. A subscription that the cache lacks may be another
// operator's, by its labels, so only a live read is conclusive.
func (r *Reconciler) reportOrphans(ctx context.Context, name types.NamespacedName) (time.Duration, error) {
	var list v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &list, client.InNamespace(name.Namespace),
		client.MatchingFields{index.FieldOpen: name.Name}); err != nil {
		return 0, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	if len(list.Items) == 0 {
		return 0, nil
	}
	err := r.Live.Get(ctx, name, &v1alpha1.Subscription{})
	if !apierrors.IsNotFound(err) {
		return 0, err
	}
	// A subscription that is created from now on is not older than this.
	earliest := r.Clock.Now().Add(-skew)
	var look time.Duration
	for i := range list.Items {
		u := &list.Items[i]
		if err := r.reportForeign(ctx, u, earliest); err != nil {
			return 0, err
		}
		if left := facts.Created(u).Add(facts.MaxAhead).Sub(earliest); left >= 0 && (look == 0 || left < look) {
			look = left + time.Second
		}
	}
	return look, nil
}

// reportForeign handles an update that does not belong to the subscription with its name, or for which there is
// none. Every other subscription that it could belong to is created at the earliest instant or later. The update
// waits for one. It is rejected if its subscription was deleted, or if it is too old to belong to another one. This
// is the only decision without a commit (consistency.md#1-one-commit): no commit applies such an update.
func (r *Reconciler) reportForeign(ctx context.Context, u *v1alpha1.SubscriptionUpdate, earliest time.Time) error {
	if facts.IsImporting(u) {
		return nil // its status may not be in place yet
	}
	gone, err := r.isGone(ctx, u)
	if err != nil {
		return err
	}
	outdated := facts.MeantUID(u) == "" && !facts.MayMean(u, earliest)
	after := u.DeepCopy()
	after.Status.Origin = facts.Origin(u)
	after.Status.ObservedGeneration = u.Generation
	set := status.Of(&after.Status.Conditions, u.Generation, r.Clock.Now())
	message := absentMessage(u, gone, outdated)
	if gone || outdated {
		after.Status.State = v1alpha1.UpdateRejected
		set.Stalled(v1alpha1.ReasonSubscriptionNotFound, message)
	} else {
		after.Status.State = v1alpha1.UpdatePending
		set.InProgress(v1alpha1.ReasonSubscriptionNotFound, message)
	}
	set.Set(v1alpha1.ConditionApplied, metav1.ConditionFalse, v1alpha1.ReasonSubscriptionNotFound, message)
	return r.write(ctx, u, after)
}

// isGone reports, by a live read, whether the subscription of an update no longer exists: the one that the update
// names by UID, or the one that it was seen to wait for. Any other update may have been created before its
// subscription, and waits.
func (r *Reconciler) isGone(ctx context.Context, u *v1alpha1.SubscriptionUpdate) (bool, error) {
	uid := facts.MeantUID(u)
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
	return !facts.HasUID(&sub, uid), nil
}
