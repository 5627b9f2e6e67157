// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// objects are rendered manifests, by kind, namespace and name.
type objects map[string]*unstructured.Unstructured

func parse(t *testing.T, manifests string) objects {
	t.Helper()
	parsed := objects{}
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return parsed
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) == 0 {
			continue
		}
		key := object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
		if parsed[key] != nil {
			t.Errorf("%s is rendered twice", key)
		}
		parsed[key] = object
	}
}

// kustomized renders a folder of config/.
func kustomized(t *testing.T, folder string) objects {
	t.Helper()
	assets, err := controlplane.Assets()
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := output(filepath.Join(assets, "kubectl"), "kustomize", filepath.Join(root, "config", folder))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, manifests)
}

// charted returns what the chart renders, under the names and in the namespace that kustomize uses.
func charted(t *testing.T, flags ...string) string {
	t.Helper()
	manifests, err := helm(append([]string{
		"template", "seatplane", filepath.Join(root, "charts", "seatplane"), "--namespace", playground.Namespace,
	}, flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

func (o objects) deployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	object := o["Deployment "+playground.Namespace+"/seatplane-manager"]
	if object == nil {
		t.Fatal("no Deployment is rendered")
	}
	var deployment appsv1.Deployment
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment); err != nil {
		t.Fatal(err)
	}
	return &deployment
}

// args returns the flags that the manager is started with.
func (o objects) args(t *testing.T) []string {
	t.Helper()
	return o.deployment(t).Spec.Template.Spec.Containers[0].Args
}

// Whoever reads config/ knows what Helm installs, and the other way round: they differ in the labels by
// which Helm knows its own, and in what it leaves to itself (the namespace) or keeps (the kinds).
func TestHelmAndKustomizeRenderTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		reason  string
		folders []string
		flags   []string
	}{
		"as it comes": {"the default of one is that of the other", []string{"default"}, nil},
		"with the Prometheus operator": {
			"what needs its kinds is apart in both",
			[]string{"default", "prometheus"},
			[]string{"--set", "metrics.serviceMonitor.enabled=true,metrics.rules.enabled=true"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			byKustomize, byHelm := objects{}, parse(t, charted(t, c.flags...))
			for _, folder := range c.folders {
				maps.Copy(byKustomize, kustomized(t, folder))
			}
			delete(byKustomize, "Namespace /"+playground.Namespace)
			if diff := cmp.Diff(withoutMarks(byKustomize), withoutMarks(byHelm)); diff != "" {
				t.Errorf("%s, but kustomize (-) and Helm (+) differ:\n%s", c.reason, diff)
			}
		})
	}
}

// Uninstalling a release must not delete every subscription and invoice of the cluster.
func TestKindsOutliveTheRelease(t *testing.T) {
	kinds := 0
	for key, object := range parse(t, charted(t)) {
		if object.GetKind() != "CustomResourceDefinition" {
			continue
		}
		kinds++
		if object.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s would go with the release", key)
		}
	}
	if kinds == 0 {
		t.Error("the chart renders no kind")
	}
}

// withoutMarks leaves out what tells Helm's objects from others.
func withoutMarks(all objects) map[string]any {
	plain := map[string]any{}
	for key, object := range all {
		content := object.DeepCopy().Object
		drop(content, "app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of",
			"app.kubernetes.io/name", "app.kubernetes.io/component", "helm.sh/chart", "helm.sh/resource-policy")
		plain[key] = content
	}
	return plain
}

// drop removes members of these names at any depth, and the maps that are empty then.
func drop(content map[string]any, names ...string) {
	for _, name := range names {
		delete(content, name)
	}
	for name, member := range content {
		switch member := member.(type) {
		case map[string]any:
			drop(member, names...)
			if len(member) == 0 {
				delete(content, name)
			}
		case []any:
			for _, each := range member {
				if element, isMap := each.(map[string]any); isMap {
					drop(element, names...)
				}
			}
		}
	}
}

