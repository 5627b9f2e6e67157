// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Readings that wait are bounded, and those that matter most are kept.
func TestThin(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, time.April, 1, hour, 0, 0, 0, time.UTC) }
	midnight := at(24)
	boundary := func(a, b time.Time) bool { return a.Before(midnight) && !b.Before(midnight) }
	for name, tc := range map[string]struct {
		reason      string
		hours, want []int
		most        int
	}{
		"few":             {reason: "there is room", hours: []int{1, 2}, most: 3, want: []int{1, 2}},
		"none":            {reason: "nothing waits", most: 3},
		"close together":  {reason: "what lies between two close ones is known best", hours: []int{1, 8, 9, 10, 20}, most: 4, want: []int{1, 8, 10, 20}},
		"evenly apart":    {reason: "the first may be the baseline: usage before it would be lost", hours: []int{1, 2, 3, 4, 5}, most: 3, want: []int{1, 3, 5}},
		"at a boundary":   {reason: "the period before it is priced by its own", hours: []int{20, 22, 23, 25, 26}, most: 3, want: []int{20, 23, 26}},
		"only the newest": {reason: "it says how much was used in all", hours: []int{22, 23, 25}, most: 1, want: []int{25}},
		"no room at all":  {reason: "the newest is never dropped", hours: []int{22, 23}, want: []int{23}},
	} {
		t.Run(name, func(t *testing.T) {
			var readings, want []Reading
			for _, hour := range tc.hours {
				readings = append(readings, Reading{Total: int64(hour), Observed: at(hour)})
			}
			for _, hour := range tc.want {
				want = append(want, Reading{Total: int64(hour), Observed: at(hour)})
			}
			if diff := cmp.Diff(want, Thin(readings, tc.most, boundary)); diff != "" {
				t.Errorf("%s: %s", tc.reason, diff)
			}
		})
	}
}
