// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

func TestSourcesOutsideTheCluster(t *testing.T) {
	cases := map[string]struct {
		reason string
		calls  bool
		set    LoaderOptions
		want   string
	}{
		"NotCalled": {
			reason: "this program would run itself again, and do something else",
			want:   "call operator.RunLoaderIfAsked first in its main function, or set Loaders.Program",
		},
		"Called":  {reason: "this program becomes a loader process, which does not know this kind", calls: true, want: "without saying why"},
		"Program": {reason: "another program runs loader processes", set: LoaderOptions{Program: "/no/such/program"}, want: "the loader process ended unexpectedly"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := runsLoaders.Swap(tc.calls)
			t.Cleanup(func() { runsLoaders.Store(before) })
			_, err := newRunner(tc.set).Run(t.Context(), guest.Job{Kind: "none", Timeout: 20 * time.Second})
			failure, ok := errors.AsType[*dataloader.Failure](err)
			if !ok || !strings.Contains(failure.Message, tc.want) {
				t.Errorf("%s: got %v, want %q", tc.reason, err, tc.want)
			}
		})
	}
}
