// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		given  Options
		want   string
	}{
		"Zero":        {reason: "the defaults are right for most"},
		"Namespaces":  {reason: "which of the two would hold?", given: Options{Namespaces: []string{"a"}, NamespaceSelector: selected(t, "shard=a")}, want: "cannot be combined"},
		"Concurrency": {reason: "nothing would ever happen", given: Options{MaxConcurrentReconciles: -1}, want: "MaxConcurrentReconciles must be at least 1"},
		"Sync":        {reason: "everything would be looked at all the time", given: Options{SyncPeriod: -time.Second}, want: "SyncPeriod must be at least one second"},
		"Retention":   {reason: "records are kept for a time, not until a past one", given: Options{MinUpdateRetention: -time.Hour}, want: "MinUpdateRetention must not be negative"},
		"Events":      {reason: "there are two choices", given: Options{Events: "Warnings"}, want: `Events: "Warnings" is neither Important nor All`},
		"AllEvents":   {reason: "also those that are routine", given: Options{Events: EventsAll}},
		"Loaders":     {reason: "no source would ever be read", given: Options{Loaders: LoaderOptions{MaxAtOnce: -1}}, want: "Loaders.MaxAtOnce must be at least 1"},
		"Memory":      {reason: "less than a process needs to start", given: Options{Loaders: LoaderOptions{Memory: 1}}, want: "Loaders.Memory must be at least"},
		"Folder":      {reason: "a folder is taken", given: Options{Loaders: LoaderOptions{SQLiteDir: folder}}},
		"NoFolder":    {reason: "a folder that is not there", given: Options{Loaders: LoaderOptions{SQLiteDir: folder + "/none"}}, want: "Loaders.SQLiteDir: stat"},
		"File":        {reason: "a file is not a folder", given: Options{Loaders: LoaderOptions{SQLiteDir: file}}, want: "is not a folder"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := tc.given.withDefaults().check(); err != nil {
				got = err.Error()
			}
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
