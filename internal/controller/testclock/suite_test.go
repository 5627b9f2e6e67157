// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/specs"
)

// live reads from and writes to a real API server.
var live client.Client

func TestTestClock(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "TestClock")
}

var _ = BeforeSuite(func() { live = specs.Start() })

// newNamespace makes a namespace for one spec.
func newNamespace(ctx SpecContext) string {
	return specs.Namespace(ctx, live, "clock-").Name
}
