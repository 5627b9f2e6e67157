// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import "github.com/seatplane/seatplane/api/v1alpha1"

// ProrationPolicy builds a policy of either kind, which share their spec.
type ProrationPolicy struct{ object v1alpha1.ProrationPolicy }

// MakeProrationPolicy begins a policy whose display name is its name. Leave the namespace empty for
// a ClusterProrationPolicy.
func MakeProrationPolicy(name, namespace string, rounding v1alpha1.Rounding) *ProrationPolicy {
	b := &ProrationPolicy{}
	b.object.Name, b.object.Namespace = name, namespace
	b.object.Spec.DisplayName = "Policy " + name
	b.object.Spec.Rounding = rounding
	return b
}

// Unit sets the unit of time that is rounded.
func (b *ProrationPolicy) Unit(unit v1alpha1.TimeUnit) *ProrationPolicy {
	b.object.Spec.Unit = unit
	return b
}

// ExternalRef sets the ID in another system.
func (b *ProrationPolicy) ExternalRef(ref string) *ProrationPolicy {
	b.object.Spec.ExternalRef = ref
	return b
}

// Obj returns a ProrationPolicy.
func (b *ProrationPolicy) Obj() *v1alpha1.ProrationPolicy {
	return b.object.DeepCopy()
}

// ClusterObj returns a ClusterProrationPolicy with the same name and spec.
func (b *ProrationPolicy) ClusterObj() *v1alpha1.ClusterProrationPolicy {
	policy := &v1alpha1.ClusterProrationPolicy{Spec: b.object.Spec}
	policy.Name = b.object.Name
	return policy
}
