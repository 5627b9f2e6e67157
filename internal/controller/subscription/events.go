// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"maps"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/wake"
)

// This file decides which events wake a subscription, and with which priority.

// enqueue requests passes with a priority. If a request already waits, the higher of the two
// priorities applies.
func enqueue(q wake.Queue, priority int, requests ...reconcile.Request) {
	if queue, hasPriorities := q.(priorityqueue.PriorityQueue[reconcile.Request]); hasPriorities {
		queue.AddWithOpts(priorityqueue.AddOpts{Priority: ptr.To(priority)}, requests...)
		return
	}
	for _, request := range requests {
		q.Add(request)
	}
}

// byPerson is the priority of changes that somebody made in a namespace, within the allowance of
// the namespace.
func (r *Reconciler) byPerson(namespace string) int {
	if r.allowance.Take(namespace, r.Clock) {
		return ordinary
	}
	return oneOfMany
}

// subscriptionEvents wake the subscription itself. When the writes of the newest pass arrive in the cache, they wake
// nobody, and neither do writes about the delivery of events.
func (r *Reconciler) subscriptionEvents() handler.EventHandler {
	self := func(object client.Object) reconcile.Request {
		return reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q wake.Queue) {
			enqueue(q, r.priorityOfCreated(e), self(e.Object))
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q wake.Queue) {
			if !r.own.Shows(e.ObjectNew) && !onlyDelivered(e) {
				enqueue(q, r.priorityOfChanged(e), self(e.ObjectNew))
			}
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q wake.Queue) {
			r.own.Begin(client.ObjectKeyFromObject(e.Object))
			enqueue(q, r.byPerson(e.Object.GetNamespace()), self(e.Object))
		},
	}
}

// priorityOfCreated distinguishes a subscription that was just created from those that a starting manager lists, and
// among these the ones for which something is due.
func (r *Reconciler) priorityOfCreated(e event.CreateEvent) int {
	next := e.Object.(*v1alpha1.Subscription).Status.NextEventTime
	switch {
	case !e.IsInInitialList:
		return r.byPerson(e.Object.GetNamespace())
	case next != nil && !next.After(r.Clock.Now()):
		return oneOfMany
	default:
		return catchingUp
	}
}

// priorityOfChanged distinguishes a person's change of a subscription from the operator's writes to its status. Most
// often such a write is the commit of a subscription that catches up. It must not come before subscriptions that a
// person changed.
func (r *Reconciler) priorityOfChanged(e event.UpdateEvent) int {
	before, after := e.ObjectOld.(*v1alpha1.Subscription), e.ObjectNew.(*v1alpha1.Subscription)
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case before.Generation != after.Generation, !maps.Equal(before.Annotations, after.Annotations),
		before.DeletionTimestamp.IsZero() != after.DeletionTimestamp.IsZero():
		return r.byPerson(after.Namespace)
	case before.ResourceVersion == after.ResourceVersion, ready != nil && ready.Reason == v1alpha1.ReasonProgressing:
		return catchingUp
	default:
		return oneOfMany
	}
}

// updateEvents wake the subscription that an open update names, whether it exists or not. A finished update, or its
// deletion by retention, changes nothing.
func (r *Reconciler) updateEvents() handler.EventHandler {
	wakes := func(ctx context.Context, q wake.Queue, object client.Object, isListed bool) {
		update := object.(*v1alpha1.SubscriptionUpdate)
		switch {
		case facts.Finished(update.Status.State):
			return
		case isListed, facts.Origin(update) != v1alpha1.OriginUser:
			enqueue(q, oneOfMany, ofUpdate(ctx, object)...)
		default:
			enqueue(q, r.byPerson(update.Namespace), ofUpdate(ctx, object)...)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q wake.Queue) {
			wakes(ctx, q, e.Object, e.IsInInitialList)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q wake.Queue) { wakes(ctx, q, e.ObjectNew, false) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q wake.Queue) { wakes(ctx, q, e.Object, false) },
	}
}

// assignmentEvents wake the subscription that an assignment names, whether it exists or not. The operator's own marks
// on assignments do not count as changes.
func (r *Reconciler) assignmentEvents() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q wake.Queue) {
			priority := catchingUp
			if !e.IsInInitialList {
				priority = r.byPerson(e.Object.GetNamespace())
			}
			enqueue(q, priority, ofAssignment(ctx, e.Object)...)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q wake.Queue) {
			priority := oneOfMany
			if e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() {
				priority = r.byPerson(e.ObjectNew.GetNamespace())
			}
			enqueue(q, priority, append(ofAssignment(ctx, e.ObjectOld), ofAssignment(ctx, e.ObjectNew)...)...)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q wake.Queue) {
			enqueue(q, r.byPerson(e.Object.GetNamespace()), ofAssignment(ctx, e.Object)...)
		},
	}
}

// manyEvents wake what a map function finds for an object that may concern many subscriptions.
func manyEvents(requestsFor handler.MapFunc) handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q wake.Queue) {
			priority := oneOfMany
			if e.IsInInitialList {
				priority = catchingUp
			}
			enqueue(q, priority, requestsFor(ctx, e.Object)...)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q wake.Queue) {
			enqueue(q, oneOfMany, requestsFor(ctx, e.ObjectOld)...)
			enqueue(q, oneOfMany, requestsFor(ctx, e.ObjectNew)...)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q wake.Queue) {
			enqueue(q, oneOfMany, requestsFor(ctx, e.Object)...)
		},
	}
}
