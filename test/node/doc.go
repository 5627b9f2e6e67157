// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package node installs Seatplane on a cluster with two nodes that run its pods: kubelets, containerd and runc, in
// addition to the real control plane of the other suites. The image is packed as by `make image`, and the manifests
// and the chart are those that `make dist` writes.
//
// Nodes need root on Linux, so the tests run only with SEATPLANE_NODE set, as `make test-node` sets it. Everything
// runs in mount, network and process namespaces of its own: when the test process ends, no matter how, the kernel
// ends all processes and removes all mounts, interfaces and addresses. What namespaces do not cover, which are
// control groups and settings that kubelets change, is restored by the process that started them.
//
// Not covered: NetworkPolicies, because the bridge plugin does not enforce them, and Services other than the API
// server's, because there is no kube-proxy.
package node
