// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/suite"
)

const (
	// asked is the environment variable that asks for these tests.
	asked = "SEATPLANE_NODE"

	// within is the environment variable by which a test process knows that it is the one in namespaces of its own. It
	// has the path of the folder that the outer process has filled.
	within = "SEATPLANE_NODE_FOLDER"

	// patience is how long anything may take on a busy machine.
	patience = 2 * time.Minute
)

// site is the cluster that all tests share.
var site *cluster

func TestMain(m *testing.M) {
	if folder := os.Getenv(within); folder != "" {
		suite.Main(func(string) (int, error) { return runInside(m, folder) })
	}
	if os.Getenv(asked) == "" {
		os.Exit(m.Run())
	}
	suite.Main(runOutside)
}

// needsNode skips a test that `make test-node` runs.
func needsNode(t *testing.T) {
	t.Helper()
	if site == nil {
		t.Skip("make test-node runs it")
	}
}

// runInside starts the cluster, runs the tests, and stops the cluster.
func runInside(m *testing.M, folder string) (status int, err error) {
	if err := enter(); err != nil {
		return 0, err
	}
	if site, err = startCluster(folder); err != nil {
		return 0, err
	}
	return m.Run(), site.stop()
}

// runOutside provides what the tests need, runs them in namespaces of their own, and restores the machine.
func runOutside(folder string) (status int, err error) {
	if os.Geteuid() != 0 {
		return 0, errors.New("nodes need root: run make test-node as root")
	}
	if err := provide(folder); err != nil {
		return 0, err
	}
	restore, err := prepareMachine()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, restore()) }()

	// The kernel kills the inner process when this thread ends.
	runtime.LockOSThread()
	inner := exec.Command(os.Args[0], os.Args[1:]...)
	// What it leaves behind is removed with the folder.
	inner.Env = append(os.Environ(), within+"="+folder, "TMPDIR="+folder)
	inner.Stdout, inner.Stderr = os.Stdout, os.Stderr
	inner.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL, Setpgid: true,
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP)
	if err := inner.Start(); err != nil {
		return 0, fmt.Errorf("this machine does not give a process namespaces of its own: %w", err)
	}
	go func() {
		<-interrupted
		_ = inner.Process.Kill()
	}()
	err = inner.Wait()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return 1, nil
	}
	return 0, err
}
