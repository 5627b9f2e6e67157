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

// Options configure a playground.
type Options struct {
	// Manager is the path of the manager binary. If it is empty, no manager is started; StartManager
	// can do so later.
	Manager string

	// Args are flags for the manager, in addition to those for its kubeconfig and its SQLite folder.
	// Metrics and probes are off unless these flags enable them.
	Args []string

	// Kubeconfig is the file to write the administrator's kubeconfig to. Empty means a file in the
	// temporary folder.
	Kubeconfig string

	// SQLiteDir is the folder with one folder of SQLite databases for each namespace. Empty means one in the
	// temporary folder.
	SQLiteDir string

	// ManagerLog is the file for the output of the manager. Empty means one in the temporary
	// folder.
	ManagerLog string

	// Manifests are what to install. Empty means the output of config/default.
	Manifests string

	// Audited keeps the manager's requests to the API server, for Plane.Asked.
	Audited bool

	// Controllers runs kube-controller-manager too, which not every set of binaries contains.
	Controllers bool

	// APIServerFlags and EtcdFlags are further flags of the two servers, without their dashes.
	APIServerFlags, EtcdFlags map[string]string

	// Memory limits the data of each manager's process in bytes, as the memory limit of a pod would, but for
	// that process alone. Zero sets no limit.
	Memory int64
}

// Playground is a running Seatplane. Stop it when done.
type Playground struct {
	// Plane is the control plane.
	Plane *controlplane.Running

	// Kubectl has the administrator's rights, in the namespace default.
	Kubectl Kubectl

	// Manager is the operator's process. It is nil if none was started.
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
// account, so that it has the rights in the manifests. It does not wait until the manager is ready,
// because those who wait for its work do not need that. When the context ends, it stops starting.
func Start(ctx context.Context, opts Options) (*Playground, error) {
	planeOptions := controlplane.Options{
		Kubeconfig: opts.Kubeconfig, Controllers: opts.Controllers,
		APIServerFlags: opts.APIServerFlags, EtcdFlags: opts.EtcdFlags,
	}
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
	// A log of an earlier playground is not about this one.
	if err := os.RemoveAll(opts.ManagerLog); err != nil {
		return err
	}
	p.binary, p.flags = opts.Manager, opts.Args
	p.Manager, err = p.StartManager(p.binary, opts.ManagerLog, p.flags...)
	return err
}

// Access returns the file with the manager's own kubeconfig.
func (p *Playground) Access() string { return p.access }

// StartManager starts a manager with flags beside the usual ones, and has a file take what it prints. The
// first one is Manager; another beside it is a replica.
func (p *Playground) StartManager(binary, log string, flags ...string) (*Manager, error) {
	command := limited(p.memory, binary)
	return startManager(p.Plane.Guard, log, append(append(command,
		"--kubeconfig", p.access, "--sqlite-dir", p.SQLiteDir,
		"--metrics-bind-address=0", "--health-probe-bind-address=0",
	), flags...))
}

// RestartManager starts the manager again after it ended, with the same flags and log.
func (p *Playground) RestartManager() error {
	manager, err := p.StartManager(p.binary, p.Manager.Log, p.flags...)
	if err != nil {
		return err
	}
	p.Manager = manager
	return nil
}

// Databases creates the folder for the SQLite databases of a namespace, and returns its path.
func (p *Playground) Databases(namespace string) (string, error) {
	folder := filepath.Join(p.SQLiteDir, namespace)
	return folder, os.MkdirAll(folder, 0o700)
}

// Stop stops the manager cleanly, then everything else, and removes the temporary folder.
func (p *Playground) Stop() error {
	if p.Manager == nil {
		return p.Plane.Stop()
	}
	return errors.Join(p.Manager.Stop(), p.Plane.Stop())
}
