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
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// intent is what a pass is about to commit.
type intent struct {
	outcome subscription.Outcome
	// effects are the frozen effects of the outcome.
	effects []v1alpha1.Effect
	// told are the events for EventSinks, with their numbers.
	told []v1alpha1.Notification
	// live are the updates that were read live.
	live map[types.UID]*v1alpha1.SubscriptionUpdate
}

// plan replays what is due. Every update that would be decided is read live first, after the
// subscription was read. If an update has been finished, deleted or approved since, the plan is
// made again with its current state. This read prevents a change from taking effect twice
// (consistency.md#2-exactly-once). The assignments are listed live before a quantity decreases or a
// seat is assigned, and the predecessor is looked up live before the subscription starts. If the
// outbox would be too large, the plan is made with fewer events, and the next pass replays the
// rest.
func (r *Reconciler) plan(ctx context.Context, w *world) (intent, error) {
	p := intent{live: map[types.UID]*v1alpha1.SubscriptionUpdate{}}
	for {
		p.outcome = subscription.Replay(w.state, w.input)
		changed, err := r.confirm(ctx, w, p.outcome, p.live)
		if err == nil && !changed {
			changed, err = r.confirmSeats(ctx, w, p.outcome)
		}
		if err == nil && !changed {
			changed, err = r.confirmStart(ctx, w, p.outcome)
		}
		if err != nil {
			return p, err
		}
		if changed {
			continue
		}
		p.told = w.tell(p.outcome)
		var bytes int
		if p.effects, bytes, err = r.freeze(w, p.outcome, p.told); err != nil {
			return p, err
		}
		if bytes <= maxOutboxBytes || p.outcome.Events <= 1 {
			return p, nil
		}
		w.input.MaxEffects = max(len(p.effects)/2, 1)
	}
}

// confirm reads live each update that an outcome decides and that was not read yet. It reports
// whether one of them differs from the cache.
func (r *Reconciler) confirm(ctx context.Context, w *world, outcome subscription.Outcome, live map[types.UID]*v1alpha1.SubscriptionUpdate) (changed bool, err error) {
	for _, effect := range outcome.Effects {
		if effect.Decision == nil || live[types.UID(effect.Decision.UID)] != nil {
			continue
		}
		cached := w.updates[effect.Decision.UID]
		var u v1alpha1.SubscriptionUpdate
		err := r.Live.Get(ctx, client.ObjectKeyFromObject(cached), &u)
		if client.IgnoreNotFound(err) != nil {
			return false, fmt.Errorf("read SubscriptionUpdate %q: %w", cached.Name, err)
		}
		if apierrors.IsNotFound(err) || u.UID != cached.UID || facts.Finished(u.Status.State) || !facts.Belongs(&u, w.sub) {
			w.drop(string(cached.UID))
			changed = true
			continue
		}
		live[u.UID] = &u
		w.approvals[effect.Decision.UID] = record.Approval(&u)
		if u.ResourceVersion != cached.ResourceVersion {
			w.drop(string(cached.UID))
			w.add(&u)
			changed = true
		}
	}
	return changed, nil
}
