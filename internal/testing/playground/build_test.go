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
	if err := BuildPlugin(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	file, err := sharedFile("kubectl-seatplane")
	if err != nil {
		t.Fatal(err)
	}
	// No other file is taken for one that is open.
	linked, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer linked.Close()
	before, err := linked.Stat()
	if err != nil {
		t.Fatal(err)
	}
	copied, err := build("kubectl-seatplane", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("the plugin was linked again, although nothing has changed")
	}
	if out, err := exec.Command(copied, "version", "--help").CombinedOutput(); err != nil {
		t.Errorf("the copy does not run: %v\n%s", err, out)
	}
}
