// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package subscription reconciles Subscriptions. It is the only reconciler that changes what a
// subscription owes.
//
// A pass reads top down in the order of consistency.md#1-one-commit: drain what the last commit
// owes, gather the input, replay what is due (pure, in internal/billing/subscription), commit it
// with one status update, drain what that commit owes, report, and mark who has a seat.
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
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/sinks"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/wake"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions/finalizers,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=invoices,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatassignments,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatassignments/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatproducts;prorationpolicies;clusterprorationpolicies,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=testclocks,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=eventsinks,verbs=list;watch
// +kubebuilder:rbac:groups=apps,resources=controllerrevisions,verbs=create
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Reconciler reconciles Subscriptions.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock, which applies to subscriptions without a TestClock.
	Clock clock.PassiveClock
	// Recorder sends events about a commit after it succeeded.
	Recorder events.EventRecorder
	// Reached says how far EventSinks have received events since that was last written. Nil means that
	// nothing is known.
	Reached sinks.Reached
	// Books is what is known about archives. Nil means that there are none.
	Books *books.Books

	placed placed
	// moves are the lists that the subscriptions on a TestClock share.
	moves moves
	// own is what the newest pass wrote, and allowance is how many changes of each namespace may come
	// before others.
	own       wake.Own
	allowance wake.Allowance
}

// errConflict means that somebody has written the subscription since it was read. Nothing happened,
// and the next pass reads and computes again.
var errConflict = errors.New("the subscription has changed since it was read")

// errRecalled means that an archive has answered since the pass began, and that the pass may not commit what it planned.
// Nothing happened, and the next pass stops or waits.
var errRecalled = errors.New("an archive has answered since the pass began")

// Reconcile reconciles one subscription.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	r.own.Begin(req.NamespacedName)
	var sub v1alpha1.Subscription
	err := r.Client.Get(ctx, req.NamespacedName, &sub)
	if apierrors.IsNotFound(err) {
		look, err := r.reportOrphans(ctx, req.NamespacedName)
		return ctrl.Result{RequeueAfter: look}, errors.Join(err, r.markOrphans(ctx, req.NamespacedName))
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("read Subscription: %w", err)
	}
	if facts.IsImporting(&sub) {
		return ctrl.Result{}, nil // what it was billed may not be in place yet; the end of the import triggers it
	}
	if record.HasForeignStatus(&sub) {
		return ctrl.Result{}, r.leaveForeign(ctx, &sub)
	}
	result, err := r.reconcile(ctx, &sub)
	if errors.Is(err, errConflict) || errors.Is(err, errRecalled) || apierrors.IsConflict(err) {
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
	verdict, err := r.Books.Judge(ctx, r.Client, sub)
	if err != nil {
		return ctrl.Result{}, err
	}
	if verdict.Ahead != nil {
		return r.stopBehind(ctx, sub, verdict.Ahead)
	}
	if facts.Abandoned(sub) {
		if verdict.Wait {
			return ctrl.Result{RequeueAfter: archiveDelay}, nil
		}
		return ctrl.Result{}, r.abandon(ctx, sub)
	}
	w, err := r.gather(ctx, sub)
	if err != nil {
		return ctrl.Result{}, r.reportUngathered(ctx, sub, err)
	}
	if w.waitsForRefresh {
		// After a clock was moved, its products first load what is due. Then the subscription
		// processes the new time. The products' status triggers it.
		return ctrl.Result{}, nil
	}
	if err := r.recordEdits(ctx, w); err != nil {
		return ctrl.Result{}, err
	}
	p, err := r.plan(ctx, w)
	if err != nil {
		return ctrl.Result{}, err
	}
	if verdict.Wait && issues(p.outcome) {
		return r.awaitArchive(ctx, w)
	}
	if wait := r.awaitsFirstCount(w, p.outcome); wait > 0 {
		return ctrl.Result{RequeueAfter: wait, Priority: ptr.To(ordinary)}, nil
	}
	return r.conclude(ctx, w, p)
}

