// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// account is whom the manager authenticates as.
const account = "system:serviceaccount:seatplane-system:seatplane-manager"

// installed is an API server that has some policies and bindings.
type installed struct {
	client.Reader
	client.Writer
	policies map[string]*admissionv1.ValidatingAdmissionPolicy
	bindings map[string]*admissionv1.ValidatingAdmissionPolicyBinding
	err      error
	// anonymous is why the API server does not say who the manager is.
	anonymous error
}

func (i installed) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	object.(*authenticationv1.SelfSubjectReview).Status.UserInfo.Username = account
	return i.anonymous
}

func (i installed) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	if i.err != nil {
		return i.err
	}
	switch object := object.(type) {
	case *admissionv1.ValidatingAdmissionPolicy:
		if policy, found := i.policies[key.Name]; found {
			policy.DeepCopyInto(object)
			return nil
		}
	case *admissionv1.ValidatingAdmissionPolicyBinding:
		if binding, found := i.bindings[key.Name]; found {
			binding.DeepCopyInto(object)
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{Group: admissionv1.GroupName, Resource: "validatingadmissionpolicies"}, key.Name)
}

// complete has what config/admission holds, but for what the changes say.
func complete(t *testing.T, changes ...func(*installed)) installed {
	t.Helper()
	all := installed{
		policies: map[string]*admissionv1.ValidatingAdmissionPolicy{},
		bindings: map[string]*admissionv1.ValidatingAdmissionPolicyBinding{},
	}
	for _, file := range manifests(t) {
		var policy admissionv1.ValidatingAdmissionPolicy
		var binding admissionv1.ValidatingAdmissionPolicyBinding
		readManifest(t, file, &policy, &binding)
		all.policies[policy.Name], all.bindings[binding.Name] = &policy, &binding
	}
	for _, change := range changes {
		change(&all)
	}
	return all
}

