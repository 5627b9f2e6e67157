// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/seating"
	"github.com/seatplane/seatplane/internal/facts"
)

// Claim reads an assignment as a claim on a seat of the subscription with the UID. A seat of an
// earlier, deleted subscription with the same name does not count as assigned.
func Claim(a *v1alpha1.SeatAssignment, subscription types.UID) seating.Claim {
	return seating.Claim{
		Name: a.Name, Holder: a.Spec.Holder.ID, Created: facts.Created(a).UTC(),
		Assigned: a.Status.SubscriptionUID == subscription && meta.IsStatusConditionTrue(a.Status.Conditions, v1alpha1.ConditionAssigned),
	}
}
