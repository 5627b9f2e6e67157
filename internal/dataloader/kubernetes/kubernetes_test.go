// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/listing"
)

var scope = dataloader.Scope{Namespace: "shop", Product: "editor-seat"}

func spec(apiVersion, kind string) *v1alpha1.DataLoader {
	return &v1alpha1.DataLoader{Kubernetes: &v1alpha1.KubernetesSource{APIVersion: apiVersion, Kind: kind, KeyLabel: "tenant"}}
}

func mustFail(t *testing.T, err error, reason dataloader.Reason, says string) {
	t.Helper()
	failure, ok := errors.AsType[*dataloader.Failure](err)
	if !ok || failure.Reason != reason || !strings.Contains(failure.Message, says) {
		t.Errorf("got %v, want %s: …%s…", err, reason, says)
	}
	if strings.Contains(fmt.Sprintf("%+v", err), "hunter2") {
		t.Errorf("the message holds a secret: %v", err)
	}
}

// kinds are those of a small cluster.
func kinds() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, meta.RESTScopeNamespace)
	mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Node"}, meta.RESTScopeRoot)
	return mapper
}

// role is a ClusterRole for data loaders.
func role(rules ...rbacv1.PolicyRule) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "count", Labels: map[string]string{v1alpha1.LabelAggregateToLoader: "true"}},
		Rules:      rules,
	}
}

func rule(verb, group, resource string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"get", verb}, APIGroups: []string{"example.com", group}, Resources: []string{"things", resource}}
}

// paged answers a list of Deployments page by page, three a page, and fails at a page.
func paged(t *testing.T, tenants []string, failAt string, failure error) interceptor.Funcs {
	return interceptor.Funcs{List: func(ctx context.Context, live client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		found, isMetadata := list.(*metav1.PartialObjectMetadataList)
		if !isMetadata {
			return live.List(ctx, list, options...)
		}
		var asked client.ListOptions
		asked.ApplyOptions(options)
		if asked.Limit != listing.PageSize || asked.Namespace != "shop" || found.GroupVersionKind().Kind != "DeploymentList" {
			t.Errorf("asked for %d %s in %q", asked.Limit, found.Kind, asked.Namespace)
		}
		if asked.Continue == failAt && failure != nil {
			return failure
		}
		var from int
		_, _ = fmt.Sscan(asked.Continue, &from)
		for _, tenant := range tenants[from:min(from+3, len(tenants))] {
			object := metav1.PartialObjectMetadata{}
			if tenant != "" {
				object.Labels = map[string]string{"tenant": tenant}
			}
			found.Items = append(found.Items, object)
		}
		if from+3 < len(tenants) {
			found.Continue = fmt.Sprint(from + 3)
		}
		return nil
	}}
}

func load(t *testing.T, funcs interceptor.Funcs, role *rbacv1.ClusterRole, spec *v1alpha1.DataLoader) (dataloader.Answer, error) {
	t.Helper()
	live := fake.NewClientBuilder().WithObjects(role).WithInterceptorFuncs(funcs).Build()
	return dataloader.NewRegistry(Provider{Live: live, Mapper: kinds()}).Load(t.Context(), scope, spec, dataloader.Request{Keys: []string{"acme"}})
}

