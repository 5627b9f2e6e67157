// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/offline"
)

// pageSize is how many objects one request lists.
const pageSize = 500

// Cluster reads the present state of a cluster, in one namespace or in all of them (""). Products, policies, clocks, open
// updates and assignments are read at once, and subscriptions page by page while [offline.Source.Each] runs.
func Cluster(ctx context.Context, reader client.Reader, namespace string, now time.Time) (*offline.Source, error) {
	c := &cluster{Reader: reader, namespace: namespace}
	catalogue, err := c.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.readUpdates(ctx); err != nil {
		return nil, err
	}
	if err := c.readAssignments(ctx); err != nil {
		return nil, err
	}
	return &offline.Source{Name: "the cluster", Time: now, Catalogue: catalogue, Earlier: c.earlier, Each: c.each}, nil
}

// cluster reads a cluster.
type cluster struct {
	client.Reader
	namespace string
	// updates that are open, names of finished ones, and assignments, by subscription.
	updates     map[types.NamespacedName][]v1alpha1.SubscriptionUpdate
	finished    map[types.NamespacedName][]string
	assignments map[types.NamespacedName][]v1alpha1.SeatAssignment
}

// pages lists objects page by page.
func (c *cluster) pages(ctx context.Context, list client.ObjectList, each func() error, options ...client.ListOption) error {
	options = append([]client.ListOption{client.InNamespace(c.namespace), client.Limit(pageSize)}, options...)
	for next := ""; ; {
		if err := c.List(ctx, list, append(options[:len(options):len(options)], client.Continue(next))...); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
		if next = list.GetContinue(); next == "" {
			return nil
		}
	}
}

func (c *cluster) catalogue(ctx context.Context) (*offline.Catalogue, error) {
	catalogue := offline.NewCatalogue()
	var products v1alpha1.SeatProductList
	var policies v1alpha1.ProrationPolicyList
	var clusterPolicies v1alpha1.ClusterProrationPolicyList
	var clocks v1alpha1.TestClockList
	for _, read := range []struct {
		list client.ObjectList
		each func()
	}{
		{&products, func() {
			for i := range products.Items {
				catalogue.Products[keyOf(&products.Items[i])] = &products.Items[i]
			}
			products.Items = nil // the next page must not be read into the objects of this one
		}},
		{&policies, func() {
			for i := range policies.Items {
				catalogue.Policies[keyOf(&policies.Items[i])] = &policies.Items[i]
			}
			policies.Items = nil
		}},
		{&clusterPolicies, func() {
			for i := range clusterPolicies.Items {
				catalogue.ClusterPolicies[clusterPolicies.Items[i].Name] = &clusterPolicies.Items[i]
			}
			clusterPolicies.Items = nil
		}},
		{&clocks, func() {
			for i := range clocks.Items {
				catalogue.Clocks[keyOf(&clocks.Items[i])] = &clocks.Items[i]
			}
			clocks.Items = nil
		}},
	} {
		options := []client.ListOption{}
		if read.list == client.ObjectList(&clusterPolicies) {
			options = append(options, client.InNamespace(""))
		}
		if err := c.pages(ctx, read.list, func() error { read.each(); return nil }, options...); err != nil {
			return nil, err
		}
	}
	return catalogue, nil
}

func (c *cluster) readUpdates(ctx context.Context) error {
	c.updates, c.finished = map[types.NamespacedName][]v1alpha1.SubscriptionUpdate{}, map[types.NamespacedName][]string{}
	var list v1alpha1.SubscriptionUpdateList
	return c.pages(ctx, &list, func() error {
		for i := range list.Items {
			u := &list.Items[i]
			of := types.NamespacedName{Namespace: u.Namespace, Name: u.Spec.SubscriptionRef.Name}
			switch {
			case !facts.Finished(u.Status.State):
				c.updates[of] = append(c.updates[of], trimUpdate(u))
			case u.Spec.Cause == nil:
				c.finished[of] = append(c.finished[of], u.Name)
			}
		}
		list.Items = nil
		return nil
	})
}

func (c *cluster) readAssignments(ctx context.Context) error {
	c.assignments = map[types.NamespacedName][]v1alpha1.SeatAssignment{}
	var list v1alpha1.SeatAssignmentList
	return c.pages(ctx, &list, func() error {
		for i := range list.Items {
			a := &list.Items[i]
			of := types.NamespacedName{Namespace: a.Namespace, Name: a.Spec.SubscriptionRef.Name}
			c.assignments[of] = append(c.assignments[of], trimAssignment(a))
		}
		list.Items = nil
		return nil
	})
}

// earlier lists the invoices that name a subscription.
func (c *cluster) earlier(ctx context.Context, name types.NamespacedName) ([]v1alpha1.Invoice, error) {
	var invoices []v1alpha1.Invoice
	var list v1alpha1.InvoiceList
	err := c.pages(ctx, &list, func() error {
		invoices = append(invoices, list.Items...)
		list.Items = nil
		return nil
	}, client.InNamespace(name.Namespace), client.MatchingFields{index.FieldSubscription: name.Name})
	return invoices, err
}

func (c *cluster) each(ctx context.Context, do func(offline.Case) error) error {
	var list v1alpha1.SubscriptionList
	return c.pages(ctx, &list, func() error {
		for i := range list.Items {
			of := keyOf(&list.Items[i])
			err := do(offline.Case{
				Subscription: &list.Items[i], Updates: c.updates[of], Finished: c.finished[of], Assignments: c.assignments[of],
			})
			if err != nil {
				return err
			}
		}
		list.Items = nil
		return nil
	})
}

// Departed lists the invoices of subscriptions that do not exist any more.
func Departed(ctx context.Context, reader client.Reader, namespace string) ([]v1alpha1.Invoice, error) {
	c := &cluster{Reader: reader, namespace: namespace}
	living := map[types.UID]bool{}
	var subscriptions v1alpha1.SubscriptionList
	err := c.pages(ctx, &subscriptions, func() error {
		for i := range subscriptions.Items {
			living[facts.Identity(&subscriptions.Items[i])] = true
		}
		subscriptions.Items = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	var departed []v1alpha1.Invoice
	var invoices v1alpha1.InvoiceList
	err = c.pages(ctx, &invoices, func() error {
		for i := range invoices.Items {
			if !living[invoices.Items[i].Spec.SubscriptionRef.UID] {
				departed = append(departed, trimInvoice(&invoices.Items[i]))
			}
		}
		invoices.Items = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list invoices: %w", err)
	}
	return departed, nil
}

func keyOf(object client.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
}
