// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package admission checks whether the admission policies of config/admission are installed. They prevent users
// from forging what the operator records (trust.md#admission).
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
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingadmissionpolicies;validatingadmissionpolicybindings,verbs=get

// interval is the time between two checks.
const interval = 10 * time.Minute

// Policies are the ValidatingAdmissionPolicies of config/admission, sorted. Each has a binding with the same
// name.
var Policies = []string{
	"seatplane-imports", "seatplane-invoices", "seatplane-statuses", "seatplane-subscriptions", clocksPolicy, "seatplane-updates",
}

// limits are the ValidatingAdmissionPolicies of config/policy, sorted. They are optional.
var limits = []string{"seatplane-limits-subscriptions", "seatplane-limits-updates"}

const (
	// clocksPolicy applies to every account, so it names none.
	clocksPolicy = "seatplane-test-clocks"
	// managerCondition is the match condition that exempts the manager.
	managerCondition = "not-the-operator"
)

var present = prometheus.NewDesc("seatplane_admission_policies_present",
	"1 if all admission policies of Seatplane are installed and enforced, 0 if one is missing or wrong. "+
		"Absent if the manager is not allowed to check.", nil, nil)

// Check checks, when the manager starts and every ten minutes, whether the policies are installed and enforced,
// and whether they name the manager's account. With another account, the API server would refuse what the manager
// writes. The manager works without the policies, but then it cannot distinguish a perfect forgery from its own
// records. A Check is a Runnable of the manager and a metric.
type Check struct {
	// Live reads from the API server.
	Live client.Reader
	// Reviews creates the SelfSubjectReview that returns the manager's account.
	Reviews client.Writer
	// Log is called with a sentence, and what it is about, when the result changes.
	Log func(sentence string, keysAndValues ...any)

	mu sync.Mutex
	// enforced is nil as long as the result is not known.
	enforced *bool
	// said is what was last logged.
	said string
}

// NeedLeaderElection is false, because managers on standby check too.
func (*Check) NeedLeaderElection() bool { return false }

// Start checks until ctx ends.
func (c *Check) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, c.look, interval)
	return nil
}

// Describe describes the metric.
func (*Check) Describe(to chan<- *prometheus.Desc) { to <- present }

// Collect sends the metric. It sends nothing until the result is known.
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

// look checks once, and logs a new result.
func (c *Check) look(ctx context.Context) {
	faults, err := c.faults(ctx)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		c.say(nil, "Cannot tell whether the admission policies are installed: grant the manager the verb get on "+
			"validatingadmissionpolicies and validatingadmissionpolicybindings, and the role system:basic-user.", "error", err.Error())
	case len(faults) > 0:
		c.say(new(false), "Admission policies are missing or wrong, so users could forge records or the manager's own writes "+
			"are refused: install config/admission for the manager's account, or set admission.enabled in the chart.",
			"faults", strings.Join(faults, "; "))
	default:
		c.say(new(true), "The admission policies are installed.", "policies", strings.Join(Policies, ", "))
	}
}

// say stores the result, and logs it unless it was logged last.
func (c *Check) say(enforced *bool, sentence, key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enforced = enforced
	if said := sentence + value; said != c.said {
		c.said = said
		c.Log(sentence, key, value)
	}
}

// faults describes, for each policy that is not effective, why. The error explains why that could not be
// determined.
func (c *Check) faults(ctx context.Context) ([]string, error) {
	var self authenticationv1.SelfSubjectReview
	if err := c.Reviews.Create(ctx, &self); err != nil {
		return nil, fmt.Errorf("ask the API server for the manager's own name: %w", err)
	}
	var all []string
	for _, name := range Policies {
		fault, err := faultOf(ctx, c.Live, name, self.Status.UserInfo.Username)
		if err != nil {
			return nil, fmt.Errorf("read the admission policy %q: %w", name, err)
		}
		if fault != "" {
			all = append(all, name+" "+fault)
		}
	}
	for _, name := range limits {
		var policy admissionv1.ValidatingAdmissionPolicy
		there, err := isThere(ctx, c.Live, name, &policy)
		if err != nil {
			return nil, fmt.Errorf("read the admission policy %q: %w", name, err)
		}
		if fault := faultOfAccount(&policy, self.Status.UserInfo.Username); there && fault != "" {
			all = append(all, name+" "+fault)
		}
	}
	return all, nil
}

// faultOf explains why a policy and its binding do not make the API server enforce what they should for a manager
// with the account. It returns "" if they do.
func faultOf(ctx context.Context, live client.Reader, name, account string) (string, error) {
	var policy admissionv1.ValidatingAdmissionPolicy
	var binding admissionv1.ValidatingAdmissionPolicyBinding
	if there, err := isThere(ctx, live, name, &policy); err != nil || !there {
		return "is not installed", err
	}
	if there, err := isThere(ctx, live, name, &binding); err != nil || !there {
		return "has no binding", err
	}
	if fault := faultOfPolicy(&policy, account); fault != "" {
		return fault, nil
	}
	return faultOfBinding(&binding), nil
}

// isThere reads a cluster-scoped object, and reports whether it exists.
func isThere(ctx context.Context, live client.Reader, name string, object client.Object) (bool, error) {
	err := live.Get(ctx, client.ObjectKey{Name: name}, object)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return false, nil
	}
	return err == nil, err
}

func faultOfPolicy(policy *admissionv1.ValidatingAdmissionPolicy, account string) string {
	spec := &policy.Spec
	switch {
	case spec.FailurePolicy != nil && *spec.FailurePolicy != admissionv1.Fail:
		return "has a failurePolicy other than Fail"
	case spec.MatchConstraints == nil || isNarrowed(spec.MatchConstraints):
		return "is narrowed by its matchConstraints"
	case policy.Name == clocksPolicy:
		return ""
	default:
		return faultOfAccount(policy, account)
	}
}

func faultOfBinding(binding *admissionv1.ValidatingAdmissionPolicyBinding) string {
	spec := &binding.Spec
	switch {
	case spec.PolicyName != binding.Name:
		return "has a binding to another policy"
	case !slices.Contains(spec.ValidationActions, admissionv1.Deny):
		return "has a binding that does not deny"
	case spec.MatchResources != nil && (isNarrowed(spec.MatchResources) || len(spec.MatchResources.ResourceRules) > 0):
		return "is narrowed by the matchResources of its binding"
	default:
		return ""
	}
}

// isNarrowed reports whether a match excludes some of the objects of the kinds that it names.
func isNarrowed(match *admissionv1.MatchResources) bool {
	return selects(match.NamespaceSelector) || selects(match.ObjectSelector) || len(match.ExcludeResourceRules) > 0
}

func selects(selector *metav1.LabelSelector) bool {
	return selector != nil && len(selector.MatchLabels)+len(selector.MatchExpressions) > 0
}

// faultOfAccount explains that a policy does not exempt the account as the manager's. It returns "" if
// it does.
func faultOfAccount(policy *admissionv1.ValidatingAdmissionPolicy, account string) string {
	trusted := slices.ContainsFunc(policy.Spec.MatchConditions, func(condition admissionv1.MatchCondition) bool {
		return condition.Name == managerCondition && strings.Contains(condition.Expression, "'"+account+"'")
	})
	if trusted {
		return ""
	}
	return "does not name the manager's account " + account
}
