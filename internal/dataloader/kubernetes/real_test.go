// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/listing"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// account is whom the provider authenticates as. It may list ClusterRoles, and nothing else until a test
// lets it.
const account = "loader"

func dial(t *testing.T, config *rest.Config) (client.Client, Provider) {
	t.Helper()
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, httpClient)
	if err != nil {
		t.Fatal(err)
	}
	live, err := client.New(config, client.Options{Mapper: mapper})
	if err != nil {
		t.Fatal(err)
	}
	return live, Provider{Live: live, Mapper: mapper}
}

// grant lets the account do what a role says.
func grant(t *testing.T, admin client.Client, name string) {
	t.Helper()
	create(t, admin, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: account}},
	})
}

func create(t *testing.T, admin client.Client, object client.Object) {
	t.Helper()
	if err := admin.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// TestRealCluster counts ConfigMaps on a real API server, with no more permissions than the documentation
// asks for.
func TestRealCluster(t *testing.T) {
	running := controlplane.StartRunning(t)
	admin, _ := dial(t, running.Config)
	config, err := running.AddUser(account)
	if err != nil {
		t.Fatal(err)
	}
	_, provider := dial(t, config)
	_, err = dataloader.NewRegistry(provider).Load(t.Context(), scope, spec("v1", "ConfigMap"), dataloader.Request{})
	mustFail(t, err, dataloader.ReasonSourceError, "the operator cannot list ClusterRoles")
	create(t, admin, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "manager"}, Rules: []rbacv1.PolicyRule{
		{Verbs: []string{"list"}, APIGroups: []string{rbacv1.GroupName}, Resources: []string{"clusterroles"}},
	}})
	grant(t, admin, "manager")
	for _, name := range []string{"shop", "other"} {
		create(t, admin, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	workspaces(t, admin, "shop", "acme", listing.PageSize)
	workspaces(t, admin, "shop", "bolt", 2)
	workspaces(t, admin, "other", "acme", 1)

	asked := spec("v1", "ConfigMap")
	asked.Kubernetes.LabelSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"type": "workspace"}}
	count := func(spec *v1alpha1.DataLoader) (dataloader.Answer, error) {
		return dataloader.NewRegistry(provider).Load(t.Context(), scope, spec, dataloader.Request{})
	}

	_, err = count(asked)
	mustFail(t, err, dataloader.ReasonSourceError, `resources [configmaps] of apiGroups [""]`)
	create(t, admin, role(rbacv1.PolicyRule{Verbs: []string{"list"}, APIGroups: []string{""}, Resources: []string{"configmaps"}}))
	_, err = count(asked)
	mustFail(t, err, dataloader.ReasonSourceError, "bind the ClusterRole seatplane-loader")
	grant(t, admin, "count")

	got, err := count(asked)
	want := dataloader.Answer{Queries: 2, Rows: []dataloader.Row{{Key: "acme", Count: fmt.Sprint(listing.PageSize)}, {Key: "bolt", Count: "2"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	asked.Kubernetes.LabelSelector.MatchExpressions = []v1alpha1.LabelSelectorRequirement{
		{Key: "tenant", Operator: v1alpha1.SelectorNotIn, Values: []v1alpha1.LabelValue{"acme"}},
	}
	got, err = count(asked)
	want = dataloader.Answer{Queries: 1, Rows: []dataloader.Row{{Key: "bolt", Count: "2"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	_, err = count(spec("v1", "Secret"))
	mustFail(t, err, dataloader.ReasonSourceError, "data loaders may not list secrets")
	_, err = count(spec("v1", "Namespace"))
	mustFail(t, err, dataloader.ReasonInvalidExpression, "do not belong to a namespace")
	_, err = count(spec("example.com/v1", "Workspace"))
	mustFail(t, err, dataloader.ReasonSourceUnreachable, "the cluster has no kind Workspace in example.com/v1")
}

// workspaces makes ConfigMaps of a tenant, and one that the selector does not take.
func workspaces(t *testing.T, admin client.Client, namespace, tenant string, count int) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for n := range count + 1 {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: fmt.Sprintf("%s-%d", tenant, n), Labels: map[string]string{"tenant": tenant, "type": "workspace"},
		}}
		if n == count {
			object.Labels["type"] = "template"
		}
		group.Go(func() error { return admin.Create(t.Context(), object) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
