// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// A manifest of a customer who came from elsewhere still says so years later. When it is pruned and comes
// back, nothing is charged again.
func TestAnImportIsPrunedAndComesBack(t *testing.T) {
	o := open(t, "2026-05-10T00:00:00Z")
	imported := strings.Replace(limited, "startTime: 2026-04-01T00:00:00Z", "startTime: 2026-01-01T00:00:00Z\n  billedUntil: 2026-03-01T00:00:00Z", 1)
	o.apply(imported)
	o.started("acme")
	// February is the last period that was billed elsewhere.
	before := o.invoiced("acme", "20.00", "20.00", "20.00")

	o.run("delete", "subscription", "acme", "--wait=false")
	o.eventually("acme is gone", func(ctx context.Context) (bool, string, error) {
		_, err := o.readSubscription(ctx, "acme")
		return apierrors.IsNotFound(err), "it is there", nil
	})
	o.apply(imported)
	o.eventually("acme waits", func(ctx context.Context) (bool, string, error) {
		s, err := o.readSubscription(ctx, "acme")
		if err != nil {
			return false, "", err
		}
		ready := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == v1alpha1.ReasonPredecessorFound && strings.Contains(ready.Message, before[2].Name),
			describe(s.Status.Conditions), nil
	})

	o.apply(strings.Replace(imported, "billedUntil: 2026-03-01", "billedUntil: 2026-06-01", 1))
	o.started("acme")
	o.moveClock("2026-06-01T00:00:00Z")
	// Those of before, none for March to May again, and June's.
	o.invoiced("acme", "20.00", "20.00", "20.00", "20.00")
}
