// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "testing"

func TestCounting(t *testing.T) {
	cases := map[string]struct {
		reason                  string
		item                    Counting
		connected, setsQuantity bool
	}{
		"in force, without a quantity": {"its loader says how many", Counting{InForce: true, Declared: true, ActedOn: true}, true, true},
		"in force, with a quantity":    {"the spec says how many", Counting{InForce: true, Declared: true, HasQuantity: true, ActedOn: true}, false, false},
		"in force, not declared":       {"an update added it", Counting{InForce: true}, true, true},
		"about to be added":            {"its first count is needed", Counting{Declared: true}, true, true},
		"removed by an update":         {"the spec still lists it, but it was in force before", Counting{Declared: true, ActedOn: true}, false, false},
		"metered":                      {"its usage is read, regardless of its quantity", Counting{InForce: true, Metered: true, Declared: true, HasQuantity: true, ActedOn: true}, true, false},
		"not there":                    {"there is nothing to count", Counting{}, false, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.item.Connected(); got != tc.connected {
				t.Errorf("%s: Connected is %t", tc.reason, got)
			}
			if got := tc.item.SetsQuantity(); got != tc.setsQuantity {
				t.Errorf("%s: SetsQuantity is %t", tc.reason, got)
			}
		})
	}
}
