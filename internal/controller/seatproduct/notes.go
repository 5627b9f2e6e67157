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

// This file decides what the status of a Subscription has to say about the loading of its seats. It is
// pure.

// note is what has to be written on a subscription.
type note struct {
	subscription *v1alpha1.Subscription
	// load is the product's entry; without a reason and a request there is none.
	load v1alpha1.LoadStatus
	// answered is the request for which every product has made an attempt; "" when there is none.
	answered string
	// kept: the key is missing and the count is kept, so that nothing failed.
	kept bool
	// loaded: the note comes from an answer of this pass.
	loaded bool
	// unseen: this process wrote another note, which the cache does not show yet.
	unseen bool
	// written: this process wrote this very note, which the cache does not show yet.
	written bool
}

// links is what the product has to do with one subscription.
type links struct {
	// connected: the product's loader counts an item of it; keeps: that has a count to keep.
	connected, keeps bool
	// loaded: an answer of this pass counted it.
	loaded bool
}

// planNotes returns a note for every subscription of which there is something to say or was before. taken
// is what became of the load that has ended, products are the other products of subscriptions that ask for
// a refresh, and told is what this process wrote and the cache does not show yet.
func planNotes(s *situation, taken *result, products map[string]*v1alpha1.SeatProduct, told map[types.UID]v1alpha1.LoadStatus) []note {
	if taken == nil {
		taken = &result{}
	}
	concerned := map[string]*links{}
	for _, subscription := range s.subscriptions {
		uid := string(subscription.UID)
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
		uid := string(subscription.UID)
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

// link says of the subscriptions that are concerned what the product has to do with them.
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

// describe says why the subscription's own key has no usable count. known is what was said before.
func (n *note) describe(s *situation, taken *result, known v1alpha1.LoadStatus, linked *links) {
	uid := string(n.subscription.UID)
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

// missingSince returns since when a key is missing: since the first answer in a row that lacked it.
func missingSince(known v1alpha1.LoadStatus, observed time.Time) *metav1.Time {
	if known.Reason == v1alpha1.ReasonKeyMissing && known.MissingSince != nil {
		return known.MissingSince
	}
	return record.Time(observed)
}

// sameLoad compares what two entries say.
func sameLoad(a, b v1alpha1.LoadStatus) bool {
	since := a.MissingSince.Equal(b.MissingSince)
	a.MissingSince, b.MissingSince = nil, nil
	return since && a == b
}

// asksOf returns the refresh that a subscription asks for and that its products have not answered together.
func asksOf(subscription *v1alpha1.Subscription) string {
	return loading.Unanswered(facts.RefreshRequest(subscription), subscription.Status.LastHandledRefreshRequest)
}

// isKeyProblem says whether a reason is one of SeatsCurrent. DuplicateKey is a reason of Ready, which
// belongs to the subscription's own reconciler.
func isKeyProblem(reason string) bool {
	return reason == v1alpha1.ReasonBadCounts || reason == v1alpha1.ReasonKeyMissing
}

// answer says for which request the product has made an attempt, whatever came of it, and whether it was the
// last product to do so. attempted is the request that the load of this pass answers, "" for none.
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

// othersAnswered says whether every other product that counts seats of the subscription has answered.
func othersAnswered(subscription *v1alpha1.Subscription, asked, product string, products map[string]*v1alpha1.SeatProduct) bool {
	return !slices.ContainsFunc(facts.ProductsOf(subscription), func(name string) bool {
		other, exists := products[name]
		return name != product && exists && counts(record.LoadingProduct(other), subscription) &&
			facts.Load(subscription, name).LastHandledRefreshRequest != asked
	})
}

// counts says whether a product's loader counts an item of the subscription, apart from who has the key.
func counts(product loading.Product, subscription *v1alpha1.Subscription) bool {
	read := record.LoadingSubscription(subscription, product.Name)
	return loading.Counts(product, &read)
}

// changes says whether writing the note would change the subscription.
func (n note) changes() bool {
	differs := !n.written && !sameLoad(facts.Load(n.subscription, n.load.Product), n.load)
	return n.unseen || n.answered != "" || differs || hasStale(n.subscription)
}

// hasStale says whether the subscription has an entry of a product that it has no item of any more.
func hasStale(subscription *v1alpha1.Subscription) bool {
	return slices.ContainsFunc(subscription.Status.Loads, func(load v1alpha1.LoadStatus) bool { return isStale(subscription, load) })
}

func isStale(subscription *v1alpha1.Subscription, load v1alpha1.LoadStatus) bool {
	return !slices.Contains(facts.ProductsOf(subscription), load.Product)
}

// write puts the note into the status of a subscription, and the condition that follows from all
// entries. now is the wall clock's.
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
