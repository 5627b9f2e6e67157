// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// CatchUp is how long a pass waits for the cache to show what somebody else wrote, before it reads again.
const CatchUp = 100 * time.Millisecond

// Commit ends a pass that decides only the status of one object: it writes the status as [Write] does. If there is a
// conflict, somebody else has written the object, and the result asks for another pass, which reads and decides again.
// Any other error is returned.
func Commit(ctx context.Context, c client.Client, before, after client.Object) (reconcile.Result, error) {
	_, err := Write(ctx, c, before, after)
	if apierrors.IsConflict(err) {
		return reconcile.Result{RequeueAfter: CatchUp}, nil
	}
	return reconcile.Result{}, err
}
