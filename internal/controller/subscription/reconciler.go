// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package subscription keeps subscriptions: it is the one reconciler that
// changes what a subscription owes.
//
// A pass reads top down in the order of consistency.md#1-one-commit: drain what
// the last commit owes, gather what the world says, replay what is due (pure,
// in internal/billing/subscription), commit it with one status update, drain
// what that commit owes, report, mark who holds a seat.
package subscription

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions/finalizers,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=invoices,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatassignments,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatassignments/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatproducts;prorationpolicies;clusterprorationpolicies;testclocks,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconciler keeps subscriptions.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock: that of subscriptions that live by no TestClock.
	Clock clock.PassiveClock
	// Recorder tells people what happened, once the commit that did it succeeded.
	Recorder events.EventRecorder

	placed placed
}

// errConflict says that somebody wrote the subscription since it was read:
// nothing happened, and the next pass reads and computes again.
var errConflict = errors.New("the subscription has changed since it was read")

// Reconcile brings one subscription up to date.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var sub v1alpha1.Subscription
	err := r.Client.Get(ctx, req.NamespacedName, &sub)
	if apierrors.IsNotFound(err) {
		return ctrl.Result{}, errors.Join(r.reportOrphans(ctx, req.NamespacedName), r.markOrphans(ctx, req.NamespacedName))
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("read Subscription: %w", err)
	}
	result, err := r.reconcile(ctx, &sub)
	if errors.Is(err, errConflict) || apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: time.Second}, nil
	}
	if status.IsRefused(err) {
		return result, r.reportRefused(ctx, &sub, err)
	}
	return result, err
}

func (r *Reconciler) reconcile(ctx context.Context, sub *v1alpha1.Subscription) (ctrl.Result, error) {
	if done, err := r.finalize(ctx, sub); done || err != nil {
		return ctrl.Result{}, err
	}
	if owed := r.drain(ctx, sub, nil); owed != nil {
		return ctrl.Result{}, r.reportOwed(ctx, sub, owed)
	}
	if abandoned(sub) {
		return ctrl.Result{}, r.abandon(ctx, sub)
	}
	w, err := r.gather(ctx, sub)
	if err != nil {
		return ctrl.Result{}, r.reportUngathered(ctx, sub, err)
	}
	if w.waitsForRefresh && sub.DeletionTimestamp.IsZero() && sub.Status.CancelTime == nil {
		// Its products load what is due on a clock that was moved before the
		// subscription takes that time up. Their status wakes it.
		return ctrl.Result{}, nil
	}
	if err := r.recordEdits(ctx, w); err != nil {
		return ctrl.Result{}, err
	}
	p, err := r.plan(ctx, w)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.commit(ctx, w, p); err != nil {
		return ctrl.Result{}, err
	}
	if owed := r.drain(ctx, sub, p.live); owed != nil {
		return ctrl.Result{}, r.reportOwed(ctx, sub, owed)
	}
	if err := r.reportWaiting(ctx, w, p.outcome); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.markSeats(ctx, w, p.outcome); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.reportAccepted(ctx, w, p.outcome); err != nil {
		return ctrl.Result{}, err
	}
	if done, err := r.letGo(ctx, sub); done || err != nil {
		return ctrl.Result{}, err
	}
	return r.again(w, p.outcome), nil
}

// finalize puts the finalizer on before the first commit, so that no deletion
// can pass by what a commit owes. It reports whether the subscription is going
// and not ours to settle.
func (r *Reconciler) finalize(ctx context.Context, sub *v1alpha1.Subscription) (done bool, err error) {
	if controllerutil.ContainsFinalizer(sub, v1alpha1.FinalizerSettle) {
		return false, nil
	}
	if !sub.DeletionTimestamp.IsZero() {
		return true, nil
	}
	before := sub.DeepCopy()
	controllerutil.AddFinalizer(sub, v1alpha1.FinalizerSettle)
	if err := r.Client.Patch(ctx, sub, sinceRead(before)); err != nil {
		return false, fmt.Errorf("add the finalizer: %w", err)
	}
	return false, nil
}

// sinceRead is what has changed since a subscription was read, and a conflict when somebody else changed
// it too. Writing all of it would write the spec as this program reads it, and take its fields over from
// whoever applied them: 01:00+01:00 for 00:00Z.
func sinceRead(before *v1alpha1.Subscription) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}

// letGo takes the finalizer off a subscription that is being deleted, has ended
// or is abandoned, and owes nothing.
func (r *Reconciler) letGo(ctx context.Context, sub *v1alpha1.Subscription) (done bool, err error) {
	if sub.DeletionTimestamp.IsZero() {
		return false, nil
	}
	if sub.Status.CancelTime == nil && !abandoned(sub) {
		return false, nil
	}
	before := sub.DeepCopy()
	controllerutil.RemoveFinalizer(sub, v1alpha1.FinalizerSettle)
	if err := r.Client.Patch(ctx, sub, sinceRead(before)); err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("remove the finalizer: %w", err)
	}
	r.placed.forget(sub.UID)
	return true, nil
}

// abandon lets a subscription go whose deletion is not settled: what was committed is in place by now. It leaves
// a Final document over 0.00 that names what is not billed. Only a trace that can never be written is left out: one
// that is invalid, that follows from a status that cannot be read, or that would be created in a namespace that is
// being deleted. A quota or a missing right keeps the subscription until a person acts.
func (r *Reconciler) abandon(ctx context.Context, sub *v1alpha1.Subscription) error {
	err := r.leaveTrace(ctx, sub)
	if apierrors.IsInvalid(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) || errors.Is(err, errUnreadable) {
		log.FromContext(ctx).Error(err, "an abandoned subscription is deleted without a Final document")
		err = nil
	}
	if err != nil {
		return err
	}
	_, err = r.letGo(ctx, sub)
	return err
}

// leaveTrace commits the end of an abandoned subscription and issues its document.
func (r *Reconciler) leaveTrace(ctx context.Context, sub *v1alpha1.Subscription) error {
	if sub.Status.CancelTime != nil || sub.Status.StartTime == nil {
		return nil
	}
	w, err := r.gather(ctx, sub)
	var clock *clocks.NotFoundError
	if errors.As(err, &clock) {
		w, err = withoutClock(sub)
	}
	if err != nil {
		return err
	}
	p := intent{outcome: subscription.Abandon(w.state, w.input)}
	if p.effects, _, err = r.freeze(w, p.outcome); err != nil {
		return err
	}
	if err := r.commit(ctx, w, p); err != nil {
		return err
	}
	if owed := r.drain(ctx, sub, nil); owed != nil {
		return r.reportOwed(ctx, sub, owed)
	}
	return nil
}

// withoutClock is what is known of a subscription whose clock is gone: it ends when something last happened to it.
func withoutClock(sub *v1alpha1.Subscription) (*world, error) {
	state, err := readState(sub)
	if err != nil {
		return nil, err
	}
	w := &world{sub: sub, state: state}
	w.input = subscription.Input{Now: state.LastEvent, Terms: record.Terms(sub)}
	return w, nil
}

// abandoned reports whether whoever deletes the subscription wants it gone
// without a Final document (billing.md#14-start-and-end).
func abandoned(sub *v1alpha1.Subscription) bool {
	return !sub.DeletionTimestamp.IsZero() && sub.Annotations[v1alpha1.AnnotationDelete] == v1alpha1.DeleteAbandon
}