func TestPoliciesAreLookedFor(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "validatingadmissionpolicies"}, "seatplane-invoices", errors.New("no right"))
	some := &metav1.LabelSelector{MatchLabels: map[string]string{"team": "sales"}}
	inSome := &admissionv1.MatchResources{NamespaceSelector: some}
	for name, c := range map[string]struct {
		reason string
		change func(*installed)
		says   string
		metric []float64
	}{
		"all there": {reason: "an installation is complete", says: "The admission policies are installed.", metric: []float64{1}},
		"none": {
			reason: "a development cluster",
			change: func(i *installed) { i.policies, i.bindings = nil, nil },
			says:   strings.Join(Policies, " is not installed; ") + " is not installed", metric: []float64{0},
		},
		"one missing": {
			reason: "somebody removed one",
			change: func(i *installed) { delete(i.policies, "seatplane-updates") },
			says:   "faults seatplane-updates is not installed", metric: []float64{0},
		},
		"not bound": {
			reason: "a policy without a binding does nothing",
			change: func(i *installed) { delete(i.bindings, "seatplane-invoices") },
			says:   "faults seatplane-invoices has no binding", metric: []float64{0},
		},
		"bound to another": {
			reason: "the policy of that name is not enforced",
			change: func(i *installed) { i.bindings["seatplane-invoices"].Spec.PolicyName = "seatplane-updates" },
			says:   "faults seatplane-invoices has a binding to another policy", metric: []float64{0},
		},
		"only audited": {
			reason: "a binding that does not deny lets everything through",
			change: func(i *installed) {
				i.bindings["seatplane-statuses"].Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Audit}
			}, says: "faults seatplane-statuses has a binding that does not deny", metric: []float64{0},
		},
		"bound in some namespaces": {
			reason: "the others are open",
			change: func(i *installed) { i.bindings["seatplane-updates"].Spec.MatchResources = inSome },
			says:   "faults seatplane-updates is narrowed by the matchResources of its binding", metric: []float64{0},
		},
		"bound for some kinds": {
			reason: "the others are open",
			change: func(i *installed) {
				i.bindings["seatplane-statuses"].Spec.MatchResources = &admissionv1.MatchResources{
					ResourceRules: i.policies["seatplane-statuses"].Spec.MatchConstraints.ResourceRules,
				}
			}, says: "faults seatplane-statuses is narrowed by the matchResources of its binding", metric: []float64{0},
		},
		"bound as the API server stores it": {
			reason: "empty selectors select everything",
			change: func(i *installed) {
				i.bindings["seatplane-updates"].Spec.MatchResources = &admissionv1.MatchResources{
					NamespaceSelector: &metav1.LabelSelector{}, ObjectSelector: &metav1.LabelSelector{},
				}
			}, says: "The admission policies are installed.", metric: []float64{1},
		},
		"for some objects": {
			reason: "the others are open",
			change: func(i *installed) { i.policies["seatplane-invoices"].Spec.MatchConstraints.ObjectSelector = some },
			says:   "faults seatplane-invoices is narrowed by its matchConstraints", metric: []float64{0},
		},
		"not for some kinds": {
			reason: "they are open",
			change: func(i *installed) {
				constraints := i.policies["seatplane-invoices"].Spec.MatchConstraints
				constraints.ExcludeResourceRules = constraints.ResourceRules
			}, says: "faults seatplane-invoices is narrowed by its matchConstraints", metric: []float64{0},
		},
		"faults ignored": {
			reason: "an expression that fails would let everything through",
			change: func(i *installed) { i.policies["seatplane-updates"].Spec.FailurePolicy = new(admissionv1.Ignore) },
			says:   "faults seatplane-updates has a failurePolicy other than Fail", metric: []float64{0},
		},
		"another account": {
			reason: "the manager's own writes are refused",
			change: func(i *installed) {
				condition := &i.policies["seatplane-subscriptions"].Spec.MatchConditions[0]
				condition.Expression = strings.ReplaceAll(condition.Expression, "seatplane-manager", "other-manager")
			}, says: "faults seatplane-subscriptions does not name the manager's account " + account, metric: []float64{0},
		},
		"a longer account": {
			reason: "an account that begins with the manager's is another",
			change: func(i *installed) {
				condition := &i.policies["seatplane-updates"].Spec.MatchConditions[0]
				condition.Expression = strings.ReplaceAll(condition.Expression, "seatplane-manager", "seatplane-manager2")
			}, says: "faults seatplane-updates does not name the manager's account", metric: []float64{0},
		},
		"several accounts": {
			reason: "a cluster may have several managers",
			change: func(i *installed) {
				condition := &i.policies["seatplane-updates"].Spec.MatchConditions[0]
				condition.Expression = strings.ReplaceAll(condition.Expression, "seatplane-manager'", "other', '"+account+"'")
			}, says: "The admission policies are installed.", metric: []float64{1},
		},
		"limits for another account": {
			reason: "the manager's own writes are refused",
			change: func(i *installed) {
				i.policies["seatplane-limits-updates"] = &admissionv1.ValidatingAdmissionPolicy{Spec: admissionv1.ValidatingAdmissionPolicySpec{
					MatchConditions: []admissionv1.MatchCondition{{Name: managerCondition, Expression: "!(request.userInfo.username in ['other'])"}},
				}}
			}, says: "faults seatplane-limits-updates does not name the manager's account " + account, metric: []float64{0},
		},
		"limits for the manager": {
			reason: "limits are optional, and may be there",
			change: func(i *installed) {
				for _, name := range limits {
					i.policies[name] = limit(t, name)
				}
			}, says: "The admission policies are installed.", metric: []float64{1},
		},
		"two wrong": {
			reason: "the log says which",
			change: func(i *installed) {
				delete(i.bindings, "seatplane-invoices")
				delete(i.policies, "seatplane-test-clocks")
			}, says: "faults seatplane-invoices has no binding; seatplane-test-clocks is not installed", metric: []float64{0},
		},
		"forbidden": {reason: "not to be allowed to look is not to know", change: func(i *installed) { i.err = forbidden }, says: "Cannot tell", metric: nil},
		"nameless":  {reason: "nor is not to know one's own name", change: func(i *installed) { i.anonymous = forbidden }, says: "Cannot tell", metric: nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := complete(t)
			if c.change != nil {
				c.change(&server)
			}
			var log []string
			check := &Check{Live: server, Reviews: server, Log: func(sentence string, about ...any) {
				log = append(log, sentence+" "+fmt.Sprintln(about...))
			}}
			check.look(t.Context())
			check.look(t.Context())
			if len(log) != 1 || !strings.Contains(log[0], c.says) {
				t.Errorf("%s: logged %q, want one line that says %q", c.reason, log, c.says)
			}
			if diff := cmp.Diff(c.metric, valuesOf(t, check)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// valuesOf returns the values of a metric that has no labels: one or none.
func valuesOf(t *testing.T, metric prometheus.Collector) []float64 {
	t.Helper()
	collected := make(chan prometheus.Metric, 8)
	metric.Collect(collected)
	close(collected)
	var values []float64
	for each := range collected {
		var written dto.Metric
		if err := each.Write(&written); err != nil {
			t.Fatal(err)
		}
		values = append(values, written.GetGauge().GetValue())
	}
	return values
}

// The manager looks for the policies that config/admission installs.
func TestPoliciesAreThoseOfTheInstallation(t *testing.T) {
	var names []string
	for _, file := range manifests(t) {
		var policy admissionv1.ValidatingAdmissionPolicy
		var binding admissionv1.ValidatingAdmissionPolicyBinding
		readManifest(t, file, &policy, &binding)
		names = append(names, binding.Spec.PolicyName)
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, Policies); diff != "" {
		t.Errorf("-config/admission +Policies:\n%s", diff)
	}
}

// limit is a policy of config/policy.
func limit(t *testing.T, name string) *admissionv1.ValidatingAdmissionPolicy {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	var policy admissionv1.ValidatingAdmissionPolicy
	readManifest(t, filepath.Join(root, "config", "policy", strings.TrimPrefix(name, "seatplane-limits-")+".yaml"), &policy)
	if policy.Name != name {
		t.Fatalf("the policy is %q, want %q", policy.Name, name)
	}
	return &policy
}

// manifests are the files of config/admission that hold a policy.
func manifests(t *testing.T) []string {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config", "admission", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(files, func(file string) bool { return filepath.Base(file) == "kustomization.yaml" })
}

// Whatever has a status is the operator's to write, but for the status of an invoice, which is the collector's.
func TestStatusesAreThoseOfTheKinds(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, file := range files {
		var crd apiextensionsv1.CustomResourceDefinition
		readManifest(t, file, &crd)
		status := slices.ContainsFunc(crd.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool {
			return v.Subresources != nil && v.Subresources.Status != nil
		})
		if status && crd.Spec.Names.Plural != "invoices" {
			want = append(want, crd.Spec.Names.Plural+"/status")
		}
	}
	var policy admissionv1.ValidatingAdmissionPolicy
	readManifest(t, filepath.Join(root, "config", "admission", "statuses.yaml"), &policy)
	if diff := cmp.Diff(want, policy.Spec.MatchConstraints.ResourceRules[0].Resources); diff != "" {
		t.Errorf("-config/crd +config/admission/statuses.yaml:\n%s", diff)
	}
}

// readManifest reads the first objects of a file.
func readManifest(t *testing.T, file string, objects ...any) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(string(content), "\n---\n")
	if len(documents) < len(objects) {
		t.Fatalf("%s has %d objects, want %d", file, len(documents), len(objects))
	}
	for n := range objects {
		if err := yaml.Unmarshal([]byte(documents[n]), objects[n]); err != nil {
			t.Fatal(err)
		}
	}
}
