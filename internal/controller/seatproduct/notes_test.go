// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var (
	noon     = time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	at       = func(t time.Time) *metav1.Time { return &metav1.Time{Time: t} }
	hourly   = v1alpha1.Refresh{Schedule: "0 * * * *"}
	everyone = map[string]time.Time{"": noon, "clock": noon.AddDate(1, 0, 0)}

	makeProduct = builders.StoredProduct
)

// makeSubscription makes one of the given age in days.
func makeSubscription(name string, age int, quantity int64) *v1alpha1.Subscription {
	return builders.StoredSubscription(name, noon, age, quantity)
}

func makeSituation(product *v1alpha1.SeatProduct, subscriptions ...*v1alpha1.Subscription) *situation {
	s := &situation{product: product, subscriptions: subscriptions}
	s.renew()
	s.facts.Clocks = everyone
	s.facts.Connection = connect(s.facts.Product, subscriptions)
	return s
}

func TestNotes(t *testing.T) {
	other := makeProduct(hourly)
	other.Name = "viewer"
	products := map[string]*v1alpha1.SeatProduct{"viewer": other}
	both := func() *v1alpha1.Subscription {
		s := makeSubscription("acme", 1, 5)
		s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{Name: "viewers", ProductRef: v1alpha1.LocalReference{Name: "viewer"}, Plan: "monthly"})
		s.Annotations = map[string]string{v1alpha1.AnnotationRefreshRequestedAt: "x"}
		return s
	}
	pass := func(subscription *v1alpha1.Subscription, loaded bool) *v1alpha1.Subscription {
		s := makeSituation(makeProduct(hourly), subscription)
		s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{NextRefreshTime: at(noon)}}
		s.renew()
		var taken *result
		if loaded {
			taken = &result{load: s.facts.Due()[0]}
			taken.items = loading.Resolve(taken.load, s.facts.Connection)
		}
		for _, each := range planNotes(s, taken, products, nil) {
			if each.changes() {
				each.write(subscription, noon)
			}
		}
		return subscription
	}
	if got := pass(both(), false).Status; len(got.Loads) > 0 || got.LastHandledRefreshRequest != "" {
		t.Errorf("a request is answered before anything was loaded: %+v", got)
	}
	first := pass(both(), true)
	if diff := cmp.Diff([]v1alpha1.LoadStatus{{Product: "editor", LastHandledRefreshRequest: "x"}}, first.Status.Loads); diff != "" || first.Status.LastHandledRefreshRequest != "" {
		t.Errorf("the first of two products answers for itself: %q\n%s", first.Status.LastHandledRefreshRequest, diff)
	}
	second := both()
	second.Status.Loads = []v1alpha1.LoadStatus{{Product: "viewer", LastHandledRefreshRequest: "x"}}
	if got := pass(second, true).Status; got.LastHandledRefreshRequest != "x" || len(got.Loads) > 0 {
		t.Errorf("the second answers for both: %+v", got)
	}
	declared := both()
	five := int64(5)
	declared.Spec.Items[0].Quantity, declared.Spec.Items[1].Quantity = &five, &five
	if got := pass(declared, false).Status; got.LastHandledRefreshRequest != "x" {
		t.Errorf("where nothing is loaded, the request is answered at once: %+v", got)
	}
	stale := makeSubscription("acme", 1, 5)
	stale.Status.Loads = []v1alpha1.LoadStatus{{Product: "gone", Reason: v1alpha1.ReasonBadCounts}}
	stale.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSeatsCurrent, Status: metav1.ConditionFalse}}
	if got := pass(stale, false).Status; len(got.Loads) > 0 || got.Conditions[0].Status != metav1.ConditionTrue {
		t.Errorf("a product that is not the subscription's any more has nothing to say: %+v", got)
	}
}