func TestChartIsWellFormed(t *testing.T) {
	out, err := helm("lint", "--strict", filepath.Join(root, "charts", "seatplane"))
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// What the values say reaches the manager as flags that it takes.
func TestValuesBecomeFlags(t *testing.T) {
	usual := []string{"--leader-elect", "--metrics-bind-address=:8443", "--health-probe-bind-address=:8081"}
	for name, c := range map[string]struct {
		reason string
		values []string
		want   []string
	}{
		"nothing said": {"the manager's own defaults hold", nil, usual},
		"namespaces": {
			"they are one flag", []string{"--set", "namespaces={b,a}"}, append(usual[:3:3], "--watch-namespaces=b,a"),
		},
		"selector": {
			"commas and spaces of a selector survive",
			[]string{"--set-string", "selector=region in (eu\\, us)"},
			append(usual[:3:3], "--watch-label-selector=region in (eu, us)"),
		},
		"loaders": {
			"what loaders may reach",
			[]string{"--set", "loaders.allowedNetworks={10.96.0.0/12,fd00::/8}", "--set", "loaders.allowPlainHTTP=true"},
			append(usual[:3:3], "--loader-allowed-networks=10.96.0.0/12,fd00::/8", "--loader-allow-plain-http"),
		},
		"sqlite": {
			"a folder turns SQLite on", []string{"--set", "loaders.sqliteDir=/"}, append(usual[:3:3], "--sqlite-dir=/"),
		},
		"speed": {
			"a number stays a number",
			[]string{"--set", "maxConcurrentReconciles=4"},
			[]string{usual[0], usual[1], usual[2], "--max-concurrent-reconciles=4"},
		},
		"no metrics": {
			"0 serves none",
			[]string{"--set", "metrics.enabled=false"},
			[]string{usual[0], "--metrics-bind-address=0", usual[2]},
		},
		"further flags": {
			"they come last", []string{"--set", "extraArgs={--sync-period=1h}"}, append(usual[:3:3], "--sync-period=1h"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			args := parse(t, charted(t, c.values...)).args(t)
			if diff := cmp.Diff(c.want, args); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			// The manager reads all flags before it obeys --version.
			if out, err := output(manager, append(args, "--version")...); err != nil {
				t.Errorf("the manager refuses %v: %v %s", args, err, out)
			}
		})
	}
}

func TestValuesThatCannotBeAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		set    string
		says   string
	}{
		"unknown":      {"a typing error is no silent default", "replica=3", "replica"},
		"deep unknown": {"nor is one further down", "loaders.allowedNetwork={10.0.0.0/8}", "allowedNetwork"},
		"no replicas":  {"nobody would work", "replicas=0", "replicas"},
		"a namespace":  {"the manager would refuse it later", "namespaces={Team_A}", "namespaces"},
		"a network":    {"an address is no network", "loaders.allowedNetworks={10.0.0.1}", "allowedNetworks"},
		"a folder":     {"the container has no working directory of note", "loaders.sqliteDir=data", "sqliteDir"},
		"no image":     {"nothing could be pulled", "image.repository=", "repository"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := helm("template", "seatplane", filepath.Join(root, "charts", "seatplane"), "--set", c.set)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: --set %s: got %v, want a refusal that names %s", c.reason, c.set, err, c.says)
			}
		})
	}
}

