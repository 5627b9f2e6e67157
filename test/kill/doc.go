// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package kill runs the real manager behind a proxy, in front of a real kube-apiserver and etcd that write to disk, and
// kills all three while customers change what they have. What was billed is judged from outside: from every version of
// every object that etcd stored, from the records alone, and by the same customers in a namespace without faults.
package kill
