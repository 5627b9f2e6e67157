// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
)

// MaxRequest bounds the value of a request for a refresh, in bytes. It is repeated in statuses and updates.
const MaxRequest = 1024

// RefreshRequest returns the refresh that an object asks for by its annotation, "" for none.
func RefreshRequest(object metav1.Object) string {
	asked := object.GetAnnotations()[v1alpha1.AnnotationRefreshRequestedAt]
	return strings.ToValidUTF8(asked[:min(len(asked), MaxRequest)], "")
}

// LoadingProduct reads what a product says about the counting of its seats.
func LoadingProduct(p *v1alpha1.SeatProduct) loading.Product {
	product := loading.Product{
		Name: p.Name, UID: string(p.UID),
		HasLoader: p.Spec.DataLoader != nil,
		Plans:     make([]loading.Plan, 0, len(p.Spec.Plans)),
		Edited:    p.Status.ObservedGeneration != p.Generation,
		Request:   loading.Unanswered(RefreshRequest(p), p.Status.LastHandledRefreshRequest),
	}
	if loader := p.Spec.DataLoader; loader != nil {
		product.Keys = loading.KeyKind(loader.Key)
		if loader.SeatAssignments != nil {
			product.Keys = loading.ByItem
		}
	}
	for n := range p.Spec.Plans {
		product.Plans = append(product.Plans, loadingPlan(&p.Spec.Plans[n]))
	}
	if refresh := p.Spec.Refresh; refresh != nil {
		product.Refresh = loading.Refresh{
			Schedule: refresh.Schedule, Every: refresh.Every, TimeZone: string(refresh.TimeZone),
			Suspended: refresh.Suspend,
			Rules:     dataloader.Rules{OnMissing: dataloader.Missing(refresh.OnMissing), AllowEmpty: refresh.AllowEmpty},
		}
	}
	for _, entry := range p.Status.Refreshes {
		product.Entries = append(product.Entries, LoadingEntry(entry))
	}
	return product
}

func loadingPlan(p *v1alpha1.Plan) loading.Plan {
	plan := loading.Plan{Name: p.Name, Metered: p.Usage == v1alpha1.UsageMetered}
	if p.Seats != nil {
		plan.Minimum, plan.Maximum = ptr.Deref(p.Seats.Minimum, 0), ptr.Deref(p.Seats.Maximum, 0)
	}
	return plan
}

// LoadingEntry reads the state of the refreshes on one clock.
func LoadingEntry(r v1alpha1.RefreshStatus) loading.Entry {
	return loading.Entry{
		Clock:          r.Clock,
		LastRefresh:    Instant(r.LastRefreshTime),
		LastAttempt:    Instant(r.LastAttemptTime),
		NextTick:       Instant(r.NextRefreshTime),
		Failures:       r.ConsecutiveFailures,
		HandledRequest: r.LastHandledRefreshRequest,
	}
}

// LoadOf returns what the data loader of a product last said about a subscription; an entry without a
// reason when it said nothing.
func LoadOf(s *v1alpha1.Subscription, product string) v1alpha1.LoadStatus {
	for n := range s.Status.Loads {
		if s.Status.Loads[n].Product == product {
			return s.Status.Loads[n]
		}
	}
	return v1alpha1.LoadStatus{Product: product}
}

// LoadingSubscription reads what a subscription says about the counting of its items by a product.
func LoadingSubscription(s *v1alpha1.Subscription, product string) loading.Subscription {
	var into loading.Subscription
	ReadLoading(&into, s, product)
	return into
}

