// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The newest version that setup-envtest has stored is used, and 1.9 is older than 1.36.
func TestNewestIn(t *testing.T) {
	cases := map[string]struct {
		reason  string
		folders []string
		want    string
	}{
		"None":   {reason: "nothing is stored"},
		"One":    {reason: "it is the only one", folders: []string{"1.36.0-linux-amd64"}, want: "1.36.0-linux-amd64"},
		"Newest": {reason: "versions are numbers", folders: []string{"1.9.2-linux-amd64", "1.36.0-linux-amd64", "1.35.9-linux-amd64"}, want: "1.36.0-linux-amd64"},
		"Other":  {reason: "a folder with another name comes last", folders: []string{"old", "1.30.0-linux-amd64"}, want: "1.30.0-linux-amd64"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			store := t.TempDir()
			for _, folder := range tc.folders {
				if err := os.MkdirAll(filepath.Join(store, folder, "kube-apiserver"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if got := newestIn(store); got != strings.TrimSuffix(filepath.Join(store, tc.want), string(filepath.Separator)) && got != tc.want {
				t.Errorf("%s: got %q", tc.reason, got)
			}
		})
	}
}

// The log keeps what a test may want, and no more.
func TestSaid(t *testing.T) {
	s := &said{}
	s.logger().Info("before")
	began := s.count()
	for range maxSaid + 10 {
		s.logger().Info("flood")
	}
	s.logger().Info("last")
	got := strings.Split(s.since(began), "\n")
	if len(got) != maxSaid || !strings.Contains(got[maxSaid-1], "last") {
		t.Errorf("%d lines are kept, and the last is %q", len(got), got[len(got)-1])
	}
	if rest := s.since(s.count()); rest != "" {
		t.Errorf("nothing was said since, but %q", rest)
	}
}
