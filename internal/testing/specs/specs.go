// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package specs is what the ginkgo suite of every controller begins with: a control plane of its own, and a namespace
// for each spec.
package specs

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// Start runs a control plane with the project's CRDs until the suite ends. It returns a client that reads from and
// writes to its API server, without a limit on requests. Call it in BeforeSuite.
func Start() client.Client {
	ginkgo.GinkgoHelper()
	config, stop, err := controlplane.StartForLists()
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	ginkgo.DeferCleanup(stop)
	gomega.Expect(v1alpha1.AddToScheme(scheme.Scheme)).To(gomega.Succeed())
	config.QPS = -1
	live, err := client.New(config, client.Options{})
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return live
}

// Namespace creates a namespace for one spec, with a name that begins with prefix.
func Namespace(ctx context.Context, live client.Client, prefix string) *corev1.Namespace {
	ginkgo.GinkgoHelper()
	namespace := &corev1.Namespace{}
	namespace.GenerateName = prefix
	gomega.Expect(live.Create(ctx, namespace)).To(gomega.Succeed())
	return namespace
}
