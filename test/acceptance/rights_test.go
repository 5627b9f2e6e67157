// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// right is a verb on a resource, as a role grants it.
type right struct{ group, resource, verb string }

func (r right) String() string {
	return strings.TrimSpace(r.verb + " " + strings.TrimSuffix(r.resource+"."+r.group, "."))
}

// usedElsewhere are rights that no test of this suite needs, with what needs them.
var usedElsewhere = map[right]string{
	{v1alpha1.GroupName, "subscriptions/finalizers", "update"}: "OwnerReferencesPermissionEnforcement, where it is on, " +
		"wants it of who makes objects that a Subscription owns",
	{v1alpha1.GroupName, "seatproducts", "get"}:                "a conflict about a status",
	{v1alpha1.GroupName, "invoices", "get"}:                    "an invoice that was created before a crash",
	{v1alpha1.GroupName, "invoices", "delete"}:                 "an archived invoice that is an hour old",
	{"", "events", "patch"}:                                    "an event about the lease that is repeated",
	{"authentication.k8s.io", "tokenreviews", "create"}:        "metrics over HTTPS: test/install",
	{"authorization.k8s.io", "subjectaccessreviews", "create"}: "the same",
}

// checkRights holds what the manager asked for, in all tests together, against what its roles grant: it
// asked for nothing that it may not do, and it may do nothing that it never asked for. The latter shows
// only when every test ran.
func checkRights(ctx context.Context) error {
	asked, err := ground.Plane.Asked()
	if err != nil {
		return err
	}
	granted, err := grantedRights(ctx)
	if err != nil {
		return err
	}
	problems := forbidden(asked)
	if flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" {
		problems = append(problems, neverUsed(granted, asked)...)
	}
	return errors.Join(problems...)
}

func forbidden(asked []controlplane.Request) []error {
	if len(asked) == 0 {
		return []error{errors.New("the audit log knows of no request of the manager")}
	}
	seen := map[string]error{}
	for _, request := range asked {
		if request.Forbidden {
			what := fmt.Sprintf("%s %s.%s in namespace %q", request.Verb, request.Resource, request.Group, request.Namespace)
			seen[what] = fmt.Errorf("the manager was forbidden to %s", what)
		}
	}
	return slices.Collect(maps.Values(seen))
}

func neverUsed(granted map[right]bool, asked []controlplane.Request) []error {
	var problems []error
	for excused := range usedElsewhere {
		if !granted[excused] {
			problems = append(problems, fmt.Errorf("the manager may not %s: excuse it no longer", excused))
		}
	}
	for _, request := range asked {
		used := right{request.Group, request.Resource, request.Verb}
		delete(granted, used)
		if used.verb == "watch" {
			// A server that cannot stream what there is to a watch is asked for a list first.
			delete(granted, right{used.group, used.resource, "list"})
		}
	}
	for unused := range granted {
		if usedElsewhere[unused] == "" {
			problems = append(problems, fmt.Errorf("the manager may %s, but never did in any test", unused))
		}
	}
	return problems
}

// grantedRights returns what the manager's own roles grant, each right by itself.
func grantedRights(ctx context.Context) (map[right]bool, error) {
	var inCluster rbacv1.ClusterRole
	if err := cluster.Get(ctx, client.ObjectKey{Name: "seatplane-manager"}, &inCluster); err != nil {
		return nil, err
	}
	var inNamespace rbacv1.Role
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: playground.Namespace, Name: "seatplane-manager"}, &inNamespace); err != nil {
		return nil, err
	}
	granted := map[right]bool{}
	for _, rule := range append(inCluster.Rules, inNamespace.Rules...) {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					granted[right{group, resource, verb}] = true
				}
			}
		}
	}
	return granted, nil
}
