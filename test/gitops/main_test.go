// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// testClocks is the label of a namespace that may have TestClocks.
const testClocks = v1alpha1.LabelTestClocks + "=" + v1alpha1.TestClocksAllowed

// One system for all tests: each has a namespace of its own.
var (
	ground  *playground.Playground
	cluster client.Client
)

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

// runSuite starts the system, runs the tests, and stops it.
func runSuite(m *testing.M, folder string) (int, error) {
	manager, err := playground.Build(folder)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	ground, err = playground.Start(ctx, playground.Options{Manager: manager})
	if err != nil {
		return 0, err
	}
	if cluster, err = client.New(ground.Plane.Config, client.Options{}); err != nil {
		return 0, errors.Join(err, ground.Stop())
	}
	status := m.Run()
	return status, ground.Stop()
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
