// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// This file computes the status of a policy. It is pure.

// conflictMessage names the older policy, so that a person knows both policies to look at.
func conflictMessage(kind v1alpha1.PolicyKind, older facts.Claim) string {
	return fmt.Sprintf("The older %s %q has the same externalRef %q: give this policy another one, or delete one of the two.",
		kind, older.Name, older.ExternalRef)
}

// describe puts what was found into the status of a policy. subscriptions is nil where they were not counted. now is
// the wall clock's.
func describe(kind v1alpha1.PolicyKind, p policy, holder facts.Claim, subscriptions *int64, now time.Time) {
	generation := p.object.GetGeneration()

	// The generation changes with the spec and with nothing else.
	if p.status.ObservedGeneration != generation {
		seen := metav1.NewTime(now.UTC().Truncate(time.Second))
		p.status.UpdatedTime = &seen
	}
	p.status.ObservedGeneration = generation
	p.status.Subscriptions = subscriptions

	conditions := status.Of(&p.status.Conditions, generation, now)
	if holder.Name != p.object.GetName() {
		conditions.Stalled(v1alpha1.ReasonExternalRefConflict, conflictMessage(kind, holder))
		return
	}
	conditions.Ready(v1alpha1.ReasonReconciled, "The policy can be used.")
}
