// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
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
		"with limits": {
			"the limits of one are those of the other",
			[]string{"default", "policy"},
			[]string{"--set", "policy.enabled=true"},
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

// Names and namespaces of a second release are its own.
func TestASecondReleaseHasItsOwnNames(t *testing.T) {
	manifests, err := helm("template", "eu", filepath.Join(root, "charts", "seatplane"), "--namespace", "billing-eu",
		"--set", "crds.install=false", "--set", "roles.create=false", "--set", "admission.enabled=false",
		"--set", "selector=region=eu")
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

// Whatever selects pods selects the manager's, and nothing that is another release's.
func TestSelectorsMeetThePods(t *testing.T) {
	for name, rendered := range map[string]objects{
		"kustomize": kustomized(t, "default"), "Helm": parse(t, charted(t, "--set", "podLabels.team=billing")),
	} {
		t.Run(name, func(t *testing.T) {
			deployment := rendered.deployment(t)
			pod := labels.Set(deployment.Spec.Template.Labels)
			selectors := rendered.selectors(t)
			selectors["Deployment"] = deployment.Spec.Selector
			selectors["topology"] = deployment.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector
			if len(selectors) != 5 {
				t.Errorf("got the selectors %v, want five", selectors)
			}
			for what, each := range selectors {
				selector, err := metav1.LabelSelectorAsSelector(each)
				if err != nil {
					t.Fatal(err)
				}
				if selector.Empty() || !selector.Matches(pod) {
					t.Errorf("%s selects %s, and not the pods %v", what, selector, pod)
				}
			}
		})
	}
}

// The ServiceMonitor finds the Service, and the port that it names.
func TestServiceMonitorMeetsTheService(t *testing.T) {
	byKustomize := kustomized(t, "default")
	maps.Copy(byKustomize, kustomized(t, "prometheus"))
	for name, rendered := range map[string]objects{
		"kustomize": byKustomize, "Helm": parse(t, charted(t, "--set", "metrics.serviceMonitor.enabled=true")),
	} {
		t.Run(name, func(t *testing.T) {
			service := rendered["Service "+playground.Namespace+"/seatplane-metrics"]
			monitor := rendered["ServiceMonitor "+playground.Namespace+"/seatplane-manager"]
			if service == nil || monitor == nil {
				t.Fatalf("the Service is %v, the ServiceMonitor %v", service, monitor)
			}
			wanted, _, err := unstructured.NestedStringMap(monitor.Object, "spec", "selector", "matchLabels")
			if err != nil {
				t.Fatal(err)
			}
			if selector := labels.SelectorFromSet(wanted); selector.Empty() || !selector.Matches(labels.Set(service.GetLabels())) {
				t.Errorf("it selects %s, and not the Service's labels %v", selector, service.GetLabels())
			}
			ports, _, _ := unstructured.NestedSlice(service.Object, "spec", "ports")
			endpoints, _, _ := unstructured.NestedSlice(monitor.Object, "spec", "endpoints")
			if ports[0].(map[string]any)["name"] != endpoints[0].(map[string]any)["port"] {
				t.Errorf("it scrapes the port of %v, the Service has %v", endpoints, ports)
			}
		})
	}
}

// selectors returns what a Service, a PodDisruptionBudget and a NetworkPolicy select.
func (o objects) selectors(t *testing.T) map[string]*metav1.LabelSelector {
	t.Helper()
	found := map[string]*metav1.LabelSelector{}
	for _, object := range o {
		path := map[string][]string{
			"Service": {"spec", "selector"}, "PodDisruptionBudget": {"spec", "selector", "matchLabels"},
			"NetworkPolicy": {"spec", "podSelector", "matchLabels"},
		}[object.GetKind()]
		if path == nil {
			continue
		}
		matched, _, err := unstructured.NestedStringMap(object.Object, path...)
		if err != nil {
			t.Fatal(err)
		}
		found[object.GetKind()] = &metav1.LabelSelector{MatchLabels: matched}
	}
	return found
}

// The policies of a release name its own manager, and those of the other releases that it is given.
func TestPoliciesNameTheManagers(t *testing.T) {
	const other = "system:serviceaccount:billing-eu:eu-seatplane-manager"
	manifests, err := helm("template", "us", filepath.Join(root, "charts", "seatplane"), "--namespace", "billing-us",
		"--set", "admission.accounts={"+other+"}")
	if err != nil {
		t.Fatal(err)
	}
	exempt := map[any]string{
		"not-the-operator": "!(request.userInfo.username in ['system:serviceaccount:billing-us:us-seatplane-manager', '" + other + "'])",
		"not-the-importer": "!(request.userInfo.username in ['system:serviceaccount:billing-us:us-seatplane-importer'])",
	}
	policies := 0
	for key, object := range parse(t, manifests) {
		if object.GetKind() != "ValidatingAdmissionPolicy" {
			continue
		}
		policies++
		conditions, _, err := unstructured.NestedSlice(object.Object, "spec", "matchConditions")
		if err != nil {
			t.Fatal(err)
		}
		for _, condition := range conditions {
			condition := condition.(map[string]any)
			if want, known := exempt[condition["name"]]; known && condition["expression"] != want {
				t.Errorf("%s lets through %v, want %s", key, condition["expression"], want)
			}
		}
	}
	if policies == 0 {
		t.Error("the chart renders no policy")
	}
	for key := range parse(t, charted(t, "--set", "admission.enabled=false")) {
		if strings.HasPrefix(key, "ValidatingAdmissionPolicy") {
			t.Errorf("%s is installed although admission is off", key)
		}
	}
}

// The limits of a release are in its own namespace, as its values say, and exempt its managers.
func TestLimitsFollowTheValues(t *testing.T) {
	const other = "system:serviceaccount:billing-eu:eu-seatplane-manager"
	manifests, err := helm("template", "us", filepath.Join(root, "charts", "seatplane"), "--namespace", "billing-us",
		"--set", "policy.enabled=true", "--set", "admission.accounts={"+other+"}", "--set", "policy.limits.allowBackdating=true",
		"--set", "policy.limits.maxQuantity=2000000", "--set", "policy.limits.minKeepUpdates=null")
	if err != nil {
		t.Fatal(err)
	}
	rendered := parse(t, manifests)
	limits := rendered["ConfigMap billing-us/seatplane-limits"]
	if limits == nil {
		t.Fatal("the limits are not in the namespace of the release")
	}
	data, _, err := unstructured.NestedStringMap(limits.Object, "data")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{
		"allowDoNotCharge": "false", "allowBackdating": "true", "allowBilledUntil": "false", "allowLaterEffect": "false",
		"maxQuantity": "2000000", "minTTLSecondsAfterFinished": "2592000",
	}, data); diff != "" {
		t.Errorf("the limits (-want +got):\n%s", diff)
	}
	const want = "!(request.userInfo.username in ['system:serviceaccount:billing-us:us-seatplane-manager', '" + other + "'])"
	for _, name := range []string{"seatplane-limits-subscriptions", "seatplane-limits-updates"} {
		policy, binding := rendered["ValidatingAdmissionPolicy /"+name], rendered["ValidatingAdmissionPolicyBinding /"+name]
		if policy == nil || binding == nil {
			t.Fatalf("the policy %s is %v, its binding %v", name, policy, binding)
		}
		conditions, _, _ := unstructured.NestedSlice(policy.Object, "spec", "matchConditions")
		if got := conditions[0].(map[string]any)["expression"]; got != want {
			t.Errorf("%s lets through %v, want %s", name, got, want)
		}
		if got, _, _ := unstructured.NestedString(binding.Object, "spec", "paramRef", "namespace"); got != "billing-us" {
			t.Errorf("%s takes its limits from the namespace %q", name, got)
		}
	}
	for key := range parse(t, charted(t)) {
		if strings.Contains(key, "seatplane-limits") {
			t.Errorf("%s is installed although nobody asked for it", key)
		}
	}
}

// Whoever may view a namespace sees its customers only where an administrator says so: the same in both ways to install.
func TestViewIsAskedFor(t *testing.T) {
	const label = "rbac.authorization.k8s.io/aggregate-to-view"
	aggregates := func(rendered objects) bool {
		return rendered["ClusterRole /seatplane-viewer"].GetLabels()[label] == "true"
	}
	overlay := overlayOf(t, "resources: [CONFIG/default]\ncomponents: [CONFIG/view-role]\n")
	for name, c := range map[string]struct {
		reason   string
		rendered objects
		want     bool
	}{
		"kustomize":             {reason: "nobody asked", rendered: kustomized(t, "default")},
		"Helm":                  {reason: "nobody asked", rendered: parse(t, charted(t))},
		"kustomize, when asked": {reason: "the component says it", rendered: overlay, want: true},
		"Helm, when asked":      {reason: "the value says it", rendered: parse(t, charted(t, "--set", "roles.aggregateToView=true")), want: true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := aggregates(c.rendered); got != c.want {
				t.Errorf("%s: got %v", c.reason, got)
			}
		})
	}
}

// overlayOf renders a kustomization over the project's manifests, which are in CONFIG.
func overlayOf(t *testing.T, kustomization string) objects {
	t.Helper()
	assets, err := controlplane.Assets()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	// kustomize wants paths to be relative.
	config, err := filepath.Rel(folder, filepath.Join(root, "config"))
	if err != nil {
		t.Fatal(err)
	}
	kustomization = strings.ReplaceAll(kustomization, "CONFIG", config)
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(kustomization), 0o600); err != nil {
		t.Fatal(err)
	}
	manifests, err := output(filepath.Join(assets, "kubectl"), "kustomize", folder)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, manifests)
}
