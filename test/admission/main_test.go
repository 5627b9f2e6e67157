// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// patience is how long something may take to come about on a loaded machine.
const patience = 60 * time.Second

// One API server for all tests: each has a namespace of its own.
var (
	plane  *controlplane.Running
	scheme = runtime.NewScheme()
	admin  client.Client
)

func TestMain(m *testing.M) {
	suite.Main(func(string) (int, error) { return runSuite(m) })
}

// runSuite starts an API server with everything that config/default holds, runs the tests, and stops it.
func runSuite(m *testing.M) (_ int, err error) {
	if err := errors.Join(authenticationv1.AddToScheme(scheme), authorizationv1.AddToScheme(scheme), corev1.AddToScheme(scheme), rbacv1.AddToScheme(scheme),
		admissionv1.AddToScheme(scheme), appsv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return 0, err
	}
	if plane, err = controlplane.Launch(controlplane.Options{Controllers: true}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	if admin, err = client.New(plane.Config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := errors.Join(apply(ctx, "default"), apply(ctx, "policy")); err != nil {
		return 0, err
	}
	if err := untilEnforced(ctx); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// apply installs a folder of config/.
func apply(ctx context.Context, folder string) error {
	root, err := controlplane.Root()
	if err != nil {
		return err
	}
	kubectl := func(args ...string) error {
		cmd := exec.CommandContext(ctx, plane.Binary("kubectl"), args...)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+plane.Kubeconfig, "KUBECACHEDIR="+plane.Dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	return errors.Join(
		kubectl("apply", "--server-side", "-k", filepath.Join(root, "config", folder)),
		kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=60s"),
	)
}

// untilEnforced waits until the API server has taken in each of the policies: it does so some time after
// they are created.
func untilEnforced(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "canary"}}
	if err := admin.Create(ctx, namespace); err != nil {
		return err
	}
	canaries := map[string]client.Object{
		"seatplane-updates":       forged("canary", v1alpha1.CauseSpec),
		"seatplane-invoices":      invoice("10.00"),
		"seatplane-imports":       importing(),
		"seatplane-test-clocks":   builders.MakeTestClock("clock", "", april).Obj(),
		"seatplane-subscriptions": acme().TestClock("clock").Obj(),

		"seatplane-limits-updates":       update("free").Calculate(v1alpha1.CalculateDoNotCharge).Obj(),
		"seatplane-limits-subscriptions": acme().Item("viewers", "seat", "monthly", 10_001).Obj(),
	}
	for policy, canary := range canaries {
		err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
			attempt := canary.DeepCopyObject().(client.Object)
			attempt.SetNamespace(namespace.Name)
			err := admin.Create(ctx, attempt, client.DryRunAll)
			return apierrors.IsForbidden(err), nil
		})
		if err != nil {
			return fmt.Errorf("the policy %s is not enforced: %w", policy, err)
		}
	}
	return nil
}

// as is a client with the rights of a user, who is authenticated as one.
func as(t *testing.T, user string, groups ...string) client.Client {
	t.Helper()
	config := rest.CopyConfig(plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	c, err := client.New(config, client.Options{Scheme: scheme, Mapper: admin.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// theManager is a client with the rights of the manager's account.
func theManager(t *testing.T) client.Client {
	t.Helper()
	return as(t, playground.Account, "system:serviceaccounts", "system:serviceaccounts:"+playground.Namespace)
}

// namespaceWithRoles creates a namespace in which users have the shipped roles: their names are the roles'.
// The user "owner" may do everything in it, as the administrator of a namespace does.
func namespaceWithRoles(t *testing.T, labels map[string]string) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "admission-", Labels: labels}}
	if err := admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	roles := map[string]string{
		viewer: viewer, editor: editor, seller: seller, approver: approver, collector: collector, owner: "cluster-admin",
	}
	for user, role := range roles {
		binding := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: user},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		}
		if err := admin.Create(t.Context(), binding); err != nil {
			t.Fatal(err)
		}
	}
	for user := range roles {
		eventually(t, user+" has its rights", func(ctx context.Context) (bool, error) { return mayRead(ctx, user, namespace.Name) })
	}
	return namespace.Name
}

// mayRead says whether the authorizer has taken in that a user may read the records of a namespace.
func mayRead(ctx context.Context, user, namespace string) (bool, error) {
	resource := "subscriptionupdates"
	if user == collector {
		resource = "invoices"
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user, Groups: []string{"system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: "get", Group: v1alpha1.GroupName, Resource: resource,
		},
	}}
	err := admin.Create(ctx, review)
	return review.Status.Allowed, err
}
