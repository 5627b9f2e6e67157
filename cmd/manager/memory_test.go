// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestManagerMemory(t *testing.T) {
	const mi, gi = int64(1 << 20), int64(1 << 30)
	cases := map[string]struct {
		reason          string
		container, each int64
		loaders         int
		want            int64
	}{
		"Defaults": {reason: "3Gi, less 8 loaders of 256Mi, less a tenth", container: 3 * gi, loaders: 8, each: 256 * mi, want: gi / 10 * 9},
		"Larger":   {reason: "what is added is the manager's", container: 6 * gi, loaders: 8, each: 256 * mi, want: 4 * gi / 10 * 9},
		"Overbooked": {
			reason:    "the loaders may use all of it, and a limit of nothing would stop the manager from working",
			container: 2 * gi, loaders: 8, each: 256 * mi,
		},
		"Unknown": {reason: "nothing is said of a limit", loaders: 8, each: 256 * mi},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := managerMemory(tc.container, tc.loaders, tc.each); got != tc.want {
				t.Errorf("%s: got %d, want %d", tc.reason, got, tc.want)
			}
		})
	}
}

func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	cases := map[string]struct {
		reason            string
		container, goSays string
		want              int64
	}{
		"Container": {reason: "the container has a limit", container: "3221225472", want: 966367638},
		"Go":        {reason: "somebody set Go's own", container: "3221225472", goSays: "2GiB", want: math.MaxInt64},
		"Neither":   {reason: "the manager runs outside of a container", want: math.MaxInt64},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			debug.SetMemoryLimit(math.MaxInt64)
			t.Setenv(containerMemory, tc.container)
			t.Setenv(goMemory, tc.goSays)
			limitMemory(mustParse(t))
			if got := debug.SetMemoryLimit(-1); got != tc.want {
				t.Errorf("%s: got %d, want %d", tc.reason, got, tc.want)
			}
		})
	}
}
