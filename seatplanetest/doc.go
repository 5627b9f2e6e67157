// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seatplanetest runs Seatplane inside a Go test: a real etcd, a real kube-apiserver and the operator, with a clock
// that the test moves and seats that the test counts.
//
//	func TestRenewal(t *testing.T) {
//		s := seatplanetest.New(t)
//		clock := s.Clock(april)
//		s.SetCounts("editor", map[string]int64{"acme": 3})
//		s.Create(
//			builders.MakeSeatProduct("editor", "").Plan("monthly", "EUR", "10").ConfigMapLoader("counts").Obj(),
//			builders.MakeSubscription("acme", "").Start(april).TestClock(clock.Name()).LoadedItem("editors", "editor", "monthly").Obj())
//		clock.MoveTo(may)
//		if due := s.Invoices("acme")[1].Spec.AmountDue; due != "30.00" {
//			t.Errorf("the renewal costs %s", due)
//		}
//	}
//
// # What is shared
//
// The first New of a process starts the control plane and the operator. They end with the process, even if it is
// killed. Each New creates its own namespace, so tests can run in parallel. Kinds without a namespace, such as
// ClusterProrationPolicy, are shared: give their objects a different name in each test.
//
// # Binaries
//
// New looks for etcd and kube-apiserver in the folder of KUBEBUILDER_ASSETS, and then where setup-envtest stores them. If
// there are none, the test fails and says how to get them.
//
// # What differs from a cluster
//
// The admission policies are not installed, so every namespace allows TestClocks and nothing stops a test from writing
// an Invoice. No controller collects garbage or deletes namespaces, and there are no nodes. Databases and HTTP
// endpoints are read only if the program's TestMain calls operator.RunLoaderIfAsked; SetCounts needs none of them.
package seatplanetest
