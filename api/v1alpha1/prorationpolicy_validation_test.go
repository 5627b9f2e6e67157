// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

func TestProrationPolicyValidation(t *testing.T) {
	for _, kind := range []string{"ProrationPolicy", "ClusterProrationPolicy"} {
		t.Run(kind, func(t *testing.T) {
			validate(t, kind, identifiers("spec.externalRef", "", "externalRef"), displayNames("spec.displayName", "", "displayName"), map[string]row{
				"the least": {reason: "a name and a rounding are enough"},
				"rounded down by the second": {
					reason: "every rounding goes with every unit",
					with:   "{spec.rounding: Down, spec.unit: Second}",
				},
				"without a rounding": {
					reason:  "nobody can guess who pays for partial use",
					with:    "{spec.rounding: null}",
					refused: "Required value",
				},
				"an edit of everything": {
					reason: "a policy may change at any time",
					edit:   `{spec.displayName: By hour, spec.rounding: Nearest, spec.unit: Hour, spec.externalRef: pol-8}`,
				},
			})
		})
	}
}
