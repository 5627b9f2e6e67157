// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"os"
	"os/exec"
	"testing"
)

// Suites that build the same code link it once, and each of them has a copy that stays what it is.
func TestProgramsAreLinkedOnce(t *testing.T) {
	linked := func() os.FileInfo {
		t.Helper()
		if err := BuildPlugin(t.TempDir()); err != nil {
			t.Fatal(err)
		}
		file, err := sharedFile("kubectl-seatplane")
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := linked()
	if second := linked(); !os.SameFile(first, second) || !second.ModTime().Equal(first.ModTime()) {
		t.Errorf("the plugin was linked at %s and again at %s", first.ModTime(), second.ModTime())
	}
	copied, err := build("kubectl-seatplane", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(copied, "version", "--help").CombinedOutput(); err != nil {
		t.Errorf("the copy does not run: %v\n%s", err, out)
	}
}
