// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// Options says what to run.
type Options struct {
	// Manager is the path of the manager binary. Empty starts no manager: StartManager does so later.
	Manager string

	// Args are flags for the manager, beside those for its kubeconfig and its SQLite folder. Metrics
	// and probes are off unless these turn them on.
	Args []string

	// Kubeconfig is the file to write the administrator's kubeconfig to. Empty means a file in the
	// throw-away folder.
	Kubeconfig string

	// SQLiteDir is the folder with one folder of SQLite databases for each namespace. Empty means one in the
	// throw-away folder.
	SQLiteDir string

	// ManagerLog is the file that takes what the manager prints. Empty means one in the throw-away
	// folder.
	ManagerLog string

	// Manifests are what is installed. Empty means what config/default renders.
	Manifests string

	// Audited keeps what the manager asks the API server for, for Plane.Asked.
	Audited bool

	// Controllers has kube-controller-manager run too, which not every set of binaries holds.
	Controllers bool

	// Memory limits the data of each manager's process in bytes, as the memory limit of a pod would, but for
	// that process alone. Zero sets no limit.
	Memory int64
}

// Playground is Seatplane, running. Stop it when done.
type Playground struct {
	// Plane is the control plane.
	Plane *controlplane.Running

	// Kubectl has the administrator's rights, in the namespace default.
	Kubectl Kubectl

	// Manager is the operator's process. It is nil while none was started.
	Manager *Manager

	// SQLiteDir is the folder with one folder of SQLite databases for each namespace.
	SQLiteDir string

	// access is the file with the manager's own kubeconfig.
	access string

	// memory is Options.Memory.
	memory int64

	// binary and flags are those of Manager.
	binary string
	flags  []string
}

// Start starts a control plane, installs the manifests, and starts the manager with the token of its
// account and so with the rights that the manifests give it. It does not wait until the manager is ready:
// whoever waits for its work need not. When the context ends, starting does.
func Start(ctx context.Context, opts Options) (*Playground, error) {
	planeOptions := controlplane.Options{Kubeconfig: opts.Kubeconfig, Controllers: opts.Controllers}
	if opts.Audited {
		planeOptions.AuditUser = Account
	}
	plane, err := controlplane.Launch(planeOptions)
	if err != nil {
		return nil, err
	}
	p := &Playground{Plane: plane, SQLiteDir: opts.SQLiteDir, memory: opts.Memory, Kubectl: Kubectl{
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
	if err := p.install(ctx, opts.Manifests); err != nil {
		return err
	}
	if opts.ManagerLog == "" {
		opts.ManagerLog = filepath.Join(p.Plane.Dir, "manager.log")
	}
	var err error
	if p.access, err = p.managerAccess(ctx); err != nil || opts.Manager == "" {
		return err
	}
	// A log that an earlier playground left is not about this one.
	if err := os.RemoveAll(opts.ManagerLog); err != nil {
		return err
	}
	p.binary, p.flags = opts.Manager, opts.Args
	p.Manager, err = p.StartManager(p.binary, opts.ManagerLog, p.flags...)
	return err
}

// StartManager starts a manager with flags beside the usual ones, and has a file take what it prints. The
// first one is Manager; another beside it is a replica.
func (p *Playground) StartManager(binary, log string, flags ...string) (*Manager, error) {
	command := limited(p.memory, binary)
	return startManager(p.Plane.Guard, log, append(append(command,
		"--kubeconfig", p.access, "--sqlite-dir", p.SQLiteDir,
		"--metrics-bind-address=0", "--health-probe-bind-address=0",
	), flags...))
}

// RestartManager starts the manager again, which has ended, with the flags and the log that it had.
func (p *Playground) RestartManager() error {
	manager, err := p.StartManager(p.binary, p.Manager.Log, p.flags...)
	if err != nil {
		return err
	}
	p.Manager = manager
	return nil
}

// Databases returns the folder in which the SQLite databases of a namespace lie, and makes it.
func (p *Playground) Databases(namespace string) (string, error) {
	folder := filepath.Join(p.SQLiteDir, namespace)
	return folder, os.MkdirAll(folder, 0o700)
}

// Stop stops the manager in good order, then all the rest, and removes the throw-away folder.
func (p *Playground) Stop() error {
	if p.Manager == nil {
		return p.Plane.Stop()
	}
	return errors.Join(p.Manager.Stop(), p.Plane.Stop())
}
