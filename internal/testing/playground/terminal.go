// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// Terminal is what a person has next to `make dev`: a shell in a folder of their own, with kubectl, the
// administrator's access to one namespace, the plugin if BuildPlugin built it, and hack/dev.sh for its SQLite databases.
type Terminal struct {
	folder string
	env    []string
}

// OpenTerminal returns a terminal in a folder. Its kubectl works in a namespace, which must exist.
func (p *Playground) OpenTerminal(folder, namespace string) (*Terminal, error) {
	root, err := controlplane.Root()
	if err != nil {
		return nil, err
	}
	kubeconfig, err := os.ReadFile(p.Plane.Kubeconfig)
	if err != nil {
		return nil, err
	}
	own := filepath.Join(folder, ".kubeconfig")
	access := strings.Replace(string(kubeconfig), "namespace: default", "namespace: "+namespace, 1)
	if err := os.WriteFile(own, []byte(access), 0o600); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(folder, "hack"), 0o700); err != nil {
		return nil, err
	}
	dev := fmt.Sprintf("#!/bin/sh\nexec %q \"$@\"\n", filepath.Join(root, "hack", "dev.sh"))
	if err := os.WriteFile(filepath.Join(folder, "hack", "dev.sh"), []byte(dev), 0o700); err != nil {
		return nil, err
	}
	return &Terminal{folder: folder, env: append(os.Environ(),
		"KUBECONFIG="+own, "KUBECACHEDIR="+p.Kubectl.cacheDir,
		"SEATPLANE_DEV_HOME="+filepath.Dir(p.SQLiteDir), "SEATPLANE_DEV_NAMESPACE="+namespace,
		"PATH="+filepath.Dir(p.Plane.Binary("kubectl"))+":"+filepath.Dir(p.binary)+":"+os.Getenv("PATH"),
	)}, nil
}

// Folder is the folder in which its scripts run.
func (t *Terminal) Folder() string { return t.folder }

// Run runs a bash script, and returns its output. Everything that the script has started ends with the
// context.
func (t *Terminal) Run(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir, cmd.Env = t.folder, t.env
	// Use a separate process group, so that the end of the context also reaches what bash has
	// started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	said, err := cmd.CombinedOutput()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return string(said), cause
	}
	return string(said), err
}
