// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command kubectl-seatplane is a plugin of kubectl: what a change costs, why a customer was charged, and what
// happened to a subscription.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seatplane/seatplane/internal/cli"
)

// version is set by the linker.
var version string

func main() {
	os.Exit(run())
}

// run returns the exit code, so that deferred calls run before the process ends.
func run() int {
	// The client would print a stack trace about a logger that was never set.
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	return int(cli.Run(ctx, cli.NewOptions(streams, version), os.Args[1:]))
}
