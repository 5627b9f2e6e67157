// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"runtime/debug"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
)

// Options are what all commands share.
type Options struct {
	genericiooptions.IOStreams

	// Flags are kubectl's own connection flags.
	Flags *genericclioptions.ConfigFlags

	// Now returns the time on the wall clock. No computation reads another clock.
	Now func() time.Time

	// Config returns how to reach the cluster. Tests replace it.
	Config func() (*rest.Config, error)

	// Version is the version of the plugin.
	Version string
}

// NewOptions returns the options of the real plugin. Without a version, they have the one that the module system
// knows.
func NewOptions(streams genericiooptions.IOStreams, version string) *Options {
	flags := genericclioptions.NewConfigFlags(true)
	return &Options{
		IOStreams: streams,
		Flags:     flags,
		Now:       time.Now,
		Config:    flags.ToRESTConfig,
		Version:   cmp.Or(version, moduleVersion()),
	}
}

// moduleVersion is the version of a binary that `go install` built.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
