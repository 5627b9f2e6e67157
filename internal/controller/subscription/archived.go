// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"time"

	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/wake"
)

const (
	// archiveDelay is how long a document waits before the books are asked again. Usually, [books.Books.Released]
	// wakes the subscription before that.
	archiveDelay = 5 * time.Second
	// aheadDelay is how often a subscription that an archive is ahead of is examined again.
	aheadDelay = 30 * time.Second
)

// issues reports whether an outcome has a document.
func issues(outcome subscription.Outcome) bool {
	for _, effect := range outcome.Effects {
		if effect.Document != nil {
			return true
		}
	}
	return false
}

// askAgain asks the books once more, immediately before a commit: an archive may have been found ahead since the pass
// began, and its documents have the numbers that this commit would issue.
func (r *Reconciler) askAgain(ctx context.Context, sub *v1alpha1.Subscription, outcome subscription.Outcome) error {
	verdict, err := r.Books.Judge(ctx, r.Client, sub)
	if err != nil {
		return err
	}
	if verdict.Ahead != nil || verdict.Wait && issues(outcome) {
		return errRecalled
	}
	return nil
}

// awaitArchive holds back the documents of a pass until the archives have been asked. A subscription that has not
// started reports this, and when it was first seen. The status of a running one does not change, because it describes
// what was committed.
func (r *Reconciler) awaitArchive(ctx context.Context, w *world) (ctrl.Result, error) {
	if w.sub.Status.StartTime == nil {
		after := w.sub.DeepCopy()
		after.Status.State = v1alpha1.SubscriptionPending
		assembly.See(w.input, &after.Status)
		status.Of(&after.Status.Conditions, w.sub.Generation, r.Clock.Now()).InProgress(v1alpha1.ReasonProgressing, awaitsArchive)
		if _, err := status.Write(ctx, r.Client, w.sub, after); err != nil {
			return ctrl.Result{}, err
		}
	}
	return ctrl.Result{RequeueAfter: archiveDelay, Priority: ptr.To(oneOfMany)}, nil
}

// awaitsArchive explains what a subscription waits for that could otherwise start.
var awaitsArchive = fmt.Sprintf("Waits for an Archive in this namespace to report which invoices it holds. "+
	"If its database does not answer, the subscription starts without it after %d minutes.", int(books.Patience.Minutes()))

// releasedEvents wakes a subscription when an archive that it waits for has answered, or was found ahead of it.
func releasedEvents() handler.EventHandler {
	return handler.Funcs{GenericFunc: func(_ context.Context, e event.GenericEvent, q wake.Queue) {
		enqueue(q, oneOfMany, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(e.Object)})
	}}
}

// stopBehind stops a subscription that an archive is ahead of: it takes no step, so that no number is issued twice. If
// it is abandoned, it is removed without a Final document, because the archive already has the number of that document
// (decision 59).
func (r *Reconciler) stopBehind(ctx context.Context, sub *v1alpha1.Subscription, ahead *books.Ahead) (ctrl.Result, error) {
	if facts.Abandoned(sub) {
		_, err := r.letGo(ctx, sub)
		return ctrl.Result{}, err
	}
	after := sub.DeepCopy()
	after.Status.ObservedGeneration = sub.Generation
	message := aheadMessage(ahead)
	status.Of(&after.Status.Conditions, sub.Generation, r.Clock.Now()).Stalled(v1alpha1.ReasonArchiveAhead, message)
	wrote, err := status.Write(ctx, r.Client, sub, after)
	if err != nil {
		return ctrl.Result{}, err
	}
	if wrote {
		r.announceFaults(after, sub.Status.Conditions)
	}
	return ctrl.Result{RequeueAfter: aheadDelay}, nil
}

// aheadMessage explains why a subscription is stopped, and what to do.
func aheadMessage(ahead *books.Ahead) string {
	if ahead.Said != "" {
		return ahead.Said
	}
	const remedy = "Or delete this Subscription with the annotation " + v1alpha1.AnnotationDelete + ": " + v1alpha1.DeleteAbandon +
		", and create it again with spec.billedUntil set to the end of the time that the archived invoices charge."
	if ahead.Other {
		return fmt.Sprintf("%sanother document under the number of the Invoice %q: another cluster issued it, or "+
			"this one was restored from an older backup. Nothing more is billed here. Find out which cluster bills this customer, and "+
			"end the Subscription in the other one. %s", facts.AheadPrefix(ahead.Archive), ahead.Invoice, remedy)
	}
	return fmt.Sprintf("%sthe Invoice %q of the cell %q, which this cluster has not issued: the cluster was "+
		"restored from an older backup, or another cluster bills this customer. Nothing more is billed here. Restore a newer backup, "+
		"or end the Subscription in the other cluster. %s", facts.AheadPrefix(ahead.Archive), ahead.Invoice, ahead.Cell, remedy)
}
