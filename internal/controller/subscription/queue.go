// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// This file decides when a subscription has its next pass, and before whom.

// atOnce asks for another pass without a wait. Zero would ask for none.
const atOnce = time.Millisecond

const (
	// ordinary is the priority of whatever happens to a subscription.
	ordinary = 0
	// catchingUp is the priority of a subscription that has more to replay than one pass commits. It is that of
	// the subscriptions that a starting manager lists, so that those who catch up take turns with them.
	catchingUp = handler.LowPriority
)

type workQueue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// again is when the next pass is due. The priority is set each time: the queue would keep the one of this pass, and
// a subscription that once caught up would stay behind all others.
func (r *Reconciler) again(w *world, outcome subscription.Outcome) ctrl.Result {
	switch {
	case outcome.More:
		return ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(catchingUp)}
	case w.heldBack:
		return ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(ordinary)}
	default:
		return ctrl.Result{RequeueAfter: r.wakeUp(w, outcome), Priority: ptr.To(ordinary)}
	}
}

// wakeUp is how long until the next event, or until an edit that could not be recorded is tried again; zero when
// there is neither.
func (r *Reconciler) wakeUp(w *world, outcome subscription.Outcome) time.Duration {
	next := r.nextEvent(w, outcome)
	if w.unrecorded == nil {
		return next
	}
	if next == 0 {
		return editRetry
	}
	return min(next, editRetry)
}

// nextEvent is how long until the next event; zero when nothing is due by the wall
// clock. A TestClock wakes its subscriptions itself.
func (r *Reconciler) nextEvent(w *world, outcome subscription.Outcome) time.Duration {
	if outcome.Next.IsZero() || w.input.Terms.ByHand {
		return 0
	}
	return max(outcome.Next.Sub(r.Clock.Now()), time.Second)
}

// showsCatchingUp reports whether an event shows nothing but the status of a subscription that catches up: most often
// that its own commit has arrived in the cache. It must not move the subscription before those that a person changed.
func showsCatchingUp(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.Subscription), e.ObjectNew.(*v1alpha1.Subscription)
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonProgressing &&
		before.Generation == after.Generation && maps.Equal(before.Annotations, after.Annotations) &&
		before.DeletionTimestamp.IsZero() == after.DeletionTimestamp.IsZero()
}

// behindOthers wakes a subscription with the priority of those that catch up.
func behindOthers() handler.EventHandler {
	return handler.Funcs{UpdateFunc: func(_ context.Context, e event.UpdateEvent, q workQueue) {
		request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(e.ObjectNew)}
		queue, hasPriorities := q.(priorityqueue.PriorityQueue[reconcile.Request])
		if !hasPriorities {
			q.Add(request)
			return
		}
		queue.AddWithOpts(priorityqueue.AddOpts{Priority: ptr.To(catchingUp)}, request)
	}}
}
