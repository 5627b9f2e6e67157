// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// delete deletes exactly the object that was examined, in the same version. If an annotation was
// removed since, or another object has its name, that is a conflict. If the object no longer
// exists, there is nothing to do.
func (r *Reconciler) delete(ctx context.Context, object client.Object) error {
	return client.IgnoreNotFound(r.Client.Delete(ctx, object, client.Preconditions{
		UID:             ptr.To(object.GetUID()),
		ResourceVersion: ptr.To(object.GetResourceVersion()),
	}))
}
