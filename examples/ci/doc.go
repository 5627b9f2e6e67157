// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package ci is an example to copy: how a Go module of yours tests what its customers pay, on a real
// kube-apiserver with the real operator. It uses nothing that another module cannot import.
package ci
