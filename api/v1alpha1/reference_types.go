// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "k8s.io/apimachinery/pkg/types"

// ObjectName is the name of a Kubernetes object.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
type ObjectName = string

// EntryName names an item of a subscription or a plan of a product: letters, digits, "-", "_" and ".",
// beginning and ending with a letter or a digit, at most 63 characters.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
type EntryName = string

// ExternalRef is the ID of an object in another system, 1 to 2048 characters.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=2048
type ExternalRef = string

// TimeZone is the name of a time zone in the IANA database, such as Europe/Paris.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
type TimeZone = string

// LocalReference names an object in the same namespace.
type LocalReference struct {
	// The name of the object, in the same namespace.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="the name of an object has lower-case letters, digits, - and . only, and begins and ends with a letter or a digit: correct it"
	Name ObjectName `json:"name"`
}

// SubscriptionReference names a Subscription in the same namespace.
type SubscriptionReference struct {
	// The name of the Subscription, in the same namespace.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="the name of an object has lower-case letters, digits, - and . only, and begins and ends with a letter or a digit: correct it"
	Name ObjectName `json:"name"`

	// The UID of the Subscription. If set, the reference matches only the Subscription with this UID, and
	// not another one with the same name. Defaults to matching by name alone.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	UID types.UID `json:"uid,omitempty"`
}

// PolicyKind is a kind of proration policy.
//
// +kubebuilder:validation:Enum=ProrationPolicy;ClusterProrationPolicy
type PolicyKind string

const (
	// KindProrationPolicy is a policy in the same namespace.
	KindProrationPolicy PolicyKind = "ProrationPolicy"

	// KindClusterProrationPolicy is a policy of the whole cluster.
	KindClusterProrationPolicy PolicyKind = "ClusterProrationPolicy"
)

// ProrationPolicyReference names a policy that rounds the units of time of a proration.
type ProrationPolicyReference struct {
	// ProrationPolicy for a policy in the same namespace, or ClusterProrationPolicy for a policy of the cluster.
	// +required
	Kind PolicyKind `json:"kind"`

	// The name of the policy.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="the name of an object has lower-case letters, digits, - and . only, and begins and ends with a letter or a digit: correct it"
	Name ObjectName `json:"name"`
}

// SecretKeyReference names a value in a Secret in the same namespace. The operator reads a Secret only if
// the label billing.seatplane.dev/allow on the Secret allows it.
type SecretKeyReference struct {
	// The name of the Secret, in the same namespace.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="the name of an object has lower-case letters, digits, - and . only, and begins and ends with a letter or a digit: correct it"
	Name ObjectName `json:"name"`

	// The key within the Secret's data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="a key of a Secret has letters, digits, -, _ and . only: correct it"
	Key string `json:"key"`
}

// LabelValue is the value of a label.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$')",message="the value of a label has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: correct it"
type LabelValue string

// LabelSelectorOperator relates a label to a set of values.
//
// +kubebuilder:validation:Enum=In;NotIn;Exists;DoesNotExist
type LabelSelectorOperator string

const (
	// SelectorIn asks for a label with one of the values.
	SelectorIn LabelSelectorOperator = "In"

	// SelectorNotIn asks for a label that has none of the values or is absent.
	SelectorNotIn LabelSelectorOperator = "NotIn"

	// SelectorExists asks for a label with any value.
	SelectorExists LabelSelectorOperator = "Exists"

	// SelectorDoesNotExist asks for the absence of a label.
	SelectorDoesNotExist LabelSelectorOperator = "DoesNotExist"
)

// LabelSelector selects objects by their labels; all of its requirements must hold. It is written like
// the selectors of Kubernetes' own kinds, with bounds on its size.
type LabelSelector struct {
	// Labels that an object must have with exactly these values, at most 32. Defaults to none.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() > 0 && k.size() <= 317)",message="the key of a label has 1 to 317 characters: shorten it"
	MatchLabels map[string]LabelValue `json:"matchLabels,omitempty"`

	// Requirements on labels, at most 32. Defaults to none.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	MatchExpressions []LabelSelectorRequirement `json:"matchExpressions,omitempty"`
}

// LabelSelectorRequirement relates one label to a set of values.
//
// +kubebuilder:validation:XValidation:rule="self.operator in ['In', 'NotIn'] == (has(self.values) && self.values.size() > 0)",message="In and NotIn need values, and Exists and DoesNotExist do not allow them: add or remove them"
type LabelSelectorRequirement struct {
	// The key of the label.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	Key string `json:"key"`

	// How the label relates to the values: In, NotIn, Exists or DoesNotExist.
	// +required
	Operator LabelSelectorOperator `json:"operator"`

	// The values, at most 32. Required with In and NotIn, and not allowed with Exists and DoesNotExist.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Values []LabelValue `json:"values,omitempty"`
}
