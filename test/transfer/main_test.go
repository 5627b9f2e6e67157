// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/harness"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// importer is the account that the admission policies let import.
const importer = "system:serviceaccount:seatplane-system:seatplane-importer"

// manager and plugin are the binaries.
var manager, plugin string

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) {
		var err error
		if manager, err = playground.Build(folder); err != nil {
			return 0, err
		}
		if err := playground.BuildPlugin(folder); err != nil {
			return 0, err
		}
		plugin = filepath.Join(folder, "kubectl-seatplane")
		return m.Run(), nil
	})
}

// cluster is a cluster in which the importer may import.
type cluster struct{ *harness.Cluster }

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{harness.Start(t)}
	_, err := c.Ground.Kubectl.In("").Run(t.Context(), "create", "clusterrolebinding", "seatplane-import",
		"--clusterrole=seatplane-importer", "--serviceaccount=seatplane-system:seatplane-importer")
	c.Must(err)
	return c
}

// manage starts a manager, which runs until the test ends or it is stopped. It may reach servers of this machine.
func (c *cluster) manage() (stop func()) {
	c.Helper()
	return c.Manage(manager, "manager", "--sink-allow-plain-http",
		"--sink-allowed-networks=127.0.0.0/8", "--loader-allow-plain-sql", "--loader-allowed-networks=127.0.0.0/8")
}

// moveAll moves the clocks of namespaces, and waits until everything has caught up.
func (c *cluster) moveAll(to time.Time, namespaces ...string) {
	c.Helper()
	for _, namespace := range namespaces {
		c.MoveClock(namespace, to)
	}
	for _, namespace := range namespaces {
		c.Eventually(namespace+" is at "+to.String(), c.CaughtUp(namespace))
	}
}

// seatplane is a command of the plugin, ready to run.
func (c *cluster) seatplane(args ...string) (*exec.Cmd, *bytes.Buffer) {
	return c.command(append(args, "--kubeconfig", c.Ground.Plane.Kubeconfig)...)
}

// command is like seatplane, for a kubeconfig of its own.
func (c *cluster) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	said := &bytes.Buffer{}
	cmd := exec.CommandContext(c.Context(), plugin, args...)
	cmd.Stdout, cmd.Stderr = said, said
	return cmd, said
}

// types runs a command of the plugin, which has to succeed.
func (c *cluster) types(args ...string) string {
	c.Helper()
	cmd, said := c.seatplane(args...)
	if err := cmd.Run(); err != nil {
		c.Fatalf("kubectl seatplane %s: %v: %s", strings.Join(args, " "), err, said)
	}
	return said.String()
}

// export writes a namespace, or everything for "", to a file.
func (c *cluster) export(namespace string) string {
	c.Helper()
	file := filepath.Join(c.Folder, "export-"+namespace+".jsonl")
	args := []string{"export", "--file", file, "-A"}
	if namespace != "" {
		args = []string{"export", "--file", file, "-n", namespace}
	}
	c.types(args...)
	return file
}

func (c *cluster) imports(file string) string {
	c.Helper()
	return c.types("import", file, "--as="+importer)
}
