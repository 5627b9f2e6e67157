// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// kindOf names an object's kind as reports do.
func kindOf(object client.Object) string {
	kind, err := live.GroupVersionKindFor(object)
	if err != nil {
		return fmt.Sprintf("%T", object)
	}
	return kind.Kind
}

// kindOfList names the kind of a list's objects.
func kindOfList(list client.ObjectList) string {
	kind, err := live.GroupVersionKindFor(list)
	if err != nil {
		return fmt.Sprintf("%T", list)
	}
	return strings.TrimSuffix(kind.Kind, "List")
}

// sighting is one version of one object, or its end.
type sighting struct {
	kind    string
	object  client.Object
	deleted bool
}

// observer watches all kinds in every namespace.
type observer struct {
	mu   sync.Mutex
	seen map[string][]sighting
	// news is closed and replaced whenever something was seen.
	news chan struct{}
	// ended says why there is nothing to see any more.
	ended error
}

// watched are the kinds of which every version is judged: all that steps depend on.
func watched() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.SubscriptionList{}, &v1alpha1.SubscriptionUpdateList{}, &v1alpha1.InvoiceList{},
		&v1alpha1.SeatProductList{}, &v1alpha1.TestClockList{}, &v1alpha1.ProrationPolicyList{},
		&v1alpha1.SeatAssignmentList{}, &v1alpha1.EventSinkList{},
	}
}

// watchFor is longer than any run of the tests. Left out, the API server ends a watch after half an hour or
// more, and what happens before the next one would go unseen.
const watchFor = 24 * time.Hour

func observe(ctx context.Context, c client.WithWatch) (*observer, error) {
	o := &observer{seen: map[string][]sighting{}, news: make(chan struct{})}
	for _, list := range watched() {
		stream, err := c.Watch(ctx, list, &client.ListOptions{
			Raw: &metav1.ListOptions{TimeoutSeconds: ptr.To(int64(watchFor.Seconds()))},
		})
		if err != nil {
			return nil, fmt.Errorf("watch %T: %w", list, err)
		}
		go o.follow(list, stream)
	}
	return o, nil
}

func (o *observer) follow(list client.ObjectList, stream watch.Interface) {
	for event := range stream.ResultChan() {
		object, ok := event.Object.(client.Object)
		if !ok {
			break
		}
		o.note(sighting{kindOf(object), object, event.Type == watch.Deleted})
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = fmt.Errorf("the watch of %T ended", list)
	o.wake()
}

func (o *observer) note(s sighting) {
	o.mu.Lock()
	defer o.mu.Unlock()
	namespace := s.object.GetNamespace()
	o.seen[namespace] = append(o.seen[namespace], s)
	o.wake()
}

func (o *observer) wake() {
	close(o.news)
	o.news = make(chan struct{})
}

// history returns what was seen in a namespace once that includes the versions that are there at last,
// and forgets it. last are all objects of the watched kinds that are there.
func (o *observer) history(ctx context.Context, namespace string, last []client.Object) ([]sighting, error) {
	return o.historySince(ctx, namespace, nil, last)
}

// historySince is the history since known was returned: what it has not seen again may be among the last.
func (o *observer) historySince(ctx context.Context, namespace string, known []sighting, last []client.Object) ([]sighting, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		o.mu.Lock()
		seen, news, ended := o.seen[namespace], o.news, o.ended
		complete := includes(slices.Concat(known, seen), last)
		if complete {
			delete(o.seen, namespace)
		}
		o.mu.Unlock()
		if complete {
			return seen, nil
		}
		if ended != nil {
			return nil, ended
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, fmt.Errorf("the watch did not show the last versions of all objects: %w", ctx.Err())
		}
	}
}

// includes says whether the newest sightings are the last versions, and the end of all else.
func includes(seen []sighting, last []client.Object) bool {
	newest := map[types.UID]sighting{}
	for _, s := range seen {
		newest[s.object.GetUID()] = s
	}
	for _, object := range last {
		s, ok := newest[object.GetUID()]
		if !ok || s.deleted || s.object.GetResourceVersion() != object.GetResourceVersion() {
			return false
		}
		delete(newest, object.GetUID())
	}
	for _, s := range newest {
		if !s.deleted {
			return false
		}
	}
	return true
}
