// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// Build builds the manager into a folder, from the current code and not from what `make build` built, which may be
// older. It returns the path of the binary.
func Build(folder string) (string, error) {
	return build("manager", folder)
}

// BuildPlugin builds the kubectl plugin into a folder. It is the folder with the manager that terminals have on their
// PATH.
func BuildPlugin(folder string) error {
	_, err := build("kubectl-seatplane", folder)
	return err
}

// build builds a program of cmd, and copies it to a folder. Every suite builds the same file in bin, one after the other,
// because Go links a program again for each new file, and leaves a file that is up to date as it is.
func build(program, folder string) (string, error) {
	built, err := sharedFile(program)
	if err != nil {
		return "", err
	}
	lock, err := os.OpenFile(built+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close() // which releases it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("waiting for other suites that build %s: %w", program, err)
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", built, "./cmd/"+program)
	if cmd.Dir, err = controlplane.Root(); err != nil {
		return "", err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", program, err, out)
	}
	copied := filepath.Join(folder, program)
	return copied, copyProgram(built, copied)
}

// sharedFile returns the file that all suites build a program to.
func sharedFile(program string) (string, error) {
	root, err := controlplane.Root()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(root, "bin", "test")
	return filepath.Join(folder, program), os.MkdirAll(folder, 0o755)
}

func copyProgram(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
