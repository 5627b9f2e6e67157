// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// manager is the path of the manager's binary.
var manager string

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) {
		var err error
		if manager, err = playground.Build(folder); err != nil {
			return 0, err
		}
		return m.Run(), nil
	})
}

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// cell is a cluster with its managers.
type cell struct {
	*testing.T
	client.Client
	ground *playground.Playground
	folder string
}

// newCell starts a cluster without a manager.
func newCell(t *testing.T) *cell {
	t.Helper()
	ground, err := playground.Start(t.Context(), playground.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, ground.Plane.Stop()) })
	scheme := runtime.NewScheme()
	must(t, errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)))
	live, err := client.New(ground.Plane.Config, client.Options{Scheme: scheme})
	must(t, err)
	return &cell{T: t, Client: live, ground: ground, folder: t.TempDir()}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// manage starts a manager, which ends with the test.
func (c *cell) manage(name string, flags ...string) *playground.Manager {
	c.Helper()
	started, err := c.ground.StartManager(manager, filepath.Join(c.folder, name+".log"), flags...)
	must(c.T, err)
	c.Cleanup(func() {
		if c.Failed() {
			c.Logf("the manager %s ended with\n%s", name, started.LastWords())
		}
		must(c.T, started.Stop())
	})
	return started
}

func (c *cell) create(objects ...client.Object) {
	c.Helper()
	for _, object := range objects {
		must(c.T, c.Create(c.Context(), object))
	}
}

// patch changes an object by a merge patch.
func (c *cell) patch(object client.Object, format string, args ...any) {
	c.Helper()
	must(c.T, c.Patch(c.Context(), object, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))))
}

// eventually waits for what managers bring about; holds returns what is missing.
func (c *cell) eventually(what string, holds func(context.Context) (string, error)) {
	c.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		missing, err := holds(c.Context())
		if err == nil && missing == "" {
			return
		}
		if time.Now().After(deadline) {
			c.Fatalf("never: %s: %s %v", what, missing, err)
		}
	}
}

// shop makes a namespace that may have TestClocks, with a clock and a product that a ConfigMap counts.
func (c *cell) shop(namespace string, labels map[string]string) {
	c.Helper()
	all := map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed}
	for name, value := range labels {
		all[name] = value
	}
	c.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: all}})
	c.create(
		builders.MakeTestClock("clock", namespace, april).Obj(),
		builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "12.50").Seats(10, 1000).Obj(),
		builders.MakeSeatProduct("viewer", namespace).Plan("monthly", "EUR", "1").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 2 * * *"}).Obj(),
	)
}

// move sets the clock of a namespace.
func (c *cell) move(namespace string, to time.Time) {
	c.Helper()
	c.patch(&v1alpha1.TestClock{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "clock"}},
		`{"spec":{"now":%q}}`, to.Format(time.RFC3339))
}

// caughtUp says what keeps a namespace from having caught up with its clock: the clock says so itself, of the
// subscriptions that it knows. It may not know those that were created a moment ago, so each must have started.
func (c *cell) caughtUp(namespace string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var all v1alpha1.SubscriptionList
		if err := c.List(ctx, &all, client.InNamespace(namespace)); err != nil {
			return "", err
		}
		for i := range all.Items {
			each := &all.Items[i]
			if state := each.Status.State; state == "" || state == v1alpha1.SubscriptionPending {
				return fmt.Sprintf("%s has not started: %v", each.Name, each.Status.Conditions), nil
			}
		}
		var clock v1alpha1.TestClock
		err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "clock"}, &clock)
		if clock.Status.ObservedGeneration == clock.Generation && meta.IsStatusConditionTrue(clock.Status.Conditions, v1alpha1.ConditionReady) {
			return "", err
		}
		return fmt.Sprintf("%s: %v", namespace, clock.Status.Conditions), err
	}
}

// document is what an invoice says of money.
type document struct {
	Subscription, Reason, Issued, Due string
	Lines                             int
}

// documents returns the invoices of a namespace, in order.
func (c *cell) documents(namespace string) []document {
	c.Helper()
	var list v1alpha1.InvoiceList
	must(c.T, c.List(c.Context(), &list, client.InNamespace(namespace)))
	var found []document
	for i := range list.Items {
		spec := &list.Items[i].Spec
		found = append(found, document{
			Subscription: spec.SubscriptionRef.Name, Reason: string(spec.Reason), Due: string(spec.AmountDue),
			Issued: spec.IssueTime.UTC().Format(time.RFC3339), Lines: len(spec.Lines),
		})
	}
	slices.SortFunc(found, func(a, b document) int {
		return cmp.Or(cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Issued, b.Issued), cmp.Compare(a.Reason, b.Reason))
	})
	return found
}

// component applies an optional part of the configuration.
func (c *cell) component(folder string) {
	c.Helper()
	for _, file := range []string{"role.yaml"} {
		manifests, err := os.ReadFile(filepath.Join("..", "..", "config", folder, file))
		must(c.T, err)
		_, err = c.ground.Kubectl.In("").Apply(c.Context(), string(manifests))
		must(c.T, err)
	}
}
