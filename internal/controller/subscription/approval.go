// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// approvalOf returns who approved a decided update: from its status, or else from the live read that confirmed
// the decision. Only the approval of an update that was Held is recorded.
func (w *world) approvalOf(uid string, approved *metav1.Time) *v1alpha1.UpdateApproval {
	if approved == nil {
		return nil
	}
	if known := w.updates[uid].Status.Approval; known != nil {
		return known
	}
	return w.approvals[uid]
}

// gatherApproval reads live who approved a waiting update, in the pass that first sees the approval, because the
// cache does not store managed fields.
func (r *Reconciler) gatherApproval(ctx context.Context, before, after *v1alpha1.SubscriptionUpdate) error {
	if after.Status.ApprovedTime == nil || before.Status.ApprovedTime != nil {
		return nil
	}
	var live v1alpha1.SubscriptionUpdate
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(before), &live)
	if err != nil {
		return client.IgnoreNotFound(fmt.Errorf("read SubscriptionUpdate %q: %w", before.Name, err))
	}
	if live.UID == before.UID {
		after.Status.Approval = record.Approval(&live)
	}
	return nil
}
