// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package suite is the TestMain of every suite that starts a system for all of its tests.
package suite

import (
	"errors"
	"fmt"
	"io"
	"os"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// Main calls run, which starts a system, runs the tests and stops the system again. It passes a temporary
// folder, and ends the process with the returned status. An error fails the suite regardless of the tests.
func Main(run func(folder string) (status int, err error)) {
	// The libraries' log messages are not for people who read test results.
	ctrllog.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	status, err := inFolder(run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		status = 1
	}
	os.Exit(status)
}

func inFolder(run func(folder string) (int, error)) (status int, err error) {
	folder, err := os.MkdirTemp("", "seatplane-suite-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return run(folder)
}
