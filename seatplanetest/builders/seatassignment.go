// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import "github.com/seatplane/seatplane/api/v1alpha1"

// SeatAssignment builds a SeatAssignment.
type SeatAssignment struct{ object v1alpha1.SeatAssignment }

// MakeSeatAssignment begins a SeatAssignment. The ID of the assignee is the name of the
// SeatAssignment.
func MakeSeatAssignment(name, namespace, subscription, item string) *SeatAssignment {
	b := &SeatAssignment{}
	b.object.Name, b.object.Namespace = name, namespace
	b.object.Spec.SubscriptionRef.Name = subscription
	b.object.Spec.Item = item
	b.object.Spec.Holder.ID = name
	return b
}

// Holder sets the ID of the holder.
func (b *SeatAssignment) Holder(id string) *SeatAssignment {
	b.object.Spec.Holder.ID = id
	return b
}

// Obj returns the SeatAssignment.
func (b *SeatAssignment) Obj() *v1alpha1.SeatAssignment {
	return b.object.DeepCopy()
}
