// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package databases

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrMissing means that a server's programs are not on this machine.
var ErrMissing = errors.New("missing")

// find returns the path of a program in PATH or in one of the folders, which may be patterns. If
// several folders match a pattern, the last one by name is used.
func find(product, packages, name string, folders ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.EvalSymlinks(path)
	}
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		slices.Reverse(found)
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%w: there is no %s (%s) on this machine: run `make test-servers` once, or install %s",
		ErrMissing, product, name, packages)
}
