// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
)

// deletedNote says what cannot be known of subscriptions that no longer exist.
const deletedNote = "Events of deleted subscriptions are left out, because the sink selects by labels, which no longer exist. Choose one with --subscription."

// told are the subscriptions and products of a namespace, and the records that their events are made from. Of a
// subscription that was deleted, only what its records say is known.
type told struct {
	sink          *v1alpha1.EventSink
	subscriptions map[types.UID]*v1alpha1.Subscription
	products      []*v1alpha1.SeatProduct
	updates       map[types.UID][]v1alpha1.SubscriptionUpdate
	invoices      map[types.UID][]v1alpha1.Invoice
	// records finds the record that a notification refers to, by updateKey or invoiceKey.
	records map[string]event.Record
	// deleted are the UIDs of the subscriptions that were deleted.
	deleted map[types.UID]bool
}

// readEvents returns the chosen events of a sink.
func readEvents(ctx context.Context, c *Cluster, name string, wanted chosen) (*listedEvents, error) {
	t := &told{
		sink: &v1alpha1.EventSink{}, subscriptions: map[types.UID]*v1alpha1.Subscription{}, updates: map[types.UID][]v1alpha1.SubscriptionUpdate{},
		invoices: map[types.UID][]v1alpha1.Invoice{}, records: map[string]event.Record{}, deleted: map[types.UID]bool{},
	}
	if err := c.Find(ctx, name, t.sink); err != nil {
		return nil, err
	}
	if err := t.read(ctx, c, wanted.subscription); err != nil {
		return nil, err
	}
	if wanted.subscription != "" && len(t.subscriptions) == 0 {
		return nil, Fail(Failed, "there is no Subscription %q in the namespace, and no record of one: list those that exist with \"kubectl get "+
			"subscriptions\", or choose another namespace with -n", wanted.subscription)
	}
	return t.listed(wanted), nil
}

// read reads the subscriptions, and then their records: an event in a status has its record by then, unless that was
// deleted. The API server selects the records of one subscription.
func (t *told) read(ctx context.Context, c *Cluster, subscription string) error {
	of, err := t.readSubscriptions(ctx, c, subscription)
	if err != nil {
		return err
	}
	err = Pages(ctx, c, c.Namespace, func(page *v1alpha1.SubscriptionUpdateList) error {
		for n := range page.Items {
			t.addUpdate(&page.Items[n])
		}
		return nil
	}, of...)
	if err != nil {
		return err
	}
	return Pages(ctx, c, c.Namespace, func(page *v1alpha1.InvoiceList) error {
		for n := range page.Items {
			t.addInvoice(&page.Items[n])
		}
		return nil
	}, of...)
}

// readSubscriptions reads one subscription, or all, and returns how to select their records.
func (t *told) readSubscriptions(ctx context.Context, c *Cluster, name string) ([]client.ListOption, error) {
	if name == "" {
		return nil, t.readAll(ctx, c)
	}
	s := &v1alpha1.Subscription{}
	found, err := exists(c.Find(ctx, name, s))
	if found {
		t.subscriptions[facts.Identity(s)] = s
	}
	return []client.ListOption{ofSubscription(name)}, err
}

// readAll reads all subscriptions, and the products, whose events belong to no subscription.
func (t *told) readAll(ctx context.Context, c *Cluster) error {
	err := Pages(ctx, c, c.Namespace, func(page *v1alpha1.SeatProductList) error {
		for n := range page.Items {
			t.products = append(t.products, &page.Items[n])
		}
		return nil
	})
	if err != nil {
		return err
	}
	return Pages(ctx, c, c.Namespace, func(page *v1alpha1.SubscriptionList) error {
		for n := range page.Items {
			t.subscriptions[facts.Identity(&page.Items[n])] = &page.Items[n]
		}
		return nil
	})
}

func (t *told) addUpdate(u *v1alpha1.SubscriptionUpdate) {
	t.records[updateKey(facts.Identity(u))] = event.Record{Update: u}
	if u.Status.EventSequence == 0 {
		return
	}
	of := u.Status.SubscriptionUID
	t.updates[of] = append(t.updates[of], *u)
	t.addDeleted(u.Namespace, u.Spec.SubscriptionRef.Name, of)
}

