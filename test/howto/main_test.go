// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package howto

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// One system for all pages: each has a namespace of its own.
var (
	ground *playground.Playground
	// project is the top folder of the project.
	project fs.FS
)

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

func runSuite(m *testing.M, folder string) (int, error) {
	root, err := controlplane.Root()
	if err != nil {
		return 0, err
	}
	project = os.DirFS(root)
	manager, err := playground.Build(folder)
	if err != nil {
		return 0, err
	}
	if err := playground.BuildPlugin(folder); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	ground, err = playground.Start(ctx, playground.Options{
		Manager: manager,
		Args:    []string{"--loader-allowed-networks=127.0.0.0/8,::1/128", "--loader-allow-plain-http", "--loader-allow-plain-sql"},
	})
	if err != nil {
		return 0, err
	}
	status := m.Run()
	words := ground.Manager.LastWords()
	if err := ground.Stop(); err != nil {
		return 1, fmt.Errorf("%w; the manager's log ended with\n%s", err, words)
	}
	if status != 0 {
		fmt.Fprintf(os.Stderr, "The manager's log ended with\n%s\n", words)
	}
	return status, nil
}
