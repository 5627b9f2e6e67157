// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// This file computes what the status of a Subscription shows about the loading of its seats. It is
// pure.

// note is what has to be written to a subscription.
type note struct {
	subscription *v1alpha1.Subscription
	// load is the product's entry. An entry without a reason and a request is removed.
	load v1alpha1.LoadStatus
	// answered is the request for which every product has made an attempt, or "".
	answered string
	// kept means that the key is missing and the count is kept, so nothing failed.
	kept bool
	// loaded means that the note comes from an answer of this pass.
	loaded bool
	// unseen means that this process wrote another note, which the cache does not show yet.
	unseen bool
	// written means that this process wrote this same note, which the cache does not show yet.
	written bool
}

// links describe the relation between the product and one subscription.
type links struct {
	// connected means that the product's loader counts an item of the subscription, and keeps that
	// the item has a count to keep.
	connected, keeps bool
	// loaded means that an answer of this pass counted it.
	loaded bool
}

// planNotes returns a note for every subscription that has something to report or had something before.
// The result taken is that of the load that has ended, products are the other products of subscriptions
// that ask for a refresh, and told is what this process wrote and the cache does not show yet.
func planNotes(s *situation, taken *result, products map[string]*v1alpha1.SeatProduct, told map[types.UID]v1alpha1.LoadStatus) []note {
	if taken == nil {
		taken = &result{}
	}
	concerned := map[string]*links{}
	for _, subscription := range s.subscriptions {
		uid := string(facts.Identity(subscription))
		_, hasProblem := taken.findings.Problems[uid]
		_, isDuplicate := s.facts.Connection.Duplicates[uid]
		_, isTold := told[subscription.UID]
		if hasProblem || isDuplicate || isTold || len(subscription.Status.Loads) > 0 || asksOf(subscription) != "" {
			concerned[uid] = &links{}
		}
	}
	if len(concerned) == 0 {
		return nil
	}
	link(concerned, s, taken)
	notes := make([]note, 0, len(concerned))
	for _, subscription := range s.subscriptions {
		uid := string(facts.Identity(subscription))
		linked := concerned[uid]
		if linked == nil {
			continue
		}
		known, wasTold := told[subscription.UID]
		if !wasTold {
			known = facts.Load(subscription, s.product.Name)
		}
		planned := note{subscription: subscription, loaded: linked.loaded, load: v1alpha1.LoadStatus{Product: s.product.Name}}
		planned.describe(s, taken, known, linked)
		planned.answer(s, taken.load.Requests[uid], linked.connected, products)
		notes = append(notes, planned)
	}
	return notes
}

// link describes, for the subscriptions that are concerned, their relation to the product.
func link(concerned map[string]*links, s *situation, taken *result) {
	items := s.facts.Connection.Items
	for n := range items {
		if linked := concerned[items[n].ID.Subscription]; linked != nil {
			linked.connected = true
			linked.keeps = linked.keeps || items[n].HasCount && items[n].Key != ""
		}
	}
	if !taken.done() {
		return
	}
	for _, each := range taken.items {
		if linked := concerned[each.Item.ID.Subscription]; linked != nil {
			linked.loaded = true
		}
	}
}

// describe explains why the subscription's key has no usable count. The entry known is the previous
// one.
func (n *note) describe(s *situation, taken *result, known v1alpha1.LoadStatus, linked *links) {
	uid := string(facts.Identity(n.subscription))
	if found, ok := taken.findings.Problems[uid]; ok && linked.loaded {
		n.load.Reason, n.load.Message, n.kept = found.Reason, status.EventNote(found.Message), found.Kept
		if found.Missing {
			n.load.MissingSince = missingSince(known, taken.times.Observed)
		}
		return
	}
	if linked.connected && !linked.loaded && isKeyProblem(known.Reason) {
		n.load.Reason, n.load.Message, n.load.MissingSince = known.Reason, known.Message, known.MissingSince
		n.kept = known.Reason == v1alpha1.ReasonKeyMissing && linked.keeps &&
			s.facts.Product.Refresh.Rules.OnMissing != dataloader.MissingFail
		return
	}
	if sentence, duplicate := s.facts.Connection.Duplicates[uid]; duplicate {
		n.load.Reason, n.load.Message = v1alpha1.ReasonDuplicateKey, status.EventNote(sentence)
	}
}

