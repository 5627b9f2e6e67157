// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// One API server for all tests: each page has a namespace of its own.
var server *apiServer

// project is the top folder of the project.
var project fs.FS

func TestMain(m *testing.M) {
	suite.Main(func(string) (int, error) { return runSuite(m) })
}

func runSuite(m *testing.M) (int, error) {
	root, err := controlplane.Root()
	if err != nil {
		return 0, err
	}
	project = os.DirFS(root)
	config, stop, err := controlplane.StartForSuite()
	if err != nil {
		return 0, err
	}
	if server, err = connect(config); err != nil {
		return 0, errors.Join(err, stop())
	}
	status := m.Run()
	return status, stop()
}
