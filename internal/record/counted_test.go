// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// drawn is a subscription as the API has it and as the billing rules have it.
type drawn struct {
	object *v1alpha1.Subscription
	state  subscription.State
}

// drawItem adds an item to a subscription: declared, in force, acted on, in any combination.
func (d *drawn) drawItem(t *rapid.T, name string) {
	var (
		flip    = func(label string) bool { return rapid.Bool().Draw(t, name+" "+label) }
		product = func(label string) string {
			return rapid.SampledFrom([]string{"editor", "viewer"}).Draw(t, name+" "+label)
		}
		plan = func(label string) string {
			return rapid.SampledFrom([]string{"seats", "usage"}).Draw(t, name+" "+label)
		}
	)
	if flip("declared") {
		item := v1alpha1.SubscriptionItem{
			Name: name, ProductRef: v1alpha1.LocalReference{Name: product("declared product")}, Plan: plan("declared plan"),
			Recurring: new(flip("recurring")),
		}
		if flip("quantity") {
			item.Quantity = new(int64(3))
		}
		d.object.Spec.Items = append(d.object.Spec.Items, item)
	}
	if flip("in force") {
		on, by := product("product"), plan("plan")
		item := subscription.Item{Name: name, Product: on, Plan: by, Metered: by == "usage"}
		status := v1alpha1.SubscriptionItemStatus{Name: name, Product: on, Plan: by}
		if item.Metered {
			status.Usage = v1alpha1.UsageMetered
		}
		d.state.Items = append(d.state.Items, item)
		d.object.Status.Items = append(d.object.Status.Items, status)
	}
	if flip("acted on") {
		d.state.ActedOn.Items = append(d.state.ActedOn.Items, subscription.ActedOnItem{TermsItem: subscription.TermsItem{Name: name}})
		d.object.Status.ActedOn.Items = append(d.object.Status.ActedOn.Items, v1alpha1.ActedOnItem{Name: name})
	}
}

// Which items a data loader counts is asked by those who load, and by the subscription that takes a count. They agree
// on every item, whatever an edit or an update made of it.
func TestEveryoneCountsTheSameItems(t *testing.T) {
	products := map[string]subscription.Product{}
	var loaders []loading.Product
	for _, name := range []string{"editor", "viewer"} {
		object := builders.MakeSeatProduct(name, "shop").Plan("seats", "EUR", "10").Plan("usage", "EUR", "1").ConfigMapLoader("counts").Obj()
		object.Spec.Plans[1].Usage = v1alpha1.UsageMetered
		product, err := Product(object, "")
		if err != nil {
			t.Fatal(err)
		}
		products[name] = product
		loaders = append(loaders, LoadingProduct(object))
	}
	rapid.Check(t, func(t *rapid.T) {
		d := drawn{object: builders.MakeSubscription("acme", "shop").Obj()}
		d.object.Status.State, d.object.Status.ActedOn = v1alpha1.SubscriptionActive, &v1alpha1.ActedOn{}
		names := []string{"a", "b", "c"}
		for _, name := range names {
			d.drawItem(t, name)
		}
		in := subscription.Input{Terms: Terms(d.object), Products: products}
		for _, name := range names {
			counting := subscription.CountingOf(&d.state, &in, name)
			seats, usage := counted(d.object, loaders, name)
			if seats != counting.SetsQuantity() {
				t.Errorf("item %s: seats counted: %v by the loaders, %v by the subscription", name, seats, counting.SetsQuantity())
			}
			if read := counting.Connected() && !counting.SetsQuantity(); usage != read {
				t.Errorf("item %s: usage read: %v by the loaders, %v by the subscription", name, usage, read)
			}
		}
	})
}

// counted says whether a data loader counts the seats of an item, or reads its usage.
func counted(object *v1alpha1.Subscription, loaders []loading.Product, name string) (seats, usage bool) {
	for _, product := range loaders {
		read := LoadingSubscription(object, product.Name)
		for n := range read.Items {
			found, ok := loading.ConnectItem(product, &read, n)
			if !ok || found.ID.Item != name {
				continue
			}
			seats, usage = seats || !found.Metered, usage || found.Metered
		}
	}
	return seats, usage
}
