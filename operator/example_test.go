// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator_test

import (
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seatplane/seatplane/operator"
)

// A program with a manager of its own runs Seatplane in two namespaces.
func ExampleAddToManager() {
	operator.RunLoaderIfAsked() // first, because a loader process is this program, too
	ctx := ctrl.SetupSignalHandler()

	options := operator.Options{Namespaces: []string{"shop", "partners"}}
	managerOptions := operator.ManagerOptions(options)
	managerOptions.LeaderElection = true
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), managerOptions)
	if err == nil {
		err = operator.AddToManager(ctx, mgr, options)
	}
	// Add your own controllers here.
	if err == nil {
		err = mgr.Start(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
