// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

const (
	// maxCreates bounds the number of concurrent creates.
	maxCreates = 16
	// maxTries bounds how often a create without a response is sent.
	maxTries = 3
	// maxNames bounds how many names are tried for one update.
	maxNames = 5
	// createMargin is subtracted from loading.MaxAnswerAge, for clock skew between two machines and the
	// latency between them.
	createMargin = 30 * time.Second
)

var (
	// errUnanswered means that a create was sent and that it is not known whether it arrived.
	errUnanswered = errors.New("the API server did not answer")
	// errTooLate means that the answer is too old to create an update for it.
	errTooLate = errors.New("the counts grew too old to be recorded")
	// errNameTaken means that every possible name of an update belongs to another object.
	errNameTaken = errors.New("the names of the update are taken")
)

// createAll records the changes, several at a time, and returns how many are in place. It returns only when
// every create was answered or has failed permanently. A failed create does not prevent the others.
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

// create records one change after reading its subscription without the cache, and returns the name of
// the update that is in place. It returns "" if there is nothing to record any more.
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
		update := assembly.RefreshUpdate(live, planned.Item.ID.Item, planned.Count, token, times)
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

// stillConnected returns the item of a change on a subscription that was just read. It returns false if
// that is another subscription, or if the item is no longer counted as it was when the answer was judged.
func (s *situation) stillConnected(live *v1alpha1.Subscription, planned loading.Change) (loading.Connected, bool) {
	subscription := record.LoadingSubscription(live, s.product.Name)
	at := slices.IndexFunc(subscription.Items, func(i loading.Item) bool { return i.Name == planned.Item.ID.Item })
	if at < 0 || subscription.UID != planned.Item.ID.Subscription || facts.IsImporting(live) {
		return loading.Connected{}, false
	}
	again, ok := loading.ConnectItem(s.facts.Product, &subscription, at)
	return again, ok && again.Metered == planned.Item.Metered && again.Key == planned.Item.Key
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// createOne sends the create of an update until there is a response. It returns the existing update
// with its name, if there is one.
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

// readUpdate reads an update that already has the name. If it was deleted since, the given update
// is returned in its place: it existed, and only finished updates are deleted.
func (r *Reconciler) readUpdate(ctx context.Context, update *v1alpha1.SubscriptionUpdate) (*v1alpha1.SubscriptionUpdate, error) {
	existing := &v1alpha1.SubscriptionUpdate{}
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: update.Namespace, Name: update.Name}, existing)
	if apierrors.IsNotFound(err) {
		return update, nil
	}
	return existing, err
}

// mayHaveArrived reports whether a failed create may have been carried out, or may still be.
func mayHaveArrived(err error) bool {
	return slices.Contains([]metav1.StatusReason{
		metav1.StatusReasonUnknown, metav1.StatusReasonTimeout, metav1.StatusReasonServerTimeout,
		metav1.StatusReasonInternalError, metav1.StatusReasonServiceUnavailable,
	}, apierrors.ReasonForError(err))
}

// standsFor reports whether an existing update makes another one with its name unnecessary: it is an
// earlier try of the same update, or has the same content and was not given up. An update from an
// older answer with another count does not, and neither does one that was Superseded because it came
// too late, because the count would be lost.
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

// nextToken returns the token of the update that replaces an existing one. It is always the same for
// the same predecessor, so that a retry gives the same name.
func nextToken(token string, existing *v1alpha1.SubscriptionUpdate) string {
	suffix := "/" + string(existing.UID)
	return strings.ToValidUTF8(token[:min(len(token), facts.MaxRequest-len(suffix))], "") + suffix
}
