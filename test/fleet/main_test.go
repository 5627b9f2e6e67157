// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/harness"
)

// manager is the path of the manager's binary.
var manager string

func TestMain(m *testing.M) { harness.Main(m, &manager) }

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// cell is a cluster with its managers.
type cell struct{ *harness.Cluster }

// newCell starts a cluster without a manager.
func newCell(t *testing.T) *cell {
	t.Helper()
	return &cell{harness.Start(t)}
}

// manage starts a manager, which runs until the test ends or it is stopped.
func (c *cell) manage(name string, flags ...string) (stop func()) {
	c.Helper()
	return c.Manage(manager, name, flags...)
}

// shop makes a namespace that may have TestClocks, with a clock and a product that a ConfigMap counts.
func (c *cell) shop(namespace string, labels map[string]string) {
	c.Helper()
	all := map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed}
	for name, value := range labels {
		all[name] = value
	}
	c.Make(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: all}})
	c.Make(
		builders.MakeTestClock("clock", namespace, april).Obj(),
		builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "12.50").Seats(10, 1000).Obj(),
		builders.MakeSeatProduct("viewer", namespace).Plan("monthly", "EUR", "1").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 2 * * *"}).Obj(),
	)
}

// caughtUp says what keeps a namespace from having caught up with its clock. The clock may not know the subscriptions
// that were created a moment ago, so each of them must have started.
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
		return c.CaughtUp(namespace)(ctx)
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
	c.Must(c.List(c.Context(), &list, client.InNamespace(namespace)))
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

// component applies the role of an optional part of the configuration.
func (c *cell) component(folder string) {
	c.Helper()
	manifests, err := os.ReadFile(controlplane.FromRoot(c.T, "config", folder, "role.yaml"))
	c.Must(err)
	_, err = c.Ground.Kubectl.In("").Apply(c.Context(), string(manifests))
	c.Must(err)
}
