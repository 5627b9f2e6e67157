// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// policy is a policy of either kind. The two kinds share their spec and their status. The object is
// what is read and written, and spec and status point into it.
type policy struct {
	object client.Object
	spec   *v1alpha1.ProrationPolicySpec
	status *v1alpha1.ProrationPolicyStatus
}

// kind contains what differs between the two kinds: their names, and how they are created and
// listed. Their metadata alone shows which is namespaced and which is cluster-scoped.
type kind struct {
	name v1alpha1.PolicyKind
	// empty returns an empty policy to read into.
	empty func() policy
	// list lists policies.
	list func(ctx context.Context, reader client.Reader, opts ...client.ListOption) ([]policy, error)
}

// namespaced is the kind that belongs to a namespace.
var namespaced = kind{
	name:  v1alpha1.KindProrationPolicy,
	empty: func() policy { return ofNamespace(&v1alpha1.ProrationPolicy{}) },
	list: func(ctx context.Context, reader client.Reader, opts ...client.ListOption) ([]policy, error) {
		var list v1alpha1.ProrationPolicyList
		if err := reader.List(ctx, &list, opts...); err != nil {
			return nil, err
		}
		policies := make([]policy, 0, len(list.Items))
		for i := range list.Items {
			policies = append(policies, ofNamespace(&list.Items[i]))
		}
		return policies, nil
	},
}

// cluster is the kind that belongs to the organization.
var cluster = kind{
	name:  v1alpha1.KindClusterProrationPolicy,
	empty: func() policy { return ofCluster(&v1alpha1.ClusterProrationPolicy{}) },
	list: func(ctx context.Context, reader client.Reader, opts ...client.ListOption) ([]policy, error) {
		var list v1alpha1.ClusterProrationPolicyList
		if err := reader.List(ctx, &list, opts...); err != nil {
			return nil, err
		}
		policies := make([]policy, 0, len(list.Items))
		for i := range list.Items {
			policies = append(policies, ofCluster(&list.Items[i]))
		}
		return policies, nil
	},
}

func ofNamespace(object *v1alpha1.ProrationPolicy) policy {
	return policy{object: object, spec: &object.Spec, status: &object.Status}
}

func ofCluster(object *v1alpha1.ClusterProrationPolicy) policy {
	return policy{object: object, spec: &object.Spec, status: &object.Status}
}
