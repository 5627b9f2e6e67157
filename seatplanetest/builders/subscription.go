// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Subscription builds a Subscription.
type Subscription struct{ object v1alpha1.Subscription }

// MakeSubscription begins a Subscription without items, for the customer with the same name.
func MakeSubscription(name, namespace string) *Subscription {
	b := &Subscription{}
	b.object.Name, b.object.Namespace = name, namespace
	b.object.Spec.Customer.ID = name
	return b
}

// Customer sets the customer's ID.
func (b *Subscription) Customer(id string) *Subscription {
	b.object.Spec.Customer.ID = id
	return b
}

// Item adds an item whose quantity the spec declares.
func (b *Subscription) Item(name, product, plan string, quantity int64) *Subscription {
	return b.item(name, product, plan, ptr.To(quantity))
}

// LoadedItem adds an item without a quantity, which the product's loader or updates set.
func (b *Subscription) LoadedItem(name, product, plan string) *Subscription {
	return b.item(name, product, plan, nil)
}

func (b *Subscription) item(name, product, plan string, quantity *int64) *Subscription {
	b.object.Spec.Items = append(b.object.Spec.Items, v1alpha1.SubscriptionItem{
		Name:       name,
		ProductRef: v1alpha1.LocalReference{Name: product},
		Plan:       plan,
		Quantity:   quantity,
	})
	return b
}

// Start sets the start time.
func (b *Subscription) Start(at time.Time) *Subscription {
	b.object.Spec.StartTime = ptr.To(metav1.NewTime(at))
	return b
}

// Anchor sets the billing cycle anchor.
func (b *Subscription) Anchor(at time.Time) *Subscription {
	b.object.Spec.BillingCycleAnchor = ptr.To(metav1.NewTime(at))
	return b
}

// TimeZone sets the time zone.
func (b *Subscription) TimeZone(zone string) *Subscription {
	b.object.Spec.TimeZone = zone
	return b
}

// TestClock sets the TestClock that the subscription uses.
func (b *Subscription) TestClock(name string) *Subscription {
	b.object.Spec.TestClockRef = &v1alpha1.LocalReference{Name: name}
	return b
}

// Policy sets the proration policy.
func (b *Subscription) Policy(kind v1alpha1.PolicyKind, name string) *Subscription {
	b.object.Spec.ProrationPolicyRef = policyRef(kind, name)
	return b
}

// ChangePolicy sets how changes apply, are billed and are priced.
func (b *Subscription) ChangePolicy(policy v1alpha1.ChangePolicy) *Subscription {
	b.object.Spec.ChangePolicy = &policy
	return b
}

// With makes any other change to the object.
func (b *Subscription) With(change func(*v1alpha1.Subscription)) *Subscription {
	change(&b.object)
	return b
}

// Obj returns the Subscription.
func (b *Subscription) Obj() *v1alpha1.Subscription {
	return b.object.DeepCopy()
}

func policyRef(kind v1alpha1.PolicyKind, name string) *v1alpha1.ProrationPolicyReference {
	return &v1alpha1.ProrationPolicyReference{Kind: kind, Name: name}
}
