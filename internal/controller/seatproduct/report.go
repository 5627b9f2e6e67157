// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
)

const (
	// maxNoteWrites bounds the subscriptions that are written at a time.
	maxNoteWrites = 16
	// maxConflicts bounds how often a write is computed again.
	maxConflicts = 5
	// totalsEvery is how often the totals are written when nothing else is.
	totalsEvery = time.Minute
)

// writeNotes writes the notes that change something, each under the version it was computed from.
func (r *Reconciler) writeNotes(ctx context.Context, notes []note) error {
	var group errgroup.Group
	group.SetLimit(maxNoteWrites)
	for _, each := range notes {
		if each.changes() {
			group.Go(func() error { return r.writeNote(ctx, each) })
		}
	}
	return group.Wait()
}

// writeNote writes one note. A conflict is computed again on the subscription as it is, for the answer
// that the note came from will not come again.
func (r *Reconciler) writeNote(ctx context.Context, n note) error {
	before := n.subscription
	if n.unseen {
		before = &v1alpha1.Subscription{}
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(n.subscription), before); err != nil || before.UID != n.subscription.UID {
			return ignoreNotFound(err)
		}
	}
	for range maxConflicts {
		after := before.DeepCopy()
		n.write(after, r.Wall.Now())
		_, err := status.Write(ctx, r.Client, before, after)
		if !apierrors.IsConflict(err) {
			return ignoreNotFound(err)
		}
		before = &v1alpha1.Subscription{}
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(n.subscription), before); err != nil {
			return ignoreNotFound(err)
		}
		if before.UID != n.subscription.UID {
			return nil
		}
	}
	return fmt.Errorf("status of Subscription %s: it changes too fast", client.ObjectKeyFromObject(n.subscription))
}

// otherProducts reads the other products of the subscriptions that ask for a refresh.
func (r *Reconciler) otherProducts(ctx context.Context, s *situation) (map[string]*v1alpha1.SeatProduct, error) {
	products := map[string]*v1alpha1.SeatProduct{}
	for _, subscription := range s.subscriptions {
		if asked := requestOn(subscription); asked == "" || asked == subscription.Status.LastHandledRefreshRequest {
			continue
		}
		for n := range subscription.Spec.Items {
			name := subscription.Spec.Items[n].ProductRef.Name
			if _, known := products[name]; known || name == s.product.Name {
				continue
			}
			product := &v1alpha1.SeatProduct{}
			err := r.Client.Get(ctx, types.NamespacedName{Namespace: s.product.Namespace, Name: name}, product, readOnly)
			switch {
			case err == nil:
				products[name] = product
			case !apierrors.IsNotFound(err):
				return nil, fmt.Errorf("read SeatProduct %s: %w", name, err)
			}
		}
	}
	return products, nil
}

// report writes the product's status if it says something new, tells of a transition, and returns when
// to look again; zero when nothing is in sight.
func (r *Reconciler) report(ctx context.Context, s *situation, memory *memory, due []load, results []result, notes []note) (time.Duration, error) {
	now := r.Wall.Now()
	before, after := s.product, s.product.DeepCopy()
	describe(after, s, due, results, notes, now)
	measureStatus(after)
	telling := !equality.Semantic.DeepEqual(before.Status, after.Status)
	described := after.DeepCopy()
	describeTotals(after, s)
	totalsDiffer := !equality.Semantic.DeepEqual(described.Status, after.Status)
	wait := nextLook(after, memory, now)
	if totalsDiffer && !telling && now.Sub(memory.totalsAt) < totalsEvery {
		return soonest(wait, totalsEvery-now.Sub(memory.totalsAt)), nil
	}
	if err := r.writeStatus(ctx, before, after); err != nil {
		return 0, err
	}
	if totalsDiffer {
		memory.totalsAt = now
	}
	r.announce(before, after)
	return wait, nil
}

// writeStatus writes the product's status. When somebody edited the product meanwhile, but nobody its
// status, it is written all the same: it says which generation it is about.
func (r *Reconciler) writeStatus(ctx context.Context, before, after *v1alpha1.SeatProduct) error {
	wanted := after.Status
	var err error
	for range maxConflicts {
		if _, err = status.Write(ctx, r.Client, before, after); !apierrors.IsConflict(err) {
			return ignoreNotFound(err)
		}
		live := &v1alpha1.SeatProduct{}
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(before), live); err != nil {
			return ignoreNotFound(err)
		}
		if live.UID != before.UID || !equality.Semantic.DeepEqual(live.Status, before.Status) {
			return err
		}
		before, after = live, live.DeepCopy()
		after.Status = wanted
	}
	return err
}

// announce sends an event when what Loaded says has changed, never for the same again.
func (r *Reconciler) announce(before, after *v1alpha1.SeatProduct) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionLoaded)
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionLoaded)
	switch {
	case r.Recorder == nil || is == nil || was != nil && was.Status == is.Status && was.Reason == is.Reason:
	case is.Reason == v1alpha1.ReasonRefreshed && was != nil:
		r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, is.Reason, actionRefresh, "%s", status.EventNote(is.Message))
	case is.Reason != v1alpha1.ReasonRefreshed && is.Reason != v1alpha1.ReasonSuspended:
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, is.Reason, actionRefresh, "%s", status.EventNote(is.Message))
	}
}

const actionRefresh = "Refresh"

// minWait keeps a pass that is due at once from becoming a busy loop.
const minWait = time.Second

// nextLook returns how long it is until something is due by the wall clock; zero when nothing is. A
// TestClock wakes the product itself when it moves.
func nextLook(after *v1alpha1.SeatProduct, memory *memory, now time.Time) time.Duration {
	var wait time.Duration
	for _, entry := range after.Status.Refreshes {
		if entry.ConsecutiveFailures > 0 {
			wait = soonest(wait, later(memory.retryTime(entry), memory.unansweredUntil).Sub(now))
			continue
		}
		if entry.Clock == "" && entry.NextRefreshTime != nil {
			wait = soonest(wait, later(entry.NextRefreshTime.Time, memory.unansweredUntil).Sub(now))
		}
	}
	// A first count that came to nothing (it was created too late) is loaded again.
	if len(memory.firstTried) > 0 {
		wait = soonest(wait, firstAgain)
	}
	return wait
}

// soonest returns the shorter of two waits, of which zero is none, and at least minWait.
func soonest(wait, other time.Duration) time.Duration {
	other = max(other, minWait)
	if wait == 0 {
		return other
	}
	return min(wait, other)
}

// markIncomplete keeps a refresh owed whose notes could not be written.
func markIncomplete(results []result, err error) {
	for n := range results {
		if results[n].failure == nil {
			results[n].incomplete = errors.Join(results[n].incomplete, err)
		}
	}
}
