// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// checkGrant requires that a ClusterRole for data loaders grants list on a resource. Authors of
// SeatProducts must not count what the operator may list for its own purposes.
func (p Provider) checkGrant(ctx context.Context, resource schema.GroupVersionResource) error {
	var roles rbacv1.ClusterRoleList
	err := p.Live.List(ctx, &roles, client.MatchingLabels{v1alpha1.LabelAggregateToLoader: "true"})
	switch {
	case apierrors.IsForbidden(err):
		return dataloader.Failf(dataloader.ReasonSourceError,
			"the operator cannot list ClusterRoles, which say what data loaders may count: grant its service account the verb list on resources [clusterroles] of apiGroups [%q]", rbacv1.GroupName)
	case err != nil:
		return dataloader.Failf(dataloader.ReasonSourceError,
			"the ClusterRoles that say what data loaders may count could not be listed from the API server")
	}
	for n := range roles.Items {
		if slices.ContainsFunc(roles.Items[n].Rules, func(rule rbacv1.PolicyRule) bool { return grants(rule, resource.GroupResource()) }) {
			return nil
		}
	}
	return notGranted(resource.GroupResource())
}

// grants reports whether a rule allows listing all objects of a resource.
func grants(rule rbacv1.PolicyRule, resource schema.GroupResource) bool {
	return covers(rule.Verbs, "list") && covers(rule.APIGroups, resource.Group) &&
		covers(rule.Resources, resource.Resource) && len(rule.ResourceNames) == 0
}

func covers(allowed []string, wanted string) bool {
	return slices.Contains(allowed, "*") || slices.Contains(allowed, wanted)
}

func notGranted(resource schema.GroupResource) error {
	return dataloader.Failf(dataloader.ReasonSourceError,
		"data loaders may not list %s: create a ClusterRole with the label %s: \"true\" that grants the verb list on resources [%s] of apiGroups [%q]",
		resource.Resource, v1alpha1.LabelAggregateToLoader, resource.Resource, resource.Group)
}