func TestPages(t *testing.T) {
	tenants := []string{"bolt", "acme", "", "acme", "bolt", "acme", "coda"}
	got, err := load(t, paged(t, tenants, "", nil), role(rule("list", "apps", "deployments")), spec("apps/v1", "Deployment"))
	want := dataloader.Answer{Queries: 3, Rows: []dataloader.Row{{Key: "acme", Count: "3"}, {Key: "bolt", Count: "2"}, {Key: "coda", Count: "1"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestFailures(t *testing.T) {
	resource := schema.GroupResource{Group: "apps", Resource: "deployments"}
	cases := map[string]struct {
		reason string
		err    error
		want   dataloader.Reason
		says   string
	}{
		"Forbidden": {"granted, but not bound", apierrors.NewForbidden(resource, "", errors.New("hunter2")), dataloader.ReasonSourceError, "bind the ClusterRole seatplane-loader"},
		"Gone":      {"a kind that went", apierrors.NewNotFound(resource, ""), dataloader.ReasonSourceUnreachable, "does not have this kind"},
		"Expired":   {"the list changed in the meantime", apierrors.NewResourceExpired("hunter2"), dataloader.ReasonSourceError, "tries again later"},
		"TimeOut":   {"too slow", context.DeadlineExceeded, dataloader.ReasonSourceError, "took longer than 1m0s"},
		"Busy":      {"too busy", apierrors.NewTooManyRequests("hunter2", 1), dataloader.ReasonSourceUnreachable, "could not be listed"},
		"Down":      {"no API server", errors.New("dial tcp: hunter2"), dataloader.ReasonSourceUnreachable, "could not be listed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, paged(t, []string{"a", "a", "a", "a"}, "3", tc.err), role(rule("list", "apps", "deployments")), spec("apps/v1", "Deployment"))
			mustFail(t, err, tc.want, tc.says)
			if len(got.Rows) > 0 {
				t.Errorf("%s: the first page alone is no answer: %v", tc.reason, got)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	noSelector := spec("apps/v1", "Deployment")
	noSelector.Kubernetes.LabelSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"no label!": "x"}}
	cases := map[string]struct {
		reason string
		spec   *v1alpha1.DataLoader
		want   dataloader.Reason
		says   string
	}{
		"NoKind":        {"a kind that the cluster lacks", spec("example.com/v1", "Thing"), dataloader.ReasonSourceUnreachable, "the cluster has no kind Thing in example.com/v1"},
		"NoVersion":     {"a version that the cluster lacks", spec("apps/v9", "Deployment"), dataloader.ReasonSourceUnreachable, "the cluster has no kind Deployment in apps/v9"},
		"APIVersion":    {"no version at all", spec("apps/v1/beta", "Deployment"), dataloader.ReasonInvalidExpression, "use one such as apps/v1"},
		"ClusterScoped": {"objects of no namespace", spec("v1", "Node"), dataloader.ReasonInvalidExpression, "do not belong to a namespace"},
		"Selector":      {"a selector that is none", noSelector, dataloader.ReasonInvalidExpression, "labelSelector cannot be read"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, interceptor.Funcs{}, role(rule("*", "*", "*")), tc.spec)
			mustFail(t, err, tc.want, tc.says)
		})
	}
}

func TestGrants(t *testing.T) {
	named := rule("list", "apps", "deployments")
	named.ResourceNames = []string{"one"}
	unlabelled := role(rule("list", "apps", "deployments"))
	unlabelled.Labels = nil
	denied := role(rule("list", "apps", "deployments"))
	denied.Labels[v1alpha1.LabelAggregateToLoader] = "false"
	cases := map[string]struct {
		reason string
		role   *rbacv1.ClusterRole
		want   bool
	}{
		"Granted":       {"it says so", role(rule("list", "apps", "deployments")), true},
		"SecondRule":    {"one of several rules", role(rule("get", "", "pods"), rule("list", "apps", "deployments")), true},
		"Everything":    {"all of everything", role(rule("*", "*", "*")), true},
		"Nothing":       {"no rule", role(), false},
		"OtherVerb":     {"another verb", role(rule("watch", "apps", "deployments")), false},
		"OtherGroup":    {"another group", role(rule("list", "", "deployments")), false},
		"OtherResource": {"another resource", role(rule("list", "apps", "replicasets")), false},
		"Subresource":   {"a part of the resource", role(rule("list", "apps", "deployments/status")), false},
		"Named":         {"one object is not a list", role(named), false},
		"Unlabelled":    {"a role for others", unlabelled, false},
		"Denied":        {"the label says no", denied, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, paged(t, []string{"acme"}, "", nil), tc.role, spec("apps/v1", "Deployment"))
			if tc.want {
				if err != nil {
					t.Errorf("%s: %v", tc.reason, err)
				}
				return
			}
			mustFail(t, err, dataloader.ReasonSourceError,
				`data loaders may not list deployments: create a ClusterRole with the label billing.seatplane.dev/aggregate-to-loader: "true" that grants the verb list on resources [deployments] of apiGroups ["apps"]`)
		})
	}
	t.Run("Unreadable", func(t *testing.T) {
		refuse := interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("hunter2")
		}}
		_, err := load(t, refuse, role(), spec("apps/v1", "Deployment"))
		mustFail(t, err, dataloader.ReasonSourceError, "could not be listed")
	})
}
