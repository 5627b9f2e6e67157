// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package prometheus runs a real Prometheus for tests.
package prometheus

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// BinaryEnv names the environment variable that points to the binary.
const BinaryEnv = "SEATPLANE_PROMETHEUS"

const missing = "there is no Prometheus to test with: run hack/test-servers-prometheus.sh, or install it so that it is in PATH"

// Start runs a Prometheus with a configuration on a free port of loopback, with a folder of its own, until
// the test ends, and returns its address, such as http://127.0.0.1:12345. Where there is none to run, the
// test is skipped; under CI=true it fails.
func Start(t testing.TB, config string) string {
	t.Helper()
	path := binary()
	switch {
	case path == "" && os.Getenv("CI") == "true":
		t.Fatal(missing)
	case path == "":
		t.Skip(missing)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	ctx, stop := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, path, "--config.file="+file,
		"--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address)
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", log.String())
		}
	})
	waitReady(t, "http://"+address+"/-/ready")
	return "http://" + address
}

// binary returns the path of a Prometheus; "" when there is none.
func binary() string {
	candidates := []string{os.Getenv(BinaryEnv), "prometheus"}
	if root, err := controlplane.Root(); err == nil {
		candidates = append(candidates, filepath.Join(root, "bin", "prometheus", "prometheus"))
	}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); candidate != "" && err == nil {
			return path
		}
	}
	return ""
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func waitReady(t testing.TB, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ready(ctx, url) {
		select {
		case <-ctx.Done():
			t.Fatal("Prometheus does not become ready")
		case <-tick.C:
		}
	}
}

func ready(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}
