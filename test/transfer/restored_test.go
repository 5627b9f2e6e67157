// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// kinds of objects in a namespace, in the order in which a tool such as Velero creates them when it is told to.
var kinds = []string{
	"ProrationPolicy", "SeatProduct", "TestClock", "Invoice", "Subscription", "SubscriptionUpdate", "SeatAssignment",
}

// TestRestoredStatuses: a tool that restores objects with their statuses, under new UIDs, bills nothing twice: the
// subscriptions that were billed say so and do nothing. They can be deleted, and imported from an export.
func TestRestoredStatuses(t *testing.T) {
	c := newCluster(t)
	stop := c.manage()
	const shop = "shop"
	c.live(shop)
	file := c.export("")
	stop()
	saved := c.saved(shop)
	invoices, updates, before := c.invoices(shop), c.updates(shop), c.states(shop)
	c.lose(shop)
	c.restore(saved)

	stop = c.manage()
	c.MoveClock(shop, april.AddDate(0, 2, 3))
	c.Eventually("the subscriptions that were billed do not continue", func(context.Context) (string, error) {
		for name, status := range c.states(shop) {
			ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
			if before[name].RecentInvoice != nil && (ready == nil || ready.Reason != v1alpha1.ReasonForeignStatus) {
				return fmt.Sprintf("%s: %v", name, ready), nil
			}
		}
		return "", nil
	})
	for name, spec := range c.invoices(shop) {
		// What had no invoice yet, as a trial and usage that is billed at the end of the month, may be billed for the first time.
		if _, known := invoices[name]; !known && before[spec.SubscriptionRef.Name].RecentInvoice != nil {
			t.Errorf("the invoice %s was issued for a restored status of %s", name, spec.SubscriptionRef.Name)
		}
	}
	for name, update := range c.updates(shop) {
		if update.Status.State != updates[name].Status.State && update.Spec.SubscriptionRef.Name == "changed" {
			t.Errorf("the update %s is %s, and was %s", name, update.Status.State, updates[name].Status.State)
		}
	}
	stop()
	c.lose(shop)
	c.imports(file)
	c.manage()
	c.taken(shop)
	c.moveAll(april.AddDate(0, 2, 3), shop)
	if n := len(c.invoices(shop)); n < len(invoices)+8 {
		t.Errorf("there are %d invoices after the import and two renewals, and were %d before", n, len(invoices))
	}
}

// saved are the objects of a namespace, as a tool saves them.
func (c *cluster) saved(namespace string) []unstructured.Unstructured {
	c.Helper()
	var all []unstructured.Unstructured
	for _, kind := range kinds {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind + "List"))
		c.Must(c.List(c.Context(), list, client.InNamespace(namespace)))
		all = append(all, list.Items...)
	}
	return all
}

// as is a client with the rights of an account.
func (c *cluster) as(account string) client.Client {
	c.Helper()
	config := rest.CopyConfig(c.Ground.Plane.Config)
	config.Impersonate.UserName = account
	acting, err := client.New(config, client.Options{Scheme: c.Scheme(), Mapper: c.RESTMapper()})
	c.Must(err)
	return acting
}

// lose removes all objects of a namespace, as the loss of a cluster does. No manager runs.
func (c *cluster) lose(namespace string) {
	c.Helper()
	for _, object := range c.saved(namespace) {
		if len(object.GetFinalizers()) > 0 {
			before := object.DeepCopy()
			object.SetFinalizers(nil)
			c.Must(c.as("system:serviceaccount:seatplane-system:seatplane-manager").Patch(c.Context(), &object, client.MergeFrom(before)))
		}
		err := c.Delete(c.Context(), &object)
		if err != nil && !apierrors.IsNotFound(err) {
			c.Fatal(err)
		}
	}
}

// restore creates objects again, and then writes their statuses.
func (c *cluster) restore(objects []unstructured.Unstructured) {
	c.Helper()
	acting := c.as(importer)
	for _, object := range objects {
		status := object.Object["status"]
		object.SetResourceVersion("")
		object.SetUID("")
		c.Must(acting.Create(c.Context(), &object))
		object.Object["status"] = status
		c.Must(acting.Status().Update(c.Context(), &object))
	}
}
