// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package suite is what the TestMain of every suite does that starts a system for all of its tests.
package suite

import (
	"errors"
	"fmt"
	"io"
	"os"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// Main has run start a system, run the tests and stop the system again, with a folder that is thrown away,
// and ends the process with the status that it returns. An error fails the suite whatever the tests said.
func Main(run func(folder string) (status int, err error)) {
	// What the libraries have to say is not for those who read test results.
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
