// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	reading = "get list watch"
	// restoring is what an import does with an object.
	restoring = "get list create patch"
	// Nobody deletes all of a namespace in one request.
	writing  = reading + " create update patch delete"
	anything = writing + " deletecollection"
)

// rights are the verbs that somebody has on each resource, as in "invoices" or "subscriptions/status";
// groups other than Seatplane's follow a dot. What is not named is not allowed.
type rights map[string]string

// ofManager is all that the manager may do, wherever it watches.
var ofManager = rights{
	"clusterprorationpolicies": "list watch", "clusterprorationpolicies/status": "update",
	"prorationpolicies": "list watch", "prorationpolicies/status": "update",
	"testclocks": reading, "testclocks/status": "update",
	"seatassignments": "list watch", "seatassignments/status": "update",
	"seatproducts": reading, "seatproducts/status": "update",
	"subscriptions": reading + " patch", "subscriptions/status": "update", "subscriptions/finalizers": "update",
	"subscriptionupdates": reading + " create delete", "subscriptionupdates/status": "update",
	"archives": "list watch", "archives/status": "update",
	"eventsinks": "list watch", "eventsinks/status": "update",
	"invoices": reading + " create delete", "invoices/status": "update",
	"secrets.":                               "get",
	"controllerrevisions.apps":               "list watch create delete",
	"configmaps.":                            "get",
	"events.events.k8s.io":                   "create",
	"clusterroles.rbac.authorization.k8s.io": "list",

	"validatingadmissionpolicies.admissionregistration.k8s.io":       "get",
	"validatingadmissionpolicybindings.admissionregistration.k8s.io": "get",

	"tokenreviews.authentication.k8s.io":            "create",
	"subjectaccessreviews.authorization.k8s.io":     "create",
	"selfsubjectreviews.authentication.k8s.io":      "create",
	"selfsubjectaccessreviews.authorization.k8s.io": "create",
	"selfsubjectrulesreviews.authorization.k8s.io":  "create",
}

// everyone may ask who they are and what they may do.
var everyone = rights{
	"selfsubjectreviews.authentication.k8s.io":      "create",
	"selfsubjectaccessreviews.authorization.k8s.io": "create",
	"selfsubjectrulesreviews.authorization.k8s.io":  "create",
}

// grantsWhatItSays asks about every verb on every resource that the API server serves, for the manager and
// for each role for people, in a namespace where they are bound.
func (s *system) grantsWhatItSays() {
	s.Helper()
	s.namespaced("team")
	read := rights{
		"archives": reading, "clusterprorationpolicies": "", "eventsinks": reading, "invoices": reading, "prorationpolicies": reading,
		"seatassignments": reading, "seatproducts": reading, "subscriptions": reading, "subscriptionupdates": reading,
		"testclocks": reading,
	}
	for name, c := range map[string]struct {
		reason string
		want   rights
	}{
		"seatplane-viewer": {"sees everything and writes nothing", with(read, nil)},
		"seatplane-editor": {"writes what is sold and to whom: no invoices, updates, clocks or statuses", with(read, rights{
			"eventsinks": writing, "prorationpolicies": writing, "seatassignments": writing, "seatproducts": writing,
			"subscriptions": writing,
		})},
		"seatplane-operator-user": {"also asks for changes and plays with time", with(read, rights{
			"eventsinks": writing, "prorationpolicies": writing, "seatassignments": writing, "seatproducts": writing,
			"subscriptions": writing, "testclocks": writing, "subscriptionupdates": reading + " create delete",
		})},
		"seatplane-approver": {"approves, and sees what", with(nil, rights{
			"subscriptionupdates": reading + " patch", "subscriptions": reading, "seatproducts": reading,
		})},
		"seatplane-collector": {"says what became of an invoice, and nothing else", with(nil, rights{
			"invoices": reading, "invoices/status": "get update patch",
		})},
		"seatplane-importer": {"restores objects with their statuses, and cannot delete a record", with(nil, rights{
			"archives": restoring, "archives/status": "update",
			"eventsinks": restoring, "eventsinks/status": "update", "prorationpolicies": restoring, "prorationpolicies/status": "update",
			"seatproducts": restoring, "seatproducts/status": "update", "testclocks": restoring, "testclocks/status": "update",
			"subscriptions": restoring + " delete", "subscriptions/status": "update",
			"subscriptionupdates": restoring, "subscriptionupdates/status": "update",
			"invoices": "get list create", "invoices/status": "update",
			"seatassignments": "get list create", "seatassignments/status": "update",
		})},
		"seatplane-metrics-reader": {"no object at all", with(nil, nil)},
	} {
		s.Run(name, func(t *testing.T) {
			s := s.on(t)
			if _, err := s.ground.Kubectl.In("team").Run(t.Context(), "create", "rolebinding", name,
				"--clusterrole="+name, "--user="+name); err != nil {
				t.Fatal(err)
			}
			s.may(c.reason, name, "team", c.want)
			s.may("a role that is bound in one namespace is worth nothing in another", name, "default", with(nil, nil))
		})
	}
	s.Run("manager", func(t *testing.T) {
		s.on(t).may("least privilege, in any namespace", playground.Account, "team", ofManager)
		s.on(t).may("the lease, in its own", playground.Account, playground.Namespace, with(ofManager, rights{
			"leases.coordination.k8s.io": "get create update", "events.": "create patch",
		}))
	})
	s.Run("view", func(t *testing.T) { s.on(t).viewersSeeSubscriptionsWhenAsked() })
}

