// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// SeatProduct builds a SeatProduct.
type SeatProduct struct{ object v1alpha1.SeatProduct }

// MakeSeatProduct begins a SeatProduct without plans.
func MakeSeatProduct(name, namespace string) *SeatProduct {
	b := &SeatProduct{}
	b.object.Name, b.object.Namespace = name, namespace
	return b
}

// Plan adds a monthly plan with a price per seat.
func (b *SeatProduct) Plan(name, currency, unitAmount string) *SeatProduct {
	b.object.Spec.Plans = append(b.object.Spec.Plans, v1alpha1.Plan{
		Name:     name,
		Currency: v1alpha1.Currency(currency),
		Interval: v1alpha1.Interval{Unit: v1alpha1.IntervalMonth, Count: 1},
		Pricing:  v1alpha1.Pricing{Model: v1alpha1.PricingPerUnit, UnitAmount: v1alpha1.Amount(unitAmount)},
	})
	return b
}

// Seats sets the minimum and the maximum of the plan that was added last.
func (b *SeatProduct) Seats(minimum, maximum int64) *SeatProduct {
	plan := &b.object.Spec.Plans[len(b.object.Spec.Plans)-1]
	plan.Seats = &v1alpha1.SeatLimits{Minimum: ptr.To(minimum), Maximum: ptr.To(maximum)}
	return b
}

// ConfigMapLoader takes the counts from a ConfigMap.
func (b *SeatProduct) ConfigMapLoader(name string) *SeatProduct {
	b.object.Spec.DataLoader = &v1alpha1.DataLoader{
		ConfigMap: &v1alpha1.LocalReference{Name: name},
	}
	return b
}

// SQLiteLoader takes the counts from a query of a SQLite database, whose DSN is under the key dsn of
// a Secret.
func (b *SeatProduct) SQLiteLoader(secret, query string) *SeatProduct {
	b.object.Spec.DataLoader = &v1alpha1.DataLoader{SQL: &v1alpha1.SQLSource{
		Driver:       v1alpha1.DriverSQLite,
		DSNSecretRef: v1alpha1.SecretKeyReference{Name: secret, Key: "dsn"},
		Query:        query,
	}}
	return b
}

// Refresh sets when the loader runs and how its answer is used.
func (b *SeatProduct) Refresh(refresh v1alpha1.Refresh) *SeatProduct {
	b.object.Spec.Refresh = &refresh
	return b
}

// OnIncrease sets how an increase of a quantity applies.
func (b *SeatProduct) OnIncrease(policy v1alpha1.QuantityChangePolicy) *SeatProduct {
	b.object.Spec.OnIncrease = &policy
	return b
}

// OnDecrease sets how a decrease of a quantity applies.
func (b *SeatProduct) OnDecrease(policy v1alpha1.QuantityChangePolicy) *SeatProduct {
	b.object.Spec.OnDecrease = &policy
	return b
}

// Policy sets the proration policy.
func (b *SeatProduct) Policy(kind v1alpha1.PolicyKind, name string) *SeatProduct {
	b.object.Spec.ProrationPolicyRef = policyRef(kind, name)
	return b
}

// With makes any other change to the object.
func (b *SeatProduct) With(change func(*v1alpha1.SeatProduct)) *SeatProduct {
	change(&b.object)
	return b
}

// Obj returns the SeatProduct.
func (b *SeatProduct) Obj() *v1alpha1.SeatProduct {
	return b.object.DeepCopy()
}
