// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// leaves waits until these updates of a subscription are left, and no others.
func (o *office) leaves(subscription string, want ...string) {
	o.Helper()
	o.eventually(fmt.Sprintf("%v are left", want), func(ctx context.Context) (bool, string, error) {
		updates, err := o.readUpdates(ctx, subscription)
		var names []string
		for i := range updates {
			names = append(names, updates[i].Name)
		}
		return slices.Equal(slices.Sorted(slices.Values(names)), want), fmt.Sprint(names), err
	})
}

// Updates beyond the history go, what Git holds stays, and what is billed does not depend on either.
func TestRetentionThatGitDoesNotFight(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(strings.Replace(limited, "  items:", "  history: {keepUpdates: 1, ttlSecondsAfterFinished: 0}\n  items:", 1))
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	const update = `
kind: SubscriptionUpdate
metadata: {name: %s, annotations: {%s: %q}}
spec: {subscriptionRef: {name: acme}, seats: {item: editors, increment: 1}}
`
	one, git := fmt.Sprintf(update, "b-in-git", "example.com/owner", "git"), "b-in-git"
	o.apply(fmt.Sprintf(update, "a", v1alpha1.AnnotationPrune, "true"))
	o.decided("a", v1alpha1.UpdateApplied)
	o.apply(one)
	o.decided(git, v1alpha1.UpdateApplied)
	for _, name := range []string{"c", "d"} {
		o.apply(fmt.Sprintf(update, name, v1alpha1.AnnotationPrune, "true"))
		o.decided(name, v1alpha1.UpdateApplied)
	}
	o.leaves("acme", git, "d")
	o.apply(one) // as Git does, again and again
	o.holds("acme", 6)

	o.moveClock("2026-05-01T00:00:00Z")
	o.leaves("acme", git, "d")
	o.holds("acme", 6)
	o.invoiced("acme", "20.00", "80.00")
}
