// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package install tests Seatplane as it is installed: kustomize and Helm render the same objects, and the
// manager runs with exactly the account and the rights that they give it.
//
// The manager is a process next to the control plane, because there is no node to run its pods.
// Everything else is real: the rights, the admission of its pods, the garbage collector and the leases.
package install
