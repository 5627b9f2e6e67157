// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	billing "github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
)

// KeyKind says what the key of a row means.
type KeyKind string

const (
	// ByCustomerID means that a key is the ID of a subscription's customer. It is the default.
	ByCustomerID KeyKind = "CustomerID"
	// BySubscriptionName means that a key is the name of a subscription.
	BySubscriptionName KeyKind = "SubscriptionName"
	// ByExternalRef means that a key is the external reference of a subscription.
	ByExternalRef KeyKind = "ExternalRef"
	// ByItem means that a key names a subscription and an item, so that a subscription can have several.
	ByItem KeyKind = "Item"
)

// Product is what the rules need to know about a SeatProduct.
type Product struct {
	Name string
	// UID identifies the product among the objects that ask for a refresh, and spreads the ticks of
	// intervals.
	UID string
	// HasLoader is false for a product without a data loader.
	HasLoader bool
	Keys      KeyKind
	Plans     []Plan
	Refresh   Refresh
	// Edited means that the spec changed since the status was last written.
	Edited bool
	// Request is the refresh that was requested on the product and not answered yet, or "".
	Request string
	// Entries are the states of the refreshes, one for each clock.
	Entries []Entry
}

// Plan is what the rules need to know about a plan.
type Plan struct {
	Name    string
	Metered bool
	// Minimum and Maximum bound a quantity. A Maximum of 0 means no maximum.
	Minimum, Maximum int64
}

// Subscription is what the rules need to know about a subscription with items of one product.
type Subscription struct {
	UID, Name  string
	Created    time.Time
	CustomerID string
	// ExternalRef is empty for a subscription without one.
	ExternalRef string
	// Clock is the name of the TestClock that it uses, or "" for the wall clock.
	Clock string
	// Ended means that it is canceled or being deleted.
	Ended bool
	// Request is the refresh that was requested on it and that the product has not answered, or "".
	Request string
	// KeyFailed means that the product's last answer had no usable count for it.
	KeyFailed bool
	// Items are those of the spec in its order, followed by those that only updates added.
	Items []Item
}

// Item is an item of a subscription, as declared in the spec, as in force, or both.
type Item struct {
	Name string
	// IsDeclared means that the spec lists the item, as described by Declared.
	IsDeclared bool
	Declared   Declared
	// IsInForce means that the subscription has the item, as described by InForce.
	IsInForce bool
	InForce   InForce
	// ActedOn means that the spec's item took effect before. If it is not in force now, it was removed
	// since.
	ActedOn bool
	// Reading is the newest reading of a metered item, or nil before the first.
	Reading *int64
}

// Declared is an item as the spec declares it.
type Declared struct {
	Product, Plan string
	// HasQuantity means that the spec sets the quantity.
	HasQuantity bool
	Recurring   bool
}

// InForce is an item as the subscription has it.
type InForce struct {
	Product, Plan string
	Metered       bool
	Quantity      int64
	// HasCount means that a loaded count was acted on before.
	HasCount bool
	// Minimum and Maximum are those of the plan when the quantity was set. They are used if the product no
	// longer has the plan.
	Minimum, Maximum int64
	// Assigned is the number of assigned seats.
	Assigned int64
}

// ItemID identifies an item of a subscription, even if another subscription takes over its name.
type ItemID struct {
	// Subscription is the UID of the subscription.
	Subscription string
	// Item is the name of the item.
	Item string
}

// Limits bound a loaded count.
type Limits struct{ Minimum, Maximum, Assigned int64 }

// Clamp brings a count within the plan's limits, and never below the number of assigned seats
// (billing.md#10-seats, billing.md#targets). A maximum of 0 means no maximum.
func (l Limits) Clamp(count int64) int64 {
	return billing.Clamp(count, l.Minimum, l.Maximum, l.Assigned)
}

// Connected is an item that a product's data loader counts.
type Connected struct {
	ID ItemID
	// Subscription is the name of the subscription.
	Subscription string
	// Key identifies the item in an answer. It is "" if the subscription has no such key.
	Key string
	// Clock is the name of the TestClock that the item uses, or "" for the wall clock.
	Clock string
	// Metered means that a row is a reading of a total, and not a count of seats
	// (billing.md#11-usage).
	Metered bool
	Limits  Limits
	// Quantity is the current quantity, or 0 before the item is in force.
	Quantity int64
	// HasCount means that a count was acted on before, or a reading taken.
	HasCount bool
	// Reading is the newest reading of a metered item, or nil before the first.
	Reading *int64
	// Request is the refresh that the subscription asks for, or "".
	Request string
	// KeyFailed means that the last answer had no usable count for the subscription.
	KeyFailed bool

	created time.Time
}

// Connection lists the items that the data loader of a product counts.
type Connection struct {
	Items []Connected
	// Duplicates are the subscriptions with items whose keys belong to other items, by UID, with the
	// sentences that explain it.
	Duplicates map[string]string
}

// Connect finds the items whose seats the product's data loader counts. A key belongs to one item: the
// item of the older subscription or, within one subscription, the item that is earlier in its list
// (billing.md#keys). The subscriptions may come in any order. Each one is read before the next is
// requested. Expected is how many items there may be.
func Connect(product Product, subscriptions iter.Seq[*Subscription], expected int) Connection {
	c := connecting{owners: make(map[string]int, expected)}
	c.items = make([]Connected, 0, expected)
	for subscription := range subscriptions {
		for n := range subscription.Items {
			if found, ok := ConnectItem(product, subscription, n); ok {
				c.add(found)
			}
		}
	}
	return Connection{Items: c.items, Duplicates: c.duplicates()}
}