// ReadLoading is LoadingSubscription for many: it reads into a value that is used again and again.
func ReadLoading(into *loading.Subscription, s *v1alpha1.Subscription, product string) {
	load := LoadOf(s, product)
	*into = loading.Subscription{
		UID: string(s.UID), Name: s.Name, Created: s.CreationTimestamp.Time,
		Clock: facts.Clock(s), CustomerID: s.Spec.Customer.ID, ExternalRef: string(s.Spec.ExternalRef),
		Ended:     s.Status.State == v1alpha1.SubscriptionCanceled || !s.DeletionTimestamp.IsZero(),
		Request:   loading.Unanswered(RefreshRequest(s), s.Status.LastHandledRefreshRequest, load.LastHandledRefreshRequest),
		KeyFailed: load.Reason == v1alpha1.ReasonBadCounts || load.Reason == v1alpha1.ReasonKeyMissing,
		Items:     into.Items[:0],
	}
	for n := range s.Spec.Items {
		declared := &s.Spec.Items[n]
		item := loading.Item{
			Name: declared.Name, IsDeclared: true,
			Declared: loading.Declared{
				Product: declared.ProductRef.Name, Plan: declared.Plan,
				HasQuantity: declared.Quantity != nil, Recurring: ptr.Deref(declared.Recurring, true),
			},
			ActedOn: actedOn(s, declared.Name),
		}
		into.Items = append(into.Items, item)
	}
	readInForce(into, s)
	for n := range into.Items {
		into.Items[n].Reading = readingOf(s, into.Items[n].Name)
	}
}

// readInForce reads the items that the subscription has.
func readInForce(into *loading.Subscription, s *v1alpha1.Subscription) {
	for n := range s.Status.Items {
		state := &s.Status.Items[n]
		at := slices.IndexFunc(into.Items, func(i loading.Item) bool { return i.Name == state.Name })
		if at < 0 {
			at = len(into.Items)
			into.Items = append(into.Items, loading.Item{Name: state.Name})
		}
		into.Items[at].IsInForce = true
		into.Items[at].InForce = loading.InForce{
			Product: state.Product, Plan: state.Plan, Metered: state.Usage == v1alpha1.UsageMetered,
			Quantity: state.Quantity, HasCount: state.LoadedQuantity != nil,
			Minimum: ptr.Deref(state.Minimum, 0), Maximum: ptr.Deref(state.Maximum, 0), Assigned: ptr.Deref(state.Assigned, 0),
		}
	}
}

func actedOn(s *v1alpha1.Subscription, name string) bool {
	acted := s.Status.ActedOn
	return acted != nil && slices.ContainsFunc(acted.Items, func(i v1alpha1.ActedOnItem) bool { return i.Name == name })
}

// readingOf returns the newest reading of a metered item that was loaded, whether its subscription has
// taken it or not; nil without one.
func readingOf(s *v1alpha1.Subscription, name string) *int64 {
	for n := len(s.Status.LoadedReadings) - 1; n >= 0; n-- { // the newest of an item is its last one
		if loaded := &s.Status.LoadedReadings[n]; loaded.Item == name {
			return &loaded.Reading
		}
	}
	for n := range s.Status.Usage {
		if usage := &s.Status.Usage[n]; usage.Item == name {
			return usage.Reading
		}
	}
	return nil
}

// LoadingPending reads an open update of a refresh. It returns false for any other update, and for one that
// came too late after its answer, which counts are not compared with.
func LoadingPending(u *v1alpha1.SubscriptionUpdate) (loading.ItemID, loading.Pending, bool) {
	cause, seats := u.Spec.Cause, u.Spec.Seats
	if cause == nil || cause.Type != v1alpha1.CauseRefresh || seats == nil || seats.Count == nil {
		return loading.ItemID{}, loading.Pending{}, false
	}
	loaded := Instant(cause.LoadedTime)
	if !loaded.IsZero() && u.CreationTimestamp.Sub(loaded) > loading.MaxAnswerAge {
		return loading.ItemID{}, loading.Pending{}, false
	}
	return loading.ItemID{Subscription: string(u.Spec.SubscriptionRef.UID), Item: cause.Item}, loading.Pending{
		Count:    *seats.Count,
		Observed: Instant(cause.ObservedTime),
		Loaded:   loaded,
		Held:     u.Status.State == v1alpha1.UpdateHeld,
	}, true
}
