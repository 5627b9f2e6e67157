// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controlplane runs a real etcd and kube-apiserver for tests, the demo and development:
// on free loopback ports, with data that is thrown away.
//
// Whatever it starts dies with the process that started it, also when that one is killed: a small
// shell waits for the end of a pipe that only the starter holds, and then kills the rest.
package controlplane