// conclude commits what was planned, carries it out, and reports.
func (r *Reconciler) conclude(ctx context.Context, w *world, p intent) (ctrl.Result, error) {
	if err := r.commit(ctx, w, p); err != nil {
		return ctrl.Result{}, err
	}
	if owed := r.drain(ctx, w.sub, p.live); owed != nil {
		return ctrl.Result{}, r.reportOwed(ctx, w.sub, owed)
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
	if done, err := r.letGo(ctx, w.sub); done || err != nil {
		return ctrl.Result{}, err
	}
	return r.again(w, p.outcome), nil
}

// finalize adds the finalizer before the first commit, so that no deletion can skip what a commit
// owes. It reports whether the subscription is being deleted and there is nothing to settle.
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
	r.own.Wrote(sub)
	return false, nil
}

// sinceRead is a patch with the changes since a subscription was read, and a conflict if somebody else
// has changed it too. An update of the whole object would write the spec as this program formats it
// (00:00Z for 01:00+01:00), and so take the ownership of its fields from their appliers.
func sinceRead(before *v1alpha1.Subscription) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}

// letGo removes the finalizer from a subscription that is being deleted, has ended or is abandoned,
// and owes nothing. Events that are not delivered yet are kept elsewhere first.
func (r *Reconciler) letGo(ctx context.Context, sub *v1alpha1.Subscription) (done bool, err error) {
	if sub.DeletionTimestamp.IsZero() {
		return false, nil
	}
	if sub.Status.CancelTime == nil && !facts.Abandoned(sub) {
		return false, nil
	}
	if err := r.keepDeparted(ctx, sub); err != nil {
		return false, err
	}
	return true, r.release(ctx, sub)
}

// release removes the finalizer.
func (r *Reconciler) release(ctx context.Context, sub *v1alpha1.Subscription) error {
	before := sub.DeepCopy()
	controllerutil.RemoveFinalizer(sub, v1alpha1.FinalizerSettle)
	if err := r.Client.Patch(ctx, sub, sinceRead(before)); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("remove the finalizer: %w", err)
	}
	r.placed.forget(sub.UID)
	return nil
}

// leaveForeign handles a subscription whose status was written for another object. It does nothing but report that. When
// the subscription is deleted, there is nothing to settle: nothing was billed for this object.
func (r *Reconciler) leaveForeign(ctx context.Context, sub *v1alpha1.Subscription) error {
	if !sub.DeletionTimestamp.IsZero() {
		return r.release(ctx, sub)
	}
	return r.reportForeignStatus(ctx, sub)
}

// abandon releases a subscription whose deletion is not settled. Everything committed is in place by now. It leaves
// a Final document for 0.00 that lists what is not billed. The document is left out only if it can never be
// written: if it is invalid, if it would follow from a status that cannot be read, or if its namespace is being
// deleted. A quota or a missing right keeps the subscription until a person acts.
func (r *Reconciler) abandon(ctx context.Context, sub *v1alpha1.Subscription) error {
	err := r.leaveTrace(ctx, sub)
	if apierrors.IsInvalid(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) || errors.Is(err, assembly.ErrUnreadable) {
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
	if err := r.gatherSinks(ctx, w); err != nil {
		return err
	}
	p := intent{outcome: subscription.Abandon(w.state, w.input)}
	p.told = w.tell(p.outcome)
	if p.effects, _, err = r.freeze(w, p.outcome, p.told); err != nil {
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

// withoutClock is what is known about a subscription whose clock was deleted. It ends when something last happened
// to it.
func withoutClock(sub *v1alpha1.Subscription) (*world, error) {
	state, err := assembly.ReadState(sub)
	if err != nil {
		return nil, err
	}
	w := &world{sub: sub, state: state}
	w.input = subscription.Input{Now: state.LastEvent, Terms: record.Terms(sub)}
	return w, nil
}
