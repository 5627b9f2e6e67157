// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestHolder(t *testing.T) {
	first := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	at := func(name string, seconds int, ref v1alpha1.ExternalRef) claim {
		return claim{name: name, externalRef: ref, created: first.Add(time.Duration(seconds) * time.Second)}
	}
	cases := map[string]struct {
		reason string
		self   claim
		others []claim
		want   string
	}{
		"no reference":    {"who claims nothing is in nobody's way", at("a", 9, ""), []claim{at("b", 0, "")}, "a"},
		"alone":           {"nobody else claims it", at("a", 9, "x"), nil, "a"},
		"other reference": {"another reference is no rival", at("a", 9, "x"), []claim{at("b", 0, "y")}, "a"},
		"older":           {"the older holds it", at("a", 9, "x"), []claim{at("b", 0, "x")}, "b"},
		"younger":         {"the younger does not", at("a", 0, "x"), []claim{at("b", 9, "x")}, "a"},
		"same second":     {"the name decides within a second", at("b", 0, "x"), []claim{at("a", 0, "x")}, "a"},
		"three":           {"the oldest of all holds it", at("a", 5, "x"), []claim{at("b", 2, "x"), at("c", 1, "x")}, "c"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := holder(tc.self, tc.others); got.name != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got.name, tc.want)
			}
		})
	}
}
