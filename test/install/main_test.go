// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// patience is how long something may take to come about on a loaded machine.
const patience = 90 * time.Second

var (
	// root is the top folder of the project.
	root string
	// manager is the binary under test.
	manager string
)

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

func runSuite(m *testing.M, folder string) (_ int, err error) {
	if root, err = controlplane.Root(); err != nil {
		return 0, err
	}
	if manager, err = playground.Build(folder); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// helm runs Helm and returns what it prints.
func helm(args ...string) (string, error) {
	binary := filepath.Join(root, "bin", "tools", "helm")
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("%w: run `make bin/tools/helm` once", err)
	}
	return output(binary, args...)
}

func output(binary string, args ...string) (string, error) {
	cmd := exec.Command(binary, args...)
	var out, complaint strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s", filepath.Base(binary), strings.Join(args, " "), err, complaint.String())
	}
	return out.String(), nil
}

// system is a control plane on which Seatplane is installed, for one test.
type system struct {
	*testing.T
	client.Client
	ground *playground.Playground
}

// install starts a system. Whatever its manager does must be allowed: a request that was forbidden fails
// the test at its end.
func install(t *testing.T, opts playground.Options) *system {
	t.Helper()
	opts.Manager, opts.Audited, opts.Controllers = manager, true, true
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ground, err := playground.Start(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	s := &system{T: t, ground: ground}
	t.Cleanup(s.uninstall)
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	if s.Client, err = client.New(ground.Plane.Config, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *system) uninstall() {
	asked, err := s.ground.Plane.Asked()
	if err != nil || len(asked) == 0 {
		s.Errorf("the audit log knows of no request of the manager: %v", err)
	}
	for _, request := range asked {
		if request.Forbidden {
			s.Errorf("the manager was forbidden to %s %s.%s %q in namespace %q",
				request.Verb, request.Resource, request.Group, request.Name, request.Namespace)
		}
	}
	if s.Failed() {
		s.Logf("the manager's log ended with\n%s", s.ground.Manager.LastWords())
	}
	if err := s.ground.Stop(); err != nil {
		s.Error(err)
	}
}

// apply applies manifests in a namespace.
func (s *system) apply(namespace, manifests string) {
	s.Helper()
	if _, err := s.ground.Kubectl.In(namespace).Apply(s.Context(), manifests); err != nil {
		s.Fatal(err)
	}
}

// eventually waits until something holds, and says what held instead when it never does.
func (s *system) eventually(what string, holds func(context.Context) (bool, string, error)) {
	s.Helper()
	deadline := time.Now().Add(patience)
	for {
		ok, instead, err := holds(s.Context())
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			s.Fatalf("not within %s: %s; instead: %s %v", patience, what, instead, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// file returns what a file of the project holds.
func file(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
