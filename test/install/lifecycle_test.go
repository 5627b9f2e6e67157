// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// granted is a role whose rules kube-controller-manager gathers in the loaders' one.
const granted = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: seatplane-loader-workspaces
  labels: {billing.seatplane.dev/aggregate-to-loader: "true"}
rules:
- {apiGroups: [apps], resources: [statefulsets], verbs: [list]}
`

// TestHelmLifecycle installs what make dist packages of a commit, upgrades it with other values, and
// uninstalls it, all by Helm itself.
func TestHelmLifecycle(t *testing.T) {
	dist := t.TempDir()
	makeDist(t, dist, "registry.example.com/seatplane", "0f3c2d1")
	chart := filepath.Join(dist, "seatplane-0.0.0+0f3c2d1.tgz")
	c := launch(t)
	c.helm("install", "seatplane", chart, "--create-namespace")
	c.gathers(granted)
	c.helm("upgrade", "seatplane", chart, "--set", "podLabels=null,podAnnotations=null,maxConcurrentReconciles=4,replicas=1")
	var deployment appsv1.Deployment
	key := client.ObjectKey{Namespace: playground.Namespace, Name: "seatplane-manager"}
	if err := c.Get(t.Context(), key, &deployment); err != nil || *deployment.Spec.Replicas != 1 {
		t.Errorf("after the upgrade: %v replicas, %v", deployment.Spec.Replicas, err)
	}
	c.helm("uninstall", "seatplane")
	if err := c.Get(t.Context(), key, &deployment); !apierrors.IsNotFound(err) {
		t.Errorf("the Deployment outlives its release: %v", err)
	}
	c.kubectl("", "get", "crd", "subscriptions.billing.seatplane.dev")
	// Names of a release are nothing that YAML could take for something else, and have an end.
	c.helm("install", "2026", chart, "--take-ownership")
	c.helm("install", strings.Repeat("long-", 10)+"end", chart, "--set", "crds.install=false,roles.create=false,admission.enabled=false")
}

// TestAppliedAgain applies install.yaml a second time, after others wrote what is theirs to write.
func TestAppliedAgain(t *testing.T) {
	dist := t.TempDir()
	makeDist(t, dist, "registry.example.com/seatplane", "v1.2.3")
	manifests := filepath.Join(dist, "install.yaml")
	c := launch(t)
	c.kubectl("", "apply", "--server-side", "-f", manifests)
	c.gathers(granted)
	c.kubectl("", "apply", "--server-side", "-f", manifests)
	c.kubectl("", "diff", "--server-side", "-f", manifests)
}

// cluster is a control plane to install on.
type cluster struct {
	*testing.T
	client.Client
	plane *controlplane.Running
}

func launch(t *testing.T) *cluster {
	t.Helper()
	plane, err := controlplane.Launch(controlplane.Options{Controllers: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	admin, err := client.New(plane.Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{T: t, Client: admin, plane: plane}
}

func (c *cluster) helm(args ...string) {
	c.Helper()
	c.run("", filepath.Join(root, "bin", "tools", "helm"), append(args, "--namespace", playground.Namespace)...)
}

func (c *cluster) kubectl(input string, args ...string) {
	c.Helper()
	c.run(input, c.plane.Binary("kubectl"), args...)
}

func (c *cluster) run(input, binary string, args ...string) {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), binary, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.plane.Kubeconfig, "HELM_CACHE_HOME="+c.plane.Dir, "KUBECACHEDIR="+c.plane.Dir)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.Fatalf("%s %s: %v\n%s", filepath.Base(binary), strings.Join(args, " "), err, out)
	}
}

// gathers grants something to data loaders, and waits until their role has it.
func (c *cluster) gathers(role string) {
	c.Helper()
	c.kubectl(role, "apply", "-f", "-")
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	for {
		var loader rbacv1.ClusterRole
		if err := c.Get(ctx, client.ObjectKey{Name: "seatplane-loader"}, &loader); err != nil {
			c.Fatalf("nothing was gathered: %v", err)
		}
		if len(loader.Rules) > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
