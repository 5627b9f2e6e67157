// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

const (
	// maxNoteWrites bounds the number of concurrent writes to subscriptions.
	maxNoteWrites = 16
	// maxConflicts bounds how often a write is computed again.
	maxConflicts = 5
	// totalsEvery is how often the totals are written if nothing else is.
	totalsEvery = time.Minute
)

// writeNotes writes the notes that change something, each with the version that it was computed from. A failed
// write does not prevent the others.
func (r *Reconciler) writeNotes(ctx context.Context, notes []note) error {
	failed := make([]error, len(notes))
	var group errgroup.Group
	group.SetLimit(maxNoteWrites)
	for n, each := range notes {
		if !each.changes() {
			continue
		}
		group.Go(func() error {
			failed[n] = writeOf(each.subscription.Name, r.writeNote(ctx, each))
			return nil
		})
	}
	_ = group.Wait()
	return gravest(failed)
}

// writeNote writes one note. After a conflict it is computed again for the current subscription,
// because the answer that the note came from will not come again.
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
		n.write(after, r.Clock.Now())
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
		if asksOf(subscription) == "" {
			continue
		}
		for _, name := range facts.ProductsOf(subscription) {
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

// report writes the product's status if it changed, announces transitions, and returns when to look
// again, or zero.
func (r *Reconciler) report(ctx context.Context, s *situation, memory *memory, taken *result, notes []note) (time.Duration, error) {
	now := r.Clock.Now()
	before, after := s.product, s.product.DeepCopy()
	describe(after, s, taken, notes, now)
	r.Metrics.measureStatus(after)
	telling := !equality.Semantic.DeepEqual(before.Status, after.Status)
	described := after.DeepCopy()
	describeTotals(after, s)
	totalsDiffer := !equality.Semantic.DeepEqual(described.Status, after.Status)
	wait := nextLook(after, memory, now)
	if totalsDiffer && !telling && now.Sub(memory.totalsAt) < totalsEvery {
		return soonest(wait, totalsEvery-now.Sub(memory.totalsAt)), nil
	}
	if err := r.writeStatus(ctx, memory, before, after, refreshEvents(before, after, s, taken)); err != nil {
		return 0, err
	}
	if totalsDiffer {
		memory.totalsAt = now
	}
	r.announce(before, after)
	r.announceMissing(before, after, notes)
	return wait, nil
}

// reportUnderWay reports once that a load is taking long, if nothing else shows whether the product's
// seats can be counted. In all other cases the status stays the same until the load has ended.
func (r *Reconciler) reportUnderWay(ctx context.Context, product *v1alpha1.SeatProduct, memory *memory) (ctrl.Result, error) {
	now := r.Clock.Now()
	if memory.asked.reported || !isUnknown(product) {
		return ctrl.Result{RequeueAfter: lookUnderWay}, nil
	}
	if quiet := quietFor - now.Sub(memory.asked.at); quiet > 0 {
		return ctrl.Result{RequeueAfter: quiet}, nil
	}
	after := product.DeepCopy()
	describeUnderWay(after, now)
	r.Metrics.measureStatus(after)
	if err := r.writeStatus(ctx, memory, product, after, nil); err != nil {
		return ctrl.Result{}, err
	}
	memory.asked.reported = true
	return ctrl.Result{RequeueAfter: lookUnderWay}, nil
}

// writeStatus writes the product's status, if it changed, with the events of the pass. It is also written if somebody has
// edited the product since, but not its status, because it contains the generation that it is about; and if events were
// delivered since.
func (r *Reconciler) writeStatus(ctx context.Context, memory *memory, before, after *v1alpha1.SeatProduct, told []v1alpha1.Notification) error {
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	wanted := after.Status
	var err error
	for range maxConflicts {
		if err := r.keepEvents(ctx, before, after, told); err != nil {
			return err
		}
		if _, err = status.Write(ctx, r.Client, before, after); err == nil {
			memory.wrote(before, after)
		}
		if !apierrors.IsConflict(err) {
			return ignoreNotFound(err)
		}
		live := &v1alpha1.SeatProduct{}
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(before), live); err != nil {
			return ignoreNotFound(err)
		}
		if live.UID != before.UID || !sameButDelivered(live.Status, before.Status) {
			return err
		}
		before, after = live, live.DeepCopy()
		after.Status = wanted
	}
	return err
}

// announce sends an event if the content of Loaded has changed. It never repeats an event.
func (r *Reconciler) announce(before, after *v1alpha1.SeatProduct) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionLoaded)
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionLoaded)
	if r.Recorder == nil || is == nil || was != nil && was.Status == is.Status && was.Reason == is.Reason {
		return
	}
	if kind := loadedEvent(is.Reason); kind == corev1.EventTypeWarning || kind != "" && was != nil {
		r.Recorder.Eventf(after, nil, kind, is.Reason, actionRefresh, "%s", status.EventNote(is.Message))
	}
}

// loadedEvent returns the type of the event that announces a reason of the condition Loaded, or "" for a reason
// that is not announced.
func loadedEvent(reason string) string {
	switch reason {
	case v1alpha1.ReasonRefreshed:
		return corev1.EventTypeNormal
	case v1alpha1.ReasonSourceUnreachable, v1alpha1.ReasonSourceError, v1alpha1.ReasonEmptyResult, v1alpha1.ReasonBadCounts,
		v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretNotAllowed, v1alpha1.ReasonInvalidSchedule,
		v1alpha1.ReasonInvalidExpression, v1alpha1.ReasonCommitRefused, v1alpha1.ReasonUpdateNameTaken,
		v1alpha1.ReasonProgressing:
		return corev1.EventTypeWarning
	default:
		return ""
	}
}

// announceMissing sends an event when keys begin to be missing from the answers. If their counts are kept,
// nothing fails, and a key that was renamed in the source would go unnoticed.
func (r *Reconciler) announceMissing(before, after *v1alpha1.SeatProduct, notes []note) {
	if r.Recorder == nil || keptKeys(before) > 0 || keptKeys(after) == 0 {
		return
	}
	r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, v1alpha1.EventKeysMissing, actionRefresh, "%s", status.EventNote(status.Sentence(
		"Keys are missing from the answer, and their counts are kept: "+dataloader.NameProblems(keyProblems(notes, true)))))
}

// keptKeys returns how many keys were missing from the last answer on each clock and kept their counts.
func keptKeys(product *v1alpha1.SeatProduct) int64 {
	var kept int64
	for _, entry := range product.Status.Refreshes {
		kept += entry.Kept
	}
	return kept
}

const actionRefresh = "Refresh"

// minWait prevents a busy loop when a pass is due at once.
const minWait = time.Second

// nextLook returns how long it is until something is due on the wall clock, or zero. A TestClock
// triggers the product itself when it moves.
func nextLook(after *v1alpha1.SeatProduct, memory *memory, now time.Time) time.Duration {
	next := memory.attempts.NextLook(record.LoadingProduct(after).Entries, now)
	if next.IsZero() {
		return 0
	}
	return soonest(0, next.Sub(now))
}

// soonest returns the shorter of two waits, and at least minWait. Zero means no wait.
func soonest(wait, other time.Duration) time.Duration {
	other = max(other, minWait)
	if wait == 0 {
		return other
	}
	return min(wait, other)
}

// soonestOf returns the shorter of two waits. Zero means no wait.
func soonestOf(wait, other time.Duration) time.Duration {
	if other == 0 {
		return wait
	}
	return soonest(wait, other)
}
