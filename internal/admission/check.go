// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package admission looks whether the admission policies of config/admission are installed, which keep what the
// operator records from being forged (trust.md#admission).
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

// interval is how often the policies are looked for.
const interval = 10 * time.Minute

// Policies are the ValidatingAdmissionPolicies of config/admission, sorted. Each has a binding of the same name.
var Policies = []string{
	"seatplane-invoices", "seatplane-statuses", "seatplane-subscriptions", clocksPolicy, "seatplane-updates",
}

// limits are the ValidatingAdmissionPolicies of config/policy, sorted. They are optional.
var limits = []string{"seatplane-limits-subscriptions", "seatplane-limits-updates"}

const (
	// clocksPolicy holds for everybody, so that it names no account.
	clocksPolicy = "seatplane-test-clocks"
	// managerCondition is the match condition that lets the manager through.
	managerCondition = "not-the-operator"
)

var present = prometheus.NewDesc("seatplane_admission_policies_present",
	"1 when all admission policies of Seatplane are installed and enforced, 0 when one is missing or wrong; "+
		"absent when the manager may not look.", nil, nil)

// Check looks, when the manager starts and every ten minutes, whether the policies are installed and enforced, and
// name the account that the manager has: with another, the API server would refuse what the manager writes. The
// manager works without them, but then it cannot tell a perfect forgery from its own records. A Check is a
// manager's Runnable and a metric.
type Check struct {
	// Live reads from the API server.
	Live client.Reader
	// Reviews creates the SelfSubjectReview that says who the manager is.
	Reviews client.Writer
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

// faults says of each policy that does not do its work why that is so. An error says why that is not known.
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

// faultOf says why a policy and the binding of its name do not make the API server enforce what they should, for a
// manager of the account; "" when they do.
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

// isThere reads an object of no namespace, and reports whether there is one.
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

// isNarrowed reports whether a match leaves out some of the objects of the kinds that it names.
func isNarrowed(match *admissionv1.MatchResources) bool {
	return selects(match.NamespaceSelector) || selects(match.ObjectSelector) || len(match.ExcludeResourceRules) > 0
}

func selects(selector *metav1.LabelSelector) bool {
	return selector != nil && len(selector.MatchLabels)+len(selector.MatchExpressions) > 0
}

// faultOfAccount says that a policy does not let an account through as the manager's; "" when it does.
func faultOfAccount(policy *admissionv1.ValidatingAdmissionPolicy, account string) string {
	trusted := slices.ContainsFunc(policy.Spec.MatchConditions, func(condition admissionv1.MatchCondition) bool {
		return condition.Name == managerCondition && strings.Contains(condition.Expression, "'"+account+"'")
	})
	if trusted {
		return ""
	}
	return "does not name the manager's account " + account
}
