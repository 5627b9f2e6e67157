// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

const (
	// maxCreates bounds the updates that are created at a time.
	maxCreates = 16
	// maxTries bounds how often a create without an answer is sent.
	maxTries = 3
	// maxNames bounds the names that are tried for one update.
	maxNames = 5
	// createMargin is kept from loading.MaxAnswerAge for the clocks of two machines and the way between them.
	createMargin = 30 * time.Second
)

var (
	// errUnanswered: a create was sent and nobody knows whether it arrived.
	errUnanswered = errors.New("the API server did not answer")
	// errTooLate: the answer is too old for an update of it to be taken.
	errTooLate = errors.New("the counts grew too old to be recorded")
	// errNameTaken: every name that an update could have belongs to another.
	errNameTaken = errors.New("the names of the update are taken")
)

// createAll records the changes, several at a time, and returns how many are in place. It comes back
// only when every create is answered or has failed for good. One that fails keeps no other from being recorded.
func (r *Reconciler) createAll(ctx context.Context, s *situation, memory *memory, changes []loading.Change, times loading.AnswerTimes) (int64, error) {
	made := make([]string, len(changes))
	failed := make([]error, len(changes))
	var group errgroup.Group
	group.SetLimit(maxCreates)
	for n := range changes {
		group.Go(func() error {
			var err error
			made[n], err = r.create(ctx, s, changes[n], times)
			failed[n] = writeOf(changes[n].Item.Subscription, err)
			return nil
		})
	}
	_ = group.Wait()

	var count int64
	for n, name := range made {
		if name == "" {
			continue
		}
		count++
		memory.created[changes[n].Item.ID] = creation{
			name:    name,
			Pending: loading.Pending{Count: changes[n].Count, Observed: times.Observed, Loaded: times.Loaded},
		}
	}
	err := gravest(failed)
	if errors.Is(err, errUnanswered) {
		memory.attempts.Unanswered(times)
	}
	return count, err
}

// create records one change, after a live look at its subscription, and returns the name of the update
// that is in place. It returns "" when there is nothing to record any more.
func (r *Reconciler) create(ctx context.Context, s *situation, planned loading.Change, times loading.AnswerTimes) (string, error) {
	if r.Clock.Since(times.Loaded) > loading.MaxAnswerAge-createMargin {
		return "", errTooLate
	}
	live := &v1alpha1.Subscription{}
	key := types.NamespacedName{Namespace: s.product.Namespace, Name: planned.Item.Subscription}
	if err := r.Live.Get(ctx, key, live); err != nil {
		return "", ignoreNotFound(err)
	}
	if again, ok := s.stillConnected(live, planned); !ok || !loading.Differs(&again, planned.Count, s.facts.Open) {
		return "", nil
	}
	token := planned.Token
	for range maxNames {
		update := buildUpdate(live, planned, token, times)
		existing, err := r.createOne(ctx, update)
		if err != nil {
			return "", err
		}
		if existing == nil {
			return update.Name, nil
		}
		forged := existing != update && r.isForged(existing, live, times.Observed)
		if !forged && standsFor(existing, update) {
			return update.Name, nil
		}
		if forged {
			r.nameTaken(s.product, existing)
		}
		token = nextToken(planned.Token, existing)
	}
	return "", fmt.Errorf("%w: %s", errNameTaken, key)
}

// stillConnected returns the item of a change on a subscription that was just read. It returns false when
// that is another subscription, or the item is no longer counted as it was when the answer was judged.
func (s *situation) stillConnected(live *v1alpha1.Subscription, planned loading.Change) (loading.Connected, bool) {
	subscription := record.LoadingSubscription(live, s.product.Name)
	at := slices.IndexFunc(subscription.Items, func(i loading.Item) bool { return i.Name == planned.Item.ID.Item })
	if at < 0 || subscription.UID != planned.Item.ID.Subscription {
		return loading.Connected{}, false
	}
	again, ok := loading.ConnectItem(s.facts.Product, &subscription, at)
	return again, ok && again.Metered == planned.Item.Metered && again.Key == planned.Item.Key
}

