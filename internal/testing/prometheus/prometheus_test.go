// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestStart(t *testing.T) {
	var address string
	t.Run("while the test runs", func(t *testing.T) {
		address = Start(t, "global: {scrape_interval: 1h}\n")
		response, err := http.Get(address + "/api/v1/query?query=vector(7)")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	})
	if response, err := http.Get(address + "/-/ready"); err == nil {
		_ = response.Body.Close()
		t.Error("it answers after the test that it was for")
	}
}

// The server's last words say what is wrong, and nothing is left behind.
func TestBrokenConfiguration(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := launch(path, "nonsense: {"); err == nil || !strings.Contains(err.Error(), "prometheus.yml") {
		t.Errorf("got %v, which does not name the file", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv(BinaryEnv, "")
	t.Chdir("/")
	if _, err := find(); err == nil || !strings.Contains(err.Error(), "make test-servers") {
		t.Errorf("got %v, which does not say what to do", err)
	}
}
