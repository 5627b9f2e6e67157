// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestSaysArchiveAhead(t *testing.T) {
	is := func(kind, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: "It is ahead."}}
	}
	cases := map[string]struct {
		reason     string
		conditions []metav1.Condition
		want       string
	}{
		"Nothing": {reason: "it was not looked at"},
		"Ahead":   {reason: "it was found", conditions: is(v1alpha1.ConditionReady, v1alpha1.ReasonArchiveAhead), want: "It is ahead."},
		"Parked":  {reason: "it stopped for another reason", conditions: is(v1alpha1.ConditionReady, v1alpha1.ReasonParked)},
		"Stalled": {reason: "Ready says why", conditions: is(v1alpha1.ConditionStalled, v1alpha1.ReasonArchiveAhead)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := &v1alpha1.Subscription{}
			s.Status.Conditions = tc.conditions
			if got := SaysArchiveAhead(s); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
