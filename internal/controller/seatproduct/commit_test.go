// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func TestStandsFor(t *testing.T) {
	make := func(uid types.UID, count int64, loaded time.Time, state v1alpha1.UpdateState) *v1alpha1.SubscriptionUpdate {
		update := builders.MakeSubscriptionUpdate("x", "shop", "acme").SubscriptionUID(uid).Count("editors", count).FromRefresh("editors", "t", noon).Obj()
		update.Spec.Cause.LoadedTime = at(loaded)
		update.Status.State = state
		return update
	}
	wanted := make("uid", 7, noon, "")
	owned := make("uid", 7, noon, "")
	owned.OwnerReferences = []metav1.OwnerReference{{Kind: "ConfigMap", Name: "none", UID: "2"}}
	for reason, tc := range map[string]struct {
		existing *v1alpha1.SubscriptionUpdate
		want     bool
	}{
		"our own, of which the reply was lost":     {make("uid", 7, noon, ""), true},
		"a newer answer's":                         {make("uid", 9, noon.Add(time.Second), ""), true},
		"an earlier try's of the same tick":        {make("uid", 7, noon.Add(-time.Minute), v1alpha1.UpdatePending), true},
		"one that was applied":                     {make("uid", 9, noon.Add(-time.Minute), v1alpha1.UpdateApplied), true},
		"an older answer that says something else": {make("uid", 9, noon.Add(-time.Minute), v1alpha1.UpdateScheduled), false},
		"one that came too late and was given up":  {make("uid", 7, noon.Add(-time.Hour), v1alpha1.UpdateSuperseded), false},
		"the same answer with another count":       {make("uid", 1, noon, ""), false},
		"one with an owner":                        {owned, false},
		"another subscription's":                   {make("other", 7, noon, ""), false},
		"no refresh's":                             {builders.MakeSubscriptionUpdate("x", "shop", "acme").SubscriptionUID("uid").Count("editors", 7).Obj(), false},
	} {
		if got := standsFor(tc.existing, wanted); got != tc.want {
			t.Errorf("%s: got %v", reason, got)
		}
	}
	existing := make("uid", 9, noon, "")
	existing.UID = "1234"
	if got := nextToken(strings.Repeat("x", 2000), existing); len(got) != facts.MaxRequest || !strings.HasSuffix(got, "/1234") {
		t.Errorf("a long token is cut, and stays different: %d bytes", len(got))
	}
}