// connecting is a connection under construction.
type connecting struct {
	items []Connected
	// owners are the positions of the items that own each key.
	owners map[string]int
	// losers are the items whose key belongs to another.
	losers []Connected
}

func (c *connecting) add(found Connected) {
	at, taken := c.owners[found.Key]
	switch {
	case !taken || found.Key == "":
		c.owners[found.Key] = len(c.items)
		c.items = append(c.items, found)
	case found.age().Compare(c.items[at].age()) < 0:
		c.losers = append(c.losers, c.items[at])
		c.items[at] = found
	default:
		c.losers = append(c.losers, found)
	}
}

// age is the age of the item's subscription. If several items of one subscription have the same key, the first
// that was found keeps it.
func (i *Connected) age() facts.Age { return facts.Age{Created: i.created, Name: i.Subscription} }

// duplicates describes, for each subscription with items that lost their keys, which items own
// them.
func (c *connecting) duplicates() map[string]string {
	lost := map[string][]*Connected{}
	for n := range c.losers {
		loser := &c.losers[n]
		lost[loser.ID.Subscription] = append(lost[loser.ID.Subscription], loser)
	}
	sentences := make(map[string]string, len(lost))
	for uid, losers := range lost {
		sentences[uid] = c.name(losers)
	}
	return sentences
}

// maxDuplicatesNamed bounds how many items of one subscription are named.
const maxDuplicatesNamed = 3

// name describes who owns the keys of the items of one subscription. It names the first few, and says how many more
// there are.
func (c *connecting) name(losers []*Connected) string {
	slices.SortFunc(losers, func(a, b *Connected) int { return cmp.Compare(a.ID.Item, b.ID.Item) })
	var sentences []string
	for _, loser := range losers {
		owner := &c.items[c.owners[loser.Key]]
		sentences = append(sentences, fmt.Sprintf("Item %q is not counted: its key %q belongs to item %q of Subscription %q.",
			loser.ID.Item, loser.Key, owner.ID.Item, owner.Subscription))
	}
	return billing.ListProblems(sentences, maxDuplicatesNamed)
}

// ConnectItem reports whether the product's data loader counts the item at a position of the
// subscription's list, and under which key. For an item in force that decides, and otherwise the spec
// does. An item that an update removed is not counted.
func ConnectItem(product Product, subscription *Subscription, position int) (Connected, bool) {
	if !product.HasLoader || subscription.Ended {
		return Connected{}, false
	}
	item := &subscription.Items[position]
	limits, metered, ok := termsOf(product, item)
	counting := billing.Counting{
		InForce: item.IsInForce, Metered: metered,
		Declared: item.IsDeclared, HasQuantity: item.Declared.HasQuantity, ActedOn: item.ActedOn,
	}
	if !ok || !counting.Connected() {
		return Connected{}, false
	}
	found := Connected{
		ID:           ItemID{subscription.UID, item.Name},
		Subscription: subscription.Name,
		Key:          keyOf(product.Keys, subscription, item.Name),
		Clock:        subscription.Clock,
		Metered:      metered,
		Limits:       limits,
		Quantity:     item.InForce.Quantity,
		HasCount:     item.InForce.HasCount,
		Reading:      item.Reading,
		Request:      subscription.Request,
		KeyFailed:    subscription.KeyFailed,
		created:      subscription.Created,
	}
	if metered {
		found.HasCount = item.Reading != nil
	}
	return found, true
}

// termsOf returns the limits of an item and whether it is metered. It returns false for an item of
// another product, and for an item to be added on a plan that the product does not have.
func termsOf(product Product, item *Item) (limits Limits, metered, ok bool) {
	if item.IsInForce {
		held := &item.InForce
		limits = Limits{Minimum: held.Minimum, Maximum: held.Maximum}
		if plan := product.plan(held.Plan); plan != nil {
			limits = Limits{Minimum: plan.Minimum, Maximum: plan.Maximum}
		}
		limits.Assigned = held.Assigned
		return limits, held.Metered, held.Product == product.Name
	}
	plan := product.plan(item.Declared.Plan)
	if plan == nil || item.Declared.Product != product.Name {
		return Limits{}, false, false
	}
	return Limits{Minimum: plan.Minimum, Maximum: plan.Maximum}, plan.Metered && item.Declared.Recurring, true
}

func (p *Product) plan(name string) *Plan {
	for n := range p.Plans {
		if p.Plans[n].Name == name {
			return &p.Plans[n]
		}
	}
	return nil
}

func keyOf(kind KeyKind, subscription *Subscription, item string) string {
	switch kind {
	case ByItem:
		return dataloader.ItemKey(subscription.Name, item)
	case BySubscriptionName:
		return subscription.Name
	case ByExternalRef:
		return subscription.ExternalRef
	default:
		return subscription.CustomerID
	}
}

// Counts reports whether the product's data loader counts any item of the subscription, regardless of
// who owns its key.
func Counts(product Product, subscription *Subscription) bool {
	for n := range subscription.Items {
		if _, ok := ConnectItem(product, subscription, n); ok {
			return true
		}
	}
	return false
}
