// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// reasonNotSupported is the reason of what the contract has and this version
// does not do yet. It is said, and never taken for something else: README,
// "Limits".
const reasonNotSupported = "NotSupported"

// unsupportedError is a sentence about a subscription that this version cannot
// keep.
type unsupportedError struct{ message string }

func (e *unsupportedError) Error() string { return e.message }

// unsupported says what of an update this version does not do; "" when it does
// all of it.
func unsupported(u *v1alpha1.SubscriptionUpdate) string {
	switch {
	case u.Spec.ChangeItems != nil:
		return "This version does not apply spec.changeItems yet: the update waits for one that does."
	case u.Spec.ExpectedHash != "":
		return "This version does not compare spec.expectedHash yet: the update waits for one that does."
	default:
		return ""
	}
}

// unsupportedProduct says what of the plans that a subscription uses this
// version does not do.
func unsupportedProduct(sub *v1alpha1.Subscription, product *v1alpha1.SeatProduct) error {
	for _, item := range sub.Spec.Items {
		for _, plan := range product.Spec.Plans {
			used := item.ProductRef.Name == product.Name && item.Plan == plan.Name
			if used && plan.Usage == v1alpha1.UsageMetered {
				return &unsupportedError{"Item " + item.Name + " is on a metered plan, which this version does not bill yet."}
			}
		}
	}
	return nil
}

// reportUnsupported says on an update that it waits for a later version.
func (r *Reconciler) reportUnsupported(ctx context.Context, u *v1alpha1.SubscriptionUpdate) error {
	after := u.DeepCopy()
	after.Status.State = v1alpha1.UpdatePending
	after.Status.Origin = record.OriginOf(u)
	after.Status.ObservedGeneration = u.Generation
	set := status.Of(&after.Status.Conditions, u.Generation, r.Wall.Now())
	set.InProgress(reasonNotSupported, unsupported(u))
	set.Set(v1alpha1.ConditionApplied, metav1.ConditionFalse, reasonNotSupported, unsupported(u))
	return r.write(ctx, u, after)
}
