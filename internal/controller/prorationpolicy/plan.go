// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// claim is what one policy claims: an external reference, since its creation. Names are unique where external
// references have to be.
type claim struct {
	facts.Age
	externalRef v1alpha1.ExternalRef
}

// holder returns the policy that owns an external reference: the oldest that claims it. A policy
// without one owns its own.
func holder(self claim, others []claim) claim {
	if self.externalRef == "" {
		return self
	}
	claims := []claim{self}
	for _, other := range others {
		if other.externalRef == self.externalRef {
			claims = append(claims, other)
		}
	}
	return slices.MinFunc(claims, func(a, b claim) int { return a.Compare(b.Age) })
}
