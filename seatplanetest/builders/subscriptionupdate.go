// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// SubscriptionUpdate builds a SubscriptionUpdate.
type SubscriptionUpdate struct{ object v1alpha1.SubscriptionUpdate }

// MakeSubscriptionUpdate begins a SubscriptionUpdate of a subscription, without a change.
func MakeSubscriptionUpdate(name, namespace, subscription string) *SubscriptionUpdate {
	b := &SubscriptionUpdate{}
	b.object.Name, b.object.Namespace = name, namespace
	b.object.Spec.SubscriptionRef.Name = subscription
	return b
}

// SubscriptionUID restricts the update to the subscription with that UID.
func (b *SubscriptionUpdate) SubscriptionUID(uid types.UID) *SubscriptionUpdate {
	b.object.Spec.SubscriptionRef.UID = uid
	return b
}

// Increment adds units to an item.
func (b *SubscriptionUpdate) Increment(item string, by int64) *SubscriptionUpdate {
	return b.seats(v1alpha1.SeatsChange{Item: item, Increment: ptr.To(by)})
}

// Decrement removes units from an item.
func (b *SubscriptionUpdate) Decrement(item string, by int64) *SubscriptionUpdate {
	return b.seats(v1alpha1.SeatsChange{Item: item, Decrement: ptr.To(by)})
}

// Count sets an item's quantity.
func (b *SubscriptionUpdate) Count(item string, count int64) *SubscriptionUpdate {
	return b.seats(v1alpha1.SeatsChange{Item: item, Count: ptr.To(count)})
}

func (b *SubscriptionUpdate) seats(change v1alpha1.SeatsChange) *SubscriptionUpdate {
	b.object.Spec.Seats = &change
	return b
}

// ChangeItems asks for another list of items.
func (b *SubscriptionUpdate) ChangeItems(items ...v1alpha1.SubscriptionItem) *SubscriptionUpdate {
	b.object.Spec.Seats, b.object.Spec.ChangeItems = nil, &v1alpha1.ItemsChange{Items: items}
	return b
}

// Apply sets when the change takes effect.
func (b *SubscriptionUpdate) Apply(schedule v1alpha1.ApplicationSchedule) *SubscriptionUpdate {
	b.object.Spec.ApplicationSchedule = schedule
	return b
}

// ApplyAt makes the change take effect at an instant.
func (b *SubscriptionUpdate) ApplyAt(at time.Time) *SubscriptionUpdate {
	b.object.Spec.ApplicationSchedule = v1alpha1.ApplyCustom
	b.object.Spec.ApplyAt = ptr.To(metav1.NewTime(at))
	return b
}

// Pay sets when the adjustment is billed.
func (b *SubscriptionUpdate) Pay(schedule v1alpha1.PaymentSchedule) *SubscriptionUpdate {
	b.object.Spec.PaymentSchedule = schedule
	return b
}

// BillAt bills the adjustment at an instant.
func (b *SubscriptionUpdate) BillAt(at time.Time) *SubscriptionUpdate {
	b.object.Spec.PaymentSchedule = v1alpha1.PayCustom
	b.object.Spec.BillAt = ptr.To(metav1.NewTime(at))
	return b
}

// Calculate sets how the change is priced.
func (b *SubscriptionUpdate) Calculate(method v1alpha1.CalculationMethod) *SubscriptionUpdate {
	b.object.Spec.CalculationMethod = method
	return b
}

// Effective sets the instant from which the change counts for money.
func (b *SubscriptionUpdate) Effective(at time.Time) *SubscriptionUpdate {
	b.object.Spec.EffectiveTime = ptr.To(metav1.NewTime(at))
	return b
}

// FromRefresh marks the update as created by a refresh.
func (b *SubscriptionUpdate) FromRefresh(item, token string, observed time.Time) *SubscriptionUpdate {
	b.object.Spec.Cause = &v1alpha1.UpdateCause{
		Type:         v1alpha1.CauseRefresh,
		Token:        token,
		ObservedTime: ptr.To(metav1.NewTime(observed)),
		Item:         item,
	}
	return b
}

// FromSpec marks the update as created for an edit of the subscription's spec.
func (b *SubscriptionUpdate) FromSpec(item string, generation int64) *SubscriptionUpdate {
	b.object.Spec.Cause = &v1alpha1.UpdateCause{
		Type:       v1alpha1.CauseSpec,
		Generation: ptr.To(generation),
		Item:       item,
	}
	return b
}

// With makes any other change to the object.
func (b *SubscriptionUpdate) With(change func(*v1alpha1.SubscriptionUpdate)) *SubscriptionUpdate {
	change(&b.object)
	return b
}

// Obj returns the SubscriptionUpdate.
func (b *SubscriptionUpdate) Obj() *v1alpha1.SubscriptionUpdate {
	return b.object.DeepCopy()
}