// The subscription says since when a key is missing that keeps its count. That is written
// once, however often it is missing.
func TestMissingKeyIsTold(t *testing.T) {
	subscription := makeSubscription("acme", 1, 5)
	s := makeSituation(makeProduct(hourly), subscription)
	s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{NextRefreshTime: at(noon)}}
	s.renew()
	miss := func(observed time.Time, rows ...dataloader.Row) []note {
		taken := &result{load: s.facts.Due()[0], times: loading.AnswerTimes{Observed: observed, Loaded: observed}}
		taken.items = loading.Resolve(taken.load, s.facts.Connection)
		var err error
		if taken.findings, err = loading.Judge(taken.items, dataloader.Answer{Rows: rows}, dataloader.Rules{}, nil); err != nil {
			t.Fatal(err)
		}
		return planNotes(s, taken, nil, nil)
	}
	notes := miss(noon, dataloader.Row{Key: "other", Count: "1"})
	notes[0].write(subscription, noon)
	want := []v1alpha1.LoadStatus{{
		Product: "editor", Reason: v1alpha1.ReasonKeyMissing, Message: `key "acme" is not in the answer`, MissingSince: at(noon),
	}}
	if diff := cmp.Diff(want, subscription.Status.Loads); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	const sentence = `SeatProduct "editor": key "acme" is not in the answer. The key has been missing from the answers of ` +
		`SeatProduct "editor" since 2026-04-16T12:00:00Z. Add its row to the source, or correct the key.`
	current := meta.FindStatusCondition(subscription.Status.Conditions, v1alpha1.ConditionSeatsCurrent)
	if current == nil || current.Status != metav1.ConditionFalse || current.Message != sentence {
		t.Errorf("SeatsCurrent says %+v", current)
	}
	if again := miss(noon.Add(time.Hour), dataloader.Row{Key: "other", Count: "1"}); again[0].changes() {
		t.Error("the same is written again an hour later")
	}
	if found := miss(noon.Add(2*time.Hour), dataloader.Row{Key: "acme", Count: "5"}); !found[0].changes() {
		t.Error("a key that is back is still said to be missing")
	}
}

// A product that an item is on, although the spec does not name it, says on the subscription what is wrong with the
// item's key, once.
func TestNotesOfAProductInForce(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1alpha1.Subscription)
	}{
		"MovesAway": {
			reason: "an edit moves the item to another product at the renewal",
			change: func(s *v1alpha1.Subscription) { s.Spec.Items[0].ProductRef.Name = "viewer" },
		},
		"AddedByUpdate": {
			reason: "an update added the item",
			change: func(s *v1alpha1.Subscription) {
				s.Spec.Items[0].Name, s.Spec.Items[0].ProductRef.Name = "viewers", "viewer"
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			subscription := makeSubscription("acme", 1, 5)
			tc.change(subscription)
			s := makeSituation(makeProduct(hourly), subscription)
			s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{NextRefreshTime: at(noon)}}
			s.renew()
			taken := &result{load: s.facts.Due()[0], times: loading.AnswerTimes{Observed: noon, Loaded: noon}}
			taken.items = loading.Resolve(taken.load, s.facts.Connection)
			var err error
			rows := []dataloader.Row{{Key: "acme", Count: "-3"}}
			if taken.findings, err = loading.Judge(taken.items, dataloader.Answer{Rows: rows}, dataloader.Rules{}, nil); err != nil {
				t.Fatal(err)
			}
			notes := planNotes(s, taken, nil, nil)
			if len(notes) != 1 || !notes[0].changes() {
				t.Fatalf("%s: nothing is written: %+v", tc.reason, notes)
			}
			notes[0].write(subscription, noon)
			current := meta.FindStatusCondition(subscription.Status.Conditions, v1alpha1.ConditionSeatsCurrent)
			const want = `SeatProduct "editor": key "acme" has a negative count: "-3".`
			if current == nil || current.Reason != v1alpha1.ReasonBadCounts || current.Message != want {
				t.Errorf("%s: SeatsCurrent says %+v", tc.reason, current)
			}
			if again := planNotes(s, taken, nil, nil); again[0].changes() {
				t.Errorf("%s: the same is written again: %+v", tc.reason, subscription.Status.Loads)
			}
		})
	}
}
