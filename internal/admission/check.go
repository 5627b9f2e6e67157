// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package admission looks whether the admission policies of config/admission are installed, which keep what the
// operator records from being forged (trust.md, "Only the operator speaks as the operator").
package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingadmissionpolicies;validatingadmissionpolicybindings,verbs=get

// interval is how often the policies are looked for.
const interval = 10 * time.Minute

// Policies are the ValidatingAdmissionPolicies of config/admission, sorted. Each has a binding of the same name.
var Policies = []string{
	"seatplane-invoices", "seatplane-statuses", "seatplane-subscriptions", "seatplane-test-clocks", "seatplane-updates",
}

var present = prometheus.NewDesc("seatplane_admission_policies_present",
	"1 when all admission policies of Seatplane are installed and enforced, 0 when one is missing; "+
		"absent when the manager may not look.", nil, nil)

// Check looks, when the manager starts and every ten minutes, whether the policies are installed and enforced. The
// manager works without them, but then it cannot tell a perfect forgery from its own records. A Check is a
// manager's Runnable and a metric.
type Check struct {
	// Live reads from the API server.
	Live client.Reader
	// Log takes a sentence, and what it is about, when there is something new to say.
	Log func(sentence string, keysAndValues ...any)

	mu sync.Mutex
	// enforced is nil while the manager does not know.
	enforced *bool
	// said is what was logged last.
	said string
}

// NeedLeaderElection is false: managers that stand by look too.
func (*Check) NeedLeaderElection() bool { return false }

// Start looks until ctx ends.
func (c *Check) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, c.look, interval)
	return nil
}

// Describe describes the metric.
func (*Check) Describe(to chan<- *prometheus.Desc) { to <- present }

// Collect sends the metric. There is none while the manager does not know.
func (c *Check) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.enforced == nil {
		return
	}
	value := 0.0
	if *c.enforced {
		value = 1
	}
	to <- prometheus.MustNewConstMetric(present, prometheus.GaugeValue, value)
}

// look finds out, and logs what is new.
func (c *Check) look(ctx context.Context) {
	missing, err := missing(ctx, c.Live)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		c.say(nil, "Cannot tell whether the admission policies are installed: grant the manager the verb get on "+
			"validatingadmissionpolicies and validatingadmissionpolicybindings.", "error", err.Error())
	case len(missing) > 0:
		c.say(new(false), "Admission policies are missing, so users could forge records: install config/admission, or set "+
			"admission.enabled in the chart.", "missing", strings.Join(missing, ", "))
	default:
		c.say(new(true), "The admission policies are installed.", "policies", strings.Join(Policies, ", "))
	}
}

// say keeps what was found out, and logs it unless that was logged last.
func (c *Check) say(enforced *bool, sentence, key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enforced = enforced
	if said := sentence + value; said != c.said {
		c.said = said
		c.Log(sentence, key, value)
	}
}

// missing returns the names of the policies that are not installed or not enforced, sorted. An error says why
// that is not known.
func missing(ctx context.Context, live client.Reader) ([]string, error) {
	var names []string
	for _, name := range Policies {
		enforced, err := isEnforced(ctx, live, name)
		if err != nil {
			return nil, fmt.Errorf("read the admission policy %q: %w", name, err)
		}
		if !enforced {
			names = append(names, name)
		}
	}
	return names, nil
}

// isEnforced reports whether a policy exists and a binding of its name makes the API server enforce it.
func isEnforced(ctx context.Context, live client.Reader, name string) (bool, error) {
	var policy admissionv1.ValidatingAdmissionPolicy
	var binding admissionv1.ValidatingAdmissionPolicyBinding
	for _, object := range []client.Object{&policy, &binding} {
		err := live.Get(ctx, client.ObjectKey{Name: name}, object)
		if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	denies := slices.Contains(binding.Spec.ValidationActions, admissionv1.Deny)
	return denies && binding.Spec.PolicyName == name, nil
}
