// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	// bridge connects the pods of all nodes and the host, which has these addresses on it. The API server's Service
	// has an address too, which kube-proxy would translate elsewhere.
	bridge         = "seatplane0"
	podNetwork     = "10.87.0.0/24"
	hostAddress    = "10.87.0.1"
	serviceNetwork = "10.88.0.0/24"
	serviceAddress = "10.88.0.1"

	// groups is where control groups are mounted.
	groups = "/sys/fs/cgroup"
)

// nodes are the names of the nodes, with the address of each on the bridge.
var nodes = map[string]string{"node-a": "10.87.0.2", "node-b": "10.87.0.3"}

// settings are those of the kernel that kubelets change. They are not part of a namespace.
var settings = []string{
	"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
	"kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
}

// prepareMachine creates the control groups of the nodes, and notes what kubelets change. It returns a function that
// removes and restores both, for when no process of a node is left.
func prepareMachine() (restore func() error, err error) {
	before := map[string][]byte{}
	for _, each := range settings {
		value, err := os.ReadFile("/proc/sys/" + each)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		before[each] = value
	}
	hierarchies, err := hierarchies()
	if err != nil {
		return nil, err
	}
	restore = func() error {
		var failed error
		for each, value := range before {
			failed = errors.Join(failed, os.WriteFile("/proc/sys/"+each, value, 0))
		}
		for _, each := range hierarchies {
			for node := range nodes {
				failed = errors.Join(failed, removeGroup(filepath.Join(each, groupOf(node))))
			}
		}
		return failed
	}
	for _, each := range hierarchies {
		for node := range nodes {
			if err := os.MkdirAll(filepath.Join(each, groupOf(node)), 0o755); err != nil {
				return nil, errors.Join(fmt.Errorf("this machine does not let root create control groups: %w", err), restore())
			}
		}
	}
	return restore, nil
}

// groupOf names the control group of a node.
func groupOf(node string) string { return "seatplane-" + node }

// hierarchies returns the folders that a control group has to be created in: that of each controller, or the only
// one with version 2.
func hierarchies() ([]string, error) {
	if _, err := os.Stat(filepath.Join(groups, "cgroup.controllers")); err == nil {
		return []string{groups}, nil
	}
	found, err := filepath.Glob(filepath.Join(groups, "*", "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, each := range found {
		all = append(all, filepath.Dir(each))
	}
	for _, controller := range []string{"cpu", "memory", "pids"} {
		if !slices.Contains(all, filepath.Join(groups, controller)) {
			return nil, fmt.Errorf("kubelets need the controller %s of control groups, which %s does not have", controller, groups)
		}
	}
	return all, nil
}

// removeGroup removes a control group and the groups in it, which no process is in.
func removeGroup(folder string) error {
	var all []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	slices.Reverse(all)
	for _, each := range all {
		err = errors.Join(err, os.Remove(each))
	}
	return err
}

// enter makes the namespaces of this process its own: no mount reaches the host, and there are empty folders where
// programs keep their state.
func enter() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts from the host: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NOEXEC|unix.MS_NODEV, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	for _, each := range []string{"/run", "/var/lib", "/var/log"} {
		if err := unix.Mount("tmpfs", each, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("mounting %s: %w", each, err)
		}
	}
	commands := [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", bridge, "type", "bridge"},
		{"address", "add", hostAddress + "/24", "dev", bridge},
		{"address", "add", serviceAddress + "/32", "dev", bridge},
		{"link", "set", bridge, "up"},
	}
	for _, address := range nodes {
		commands = append(commands, []string{"address", "add", address + "/24", "dev", bridge})
	}
	for _, each := range commands {
		if err := quietly(exec.Command("ip", each...)); err != nil {
			return err
		}
	}
	return nil
}
