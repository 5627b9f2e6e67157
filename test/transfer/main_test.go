// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
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

// cluster is a cluster with the roles and the policies of config/default.
type cluster struct {
	*testing.T
	client.Client
	ground *playground.Playground
	folder string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	ground, err := playground.Start(t.Context(), playground.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, ground.Plane.Stop()) })
	scheme := runtime.NewScheme()
	must(t, errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)))
	live, err := client.New(ground.Plane.Config, client.Options{Scheme: scheme})
	must(t, err)
	c := &cluster{T: t, Client: live, ground: ground, folder: t.TempDir()}
	_, err = ground.Kubectl.In("").Run(t.Context(), "create", "clusterrolebinding", "seatplane-import",
		"--clusterrole=seatplane-importer", "--serviceaccount=seatplane-system:seatplane-importer")
	must(t, err)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// manage starts a manager, which runs until the test ends or it is stopped. It may reach servers of this machine.
func (c *cluster) manage() (stop func()) {
	c.Helper()
	started, err := c.ground.StartManager(manager, filepath.Join(c.folder, "manager.log"), "--sink-allow-plain-http",
		"--sink-allowed-networks=127.0.0.0/8", "--loader-allow-plain-sql", "--loader-allowed-networks=127.0.0.0/8")
	must(c.T, err)
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			must(c.T, started.Stop())
		}
	}
	c.Cleanup(func() {
		if c.Failed() {
			c.Logf("the manager ended with\n%s", started.LastWords())
		}
		stop()
	})
	return stop
}

func (c *cluster) create(objects ...client.Object) {
	c.Helper()
	for _, object := range objects {
		must(c.T, c.Create(c.Context(), object))
	}
}

func (c *cluster) patch(object client.Object, format string, args ...any) {
	c.Helper()
	must(c.T, c.Patch(c.Context(), object, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))))
}

func (c *cluster) eventually(what string, holds func(context.Context) (string, error)) {
	c.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		missing, err := holds(c.Context())
		if err == nil && missing == "" {
			return
		}
		if time.Now().After(deadline) {
			c.Fatalf("never: %s: %s %v", what, missing, err)
		}
	}
}

// moveAll moves the clocks of namespaces, and waits until everything has caught up.
func (c *cluster) moveAll(to time.Time, namespaces ...string) {
	c.Helper()
	for _, namespace := range namespaces {
		c.move(namespace, to)
	}
	for _, namespace := range namespaces {
		c.eventually(namespace+" is at "+to.String(), c.caughtUp(namespace))
	}
}

// move moves a clock.
func (c *cluster) move(namespace string, to time.Time) {
	c.Helper()
	clock := &v1alpha1.TestClock{}
	clock.Namespace, clock.Name = namespace, "clock"
	c.patch(clock, `{"spec":{"now":%q}}`, to.Format(time.RFC3339))
}

func (c *cluster) caughtUp(namespace string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var clock v1alpha1.TestClock
		err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "clock"}, &clock)
		if clock.Status.ObservedGeneration == clock.Generation && meta.IsStatusConditionTrue(clock.Status.Conditions, v1alpha1.ConditionReady) {
			return "", err
		}
		return fmt.Sprintf("%v", clock.Status.Conditions), err
	}
}

// seatplane is a command of the plugin, ready to run.
func (c *cluster) seatplane(args ...string) (*exec.Cmd, *bytes.Buffer) {
	return c.command(append(args, "--kubeconfig", c.ground.Plane.Kubeconfig)...)
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
	file := filepath.Join(c.folder, "export-"+namespace+".jsonl")
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
