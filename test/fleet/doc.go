// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package fleet runs several managers: in one cluster, each with the namespaces that its selector selects, and in
// cells, each with a cluster of its own. Whatever moves between them is billed once.
package fleet
