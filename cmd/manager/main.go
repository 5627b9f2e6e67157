// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command manager is the Seatplane operator.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/seatplane/seatplane/operator"
)

// version is set by the linker.
var version string

func main() {
	operator.RunLoaderIfAsked()
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

func start() error {
	// The flag --kubeconfig is already registered on flag.CommandLine.
	o, err := parse(flag.CommandLine, os.Args[1:])
	if err != nil {
		return err
	}
	if o.printVersion {
		_, err := fmt.Fprintln(os.Stdout, builtVersion())
		return err
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&o.zap)))
	limitMemory(o)
	cluster, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	return run(ctrl.SetupSignalHandler(), cluster, o)
}

// builtVersion is the version set by the linker, or else the one that the module system records.
func builtVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
