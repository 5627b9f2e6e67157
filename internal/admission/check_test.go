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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// installed is an API server that has some policies and bindings.
type installed struct {
	client.Reader
	policies map[string]bool
	bindings map[string][]admissionv1.ValidationAction
	err      error
}

func (i installed) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	if i.err != nil {
		return i.err
	}
	switch object := object.(type) {
	case *admissionv1.ValidatingAdmissionPolicy:
		if i.policies[key.Name] {
			return nil
		}
	case *admissionv1.ValidatingAdmissionPolicyBinding:
		if actions, found := i.bindings[key.Name]; found {
			object.Spec = admissionv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: key.Name, ValidationActions: actions}
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{Group: admissionv1.GroupName, Resource: "validatingadmissionpolicies"}, key.Name)
}

// complete has all policies, but for what the changes say.
func complete(changes ...func(*installed)) installed {
	all := installed{policies: map[string]bool{}, bindings: map[string][]admissionv1.ValidationAction{}}
	for _, name := range Policies {
		all.policies[name] = true
		all.bindings[name] = []admissionv1.ValidationAction{admissionv1.Deny}
	}
	for _, change := range changes {
		change(&all)
	}
	return all
}

func TestPoliciesAreLookedFor(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "validatingadmissionpolicies"}, "seatplane-invoices", errors.New("no right"))
	for name, c := range map[string]struct {
		reason string
		server installed
		says   string
		metric []float64
	}{
		"all there": {reason: "an installation is complete", server: complete(), says: "The admission policies are installed.", metric: []float64{1}},
		"none":      {reason: "a development cluster", server: installed{}, says: "missing " + strings.Join(Policies, ", "), metric: []float64{0}},
		"one missing": {
			reason: "somebody removed one",
			server: complete(func(i *installed) { delete(i.policies, "seatplane-updates") }), says: "missing seatplane-updates", metric: []float64{0},
		},
		"not bound": {
			reason: "a policy without a binding does nothing",
			server: complete(func(i *installed) { delete(i.bindings, "seatplane-invoices") }), says: "missing seatplane-invoices", metric: []float64{0},
		},
		"only audited": {
			reason: "a binding that does not deny lets everything through",
			server: complete(func(i *installed) {
				i.bindings["seatplane-statuses"] = []admissionv1.ValidationAction{admissionv1.Audit}
			}), says: "missing seatplane-statuses", metric: []float64{0},
		},
		"forbidden": {reason: "not to be allowed to look is not to know", server: installed{err: forbidden}, says: "Cannot tell", metric: nil},
	} {
		t.Run(name, func(t *testing.T) {
			var log []string
			check := &Check{Live: c.server, Log: func(sentence string, about ...any) {
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
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config", "admission", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			if name, found := strings.CutPrefix(line, "  policyName: "); found {
				names = append(names, strings.TrimSpace(name))
			}
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, Policies); diff != "" {
		t.Errorf("-config/admission +Policies:\n%s", diff)
	}
}
