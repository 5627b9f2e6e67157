// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"
)

// Start runs a control plane with the project's CRDs until the test ends. If it cannot run, the
// test fails; it is never skipped.
func Start(t testing.TB) *rest.Config {
	t.Helper()
	return StartRunning(t).Config
}

// StartRunning is Start for tests that need more than the administrator's access.
func StartRunning(t testing.TB) *Running {
	t.Helper()
	r, err := launchWithCRDs(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Errorf("stopping the control plane: %v", err)
		}
	})
	return r
}

// StartForSuite is Start for TestMain and BeforeSuite, where many tests share one control plane.
func StartForSuite() (cfg *rest.Config, stop func() error, err error) {
	return startForSuite(Options{})
}

// StartForLists is StartForSuite for tests that call reconcilers one after the other, and so list again and again what
// was just written. Its API server answers lists from etcd. With its watch cache, a list waits until the cache has seen
// the latest write to any kind, and the cache asks etcd for that at most ten times a second. Both servers collect garbage
// less often, which would be a third of what they do, of a few megabytes each time.
func StartForLists() (cfg *rest.Config, stop func() error, err error) {
	if err := os.Setenv("GOGC", "400"); err != nil {
		return nil, nil, err
	}
	return startForSuite(Options{APIServerFlags: map[string]string{"watch-cache": "false"}})
}

func startForSuite(opts Options) (cfg *rest.Config, stop func() error, err error) {
	r, err := launchWithCRDs(opts)
	if err != nil {
		return nil, nil, err
	}
	return r.Config, r.Stop, nil
}

func launchWithCRDs(opts Options) (*Running, error) {
	r, err := Launch(opts)
	if err != nil {
		return nil, err
	}
	if err := r.InstallCRDs(); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// FromRoot returns the path of something in the repository.
func FromRoot(t testing.TB, path ...string) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{root}, path...)...)
}
