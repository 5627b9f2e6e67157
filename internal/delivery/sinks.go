// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
)

// MaxSinks is how many sinks of a namespace receive events: the oldest ones. It bounds the cursors in the status of a
// Subscription.
const MaxSinks = 16

// Sink is what decides which events an EventSink receives.
type Sink struct {
	// Name and UID identify the EventSink.
	Name string
	UID  types.UID
	// Spec is not modified.
	Spec *v1alpha1.EventSinkSpec
}

// Of returns the sink that an EventSink describes.
func Of(sink *v1alpha1.EventSink) Sink {
	return Sink{Name: sink.Name, UID: facts.Identity(sink), Spec: &sink.Spec}
}

// Used returns the sinks of one namespace that receive events: the oldest [MaxSinks] that are not being deleted, by
// creation and name. It does not modify the list.
func Used(list []v1alpha1.EventSink) []Sink {
	var present []*v1alpha1.EventSink
	for n := range list {
		if list[n].DeletionTimestamp.IsZero() {
			present = append(present, &list[n])
		}
	}
	slices.SortFunc(present, func(a, b *v1alpha1.EventSink) int {
		return cmp.Or(facts.Created(a).Compare(facts.Created(b)), cmp.Compare(a.Name, b.Name))
	})
	var used []Sink
	for _, sink := range present[:min(len(present), MaxSinks)] {
		used = append(used, Of(sink))
	}
	return used
}

// Wants reports whether a sink receives events of a type about a source.
func (s Sink) Wants(of Source, kind string) bool {
	return s.wantsType(kind) && of.selectedBy(s)
}

// wantsType reports whether a sink receives events of a type about the sources that it selects. Reading a selector costs
// much more than this, so whoever asks about many events of one subscription reads it once.
func (s Sink) wantsType(kind string) bool {
	all := v1alpha1.EventSinkSpec{Types: s.Spec.Types}
	wants, err := event.Wants(&all, nil, event.Type(kind))
	return err == nil && wants
}

// wantsProducts reports whether a sink receives events of products.
func (s Sink) wantsProducts() bool {
	return s.wantsType(string(event.ProductRefreshFailed)) || s.wantsType(string(event.ProductRefreshRecovered))
}

// selects reports whether a sink receives events of subscriptions with the given labels. A selector that cannot be parsed
// selects none; the sink's own status says so.
func (s Sink) selects(labels map[string]string) bool {
	any := v1alpha1.EventSinkSpec{SubscriptionSelector: s.Spec.SubscriptionSelector}
	selects, err := event.Wants(&any, labels, event.InvoiceIssued)
	return err == nil && selects
}

func find(sinks []Sink, uid types.UID) (Sink, bool) {
	at := slices.IndexFunc(sinks, func(s Sink) bool { return s.UID == uid })
	if at < 0 {
		return Sink{}, false
	}
	return sinks[at], true
}
