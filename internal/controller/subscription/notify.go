// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/delivery"
	sinkevent "github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/sinks"
)

// This file records the events for EventSinks. A commit appends the events in the status update that makes them true.
// There is no other write for them. The reconciler that delivers them moves the cursors.

// trialEnding is the type of the event that only passing time makes due.
const trialEnding = string(sinkevent.SubscriptionTrialEnding)

// gatherSinks reads the EventSinks that select the subscription.
func (r *Reconciler) gatherSinks(ctx context.Context, w *world) (err error) {
	w.sinks, err = r.sinksOf(ctx, w.sub)
	return err
}

func (r *Reconciler) sinksOf(ctx context.Context, sub *v1alpha1.Subscription) ([]delivery.Sink, error) {
	return sinks.Reader{Client: r.Client, Live: r.Live}.Of(ctx, delivery.FromSubscription(sub))
}

// tell returns the events of a pass that a sink wants, with their numbers.
func (w *world) tell(outcome subscription.Outcome) []v1alpha1.Notification {
	if len(w.sinks) == 0 {
		return nil
	}
	events := assembly.Events(assembly.Passed{
		Subscription: w.sub, Before: w.state, Input: w.input, Outcome: outcome, Updates: w.updates,
	})
	return delivery.Number(delivery.FromSubscription(w.sub), w.sinks, events)
}

// toldOf returns the event about the record with a name, or nil. An update that waits does not count.
func toldOf(told []v1alpha1.Notification, name string) *v1alpha1.Notification {
	at := slices.IndexFunc(told, func(n v1alpha1.Notification) bool {
		return n.Ref != nil && n.Ref.Name == name && delivery.HasRecord(&n)
	})
	if at < 0 {
		return nil
	}
	return &told[at]
}

// keepEvents writes the events of a pass into the status that is about to be committed, with what has been delivered by
// now.
func (r *Reconciler) keepEvents(w *world, p intent, s *v1alpha1.SubscriptionStatus) {
	if len(w.sinks) == 0 && len(s.EventCursors) == 0 {
		return
	}
	delivery.Keep(delivery.FromSubscription(w.sub), w.sinks, p.told, r.reached(w.sub)).InSubscription(s)
	if end := assembly.TrialEndingTime(p.told); end != nil {
		s.TrialEndingTime = end
	}
}

func (r *Reconciler) reached(sub *v1alpha1.Subscription) map[types.UID]v1alpha1.EventCursor {
	if r.Reached == nil {
		return nil
	}
	return r.Reached.Of(facts.Identity(sub))
}

// keepDeparted keeps the undelivered events of a subscription that is about to be removed, so that the deletion does
// not wait for a sink. If the namespace is being deleted, so are its sinks, and nothing is kept.
func (r *Reconciler) keepDeparted(ctx context.Context, sub *v1alpha1.Subscription) error {
	if len(delivery.Behind(delivery.FromSubscription(sub))) == 0 {
		return nil
	}
	inUse, err := r.sinksOf(ctx, sub)
	if err != nil {
		return err
	}
	left := delivery.FromSubscription(sub).Moved(r.reached(sub))
	if !delivery.AnyWaits(left, inUse) {
		return nil
	}
	departing := sub.DeepCopy()
	left.InSubscription(&departing.Status)
	kept, err := delivery.Depart(departing)
	if err != nil {
		return err
	}
	err = r.Client.Create(ctx, kept)
	if apierrors.IsAlreadyExists(err) {
		return r.checkKept(ctx, kept)
	}
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keep the events of the Subscription: %w", err)
	}
	return nil
}

// checkKept checks that the operator created the object that already has the name, in a pass that ended early. The
// events in somebody else's object would never be delivered.
func (r *Reconciler) checkKept(ctx context.Context, kept *appsv1.ControllerRevision) error {
	var there appsv1.ControllerRevision
	err := r.Client.Get(ctx, client.ObjectKeyFromObject(kept), &there)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read ControllerRevision %q: %w", kept.Name, err)
	}
	if err != nil || there.Labels[v1alpha1.LabelDeparted] != v1alpha1.DepartedTrue {
		return fmt.Errorf("the events of the Subscription cannot be kept: ControllerRevision %q exists, and Seatplane did not create it: delete it", kept.Name)
	}
	return nil
}

// nextTold is how long it is until an event is due that exists for EventSinks alone, or zero.
func (r *Reconciler) nextTold(w *world, outcome subscription.Outcome) time.Duration {
	wanted := slices.ContainsFunc(w.sinks, func(s delivery.Sink) bool { return s.Wants(delivery.FromSubscription(w.sub), trialEnding) })
	at := assembly.NextTrialEnding(w.sub, outcome.State)
	if !wanted || at.IsZero() || w.input.Terms.ByHand || w.input.Terms.OnHold() {
		return 0
	}
	return max(at.Sub(r.Clock.Now()), time.Second)
}

// sooner is the shorter of two waiting times. Zero means that there is none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}

// onlyDelivered reports whether the only change of a subscription is how far its events were delivered.
func onlyDelivered(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.Subscription), e.ObjectNew.(*v1alpha1.Subscription)
	if before.ResourceVersion == after.ResourceVersion || before.Generation != after.Generation ||
		before.Status.EventSequence != after.Status.EventSequence {
		return false
	}
	if equality.Semantic.DeepEqual(before.Status.EventCursors, after.Status.EventCursors) {
		return false
	}
	status := before.Status
	status.EventCursors, status.Notifications = after.Status.EventCursors, after.Status.Notifications
	return equality.Semantic.DeepEqual(before.Labels, after.Labels) &&
		equality.Semantic.DeepEqual(before.Annotations, after.Annotations) &&
		equality.Semantic.DeepEqual(before.Finalizers, after.Finalizers) &&
		before.DeletionTimestamp.Equal(after.DeletionTimestamp) &&
		equality.Semantic.DeepEqual(status, after.Status)
}
