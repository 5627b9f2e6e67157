// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controlplane runs a real etcd and kube-apiserver for tests, the demo and development, on
// free loopback ports and with temporary data.
//
// Everything that it starts ends with the process that started it, even if that process is killed:
// a small shell waits for the end of a pipe that only the starter has open, and then kills the
// rest.
package controlplane
