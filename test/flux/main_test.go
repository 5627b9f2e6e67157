// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"context"
	"errors"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// binary is the path of Seatplane's manager.
var binary string

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) {
		var err error
		if binary, err = playground.Build(folder); err != nil {
			return 0, err
		}
		return m.Run(), nil
	})
}

// cluster is a control plane with Seatplane on it, and the administrator's client.
type cluster struct {
	*testing.T
	client.Client
	ground *playground.Playground
}

// newCluster starts a cluster that ends with the test.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	ground, err := playground.Start(ctx, playground.Options{Manager: binary})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ground.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	admin, err := client.New(ground.Plane.Config, client.Options{})
	if err != nil {
		t.Fatal(errors.Join(err, ground.Stop()))
	}
	return &cluster{T: t, Client: admin, ground: ground}
}

// in is the cluster for a part of the test.
func (c *cluster) in(t *testing.T) *cluster {
	return &cluster{T: t, Client: c.Client, ground: c.ground}
}

// kubectl runs kubectl as the administrator.
func (c *cluster) kubectl(args ...string) string {
	c.Helper()
	out, err := c.ground.Kubectl.In("").Run(c.Context(), args...)
	if err != nil {
		c.Fatal(err)
	}
	return out
}

// count creates what the application's export of the example writes.
func (c *cluster) count() {
	c.Helper()
	c.kubectl("create", "configmap", "seat-counts", "-n", "billing", "--from-literal=acme=42", "--from-literal=globex=8")
}
