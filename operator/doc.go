// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package operator runs Seatplane in your own program.
//
// The command cmd/manager does the same: it parses flags, makes a controller-runtime manager, and calls AddToManager. A
// program that already has a manager adds the operator to it:
//
//	func main() {
//		operator.RunLoaderIfAsked()
//		options := operator.Options{Namespaces: []string{"billing"}}
//		mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), operator.ManagerOptions(options))
//		…
//		err = operator.AddToManager(ctx, mgr, options)
//		…
//		err = mgr.Start(ctx)
//	}
//
// # Rights
//
// The program's account needs the rights of the role seatplane-manager (config/rbac/role.yaml), and the admission
// policies of config/admission must name that account.
//
// # Loader processes
//
// Databases, HTTP endpoints and Prometheus are read in loader processes: the program starts itself again, and that
// process has one job, no credentials but those of the job, and limits on memory and time. The first call of main must
// therefore be RunLoaderIfAsked. A program that does not call it reads only sources inside the cluster, unless
// LoaderOptions.Program names one that does.
//
// # Several operators
//
// A process may run several operators. Each needs its own manager and its own metrics registry. They must not watch the
// same objects. If they do, every change is still applied once, but the two compete for each write.
package operator
