// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package retention deletes the finished records of subscriptions that have been kept long enough:
// updates created by the operator, updates of users who allow it, and archived invoices.
// internal/billing/retention decides what to delete. Records that are unfinished, or that a commit
// owes, are never touched (consistency.md#1-one-commit and consistency.md#3-creating-updates).
package retention

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/internal/billing/retention"
	"github.com/seatplane/seatplane/internal/books"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=archives,verbs=list;watch
// +kubebuilder:rbac:groups=apps,resources=controllerrevisions,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates;invoices,verbs=get;list;watch;delete

const (
	// maxDeletes bounds how much one pass deletes, so that a subscription whose history was
	// shortened does not delay others.
	maxDeletes = 50
	// catchUp is how long to wait for the cache to show what was written.
	catchUp = time.Second
	// archiveDelay is how long to wait for the answer of an archive.
	archiveDelay = 15 * time.Second
	// departedDelay is how often a record is examined again that an EventSink lacks of a deleted subscription.
	departedDelay = time.Hour
)

// Reconciler deletes the records under one subscription's name at a time.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock. It determines how long records have been kept, even for subscriptions
	// with a TestClock.
	Clock clock.PassiveClock
	// MinUpdateTTL is the minimum time for which a finished update is kept, regardless of the
	// history of its subscription. Zero leaves it to the history.
	MinUpdateTTL time.Duration
	// Books is what is known about archives. Nil means that there are none.
	Books *books.Books
}

// Reconcile deletes the records under a subscription's name that have been kept long enough,
// whether the subscription exists or not, and requeues when more is due. If nothing is due, it
// writes nothing and reads only from the cache.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	records, err := r.gather(ctx, req.NamespacedName)
	if err != nil {
		return ctrl.Result{}, err
	}
	plan := records.plan(r.MinUpdateTTL, r.Clock.Now())
	if len(plan.Waiting) > 0 {
		r.ask(records, plan.Waiting)
		plan = records.plan(r.MinUpdateTTL, r.Clock.Now())
	}
	if len(plan.Updates)+len(plan.Invoices) == 0 {
		return r.lookAgainAt(plan), nil
	}
	confirmed, err := r.confirm(ctx, req.NamespacedName, records)
	if err != nil || !confirmed {
		return ctrl.Result{}, err
	}
	if err := r.gatherDeparted(ctx, req.NamespacedName, records); err != nil {
		return ctrl.Result{}, err
	}
	return r.carryOut(ctx, req.NamespacedName, records, records.plan(r.MinUpdateTTL, r.Clock.Now()))
}

// carryOut deletes what a plan names, up to the limit of one pass.
func (r *Reconciler) carryOut(ctx context.Context, name types.NamespacedName, records *records, plan retention.Plan) (ctrl.Result, error) {
	goes := records.objects(plan)
	rest := len(goes) > maxDeletes
	goes = goes[:min(len(goes), maxDeletes)]
	deleted := 0
	for _, object := range goes {
		err := r.delete(ctx, object)
		if apierrors.IsConflict(err) {
			// The object was changed since, or another object has its name. Examine it again.
			rest = true
			continue
		}
		if err != nil {
			return ctrl.Result{}, fmt.Errorf("delete %T %q: %w", object, object.GetName(), err)
		}
		deleted++
	}
	if deleted > 0 {
		log.FromContext(ctx).Info("deleted records that were kept long enough", "subscription", name, "count", deleted)
	}
	if rest {
		return ctrl.Result{RequeueAfter: catchUp}, nil
	}
	result := r.lookAgainAt(plan)
	if len(records.departed) > 0 && (result.RequeueAfter == 0 || result.RequeueAfter > departedDelay) {
		result.RequeueAfter = departedDelay
	}
	return result, nil
}

// lookAgainAt is when something becomes due with time alone, or when an archive may have answered, or never.
func (r *Reconciler) lookAgainAt(plan retention.Plan) ctrl.Result {
	wait := time.Duration(0)
	if !plan.Next.IsZero() {
		wait = max(plan.Next.Sub(r.Clock.Now()), catchUp)
	}
	if len(plan.Waiting) > 0 && (wait == 0 || wait > archiveDelay) {
		wait = archiveDelay
	}
	return ctrl.Result{RequeueAfter: wait}
}
