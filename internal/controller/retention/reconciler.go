// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package retention deletes the finished records of subscriptions that have been
// kept long enough: updates that the operator made, those of users that allow it,
// and archived invoices. What goes is decided in internal/billing/retention; what is
// unfinished, or owed by a commit, is never touched (consistency.md#1-one-commit and
// consistency.md#3-creating-updates).
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
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates;invoices,verbs=get;list;watch;delete

const (
	// maxDeletes bounds what one pass deletes, so that a subscription whose history
	// was cut short holds up no other.
	maxDeletes = 50
	// catchUp is how long the cache is given to show what was written.
	catchUp = time.Second
)

// Reconciler deletes the records of one subscription's name at a time.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock: it says how long records have been kept, also where a TestClock rules.
	Clock clock.PassiveClock
	// MinUpdateTTL is how long a finished update is kept at least, whatever the history of
	// its subscription says. Zero leaves that to the history.
	MinUpdateTTL time.Duration
}

// Reconcile deletes what of the records under a subscription's name has been kept
// long enough, whether the subscription is there or gone, and comes back when more
// is due. Where nothing is, it writes nothing and reads from the cache alone.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	records, err := r.gather(ctx, req.NamespacedName)
	if err != nil {
		return ctrl.Result{}, err
	}
	plan := records.plan(r.MinUpdateTTL, r.Clock.Now())
	if len(plan.Updates)+len(plan.Invoices) == 0 {
		return r.lookAgainAt(plan.Next), nil
	}
	confirmed, err := r.confirm(ctx, req.NamespacedName, records)
	if err != nil || !confirmed {
		return ctrl.Result{}, err
	}
	return r.carryOut(ctx, req.NamespacedName, records, records.plan(r.MinUpdateTTL, r.Clock.Now()))
}

// carryOut deletes what a plan names, as much as one pass may.
func (r *Reconciler) carryOut(ctx context.Context, name types.NamespacedName, records *records, plan retention.Plan) (ctrl.Result, error) {
	goes := records.objects(plan)
	rest := len(goes) > maxDeletes
	goes = goes[:min(len(goes), maxDeletes)]
	deleted := 0
	for _, object := range goes {
		err := r.delete(ctx, object)
		if apierrors.IsConflict(err) {
			// Somebody wrote it since, or another one has its name: it is looked at anew.
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
	return r.lookAgainAt(plan.Next), nil
}

// lookAgainAt is when time alone makes something due; never, when nothing does.
func (r *Reconciler) lookAgainAt(next time.Time) ctrl.Result {
	if next.IsZero() {
		return ctrl.Result{}
	}
	return ctrl.Result{RequeueAfter: max(next.Sub(r.Clock.Now()), catchUp)}
}
