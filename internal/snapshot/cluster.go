// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/record"
)

// pageSize is how many objects one request lists.
const pageSize = 500

// ErrExpired is the error if the first lists took longer than the API server keeps earlier versions, which is a few minutes.
var ErrExpired = errors.New("reading the cluster took longer than the API server keeps earlier versions: choose one namespace with -n, " +
	"or try again when the cluster is less busy")

// Cluster reads the present state of a cluster, in one namespace or in all of them (""). Products, policies, clocks, open
// updates and assignments are read at once, and subscriptions page by page while [offline.Source.Each] runs.
//
// Everything is listed at one version of the store, that of the first answer. Otherwise, an update that is applied in
// between would be open in one list, and part of its subscription in another, and would be charged twice.
func Cluster(ctx context.Context, reader client.Reader, namespace string, now time.Time) (*offline.Source, error) {
	c := &cluster{Reader: reader, namespace: namespace, cases: map[types.NamespacedName]*offline.Case{}}
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
	// version is that of the first answer. Every other list is made at the same version.
	version string
	// cases have the updates that are open, what is known about finished ones, and the assignments, by subscription.
	cases map[types.NamespacedName]*offline.Case
}

// pages lists objects page by page.
func (c *cluster) pages(ctx context.Context, list client.ObjectList, each func() error, options ...client.ListOption) error {
	options = append([]client.ListOption{client.InNamespace(c.namespace), client.Limit(pageSize)}, options...)
	place := c.atVersion() // of the first page; the others continue it
	for next := ""; ; place = client.Continue(next) {
		err := c.List(ctx, list, append(options[:len(options):len(options)], place)...)
		if c.version != "" && (apierrors.IsResourceExpired(err) || apierrors.IsGone(err)) {
			return ErrExpired
		}
		if err != nil {
			return err
		}
		c.version = cmp.Or(c.version, list.GetResourceVersion())
		if err := each(); err != nil {
			return err
		}
		if next = list.GetContinue(); next == "" {
			return nil
		}
	}
}

// atVersion asks for the version of the first answer; for the present one before there is an answer.
func (c *cluster) atVersion() client.ListOption {
	if c.version == "" {
		return &client.ListOptions{}
	}
	return &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: c.version, ResourceVersionMatch: metav1.ResourceVersionMatchExact}}
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

// of is the case of a subscription, without the subscription itself.
func (c *cluster) of(name types.NamespacedName) *offline.Case {
	if c.cases[name] == nil {
		c.cases[name] = &offline.Case{}
	}
	return c.cases[name]
}

func (c *cluster) readUpdates(ctx context.Context) error {
	var list v1alpha1.SubscriptionUpdateList
	return c.pages(ctx, &list, func() error {
		for i := range list.Items {
			u := &list.Items[i]
			of := c.of(types.NamespacedName{Namespace: u.Namespace, Name: u.Spec.SubscriptionRef.Name})
			switch {
			case !facts.Finished(u.Status.State):
				of.Updates = append(of.Updates, trimUpdate(u))
			case u.Spec.Cause == nil:
				of.Finish(u)
			}
		}
		list.Items = nil
		return nil
	})
}

func (c *cluster) readAssignments(ctx context.Context) error {
	var list v1alpha1.SeatAssignmentList
	return c.pages(ctx, &list, func() error {
		for i := range list.Items {
			a := &list.Items[i]
			of := c.of(types.NamespacedName{Namespace: a.Namespace, Name: a.Spec.SubscriptionRef.Name})
			of.Assignments = append(of.Assignments, trimAssignment(a))
		}
		list.Items = nil
		return nil
	})
}

// earlier lists the invoices that name a subscription. They never change, and no other list has to agree with them, so
// that it does not matter how long ago the version of the others was.
func (c *cluster) earlier(ctx context.Context, name types.NamespacedName) ([]v1alpha1.Invoice, error) {
	var invoices []v1alpha1.Invoice
	var list v1alpha1.InvoiceList
	now := &cluster{Reader: c.Reader, namespace: name.Namespace}
	err := now.pages(ctx, &list, func() error {
		invoices = append(invoices, list.Items...)
		list.Items = nil
		return nil
	}, client.MatchingFields{index.FieldSubscription: name.Name})
	return invoices, err
}

func (c *cluster) each(ctx context.Context, do func(offline.Case) error) error {
	var list v1alpha1.SubscriptionList
	return c.pages(ctx, &list, func() error {
		for i := range list.Items {
			of := offline.Case{}
			if known := c.cases[keyOf(&list.Items[i])]; known != nil {
				of = *known
			}
			of.Subscription, of.Obstacle = &list.Items[i], obstacle(&list.Items[i])
			if err := do(of); err != nil {
				return err
			}
		}
		list.Items = nil
		return nil
	})
}

// obstacle is why the operator leaves a subscription alone, as its reconciler does; "" if it does not.
func obstacle(s *v1alpha1.Subscription) string {
	switch {
	case facts.IsImporting(s):
		return "the operator leaves it alone until its import is finished"
	case record.HasForeignStatus(s):
		return "the operator leaves it alone, because its status was written for another object: see its condition Ready"
	default:
		return ""
	}
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