// viewersSeeSubscriptionsWhenAsked asks for our role to be part of the one that everybody knows, and waits until that
// has taken it in. Before that, whoever may view a namespace sees nothing of its customers.
func (s *system) viewersSeeSubscriptionsWhenAsked() {
	s.Helper()
	for _, role := range []string{"view", "edit", "admin"} {
		out, err := s.ground.Kubectl.In("").Run(s.Context(), "get", "clusterrole", role, "-o", "jsonpath={.rules[*].apiGroups}")
		if err != nil || strings.Contains(out, "billing.seatplane.dev") {
			s.Errorf("the role %s grants rights on %s unasked, %v", role, out, err)
		}
	}
	if _, err := s.ground.Kubectl.In("").Run(s.Context(), "label", "clusterrole", "seatplane-viewer",
		"rbac.authorization.k8s.io/aggregate-to-view=true"); err != nil {
		s.Fatal(err)
	}
	if _, err := s.ground.Kubectl.In("team").Run(s.Context(), "create", "rolebinding", "view",
		"--clusterrole=view", "--user=visitor"); err != nil {
		s.Fatal(err)
	}
	s.eventually("whoever may view a namespace sees its subscriptions", func(ctx context.Context) (bool, string, error) {
		allowed, err := s.allowed(ctx, "visitor", "team", schema.GroupResource{Group: "billing.seatplane.dev", Resource: "subscriptions"}, "list")
		return allowed, "not allowed", err
	})
}

// with returns what everyone may do, and more.
func with(some, more rights) rights {
	all := maps.Clone(everyone)
	maps.Copy(all, some)
	maps.Copy(all, more)
	maps.DeleteFunc(all, func(_, verbs string) bool { return verbs == "" })
	return all
}

// may compares what somebody may do in a namespace with what they should.
func (s *system) may(reason, user, namespace string, want rights) {
	s.Helper()
	got := rights{}
	for resource, namespaced := range s.resources() {
		where := namespace
		if !namespaced {
			where = ""
		}
		var verbs []string
		for verb := range strings.FieldsSeq(anything) {
			allowed, err := s.allowed(s.Context(), user, where, resource, verb)
			if err != nil {
				s.Fatal(err)
			}
			if allowed {
				verbs = append(verbs, verb)
			}
		}
		if len(verbs) > 0 {
			got[nameOf(resource)] = strings.Join(verbs, " ")
		}
	}
	if diff := cmp.Diff(inOrder(want), inOrder(got)); diff != "" {
		s.Errorf("%s: %s in namespace %s (-want +got):\n%s", reason, user, namespace, diff)
	}
}

// inOrder sorts the verbs of each resource.
func inOrder(r rights) map[string][]string {
	sorted := map[string][]string{}
	for resource, verbs := range r {
		sorted[resource] = slices.Sorted(strings.FieldsSeq(verbs))
	}
	return sorted
}

func nameOf(resource schema.GroupResource) string {
	if resource.Group == "billing.seatplane.dev" {
		return resource.Resource
	}
	return resource.Resource + "." + resource.Group
}

// resources returns all that the API server serves, and those that it knows by name only, and whether they
// are in namespaces.
func (s *system) resources() map[schema.GroupResource]bool {
	s.Helper()
	lists, err := discovery.NewDiscoveryClientForConfigOrDie(s.ground.Plane.Config).ServerPreferredResources()
	if err != nil {
		s.Fatal(err)
	}
	seen := map[schema.GroupResource]bool{{Group: "billing.seatplane.dev", Resource: "subscriptions/finalizers"}: true}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			s.Fatal(err)
		}
		for _, each := range list.APIResources {
			seen[schema.GroupResource{Group: version.Group, Resource: each.Name}] = each.Namespaced
			if version.Group == "billing.seatplane.dev" && !strings.Contains(each.Name, "/") {
				seen[schema.GroupResource{Group: version.Group, Resource: each.Name + "/status"}] = each.Namespaced
			}
		}
	}
	return seen
}

// allowed asks the API server whether somebody may do something.
func (s *system) allowed(ctx context.Context, user, namespace string, resource schema.GroupResource, verb string) (bool, error) {
	name, subresource, _ := strings.Cut(resource.Resource, "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user, Groups: []string{"system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: resource.Group, Resource: name, Subresource: subresource,
		},
	}}
	if err := s.Create(ctx, review); err != nil {
		return false, err
	}
	if review.Status.EvaluationError != "" {
		return false, errors.New(review.Status.EvaluationError)
	}
	return review.Status.Allowed, nil
}

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// A release that watches some namespaces has no rights in any other.
func TestRestrictedToNamespaces(t *testing.T) {
	manifests := charted(t, "--set", "namespaces={team}")
	s := install(t, playground.Options{
		Manifests: fmt.Sprintf("%s---\n%s---\n%s", namespaceNamed(playground.Namespace), namespaceNamed("team"), manifests),
		Args:      append(parse(t, manifests).args(t), elsewhere(freeAddress(t), freeAddress(t))...),
	})
	s.namespaced("other")
	s.apply("other", seller)
	s.apply("team", seller)
	s.bills("team", "acme")

	cluster := rights{
		"clusterprorationpolicies": "list watch", "clusterprorationpolicies/status": "update",
		"clusterroles.rbac.authorization.k8s.io":                         "list",
		"validatingadmissionpolicies.admissionregistration.k8s.io":       "get",
		"validatingadmissionpolicybindings.admissionregistration.k8s.io": "get",
		"tokenreviews.authentication.k8s.io":                             "create",
		"subjectaccessreviews.authorization.k8s.io":                      "create",
	}
	s.may("what is in no namespace, and nothing in this one", playground.Account, "other", with(cluster, nil))
	s.may("all that it needs where it works", playground.Account, "team", ofManager)
	s.neverLookedAt("other")
}

func namespaceNamed(name string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", name)
}