// lastObserved returns the observation time of the count of an item that was last acted on; zero before
// the first.
func lastObserved(live *v1alpha1.Subscription, item string) time.Time {
	if state := facts.ItemInForce(live, item); state != nil {
		return record.Instant(state.ObservedTime)
	}
	return time.Time{}
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// createOne creates an update until there is an answer. It returns the one that has its name already,
// if any.
func (r *Reconciler) createOne(ctx context.Context, update *v1alpha1.SubscriptionUpdate) (*v1alpha1.SubscriptionUpdate, error) {
	var err error
	for range maxTries {
		err = r.Client.Create(ctx, update.DeepCopy())
		if err == nil {
			return nil, nil
		}
		if apierrors.IsAlreadyExists(err) {
			return r.readUpdate(ctx, update)
		}
		if !mayHaveArrived(err) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: %w", errUnanswered, err)
}

// readUpdate reads an update that has the name already. One that was deleted since stands for itself:
// it was there, and only a finished one is deleted.
func (r *Reconciler) readUpdate(ctx context.Context, update *v1alpha1.SubscriptionUpdate) (*v1alpha1.SubscriptionUpdate, error) {
	existing := &v1alpha1.SubscriptionUpdate{}
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: update.Namespace, Name: update.Name}, existing)
	if apierrors.IsNotFound(err) {
		return update, nil
	}
	return existing, err
}

// mayHaveArrived says whether a create that failed may have been carried out, or still be.
func mayHaveArrived(err error) bool {
	return slices.Contains([]metav1.StatusReason{
		metav1.StatusReasonUnknown, metav1.StatusReasonTimeout, metav1.StatusReasonServerTimeout,
		metav1.StatusReasonInternalError, metav1.StatusReasonServiceUnavailable,
	}, apierrors.ReasonForError(err))
}

// buildUpdate returns the update that records a change. It has no owner: it outlives its subscription.
func buildUpdate(live *v1alpha1.Subscription, planned loading.Change, token string, times loading.AnswerTimes) *v1alpha1.SubscriptionUpdate {
	count, item := planned.Count, planned.Item.ID.Item
	return &v1alpha1.SubscriptionUpdate{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: live.Namespace,
			Name:      record.RefreshUpdateName(live.Name, string(live.UID), item, token, lastObserved(live, item)),
		},
		Spec: v1alpha1.SubscriptionUpdateSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: live.Name, UID: live.UID},
			Seats:           &v1alpha1.SeatsChange{Item: item, Count: &count},
			Cause: &v1alpha1.UpdateCause{
				Type:         v1alpha1.CauseRefresh,
				Token:        token,
				ObservedTime: record.Time(times.Observed),
				LoadedTime:   record.Time(times.Loaded),
				Item:         item,
			},
		},
	}
}

// standsFor says whether an update that exists already is as good as the one that was to be made under
// its name: an earlier try of the same, or one that says the same and is not given up. Not so is one
// of an older answer that says something else, or that was Superseded because it came too late: its
// count would be lost.
func standsFor(existing, wanted *v1alpha1.SubscriptionUpdate) bool {
	cause, seats := existing.Spec.Cause, existing.Spec.Seats
	if !record.SameRecord(existing, wanted) || seats.Count == nil {
		return false
	}
	if !record.Instant(cause.LoadedTime).Before(wanted.Spec.Cause.LoadedTime.Time) {
		return true
	}
	switch existing.Status.State {
	case v1alpha1.UpdateSuperseded, v1alpha1.UpdateRejected:
		return false
	case v1alpha1.UpdateApplied:
		return true
	default:
		return *seats.Count == *wanted.Spec.Seats.Count
	}
}

// nextToken returns the token of the update that takes the place of one that exists: always the same
// for the same predecessor, so that trying again gives the same name again.
func nextToken(token string, existing *v1alpha1.SubscriptionUpdate) string {
	suffix := "/" + string(existing.UID)
	return token[:min(len(token), facts.MaxRefreshRequest-len(suffix))] + suffix
}
