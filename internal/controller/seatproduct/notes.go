// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what the status of a Subscription has to say about the loading of its seats. It is
// pure.

// note is what has to be written on a subscription.
type note struct {
	subscription *v1alpha1.Subscription
	// load is the product's entry; without a reason and a request there is none.
	load v1alpha1.LoadStatus
	// answered is the request that every product has answered; "" when there is none.
	answered string
	// loaded: the note comes from an answer of this pass.
	loaded bool
	// unseen: this process wrote another note, which the cache does not show yet.
	unseen bool
	// written: this process wrote this very note, which the cache does not show yet.
	written bool
}

// planNotes returns a note for every subscription whose entry is known, whether it changes or not.
// products are the other products of subscriptions that ask for a refresh.
func planNotes(s *situation, results []result, products map[string]*v1alpha1.SeatProduct) []note {
	loaded := map[types.UID]bool{}
	problems := map[types.UID]problem{}
	for _, result := range results {
		if !result.done() {
			continue
		}
		for _, each := range result.load.orders {
			loaded[each.item.subscription.UID] = true
		}
		for uid, found := range result.findings.problems {
			problems[uid] = found
		}
	}
	connected := map[types.UID]bool{}
	for _, each := range s.connection.items {
		connected[each.subscription.UID] = true
	}
	notes := make([]note, 0, len(s.subscriptions))
	for _, subscription := range s.subscriptions {
		uid := subscription.UID
		planned := note{subscription: subscription, loaded: loaded[uid], load: v1alpha1.LoadStatus{Product: s.product.Name}}
		found := problemOf(s, subscription, loaded[uid], connected[uid], problems)
		planned.load.Reason, planned.load.Message = found.reason, status.EventNote(found.message)
		planned.answer(s, loaded[uid], connected[uid], products)
		notes = append(notes, planned)
	}
	return notes
}

// problemOf returns why the subscription has no count of its own.
func problemOf(s *situation, subscription *v1alpha1.Subscription, loaded, connected bool, problems map[types.UID]problem) problem {
	if found, ok := problems[subscription.UID]; ok {
		return found
	}
	known := loadOf(subscription, s.product.Name)
	if connected && !loaded && isKeyProblem(known.Reason) {
		return problem{known.Reason, known.Message}
	}
	if sentence, duplicate := s.connection.duplicates[subscription.UID]; duplicate {
		return problem{v1alpha1.ReasonDuplicateKey, sentence}
	}
	return problem{}
}

// isKeyProblem says whether a reason is one of SeatsCurrent. DuplicateKey is a reason of Ready, which
// belongs to the subscription's own reconciler.
func isKeyProblem(reason string) bool {
	return reason == v1alpha1.ReasonBadCounts || reason == v1alpha1.ReasonKeyMissing
}

// answer says which request the product has answered, and whether it was the last to do so.
func (n *note) answer(s *situation, loaded, connected bool, products map[string]*v1alpha1.SeatProduct) {
	asked := requestOn(n.subscription)
	if asked == "" || asked == n.subscription.Status.LastHandledRefreshRequest {
		return
	}
	before := loadOf(n.subscription, s.product.Name).LastHandledRefreshRequest
	if connected && !loaded && before != asked {
		return
	}
	if othersAnswered(n.subscription, asked, s.product.Name, products) {
		n.answered = asked
		return
	}
	if counts(s.product, n.subscription) {
		n.load.LastHandledRefreshRequest = asked
	}
}

// othersAnswered says whether every other product that counts seats of the subscription has answered.
func othersAnswered(subscription *v1alpha1.Subscription, asked, product string, products map[string]*v1alpha1.SeatProduct) bool {
	for n := range subscription.Spec.Items {
		name := subscription.Spec.Items[n].ProductRef.Name
		other, exists := products[name]
		if name == product || !exists || !counts(other, subscription) {
			continue
		}
		if loadOf(subscription, name).LastHandledRefreshRequest != asked {
			return false
		}
	}
	return true
}

// counts says whether a product's loader counts an item of the subscription, but for who has the key.
func counts(product *v1alpha1.SeatProduct, subscription *v1alpha1.Subscription) bool {
	return slices.ContainsFunc(candidates(subscription), func(name string) bool {
		_, ok := connectItem(product, subscription, name)
		return ok
	})
}

// changes says whether writing the note would change the subscription.
func (n note) changes() bool {
	differs := !n.written && loadOf(n.subscription, n.load.Product) != n.load
	return n.unseen || n.answered != "" || differs || hasStale(n.subscription)
}

// hasStale says whether the subscription has an entry of a product that it has no item of any more.
func hasStale(subscription *v1alpha1.Subscription) bool {
	return slices.ContainsFunc(subscription.Status.Loads, func(load v1alpha1.LoadStatus) bool { return isStale(subscription, load) })
}

func isStale(subscription *v1alpha1.Subscription, load v1alpha1.LoadStatus) bool {
	return !slices.ContainsFunc(subscription.Spec.Items, func(declared v1alpha1.SubscriptionItem) bool {
		return declared.ProductRef.Name == load.Product
	})
}

// write puts the note into the status of a subscription, and the condition that follows from all
// entries. now is the wall clock's.
func (n note) write(subscription *v1alpha1.Subscription, now time.Time) {
	loads := make([]v1alpha1.LoadStatus, 0, len(subscription.Status.Loads)+1)
	for _, load := range append(slices.Clone(subscription.Status.Loads), n.load) {
		if isStale(subscription, load) || load.Product == n.load.Product && load != n.load {
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
	subscription.Status.Loads = slices.Compact(loads)
	if n.answered != "" {
		subscription.Status.LastHandledRefreshRequest = n.answered
	}
	writeSeatsCurrent(&subscription.Status, subscription.Generation, now)
}

// writeSeatsCurrent keeps the condition SeatsCurrent: False while a key of the subscription's own has
// no count, True once it recovered, and absent on one that never had a problem.
func writeSeatsCurrent(s *v1alpha1.SubscriptionStatus, generation int64, now time.Time) {
	reason := ""
	var sentences []string
	for _, load := range s.Loads {
		if isKeyProblem(load.Reason) {
			reason = cmp.Or(reason, load.Reason)
			sentences = append(sentences, "SeatProduct \""+load.Product+"\": "+load.Message)
		}
	}
	conditions := status.Of(&s.Conditions, generation, now)
	switch {
	case reason != "":
		conditions.Set(v1alpha1.ConditionSeatsCurrent, metav1.ConditionFalse, reason, strings.Join(sentences, "; "))
	case meta.IsStatusConditionFalse(s.Conditions, v1alpha1.ConditionSeatsCurrent):
		conditions.Set(v1alpha1.ConditionSeatsCurrent, metav1.ConditionTrue, v1alpha1.ReasonCurrent, "The seats are as the data loader last counted them")
	}
}
