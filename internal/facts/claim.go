// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Claim is what a proration policy claims: an external reference, since its creation. Names are unique where external
// references have to be.
type Claim struct {
	Age
	ExternalRef v1alpha1.ExternalRef
}

// ClaimOf returns the claim of a policy of either kind.
func ClaimOf(policy metav1.Object, spec *v1alpha1.ProrationPolicySpec) Claim {
	return Claim{Age: AgeOf(policy), ExternalRef: spec.ExternalRef}
}

// HolderOf returns the policy that owns an external reference: the oldest that claims it. A policy
// without one owns its own.
func HolderOf(self Claim, others []Claim) Claim {
	if self.ExternalRef == "" {
		return self
	}
	claims := []Claim{self}
	for _, other := range others {
		if other.ExternalRef == self.ExternalRef {
			claims = append(claims, other)
		}
	}
	return slices.MinFunc(claims, func(a, b Claim) int { return a.Compare(b.Age) })
}
