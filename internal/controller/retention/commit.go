// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// delete deletes the very object that was looked at, in the version that was looked
// at: an annotation taken back since, or another object under its name, is a
// conflict. One that is gone already is as it should be.
func (r *Reconciler) delete(ctx context.Context, object client.Object) error {
	return client.IgnoreNotFound(r.Client.Delete(ctx, object, client.Preconditions{
		UID:             ptr.To(object.GetUID()),
		ResourceVersion: ptr.To(object.GetResourceVersion()),
	}))
}
