// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	namespace  = "seatplane-system"
	deployment = "deployment/seatplane-manager"

	// reachable lets data loaders reach the servers of the tests, as docs/operations/install.md says.
	reachable = `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [install.yaml]
patches:
- target: {kind: Deployment, name: seatplane-manager}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: "--loader-allowed-networks=` + podNetwork + `"}
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: "--loader-allow-plain-http"}
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: "--loader-allow-plain-sql"}
`
)

// An administrator installs with kustomize. What a customer owes is billed by pods, no matter what happens to them.
func TestKustomize(t *testing.T) {
	needsNode(t)
	i := &installation{T: t}
	i.kustomize(former)
	t.Cleanup(i.uninstall)
	i.rolledOut(former)
	for _, each := range []struct {
		name string
		step func(*installation)
	}{
		{"the pods are confined", (*installation).confined},
		{"a customer is billed", func(i *installation) { i.bills("acme", 7, "87.50") }},
		{"a hostile source only fails itself", (*installation).resistsHostileSources},
		{"the leader is killed", (*installation).survivesKill},
		{"a node is drained", (*installation).survivesDrain},
		{"a new version is installed", (*installation).survivesUpgrade},
	} {
		// What follows would fail for the same reason.
		if !t.Run(each.name, func(t *testing.T) { each.step(&installation{T: t}) }) {
			return
		}
	}
}

// An administrator installs with Helm.
func TestHelm(t *testing.T) {
	needsNode(t)
	i := &installation{T: t}
	charts, err := filepath.Glob(filepath.Join(site.folder, former, "seatplane-*.tgz"))
	if err != nil || len(charts) != 1 {
		t.Fatalf("%v: %v", charts, err)
	}
	i.kubectl("create", "namespace", namespace)
	i.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
	i.helm("install", "seatplane", charts[0], "--namespace", namespace,
		"--set", "loaders.allowedNetworks={"+podNetwork+"}", "--set", "loaders.allowPlainHTTP=true")
	t.Cleanup(func() {
		i.helm("uninstall", "seatplane", "--namespace", namespace)
		i.kubectl("delete", "namespace", namespace, "--timeout="+patience.String())
		site.customers = nil
	})
	i.rolledOut(former)
	i.confined()
	i.bills("globex", 8, "100.00")
}

// installation is Seatplane on the cluster, for one test.
type installation struct {
	*testing.T
}

// kubectl runs kubectl, also after the test has ended.
func (i *installation) kubectl(args ...string) string {
	i.Helper()
	ctx, cancel := cleanupContext()
	defer cancel()
	out, err := site.kubectl(ctx, args...)
	if err != nil {
		i.Fatal(err)
	}
	return out
}

func (i *installation) helm(args ...string) {
	i.Helper()
	ctx, cancel := cleanupContext()
	defer cancel()
	if err := site.helm(ctx, args...); err != nil {
		i.Error(err)
	}
}

// kustomize installs a version, with what data loaders may reach.
func (i *installation) kustomize(version string) {
	i.Helper()
	folder := filepath.Join(site.folder, version)
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(reachable), 0o600); err != nil {
		i.Fatal(err)
	}
	i.kubectl("apply", "--server-side", "-k", folder)
}

// uninstall removes what kustomize installed. Contracts end first, because the manager ends them.
func (i *installation) uninstall() {
	i.Helper()
	ctx, cancel := cleanupContext()
	defer cancel()
	site.customers = nil
	for _, args := range [][]string{
		{"delete", "subscriptions.billing.seatplane.dev", "--all", "--all-namespaces"},
		{"delete", "-k", filepath.Join(site.folder, former), "--ignore-not-found"},
	} {
		if _, err := site.kubectl(ctx, append(args, "--timeout="+patience.String())...); err != nil {
			i.Error(err, "\n", i.state())
			return
		}
	}
}

// rolledOut waits until both replicas of a version are Ready, by their probes.
func (i *installation) rolledOut(version string) {
	i.Helper()
	out, err := site.kubectl(i.Context(), "-n", namespace, "rollout", "status", deployment, "--timeout="+patience.String())
	if err != nil {
		pods, _ := site.kubectl(i.Context(), "-n", namespace, "describe", "pods")
		i.Fatalf("%v\n%s\n%s", err, out, pods)
	}
	if !i.runs(version) {
		i.Errorf("there are not two Ready pods of %s and no others:\n%s", version, i.state())
	}
}

// runs reports whether both replicas are of a version and Ready, and no pod of another one is left.
func (i *installation) runs(version string) bool {
	i.Helper()
	pods := i.pods()
	for _, each := range pods {
		if each.Spec.Containers[0].Image != image+":"+version || !strings.HasPrefix(stateOf(&each), available) {
			return false
		}
	}
	return len(pods) == 2
}

// eventually waits until something holds.
func (i *installation) eventually(what string, holds func() (bool, string)) {
	i.Helper()
	if err := until(i.Context(), what, func(context.Context) (bool, string) { return holds() }); err != nil {
		i.Fatal(err, "\n", i.state())
	}
}

// cleanupContext is for what is also done after a test has ended.
func cleanupContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 2*patience)
}

// state describes the pods, what nodes complain about, and the ends of the logs, for who reads why a test failed.
func (i *installation) state() string {
	ctx, cancel := cleanupContext()
	defer cancel()
	pods, err := site.kubectl(ctx, "-n", namespace, "get", "pods", "-o", "wide")
	if err != nil {
		return err.Error()
	}
	complaints, err := site.kubectl(ctx, "-n", namespace, "get", "events", "--field-selector=type=Warning")
	if err != nil {
		return err.Error()
	}
	pods += complaints
	logs, _ := filepath.Glob(filepath.Join(site.folder, "node-*", "logs", namespace+"_*", "manager", "*.log"))
	for _, each := range logs {
		content, err := os.ReadFile(each)
		if err == nil {
			pods += fmt.Sprintf("--- %s\n%s\n", each, content[max(0, len(content)-2000):])
		}
	}
	return pods
}
