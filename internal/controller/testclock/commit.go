// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/status"
)

// commit writes the status of a clock if it changed. Somebody else's write makes the next pass read and decide again.
func (r *Reconciler) commit(ctx context.Context, before, after client.Object) (ctrl.Result, error) {
	_, err := status.Write(ctx, r.Client, before, after)
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: catchUp}, nil
	}
	return ctrl.Result{}, err
}
