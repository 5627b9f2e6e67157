// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

func changePolicy(a v1alpha1.ApplicationSchedule, p v1alpha1.PaymentSchedule, m v1alpha1.CalculationMethod) subscription.ChangePolicy {
	return subscription.ChangePolicy{
		Application: subscription.Application(a), Payment: subscription.Payment(p), Method: proration.Method(m),
	}
}

// PolicyRef reads a reference to a proration policy. Nil names none.
func PolicyRef(ref *v1alpha1.ProrationPolicyReference) subscription.PolicyRef {
	if ref == nil {
		return subscription.PolicyRef{}
	}
	return subscription.PolicyRef{Kind: string(ref.Kind), Name: ref.Name}
}

// Policy reads a proration policy. The unit defaults to a day.
func Policy(name string, spec v1alpha1.ProrationPolicySpec, generation int64) subscription.Policy {
	unit := proration.Day
	if spec.Unit != "" {
		unit = proration.Unit(spec.Unit)
	}
	return subscription.Policy{
		Policy:     proration.Policy{Name: name, Unit: unit, Rounding: proration.Rounding(spec.Rounding)},
		Generation: generation,
	}
}
