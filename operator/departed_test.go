// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

// A manager that watches some of the Subscriptions gets what is left of the same ones, and of no others.
func TestDepartedAreSelectedAsSubscriptionsAre(t *testing.T) {
	subscriptions := []map[string]string{nil, {"shard": "a"}, {"shard": "b"}, {"shard": "a", "tier": "paid"}, {"example.com/tier": "free"}}
	for _, written := range []string{"", "shard=a", "shard!=a", "shard in (a,b)", "shard notin (a)", "tier", "!tier", "shard=a,tier=paid", "example.com/tier=free"} {
		t.Run(written, func(t *testing.T) {
			watched, err := labels.Parse(written)
			if err != nil {
				t.Fatal(err)
			}
			for _, each := range subscriptions {
				sub := &v1alpha1.Subscription{}
				sub.Namespace, sub.Name, sub.UID, sub.Labels = "ns", "acme", "u-1", each
				kept, err := delivery.Depart(sub)
				if err != nil {
					t.Fatal(err)
				}
				if want, got := watched.Matches(labels.Set(each)), departed(watched).Matches(labels.Set(kept.Labels)); got != want {
					t.Errorf("the subscription with %v is watched: %t, and what is left of it: %t", each, want, got)
				}
				delete(kept.Labels, v1alpha1.LabelDeparted)
				if departed(watched).Matches(labels.Set(kept.Labels)) || departed(nil).Matches(labels.Set(each)) {
					t.Error("an object of another controller is watched")
				}
			}
		})
	}
}
