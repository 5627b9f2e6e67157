// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
	"github.com/seatplane/seatplane/internal/facts"
)

const (
	// readOnly avoids copying what is only examined. Objects that are read with it must not be modified.
	readOnly = client.UnsafeDisableDeepCopy
	// maxReads bounds the live reads at once.
	maxReads = 8
)

// item is a finished record, as the cache shows it.
type item struct {
	kind    archive.Kind
	uid     types.UID
	name    string
	version string
	created time.Time
	// subscription is the UID of the subscription that the record belongs to.
	subscription types.UID
	// sequence is the number of an invoice.
	sequence int64
	// unmarked means that an invoice does not say whether it is archived.
	unmarked bool
}

// gathered is what one pass works on.
type gathered struct {
	// subscriptions are those that the archive selects, by identity.
	subscriptions map[types.UID]*v1alpha1.Subscription
	// existing are the identities of all subscriptions of the namespace. Records of others are those of deleted ones.
	existing map[types.UID]bool
	// items are the finished records of the namespace, by UID.
	items map[types.UID]item
}

// gather reads the finished records of the archive's namespace from the cache.
func (p *pass) gather(ctx context.Context, selector labels.Selector) error {
	p.gathered = gathered{subscriptions: map[types.UID]*v1alpha1.Subscription{}, existing: map[types.UID]bool{}, items: map[types.UID]item{}}
	in := client.InNamespace(p.name.Namespace)
	var subscriptions v1alpha1.SubscriptionList
	if err := p.Client.List(ctx, &subscriptions, in, readOnly); err != nil {
		return fmt.Errorf("list Subscriptions: %w", err)
	}
	byName := map[string]types.UID{}
	for i := range subscriptions.Items {
		s := &subscriptions.Items[i]
		uid := facts.Identity(s)
		p.existing[uid] = true
		byName[s.Name] = uid
		// During an import, what a subscription was billed may not be in place yet.
		if selector.Matches(labels.Set(s.Labels)) && !facts.IsImporting(s) {
			p.subscriptions[uid] = s
		}
	}
	var updates v1alpha1.SubscriptionUpdateList
	if err := p.Client.List(ctx, &updates, in, readOnly); err != nil {
		return fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	for i := range updates.Items {
		u := &updates.Items[i]
		if !facts.Finished(u.Status.State) {
			continue
		}
		of := cmp.Or(u.Status.SubscriptionUID, u.Spec.SubscriptionRef.UID, byName[u.Spec.SubscriptionRef.Name])
		p.items[u.UID] = item{
			kind: archive.KindUpdate, uid: u.UID, name: u.Name, version: "", created: u.CreationTimestamp.Time, subscription: of,
		}
	}
	var invoices v1alpha1.InvoiceList
	if err := p.Client.List(ctx, &invoices, in, readOnly); err != nil {
		return fmt.Errorf("list Invoices: %w", err)
	}
	for i := range invoices.Items {
		v := &invoices.Items[i]
		p.items[v.UID] = item{
			kind: archive.KindInvoice, uid: v.UID, name: v.Name, version: v.ResourceVersion, created: v.CreationTimestamp.Time,
			subscription: v.Spec.SubscriptionRef.UID, sequence: v.Spec.Sequence,
			unmarked: meta.FindStatusCondition(v.Status.Conditions, v1alpha1.ConditionArchived) == nil,
		}
	}
	return nil
}

// database reads the archive's Secrets, and checks that they may be used for its server. The error is a
// *dataloader.Failure.
func (p *pass) database(ctx context.Context) (sql.Database, error) {
	spec := &p.archive.Spec.Postgres
	dsn, err := dataloader.ReadSecret(ctx, p.Live, p.name.Namespace, spec.DSNSecretRef, dataloader.UseArchive)
	if err != nil {
		return sql.Database{}, err
	}
	var ca dataloader.Secret
	if spec.CASecretRef != nil {
		released, err := dataloader.ReadSecret(ctx, p.Live, p.name.Namespace, *spec.CASecretRef, dataloader.UseCA)
		if err != nil {
			return sql.Database{}, err
		}
		ca = released.Secret
	}
	return sql.ResolvePostgres(dsn, ca, p.Egress)
}

// whole is a record as the API server has it.
type whole struct {
	item    item
	update  *v1alpha1.SubscriptionUpdate
	invoice *v1alpha1.Invoice
}

// read reads records from the API server: the cache keeps only a part of them. A record that is gone, or that is
// another one by now, is left out.
func (p *pass) read(ctx context.Context, items []item) ([]whole, error) {
	found := make([]whole, len(items))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxReads)
	for n := range items {
		group.Go(func() (err error) {
			found[n], err = p.readOne(ctx, items[n])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var all []whole
	for _, each := range found {
		if each.update != nil || each.invoice != nil {
			all = append(all, each)
		}
	}
	return all, nil
}

func (p *pass) readOne(ctx context.Context, i item) (whole, error) {
	key := client.ObjectKey{Namespace: p.name.Namespace, Name: i.name}
	if i.kind == archive.KindInvoice {
		var invoice v1alpha1.Invoice
		if err := p.Live.Get(ctx, key, &invoice); err != nil {
			return whole{}, client.IgnoreNotFound(err)
		}
		if invoice.UID != i.uid {
			return whole{}, nil
		}
		return whole{item: i, invoice: &invoice}, nil
	}
	var update v1alpha1.SubscriptionUpdate
	if err := p.Live.Get(ctx, key, &update); err != nil {
		return whole{}, client.IgnoreNotFound(err)
	}
	if update.UID != i.uid || !facts.Finished(update.Status.State) {
		return whole{}, nil
	}
	return whole{item: i, update: &update}, nil
}

// record returns the rows of a record.
func (w *whole) record(cell string) (archive.Record, error) {
	if w.invoice != nil {
		return archive.OfInvoice(cell, w.invoice)
	}
	return archive.OfUpdate(cell, w.update)
}