// Every value has a place in the schema, so that a typing error in any of them is refused.
func TestSchemaKnowsEveryValue(t *testing.T) {
	shown, err := helm("show", "values", filepath.Join(root, "charts", "seatplane"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal([]byte(shown), &values); err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal([]byte(file(t, "charts/seatplane/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	mustDescribe(t, "", schema, values)
}

func mustDescribe(t *testing.T, path string, schema, values map[string]any) {
	t.Helper()
	properties, _, _ := unstructured.NestedMap(schema, "properties")
	if properties == nil {
		return
	}
	if schema["additionalProperties"] != false {
		t.Errorf("the schema takes any member of the values at %q", path)
	}
	for name, value := range values {
		property, isMap := properties[name].(map[string]any)
		if !isMap {
			t.Errorf("the schema does not know %s%s", path, name)
		}
		if inner, isMap := value.(map[string]any); isMap {
			mustDescribe(t, path+name+".", property, inner)
		}
	}
}

// Names and namespaces of a second release are its own.
func TestASecondReleaseHasItsOwnNames(t *testing.T) {
	manifests, err := helm("template", "eu", filepath.Join(root, "charts", "seatplane"), "--namespace", "billing-eu",
		"--set", "crds.install=false", "--set", "roles.create=false", "--set", "selector=region=eu")
	if err != nil {
		t.Fatal(err)
	}
	first := parse(t, charted(t))
	for key := range parse(t, manifests) {
		if first[key] != nil {
			t.Errorf("both releases want %s", key)
		}
	}
}

// Grafana's sidecar finds the dashboard, whole, when it is asked for.
func TestDashboardIsInstalled(t *testing.T) {
	const key = "ConfigMap " + playground.Namespace + "/seatplane-dashboard"
	if parse(t, charted(t))[key] != nil {
		t.Error("the dashboard is installed although nobody asked for it")
	}
	rendered := parse(t, charted(t, "--set", "metrics.dashboard.enabled=true"))[key]
	if rendered == nil {
		t.Fatalf("no %s is rendered", key)
	}
	if rendered.GetLabels()["grafana_dashboard"] != "1" {
		t.Errorf("its labels are %v", rendered.GetLabels())
	}
	data, _, err := unstructured.NestedStringMap(rendered.Object, "data")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file(t, "dashboards/seatplane.json"), data["seatplane.json"]); diff != "" {
		t.Errorf("it is another than dashboards/seatplane.json:\n%s", diff)
	}
}

// What a release hands out is what is tested here, but for the image.
func TestDist(t *testing.T) {
	for name, c := range map[string]struct {
		reason        string
		version, pack string
	}{
		"a release": {"its number is the chart's", "v1.2.3", "seatplane-1.2.3.tgz"},
		"a commit":  {"Helm takes no commit for a version", "v1.2.3-4-gabcdef0-dirty", "seatplane-1.2.3-4-gabcdef0-dirty.tgz"},
		"no tag":    {"nor the hash of one", "0f3c2d1", "seatplane-0.0.0+0f3c2d1.tgz"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			makeDist(t, folder, "registry.example.com/seatplane", c.version)
			want := "registry.example.com/seatplane:" + c.version

			installed, err := os.ReadFile(filepath.Join(folder, "install.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			rendered := parse(t, string(installed))
			if got := rendered.deployment(t).Spec.Template.Spec.Containers[0].Image; got != want {
				t.Errorf("%s: install.yaml wants the image %s, want %s", c.reason, got, want)
			}
			if want := len(kustomized(t, "default")); len(rendered) != want {
				t.Errorf("install.yaml has %d objects, want %d", len(rendered), want)
			}
			manifests, err := helm("template", "seatplane", filepath.Join(folder, c.pack), "--namespace", playground.Namespace)
			if err != nil {
				t.Fatal(err)
			}
			if got := parse(t, manifests).deployment(t).Spec.Template.Spec.Containers[0].Image; got != want {
				t.Errorf("%s: the chart wants the image %s, want %s", c.reason, got, want)
			}
		})
	}
}

func makeDist(t *testing.T, folder, image, version string) {
	t.Helper()
	assets, err := controlplane.Assets()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, "hack", "dist.sh"))
	cmd.Env = append(os.Environ(), "DIST="+folder, "IMAGE="+image, "VERSION="+version,
		"KUBECTL="+filepath.Join(assets, "kubectl"), "HELM="+filepath.Join(root, "bin", "tools", "helm"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
