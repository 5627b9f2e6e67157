// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package prometheus runs a real Prometheus for tests.
package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/watchdog"
)

// BinaryEnv names the environment variable that points to the binary.
const BinaryEnv = "SEATPLANE_PROMETHEUS"

const (
	// readyTimeout is generous because tests of several packages start servers at once on small machines.
	readyTimeout = 90 * time.Second
	// attempts allows for a port that another process took between choosing and using it.
	attempts = 3
)

var (
	errMissing         = errors.New("there is no Prometheus on this machine: run `make test-servers` once, or install the package prometheus")
	errMissingPromtool = errors.New("there is no promtool on this machine: run `make test-servers` once, or install the package prometheus")
)

// Start runs a Prometheus with a configuration on a free loopback port, with a temporary folder, until the
// test ends. It returns its address, such as http://127.0.0.1:12345. If it cannot run, the test fails; it
// is never skipped.
func Start(t testing.TB, config string) string {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	s, err := launchAgain(path, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", s.said())
		}
		if err := s.dog.Release(); err != nil {
			t.Errorf("stopping Prometheus: %v", err)
		}
	})
	return "http://" + s.address
}

// Promtool returns the path of promtool, which comes with Prometheus and tests rules. If it is missing,
// the test fails; it is never skipped.
func Promtool(t testing.TB) string {
	t.Helper()
	path, ok := findProgram("promtool")
	if !ok {
		t.Fatal(errMissingPromtool)
	}
	return path
}

// find returns the path of a Prometheus.
func find() (string, error) {
	path, ok := findProgram(os.Getenv(BinaryEnv), "prometheus")
	if !ok {
		return "", errMissing
	}
	return path, nil
}

// findProgram returns the first of the candidates that can be run, in PATH or as a path, or else
// what `make test-servers` provides under the last one's name.
func findProgram(candidates ...string) (path string, ok bool) {
	if root, err := controlplane.Root(); err == nil {
		candidates = append(candidates, filepath.Join(root, "bin", "prometheus", candidates[len(candidates)-1]))
	}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); candidate != "" && err == nil {
			return path, true
		}
	}
	return "", false
}

// server is a running Prometheus. The watchdog ends it, and removes its folder.
type server struct {
	folder, address string
	dog             *watchdog.Watchdog
	ended           chan struct{}
}

func launchAgain(path, config string) (*server, error) {
	for attempt := 1; ; attempt++ {
		s, err := launch(path, config)
		if err == nil || attempt == attempts {
			return s, err
		}
	}
}

func launch(path, config string) (*server, error) {
	folder, err := os.MkdirTemp("", "seatplane-Prometheus-")
	if err != nil {
		return nil, err
	}
	dog, err := watchdog.New(folder)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	s := &server{folder: folder, dog: dog, ended: make(chan struct{})}
	if err := s.start(path, config); err != nil {
		return nil, errors.Join(err, dog.Release())
	}
	return s, nil
}

func (s *server) start(path, config string) error {
	file := filepath.Join(s.folder, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return err
	}
	var err error
	if s.address, err = freeAddress(); err != nil {
		return err
	}
	// A file, not a pipe: a pipe would break, and end the server, in the midst of its own output.
	log, err := os.Create(s.log())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(path, "--config.file="+file,
		"--storage.tsdb.path="+filepath.Join(s.folder, "data"), "--web.listen-address="+s.address)
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.dog.Start(cmd); err != nil {
		return err
	}
	go func() {
		_ = cmd.Wait()
		close(s.ended)
	}()
	return s.awaitReady()
}

func (s *server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	for !ready(ctx, "http://"+s.address+"/-/ready") {
		select {
		case <-s.ended:
			return fmt.Errorf("there is a Prometheus that does not start; it said:\n%s", s.said())
		case <-ctx.Done():
			return fmt.Errorf("there is a Prometheus that does not become ready; it said:\n%s", s.said())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
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

func (s *server) log() string { return filepath.Join(s.folder, "server.log") }

// said returns the end of the server's log.
func (s *server) said() string {
	const most = 4000
	content, err := os.ReadFile(s.log())
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-most):])
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
