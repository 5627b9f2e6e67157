// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package testclock says when everything on a TestClock has reached the time it shows.
package testclock

import (
	"context"
	"fmt"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=testclocks,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=testclocks/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions;subscriptionupdates;seatproducts;invoices,verbs=get;list;watch

const (
	// lookAgain is how soon a clock is judged anew when the cache and the API server disagreed about it.
	lookAgain = time.Second
	// catchUp is how long the cache is given to show what somebody else wrote.
	catchUp = 100 * time.Millisecond
)

// Reconciler keeps the status of TestClocks.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server, past the cache.
	Live client.Reader
	// Clock says when a condition changed. It is the wall clock: a TestClock has no say in its own history.
	Clock clock.PassiveClock
}

// Reconcile brings the status of one clock up to date. What the cache says is believed as long as it
// says what the status says already; before Ready turns, for this generation, the API server is asked.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var testClock v1alpha1.TestClock
	if err := r.Client.Get(ctx, req.NamespacedName, &testClock); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	before := testClock.DeepCopy()

	found, err := r.fromCache(ctx, &testClock)
	if err != nil {
		return ctrl.Result{}, err
	}
	contradicted := false
	if turnsReady(&testClock, found) {
		confirmed, err := r.fromServer(ctx, &testClock)
		if err != nil {
			return ctrl.Result{}, err
		}
		contradicted = (confirmed.waitsFor == "") != (found.waitsFor == "")
		found = confirmed
	}
	describe(&testClock, found, r.Clock.Now())

	result, err := r.commit(ctx, before, &testClock)
	if err == nil && contradicted && result.RequeueAfter == 0 {
		return ctrl.Result{RequeueAfter: lookAgain}, nil
	}
	return result, err
}

// fromCache judges a clock by what the cache shows.
func (r *Reconciler) fromCache(ctx context.Context, testClock *v1alpha1.TestClock) (verdict, error) {
	subscriptions, err := r.cachedSubscriptions(ctx, testClock)
	if err != nil {
		return verdict{}, err
	}
	f, err := r.gather(ctx, r.Client, testClock, subscriptions)
	if err != nil {
		return verdict{}, err
	}
	return verdict{waitsFor: waitsFor(f), subscriptions: int64(len(subscriptions))}, nil
}

// fromServer judges a clock by what is. The reads are not of one instant: only when no subscription
// moved from the first to the last of them do they add up to one state.
func (r *Reconciler) fromServer(ctx context.Context, testClock *v1alpha1.TestClock) (verdict, error) {
	subscriptions, err := r.liveSubscriptions(ctx, testClock)
	if err != nil {
		return verdict{}, err
	}
	f, err := r.gather(ctx, r.Live, testClock, subscriptions)
	if err != nil {
		return verdict{}, err
	}
	found := verdict{waitsFor: waitsFor(f), subscriptions: int64(len(subscriptions))}
	if found.waitsFor != "" {
		return found, nil
	}
	again, err := r.liveSubscriptions(ctx, testClock)
	if err != nil {
		return verdict{}, err
	}
	if names := moved(subscriptions, again); len(names) > 0 {
		found.waitsFor = fmt.Sprintf("Waits until these Subscriptions are at rest: %s.", enumerate(names))
	}
	return found, nil
}
