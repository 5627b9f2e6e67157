// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// account is whom the manager authenticates as; role is what it may do, by config/rbac, which has
// another one for the manager's own namespace.
const (
	account   = "seatplane-manager"
	role      = "seatplane-manager"
	namespace = "seatplane-system"
)

// Options says what to run.
type Options struct {
	// Manager is the path of the manager binary.
	Manager string

	// Args are flags for the manager, beside those for its kubeconfig and its SQLite folder. Metrics
	// and probes are off unless these turn them on.
	Args []string

	// Kubeconfig is the file to write the administrator's kubeconfig to. Empty means a file in the
	// throw-away folder.
	Kubeconfig string

	// SQLiteDir is the folder in which SQLite databases may lie. Empty means one in the throw-away
	// folder.
	SQLiteDir string

	// ManagerLog is the file that takes what the manager prints. Empty means one in the throw-away
	// folder.
	ManagerLog string
}

// Playground is Seatplane, running. Stop it when done.
type Playground struct {
	// Plane is the control plane.
	Plane *controlplane.Running

	// Kubectl has the administrator's rights, in the namespace default.
	Kubectl Kubectl

	// Manager is the operator's process.
	Manager *Manager

	// SQLiteDir is the folder in which SQLite databases may lie.
	SQLiteDir string
}

// Start starts a control plane, installs the CRDs and the manager's role, and starts the manager. It
// does not wait until the manager is ready: whoever waits for its work need not. When the context
// ends, starting does.
func Start(ctx context.Context, opts Options) (*Playground, error) {
	plane, err := controlplane.Launch(controlplane.Options{Kubeconfig: opts.Kubeconfig})
	if err != nil {
		return nil, err
	}
	p := &Playground{Plane: plane, SQLiteDir: opts.SQLiteDir, Kubectl: Kubectl{
		binary: plane.Binary("kubectl"), kubeconfig: plane.Kubeconfig,
		cacheDir: filepath.Join(plane.Dir, "kubectl-cache"), namespace: "default",
	}}
	if err := p.furnish(ctx, opts); err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	return p, nil
}

func (p *Playground) furnish(ctx context.Context, opts Options) error {
	if p.SQLiteDir == "" {
		p.SQLiteDir = filepath.Join(p.Plane.Dir, "sqlite")
	}
	if err := os.MkdirAll(p.SQLiteDir, 0o700); err != nil {
		return err
	}
	if err := p.install(ctx); err != nil {
		return err
	}
	if opts.ManagerLog == "" {
		opts.ManagerLog = filepath.Join(p.Plane.Dir, "manager.log")
	}
	kubeconfig, err := p.managerAccess()
	if err != nil {
		return err
	}
	args := append([]string{
		"--kubeconfig", kubeconfig, "--sqlite-dir", p.SQLiteDir,
		"--metrics-bind-address=0", "--health-probe-bind-address=0",
	}, opts.Args...)
	p.Manager, err = startManager(p.Plane.Guard, opts.ManagerLog, opts.Manager, args...)
	return err
}

// install installs what an administrator would: the CRDs, and the manager's role for its account.
func (p *Playground) install(ctx context.Context) error {
	root, err := controlplane.Root()
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"create", "namespace", namespace},
		{"apply", "-f", filepath.Join(root, "config", "crd", "bases")},
		{"apply", "-f", filepath.Join(root, "config", "rbac", "role.yaml")},
		{"create", "clusterrolebinding", role, "--clusterrole", role, "--user", account},
		{"wait", "crd", "--all", "--for=condition=Established", "--timeout=60s"},
	} {
		if _, err := p.Kubectl.In("").Run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// managerAccess writes the manager's own kubeconfig and returns its path.
func (p *Playground) managerAccess() (string, error) {
	config, err := p.Plane.AddUser(account)
	if err != nil {
		return "", err
	}
	path := filepath.Join(p.Plane.Dir, "manager.kubeconfig")
	if err := controlplane.WriteKubeconfig(path, config); err != nil {
		return "", fmt.Errorf("writing the manager's kubeconfig: %w", err)
	}
	return path, nil
}

// Stop stops the manager in good order, then all the rest, and removes the throw-away folder.
func (p *Playground) Stop() error {
	return errors.Join(p.Manager.Stop(), p.Plane.Stop())
}
