// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// TestSamples applies config/samples, one object of each kind and more.
func TestSamples(t *testing.T) {
	samples := bundle{folder: controlplane.FromRoot(t, "config", "samples"), namespace: "samples"}
	samples.kubectl(t, "create", "namespace", samples.namespace)
	samples.kubectl(t, "label", "namespace", samples.namespace, testClocks)
	samples.apply(t)
	samples.settle(t, healthScript(t))
	samples.requireNoDrift(t)
	invoices := samples.kubectl(t, "get", "invoices.billing.seatplane.dev", "-o", "jsonpath={.items[*].spec.amountDue}")
	if want := "127.50"; invoices != want {
		t.Errorf("the samples issue %q, want %q: 7 × 12.50 and 2 × 20.00", invoices, want)
	}
}

// TestSamplesOfEveryKind requires a sample of every kind but Invoice, in the file that kubebuilder would
// call so, and none that is left out of the kustomization.
func TestSamplesOfEveryKind(t *testing.T) {
	folder := controlplane.FromRoot(t, "config", "samples")
	var want, got []string
	crds, err := filepath.Glob(controlplane.FromRoot(t, "config", "crd", "bases", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, crd := range crds {
		kind, _, err := unstructured.NestedString(decode(t, read(t, crd))[0].Object, "spec", "names", "kind")
		if err != nil {
			t.Fatal(err)
		}
		if kind != "Invoice" {
			want = append(want, "billing_v1alpha1_"+strings.ToLower(kind)+".yaml")
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.Name() != "kustomization.yaml" {
			got = append(got, file.Name())
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-kinds +files:\n%s", diff)
	}
	listed, _, err := unstructured.NestedStringSlice(decode(t, read(t, filepath.Join(folder, "kustomization.yaml")))[0].Object, "resources")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("-kinds +kustomization:\n%s", diff)
	}
}

// TestRepository applies examples/gitops/repository, layer by layer.
func TestRepository(t *testing.T) {
	folder := controlplane.FromRoot(t, "examples", "gitops", "repository")
	script := healthScript(t)
	layer := func(name string) bundle { return bundle{folder: filepath.Join(folder, name)} }
	platform, catalog, customers := layer("platform"), layer("catalog"), layer("customers")
	platform.apply(t)
	// What the application's export writes.
	platform.kubectl(t, "create", "configmap", "seat-counts", "-n", "billing", "--from-literal=acme=42", "--from-literal=globex=8")
	layers := []bundle{platform, catalog, customers}
	for _, each := range layers {
		each.apply(t)
		each.settle(t, script)
	}
	for _, each := range layers {
		each.requireNoDrift(t)
	}
	seats := platform.kubectl(t, "get", "subscriptions.billing.seatplane.dev", "-n", "billing", "-o", "jsonpath={.items[*].status.seats}")
	if want := "45 8"; seats != want {
		t.Errorf("acme and globex have %s seats, want %s", seats, want)
	}
	// Argo CD applies each customer's folder by itself.
	for _, customer := range []string{"customers/acme", "customers/globex"} {
		layer(customer).requireNoDrift(t)
	}
}

// TestRepositoryRenders requires that every kustomization renders, and that Argo CD and Flux are pointed
// at folders that there are.
func TestRepositoryRenders(t *testing.T) {
	root := controlplane.FromRoot(t, "examples", "gitops", "repository")
	rendered := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "kustomization.yaml" {
			rendered++
			_, err = ground.Kubectl.Run(t.Context(), "kustomize", filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if rendered < 6 {
		t.Errorf("only %d kustomizations", rendered)
	}
	for _, file := range []string{"argocd/applications.yaml", "flux/kustomizations.yaml"} {
		for _, object := range decode(t, read(t, filepath.Join(root, "clusters", "production", file))) {
			requirePath(t, root, object)
		}
	}
}

// requirePath requires that the folder that an object of a GitOps tool names is there.
func requirePath(t *testing.T, root string, object *unstructured.Unstructured) {
	t.Helper()
	var path string
	switch object.GetKind() {
	case "GitRepository":
		return
	case "Application":
		path, _, _ = unstructured.NestedString(object.Object, "spec", "source", "path")
	case "Kustomization":
		path, _, _ = unstructured.NestedString(object.Object, "spec", "path")
	case "ApplicationSet":
		// One Application for each folder of a customer.
		generators, _, _ := unstructured.NestedSlice(object.Object, "spec", "generators")
		directories, _, _ := unstructured.NestedSlice(generators[0].(map[string]any), "git", "directories")
		path = filepath.Dir(directories[0].(map[string]any)["path"].(string))
	}
	if info, err := os.Stat(filepath.Join(root, path)); path == "" || err != nil || !info.IsDir() {
		t.Errorf("%s %s names the folder %q: %v", object.GetKind(), object.GetName(), path, err)
	}
}
