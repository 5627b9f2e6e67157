// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// This file decides when a subscription has its next pass, and with which priority.

// atOnce requests another pass without a wait. Zero would request none.
const atOnce = time.Millisecond

// The priorities of passes: a person who waits for one change must not have to wait for a thousand
// others.
const (
	// ordinary is the priority of what a person changed.
	ordinary = 0
	// oneOfMany is the priority of changes that concern many subscriptions at once: events that fall due, the
	// results of a refresh, an edited product or policy, a moved clock, and everything beyond the allowance of a
	// namespace.
	oneOfMany = -10
	// catchingUp is the priority of a subscription that has more to replay than one pass commits. It is that of
	// the subscriptions that a starting manager lists, so that those who catch up take turns with them.
	catchingUp = handler.LowPriority
)

// again is when the next pass is due. It sets the priority each time. Otherwise the queue would keep the priority
// of this pass, and a subscription that caught up once would stay behind all others.
func (r *Reconciler) again(w *world, outcome subscription.Outcome) ctrl.Result {
	switch {
	case outcome.More:
		return ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(catchingUp)}
	case w.heldBack:
		return ctrl.Result{RequeueAfter: atOnce, Priority: ptr.To(oneOfMany)}
	default:
		return ctrl.Result{RequeueAfter: r.wakeUp(w, outcome), Priority: ptr.To(oneOfMany)}
	}
}

// firstCountTime is how long a new subscription waits for its first count before it reports that the count is
// missing. A count takes about half a second to arrive, and starts the subscription, so a write before that is
// wasted.
const firstCountTime = time.Second

// awaitsFirstCount is how much longer a new subscription stays without a status, because it waits only for its first
// counts. It is zero if there is something to report. On a TestClock, the first write also records when the
// subscription was seen, and does not wait.
func (r *Reconciler) awaitsFirstCount(w *world, outcome subscription.Outcome) time.Duration {
	if w.sub.Status.State != "" || w.input.Terms.ByHand || outcome.Events > 0 || outcome.Readings > 0 {
		return 0
	}
	if outcome.Blocked == nil || outcome.Blocked.Reason != subscription.WaitingForSeats {
		return 0
	}
	// The API server records the second of the creation, not the instant. Its clock may be ahead.
	age := r.Clock.Since(w.sub.CreationTimestamp.Time)
	if age < 0 {
		return 0
	}
	return max(firstCountTime+time.Second-age, 0)
}

// wakeUp is the time until the next event, or until an edit that could not be recorded is tried again. It is
// zero if there is neither.
func (r *Reconciler) wakeUp(w *world, outcome subscription.Outcome) time.Duration {
	next := sooner(r.nextEvent(w, outcome), r.nextTold(w, outcome))
	if w.unrecorded == nil {
		return next
	}
	if next == 0 {
		return editRetry
	}
	return min(next, editRetry)
}

// nextEvent is how long it is until the next event, or zero if nothing is due on the wall clock. A
// TestClock triggers its subscriptions itself.
func (r *Reconciler) nextEvent(w *world, outcome subscription.Outcome) time.Duration {
	if outcome.Next.IsZero() || w.input.Terms.ByHand {
		return 0
	}
	return max(outcome.Next.Sub(r.Clock.Now()), time.Second)
}
