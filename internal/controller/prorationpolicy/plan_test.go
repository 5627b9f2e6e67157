// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

func TestHolder(t *testing.T) {
	first := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	at := func(name string, seconds int, ref v1alpha1.ExternalRef) claim {
		return claim{Age: facts.Age{Created: first.Add(time.Duration(seconds) * time.Second), Name: name}, externalRef: ref}
	}
	cases := map[string]struct {
		reason string
		self   claim
		others []claim
		want   string
	}{
		"no reference":    {reason: "who claims nothing is in nobody's way", self: at("a", 9, ""), others: []claim{at("b", 0, "")}, want: "a"},
		"alone":           {reason: "nobody else claims it", self: at("a", 9, "x"), others: nil, want: "a"},
		"other reference": {reason: "another reference is no rival", self: at("a", 9, "x"), others: []claim{at("b", 0, "y")}, want: "a"},
		"older":           {reason: "the older holds it", self: at("a", 9, "x"), others: []claim{at("b", 0, "x")}, want: "b"},
		"younger":         {reason: "the younger does not", self: at("a", 0, "x"), others: []claim{at("b", 9, "x")}, want: "a"},
		"same second":     {reason: "the name decides within a second", self: at("b", 0, "x"), others: []claim{at("a", 0, "x")}, want: "a"},
		"three":           {reason: "the oldest of all holds it", self: at("a", 5, "x"), others: []claim{at("b", 2, "x"), at("c", 1, "x")}, want: "c"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := holder(tc.self, tc.others); got.Name != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got.Name, tc.want)
			}
		})
	}
}
