// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package testclock reports when everything on a TestClock has reached the time it shows.
package testclock

import (
	"context"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/wake"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=testclocks,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=testclocks/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions;subscriptionupdates;seatproducts;invoices,verbs=get;list;watch

// lookAgain is how soon a clock is judged again when the cache and the API server disagreed about it.
const lookAgain = time.Second

// Reconciler maintains the status of TestClocks.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server, without the cache.
	Live client.Reader
	// Clock is the time at which a condition changed. It is the wall clock, because a TestClock does not
	// affect its own history.
	Clock clock.PassiveClock

	// own is what the newest pass over each clock wrote.
	own wake.Own
}

// Reconcile updates the status of one clock. It trusts the cache as long as the result equals the
// status. Before Ready changes for this generation, it reads from the API server.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	r.own.Begin(req.NamespacedName)
	var testClock v1alpha1.TestClock
	if err := r.Client.Get(ctx, req.NamespacedName, &testClock); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if facts.IsImporting(&testClock) {
		return ctrl.Result{}, nil
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

	result, err := status.Commit(ctx, r.Client, before, &testClock)
	if testClock.ResourceVersion != before.ResourceVersion {
		r.own.Wrote(&testClock)
	}
	if err == nil && contradicted && result.RequeueAfter == 0 {
		return ctrl.Result{RequeueAfter: lookAgain}, nil
	}
	return result, err
}

// fromCache judges a clock by the content of the cache.
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

// WaitsFor describes in one sentence what a clock waits for, by the content of the API server and without a write. It is
// empty if everything on the clock has reached its time. Tests call it, because the condition Ready may be older than
// what they have just created.
func (r *Reconciler) WaitsFor(ctx context.Context, testClock *v1alpha1.TestClock) (string, error) {
	found, err := r.fromServer(ctx, testClock)
	return found.waitsFor, err
}

// fromServer judges a clock by the content of the API server. The reads do not happen at the same
// instant. They describe one state only if no subscription changed between the first and the last
// of them.
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
		found.waitsFor = untilAll("Subscriptions", "are at rest", names)
	}
	return found, nil
}
