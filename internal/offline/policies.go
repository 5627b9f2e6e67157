// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Turned is a proration policy that can be used now and could not before, or the reverse.
type Turned struct {
	Kind  v1alpha1.PolicyKind
	Name  types.NamespacedName
	Ready bool
}

// JudgePolicies brings up to date which policies can be used, after some of them were added, edited or removed: of several
// with one external reference, only its holder can. It returns those that turned. It replaces their objects and does not
// change them, because other catalogues may have them too.
func (c *Catalogue) JudgePolicies() []Turned {
	var turned []Turned
	claims := map[string][]facts.Claim{} // by namespace, in which a reference is unique
	for name, policy := range c.Policies {
		claims[name.Namespace] = append(claims[name.Namespace], facts.ClaimOf(policy, &policy.Spec))
	}
	for name, policy := range c.Policies {
		if conditions, ready, isNews := judge(policy, &policy.Spec, policy.Status.Conditions, claims[name.Namespace]); isNews {
			policy = policy.DeepCopy()
			policy.Status.Conditions = conditions
			c.Policies[name] = policy
			turned = append(turned, Turned{v1alpha1.KindProrationPolicy, name, ready})
		}
	}
	var shared []facts.Claim
	for _, policy := range c.ClusterPolicies {
		shared = append(shared, facts.ClaimOf(policy, &policy.Spec))
	}
	for name, policy := range c.ClusterPolicies {
		if conditions, ready, isNews := judge(policy, &policy.Spec, policy.Status.Conditions, shared); isNews {
			policy = policy.DeepCopy()
			policy.Status.Conditions = conditions
			c.ClusterPolicies[name] = policy
			turned = append(turned, Turned{v1alpha1.KindClusterProrationPolicy, types.NamespacedName{Name: name}, ready})
		}
	}
	return turned
}

// judge returns the conditions of a policy next to others, and whether it is ready. They are news if the present ones say
// otherwise.
func judge(policy metav1.Object, spec *v1alpha1.ProrationPolicySpec, present []metav1.Condition, claims []facts.Claim) (after []metav1.Condition, ready, isNews bool) {
	holds := facts.HolderOf(facts.ClaimOf(policy, spec), claims).Name == policy.GetName()
	known := meta.FindStatusCondition(present, v1alpha1.ConditionReady)
	conflicts := known != nil && known.Reason == v1alpha1.ReasonExternalRefConflict
	if holds != conflicts {
		return present, holds, false
	}
	condition := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReconciled}
	if !holds {
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonExternalRefConflict
	}
	after = append(after, present...)
	meta.SetStatusCondition(&after, condition)
	return after, holds, true
}
