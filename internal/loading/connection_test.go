// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

func TestConnect(t *testing.T) {
	edit := func(s *v1alpha1.Subscription, change func(*v1alpha1.Subscription)) *v1alpha1.Subscription {
		change(s)
		return s
	}
	one := func(change func(*v1alpha1.Subscription)) []*v1alpha1.Subscription {
		return []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), change)}
	}
	declared := func(change func(*v1alpha1.Subscription)) []*v1alpha1.Subscription {
		return []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, -1), change)}
	}
	named := func(s *v1alpha1.Subscription, items ...string) {
		for _, item := range items {
			s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{
				Name: item, ProductRef: v1alpha1.LocalReference{Name: "editor"}, Plan: "monthly",
			})
		}
	}
	more := func(s *v1alpha1.Subscription) { named(s, "more") }
	copyOfAcme := func(age int) *v1alpha1.Subscription {
		return edit(makeSubscription("copy", age, 5), func(s *v1alpha1.Subscription) { s.Spec.Customer.ID = "acme" })
	}
	five := int64(5)
	cases := map[string]struct {
		reason     string
		product    func(*v1alpha1.SeatProduct)
		given      []*v1alpha1.Subscription
		want       []string
		duplicates []string
	}{
		"Loaded": {
			reason: "an item without a quantity is counted",
			given:  one(func(*v1alpha1.Subscription) {}), want: []string{"acme/editors=acme"},
		},
		"Declared": {
			reason: "an item with a quantity is not counted",
			given:  one(func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = &five }),
		},
		"OtherProduct": {
			reason: "an item of another product is not counted",
			given:  declared(func(s *v1alpha1.Subscription) { s.Spec.Items[0].ProductRef.Name = "other" }),
		},
		"MovesAway": {
			reason: "what is in force is counted until an edit takes effect",
			given:  one(func(s *v1alpha1.Subscription) { s.Spec.Items[0].ProductRef.Name = "other" }), want: []string{"acme/editors=acme"},
		},
		"MovesHere": {
			reason: "an item that an edit moves here is not counted before the edit takes effect",
			given:  one(func(s *v1alpha1.Subscription) { s.Status.Items[0].Product = "other" }),
		},
		"UnknownPlan": {
			reason: "an item to come on a plan that does not exist is not counted",
			given:  declared(func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "yearly" }),
		},
		"PlanGone": {
			reason: "an item in force is counted although its plan no longer exists",
			given:  one(func(s *v1alpha1.Subscription) { s.Status.Items[0].Plan = "yearly" }), want: []string{"acme/editors=acme"},
		},
		"AddedByUpdate": {
			reason: "an item that the spec does not list is counted too",
			given: one(func(s *v1alpha1.Subscription) {
				s.Spec.Items[0].Name, s.Spec.Items[0].ProductRef.Name = "viewers", "other"
			}),
			want: []string{"acme/editors=acme"},
		},
		"RemovedByUpdate": {
			reason: "an item that an update removed is not counted",
			given: one(func(s *v1alpha1.Subscription) {
				s.Status.Items = nil
				s.Status.ActedOn = &v1alpha1.ActedOn{Items: []v1alpha1.ActedOnItem{{Name: "editors"}}}
			}),
		},
		"Metered": {
			reason:  "a metered item is read even when it has a quantity",
			product: func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Usage = v1alpha1.UsageMetered },
			given:   declared(func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = &five }),
			want:    []string{"acme/editors=acme"},
		},
		"NoLoader": {
			reason:  "without a data loader nothing is counted",
			product: func(p *v1alpha1.SeatProduct) { p.Spec.DataLoader, p.Spec.Refresh = nil, nil },
			given:   one(func(*v1alpha1.Subscription) {}),
		},
		"Canceled": {
			reason: "what has ended is not counted, and its key is free",
			given: []*v1alpha1.Subscription{
				edit(makeSubscription("old", 2, 5), func(s *v1alpha1.Subscription) {
					s.Spec.Customer.ID, s.Status.State = "acme", v1alpha1.SubscriptionCanceled
				}),
				makeSubscription("acme", 1, 5),
			},
			want: []string{"acme/editors=acme"},
		},
		"Deleted": {
			reason: "what is being deleted is not counted",
			given:  one(func(s *v1alpha1.Subscription) { s.DeletionTimestamp = at(noon) }),
		},
		"DuplicateKey": {
			reason:     "of two items with one key, that of the older subscription is counted",
			given:      []*v1alpha1.Subscription{makeSubscription("acme", 2, 5), copyOfAcme(1)},
			want:       []string{"acme/editors=acme"},
			duplicates: []string{`uid-copy: Item "editors" is not counted: its key "acme" belongs to item "editors" of Subscription "acme".`},
		},
		"DuplicateKeyComesFirst": {
			reason:     "whatever the order in which they are read",
			given:      []*v1alpha1.Subscription{copyOfAcme(1), makeSubscription("acme", 2, 5)},
			want:       []string{"acme/editors=acme"},
			duplicates: []string{`uid-copy: Item "editors" is not counted: its key "acme" belongs to item "editors" of Subscription "acme".`},
		},
		"SameAge": {
			reason:     "of one age, the first by name owns the key",
			given:      []*v1alpha1.Subscription{copyOfAcme(2), makeSubscription("acme", 2, 5)},
			want:       []string{"acme/editors=acme"},
			duplicates: []string{`uid-copy: Item "editors" is not counted: its key "acme" belongs to item "editors" of Subscription "acme".`},
		},
		"TwoItems": {
			reason:     "within one subscription, the earlier item in the list owns the key",
			given:      one(more),
			want:       []string{"acme/editors=acme"},
			duplicates: []string{`uid-acme: Item "more" is not counted: its key "acme" belongs to item "editors" of Subscription "acme".`},
		},
		"SeveralItems": {
			reason: "every item that is not counted is named, by its name",
			given:  one(func(s *v1alpha1.Subscription) { named(s, "viewers", "admins") }),
			want:   []string{"acme/editors=acme"},
			duplicates: []string{`uid-acme: Item "admins" is not counted: its key "acme" belongs to item "editors" of Subscription "acme". ` +
				`Item "viewers" is not counted: its key "acme" belongs to item "editors" of Subscription "acme".`},
		},
		"ManyItems": {
			reason: "of many items, the first few are named",
			given:  one(func(s *v1alpha1.Subscription) { named(s, "a", "b", "c", "d", "e") }),
			want:   []string{"acme/editors=acme"},
			duplicates: []string{`uid-acme: Item "a" is not counted: its key "acme" belongs to item "editors" of Subscription "acme". ` +
				`Item "b" is not counted: its key "acme" belongs to item "editors" of Subscription "acme". ` +
				`Item "c" is not counted: its key "acme" belongs to item "editors" of Subscription "acme". ` +
				`2 more problems are not listed here.`},
		},
		"ByName": {
			reason:  "the key may be the name",
			product: func(p *v1alpha1.SeatProduct) { p.Spec.DataLoader.Key = v1alpha1.KeySubscriptionName },
			given:   one(func(s *v1alpha1.Subscription) { s.Spec.Customer.ID = "c-17" }), want: []string{"acme/editors=acme"},
		},
		"SeatAssignments": {
			reason: "they name items, so that a subscription may have two",
			product: func(p *v1alpha1.SeatProduct) {
				p.Spec.DataLoader = &v1alpha1.DataLoader{Key: v1alpha1.KeyExternalRef, SeatAssignments: &v1alpha1.SeatAssignmentsSource{}}
			},
			given: one(more), want: []string{"acme/editors=acme/editors", "acme/more=acme/more"},
		},
		"NoReference": {
			reason:  "two subscriptions without an external reference do not share a key",
			product: func(p *v1alpha1.SeatProduct) { p.Spec.DataLoader.Key = v1alpha1.KeyExternalRef },
			given:   []*v1alpha1.Subscription{makeSubscription("acme", 2, 5), makeSubscription("bolt", 1, 5)},
			want:    []string{"acme/editors=", "bolt/editors="},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := scene{product: makeProduct(hourly), subscriptions: tc.given}
			if tc.product != nil {
				tc.product(s.product)
			}
			got := s.connect()
			var items, duplicates []string
			for _, each := range got.Items {
				items = append(items, each.Subscription+"/"+each.ID.Item+"="+each.Key)
			}
			for uid, sentence := range got.Duplicates {
				duplicates = append(duplicates, uid+": "+sentence)
			}
			if diff := cmp.Diff(tc.want, items); diff != "" {
				t.Errorf("%s: items (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.duplicates, duplicates); diff != "" {
				t.Errorf("%s: duplicates (-want +got):\n%s", tc.reason, diff)
			}
			read := record.LoadingSubscription(tc.given[0], "editor")
			if counts := loading.Counts(record.LoadingProduct(s.product), &read); counts != slices.ContainsFunc(items, func(item string) bool {
				return strings.HasPrefix(item, tc.given[0].Name+"/")
			}) && len(tc.duplicates) == 0 {
				t.Errorf("%s: Counts says %v of the first", tc.reason, counts)
			}
		})
	}
}

// Who owns a key does not depend on the order in which subscriptions are read.
func TestConnectInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys, ages := rapid.SampledFrom([]string{"a", "b"}), rapid.IntRange(0, 2)
		var given []*v1alpha1.Subscription
		for _, name := range []string{"one", "two", "three", "four"} {
			s := makeSubscription(name, ages.Draw(t, "age"), 5)
			s.Spec.Customer.ID = keys.Draw(t, "key")
			given = append(given, s)
		}
		owners := func(subscriptions []*v1alpha1.Subscription) map[string]string {
			owned := map[string]string{}
			for _, each := range (scene{product: makeProduct(hourly), subscriptions: subscriptions}).connect().Items {
				owned[each.Key] = each.Subscription
			}
			return owned
		}
		shuffled := rapid.Permutation(given).Draw(t, "order")
		if diff := cmp.Diff(owners(given), owners(shuffled)); diff != "" {
			t.Fatalf("another order has other owners (-want +got):\n%s", diff)
		}
	})
}
