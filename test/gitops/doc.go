// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitops applies the samples and the example of a Git repository as GitOps tools do, to a real
// control plane with a running operator. Applying them a second time changes nothing, there is no drift,
// and everything becomes healthy according to kstatus and to the script for Argo CD.
package gitops
