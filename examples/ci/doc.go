// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package ci is an example to copy: it shows how your own Go module can test what its customers pay,
// on a real kube-apiserver with the real operator. It only uses packages that another module can
// import.
package ci