// missingSince returns since when a key is missing: the time of the first of the consecutive
// answers without it.
func missingSince(known v1alpha1.LoadStatus, observed time.Time) *metav1.Time {
	if known.Reason == v1alpha1.ReasonKeyMissing && known.MissingSince != nil {
		return known.MissingSince
	}
	return record.Time(observed)
}

// sameLoad compares the content of two entries.
func sameLoad(a, b v1alpha1.LoadStatus) bool {
	since := a.MissingSince.Equal(b.MissingSince)
	a.MissingSince, b.MissingSince = nil, nil
	return since && a == b
}

// asksOf returns the refresh that a subscription asks for and that its products have not answered together.
func asksOf(subscription *v1alpha1.Subscription) string {
	return loading.Unanswered(facts.RefreshRequest(subscription), subscription.Status.LastHandledRefreshRequest)
}

// isKeyProblem reports whether a reason is one of SeatsCurrent. DuplicateKey is a reason of Ready,
// which belongs to the subscription's own reconciler.
func isKeyProblem(reason string) bool {
	return reason == v1alpha1.ReasonBadCounts || reason == v1alpha1.ReasonKeyMissing
}

// answer records for which request the product has made an attempt, successful or not, and whether it was
// the last product to do so. attempted is the request that the load of this pass answers, or "".
func (n *note) answer(s *situation, attempted string, connected bool, products map[string]*v1alpha1.SeatProduct) {
	asked := asksOf(n.subscription)
	if asked == "" {
		return
	}
	before := facts.Load(n.subscription, s.product.Name).LastHandledRefreshRequest
	if connected && attempted != asked && before != asked {
		return
	}
	if othersAnswered(n.subscription, asked, s.product.Name, products) {
		n.answered = asked
		return
	}
	if counts(s.facts.Product, n.subscription) {
		n.load.LastHandledRefreshRequest = asked
	}
}

// othersAnswered reports whether every other product that counts seats of the subscription has
// answered.
func othersAnswered(subscription *v1alpha1.Subscription, asked, product string, products map[string]*v1alpha1.SeatProduct) bool {
	return !slices.ContainsFunc(facts.ProductsOf(subscription), func(name string) bool {
		other, exists := products[name]
		return name != product && exists && counts(record.LoadingProduct(other), subscription) &&
			facts.Load(subscription, name).LastHandledRefreshRequest != asked
	})
}

// counts reports whether a product's loader counts an item of the subscription, regardless of who owns
// the key.
func counts(product loading.Product, subscription *v1alpha1.Subscription) bool {
	read := record.LoadingSubscription(subscription, product.Name)
	return loading.Counts(product, &read)
}

// changes reports whether writing the note would change the subscription.
func (n note) changes() bool {
	differs := !n.written && !sameLoad(facts.Load(n.subscription, n.load.Product), n.load)
	return n.unseen || n.answered != "" || differs || hasStale(n.subscription)
}

// hasStale reports whether the subscription has an entry of a product but no longer has an item of
// that product.
func hasStale(subscription *v1alpha1.Subscription) bool {
	return slices.ContainsFunc(subscription.Status.Loads, func(load v1alpha1.LoadStatus) bool { return isStale(subscription, load) })
}

func isStale(subscription *v1alpha1.Subscription, load v1alpha1.LoadStatus) bool {
	return !slices.Contains(facts.ProductsOf(subscription), load.Product)
}

// write writes the note into the status of a subscription, and the condition that follows from all
// entries. The time now is on the wall clock.
func (n note) write(subscription *v1alpha1.Subscription, now time.Time) {
	loads := make([]v1alpha1.LoadStatus, 0, len(subscription.Status.Loads)+1)
	for _, load := range append(slices.Clone(subscription.Status.Loads), n.load) {
		if isStale(subscription, load) || load.Product == n.load.Product && !sameLoad(load, n.load) {
			continue
		}
		if n.answered != "" {
			load.LastHandledRefreshRequest = ""
		}
		if load.Reason != "" || load.LastHandledRefreshRequest != "" {
			loads = append(loads, load)
		}
	}
	slices.SortFunc(loads, func(a, b v1alpha1.LoadStatus) int { return cmp.Compare(a.Product, b.Product) })
	subscription.Status.Loads = slices.CompactFunc(loads, sameLoad)
	if n.answered != "" {
		subscription.Status.LastHandledRefreshRequest = n.answered
	}
	writeSeatsCurrent(&subscription.Status, subscription.Generation, now)
}