func (t *told) addInvoice(i *v1alpha1.Invoice) {
	t.records[invoiceKey(i.Name)] = event.Record{Invoice: i}
	if i.Spec.EventSequence == 0 {
		return
	}
	of := i.Spec.SubscriptionRef.UID
	t.invoices[of] = append(t.invoices[of], *i)
	t.addDeleted(i.Namespace, i.Spec.SubscriptionRef.Name, of)
}

// addDeleted adds what is known of a subscription, in case it does not exist any more.
func (t *told) addDeleted(namespace, name string, uid types.UID) {
	if t.subscriptions[uid] == nil {
		t.subscriptions[uid] = &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: uid}}
		t.deleted[uid] = true
	}
}

// listed returns the events that the sink wants and the flags choose, by time.
func (t *told) listed(wanted chosen) *listedEvents {
	l := &listedEvents{Sink: t.sink.Name, Items: []listedEvent{}}
	for uid, s := range t.subscriptions {
		to, isKnown := t.selecting(uid, wanted.subscription != "")
		if !isKnown {
			l.Note = deletedNote
			continue
		}
		for _, n := range delivery.History(s, t.updates[uid], t.invoices[uid]) {
			if from := delivery.FromSubscription(s); to.Wants(from, n.Type) && wanted.has(uid, &n) {
				each := t.tell(from, n, event.Record{Subscription: s})
				each.Subscription = s.Name
				l.Items = append(l.Items, each)
			}
		}
	}
	for _, p := range t.products {
		l.Items = append(l.Items, t.ofProduct(p, wanted)...)
	}
	l.sort()
	return l
}

// ofProduct returns the events of a product that the sink wants and the flags choose. No record rebuilds those that have
// left its status.
func (t *told) ofProduct(p *v1alpha1.SeatProduct, wanted chosen) []listedEvent {
	var listed []listedEvent
	from := delivery.FromProduct(p)
	for _, n := range from.Notifications {
		if delivery.Of(t.sink).Wants(from, n.Type) && wanted.has(from.UID, &n) {
			each := t.tell(from, n, event.Record{Product: p})
			each.About = "SeatProduct/" + p.Name
			listed = append(listed, each)
		}
	}
	return listed
}

// selecting returns what decides which events of a subscription the sink wants. The labels of a deleted subscription are
// gone, so nobody knows whether the sink selected it: if the user names it, it counts as selected.
func (t *told) selecting(uid types.UID, isNamed bool) (delivery.Sink, bool) {
	to := delivery.Of(t.sink)
	if !t.deleted[uid] || t.sink.Spec.SubscriptionSelector == nil {
		return to, true
	}
	spec := t.sink.Spec
	spec.SubscriptionSelector = nil
	to.Spec = &spec
	return to, isNamed
}

// has reports whether the flags choose an event.
func (c chosen) has(source types.UID, n *v1alpha1.Notification) bool {
	return !n.Time.Time.Before(c.since) && (c.id == "" || c.id == event.ID(source, n.Sequence))
}

// tell tells one event. If it does not refer to a record, it is made from the given one.
func (t *told) tell(from delivery.Source, n v1alpha1.Notification, record event.Record) listedEvent {
	cursor, known := from.Cursor(facts.Identity(t.sink))
	each := listedEvent{
		ID: event.ID(from.UID, n.Sequence), Time: n.Time.UTC().Format(time.RFC3339), Type: n.Type,
		Waits: known && cursor.Sequence < n.Sequence, sequence: n.Sequence,
	}
	if n.Ref != nil {
		each.About = n.Ref.Kind + "/" + n.Ref.Name
		record = t.recordOf(n.Ref)
	}
	body, err := event.Body(n, from.UID, record)
	if err != nil {
		each.Problem = err.Error()
		return each
	}
	each.Event = body
	return each
}

func (t *told) recordOf(ref *v1alpha1.NotificationReference) event.Record {
	if ref.Kind == delivery.KindInvoice {
		return t.records[invoiceKey(ref.Name)]
	}
	return t.records[updateKey(ref.UID)]
}

func updateKey(uid types.UID) string { return "update/" + string(uid) }

func invoiceKey(name string) string { return "invoice/" + name }
