// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitops applies the samples and the example of a Git repository as GitOps tools do, to a real
// control plane with the operator at work: a second time nothing changes, at rest there is no drift, and
// everything comes to be healthy, by kstatus and by the script for Argo CD.
package gitops
