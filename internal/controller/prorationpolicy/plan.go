// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"cmp"
	"slices"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// claim is what one policy claims: an external reference, since its creation.
type claim struct {
	name        string
	externalRef v1alpha1.ExternalRef
	created     time.Time
}

// byAge orders claims: the older first, of two of one second the one whose name comes first. Names
// are unique where external references have to be.
func byAge(a, b claim) int {
	return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.name, b.name))
}

// holder returns who holds the external reference of a policy: the oldest that claims it. A policy
// without one holds its own.
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
	return slices.MinFunc(claims, byAge)
}
