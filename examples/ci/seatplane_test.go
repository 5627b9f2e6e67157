// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	module = "github.com/seatplane/seatplane"

	// slow is how long a busy machine may take to start the control plane, or to replay a year.
	slow = 90 * time.Second
)

// run runs a command of the Go toolchain and returns what it prints.
func run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// startSeatplane starts etcd and kube-apiserver, installs the kinds, and starts the operator as a process.
// All of them end with the test.
func startSeatplane(t *testing.T) client.Client {
	t.Helper()
	log.SetLogger(zap.New(zap.WriteTo(io.Discard))) // envtest's own
	source := run(t, "list", "-m", "-f", "{{.Dir}}", module)
	manager := filepath.Join(t.TempDir(), "manager")
	run(t, "build", "-buildvcs=false", "-o", manager, module+"/cmd/manager")

	plane := &envtest.Environment{
		CRDDirectoryPaths:        []string{filepath.Join(source, "config", "crd", "bases")},
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: slow,
	}
	config, err := plane.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plane.Stop() })
	startOperator(t, manager, plane.KubeConfig)

	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	cluster, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

func startOperator(t *testing.T, manager string, kubeconfig []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	operator := exec.Command(manager, "--kubeconfig", path, "--health-probe-bind-address=0")
	operator.Stdout, operator.Stderr = t.Output(), t.Output()
	if err := operator.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = operator.Process.Signal(os.Interrupt)
		_ = operator.Wait()
	})
}

// moveTo moves a TestClock, and waits until everything that falls due by then has been billed.
func moveTo(t *testing.T, cluster client.Client, clock *v1alpha1.TestClock, now string) {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	before := clock.DeepCopy()
	clock.Spec.Now.Time = instant
	if err := cluster.Patch(t.Context(), clock, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	await(t, cluster, clock, func() bool {
		return clock.Status.ObservedGeneration == clock.Generation && clock.Status.Now.Equal(&clock.Spec.Now) &&
			meta.IsStatusConditionTrue(clock.Status.Conditions, v1alpha1.ConditionReady)
	})
}

// await reads an object until it is as it should be.
func await(t *testing.T, cluster client.Client, object client.Object, done func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, slow, true, func(ctx context.Context) (bool, error) {
		err := cluster.Get(ctx, client.ObjectKeyFromObject(object), object)
		return err == nil && done(), err
	})
	if err != nil {
		t.Fatalf("%s: %v: %+v", object.GetName(), err, object)
	}
}
