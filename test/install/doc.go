// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package install tests Seatplane as it is installed: kustomize and Helm render the same objects, and the
// manager runs with what they give it, as itself and nobody else.
//
// The manager is a process beside the control plane, as there is no node to run its pods; all else is
// real: the rights, the admission of its pods, the garbage collector, the leases.
package install
