// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestHolderOf(t *testing.T) {
	first := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	at := func(name string, seconds int, ref v1alpha1.ExternalRef) Claim {
		return Claim{Age: Age{Created: first.Add(time.Duration(seconds) * time.Second), Name: name}, ExternalRef: ref}
	}
	cases := map[string]struct {
		reason string
		self   Claim
		others []Claim
		want   string
	}{
		"no reference":    {reason: "who claims nothing is in nobody's way", self: at("a", 9, ""), others: []Claim{at("b", 0, "")}, want: "a"},
		"alone":           {reason: "nobody else claims it", self: at("a", 9, "x"), others: nil, want: "a"},
		"other reference": {reason: "another reference is no rival", self: at("a", 9, "x"), others: []Claim{at("b", 0, "y")}, want: "a"},
		"older":           {reason: "the older holds it", self: at("a", 9, "x"), others: []Claim{at("b", 0, "x")}, want: "b"},
		"younger":         {reason: "the younger does not", self: at("a", 0, "x"), others: []Claim{at("b", 9, "x")}, want: "a"},
		"same second":     {reason: "the name decides within a second", self: at("b", 0, "x"), others: []Claim{at("a", 0, "x")}, want: "a"},
		"three":           {reason: "the oldest of all holds it", self: at("a", 5, "x"), others: []Claim{at("b", 2, "x"), at("c", 1, "x")}, want: "c"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := HolderOf(tc.self, tc.others); got.Name != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got.Name, tc.want)
			}
		})
	}
}
