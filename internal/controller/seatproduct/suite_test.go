// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// live reads from and writes to a real API server.
var live client.Client

func TestSeatProduct(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "SeatProduct")
}

var _ = BeforeSuite(func() {
	config, stop, err := controlplane.StartForSuite()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(stop)
	Expect(v1alpha1.AddToScheme(scheme.Scheme)).To(Succeed())
	config.QPS, config.Burst = -1, -1
	live, err = client.New(config, client.Options{})
	Expect(err).NotTo(HaveOccurred())
})

// newNamespace makes a namespace for one spec.
func newNamespace(ctx SpecContext) string {
	namespace := &corev1.Namespace{}
	namespace.GenerateName = "product-"
	Expect(live.Create(ctx, namespace)).To(Succeed())
	return namespace.Name
}
