// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package harness is what the suites have in common whose tests start managers by hand: the manager's binary, a cluster
// for each test, and what a test does in its cluster.
package harness

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// patience is how long anything may take on a busy machine.
const patience = 3 * time.Minute

// Main is the TestMain of a suite. It builds the manager before the tests, and sets manager to the path of the binary.
func Main(m *testing.M, manager *string) {
	suite.Main(func(folder string) (int, error) {
		var err error
		if *manager, err = playground.Build(folder); err != nil {
			return 0, err
		}
		return m.Run(), nil
	})
}

// Must ends the test if there is an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Cluster is a cluster for one test, with the roles and the policies of config/default.
type Cluster struct {
	*testing.T
	// WithWatch has the administrator's rights.
	client.WithWatch

	// Ground starts managers in the cluster.
	Ground *playground.Playground

	// Folder is for the test's own files.
	Folder string
}

// Start starts a cluster without a manager, which ends with the test.
func Start(t *testing.T) *Cluster {
	t.Helper()
	ground, err := playground.Start(t.Context(), playground.Options{})
	Must(t, err)
	t.Cleanup(func() { Must(t, ground.Plane.Stop()) })
	administrator, err := ground.Client()
	Must(t, err)
	return &Cluster{T: t, WithWatch: administrator, Ground: ground, Folder: t.TempDir()}
}

// Must ends the test if there is an error.
func (c *Cluster) Must(err error) {
	c.Helper()
	Must(c.T, err)
}

// Make creates objects.
func (c *Cluster) Make(objects ...client.Object) {
	c.Helper()
	for _, object := range objects {
		c.Must(c.Create(c.Context(), object))
	}
}

// Merge changes an object by a merge patch.
func (c *Cluster) Merge(object client.Object, format string, args ...any) {
	c.Helper()
	c.Must(c.Patch(c.Context(), object, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))))
}

// Eventually waits for what managers bring about. holds returns what is missing.
func (c *Cluster) Eventually(what string, holds func(context.Context) (missing string, err error)) {
	c.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		missing, err := holds(c.Context())
		if err == nil && missing == "" {
			return
		}
		if time.Now().After(deadline) {
			c.Fatalf("not within %s: %s: %s %v", patience, what, missing, err)
		}
	}
}

// Manage starts a manager that writes to a log with the given name. It runs until the test ends, or until stop is called.
func (c *Cluster) Manage(binary, name string, flags ...string) (stop func()) {
	c.Helper()
	manager, err := c.Ground.StartManager(binary, filepath.Join(c.Folder, name+".log"), flags...)
	c.Must(err)
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			c.Must(manager.Stop())
		}
	}
	c.Cleanup(func() {
		if c.Failed() {
			c.Logf("the manager %s ended with\n%s", name, manager.LastWords())
		}
		stop()
	})
	return stop
}

// MoveClock sets the TestClock "clock" of a namespace.
func (c *Cluster) MoveClock(namespace string, to time.Time) {
	c.Helper()
	clock := &v1alpha1.TestClock{}
	clock.Namespace, clock.Name = namespace, "clock"
	c.Merge(clock, `{"spec":{"now":%q}}`, to.Format(time.RFC3339))
}

// CaughtUp waits, when passed to Eventually, until all that the TestClock "clock" of a namespace knows has reached its
// time.
func (c *Cluster) CaughtUp(namespace string) func(context.Context) (missing string, err error) {
	return func(ctx context.Context) (string, error) {
		var clock v1alpha1.TestClock
		err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "clock"}, &clock)
		if clock.Status.ObservedGeneration == clock.Generation && meta.IsStatusConditionTrue(clock.Status.Conditions, v1alpha1.ConditionReady) {
			return "", err
		}
		return fmt.Sprintf("%s: %v", namespace, clock.Status.Conditions), err
	}
}
