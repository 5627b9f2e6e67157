// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package eventsink delivers events to EventSinks. It has two reconcilers, which share a [Memory]: [Deliverer] sends the
// events of one subscription or product to one sink, and [Reconciler] writes the status of a sink. Neither of them changes
// what a subscription owes: the only thing that is written to a Subscription or a SeatProduct is how far its events were
// delivered (architecture.md#a-delivery).
package eventsink

import (
	"context"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=eventsinks,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=eventsinks/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions;seatproducts,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions/status;seatproducts/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates;invoices,verbs=get;list
// +kubebuilder:rbac:groups=apps,resources=controllerrevisions,verbs=list;watch;create;delete
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

const (
	// statusEvery is the shortest time between two writes of the status of a sink.
	statusEvery = 10 * time.Second
	// problemEvery is when a sink that cannot be used is looked at again: its Secret may have been corrected.
	problemEvery = time.Minute
)

// Reconciler writes the status of EventSinks.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock.
	Clock clock.PassiveClock
	// Memory is shared with the Deliverer.
	Memory *Memory
	// Poster checks addresses.
	Poster Poster
	// Metrics show what waits. Nil shows nothing.
	Metrics *Metrics
}

// New returns the two reconcilers of an operator, the memory that they share, and their metrics.
func New(cached client.Client, live client.Reader, wall clock.PassiveClock, poster Poster) (*Reconciler, *Deliverer) {
	memory, metrics := NewMemory(wall), NewMetrics()
	return &Reconciler{Client: cached, Live: live, Clock: wall, Memory: memory, Poster: poster, Metrics: metrics},
		&Deliverer{Client: cached, Live: live, Clock: wall, Memory: memory, Poster: poster, Metrics: metrics}
}

// Reconcile writes the status of one sink, at most every ten seconds unless its spec changed.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var sink v1alpha1.EventSink
	err := r.Client.Get(ctx, req.NamespacedName, &sink)
	if apierrors.IsNotFound(err) || (err == nil && !sink.DeletionTimestamp.IsZero()) {
		r.Metrics.forget(req.NamespacedName)
		r.Memory.forgetSink(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("read EventSink: %w", err)
	}
	if facts.IsImporting(&sink) {
		return ctrl.Result{}, nil // its status may not be in place yet; the end of the import triggers it
	}
	r.Memory.identify(facts.Identity(&sink), req.NamespacedName)
	resumed := isResumed(&sink)
	if wait := r.mayWrite(&sink, resumed).Sub(r.Clock.Now()); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	s := situation{now: r.Clock.Now()}
	if s.problem, err = r.problem(ctx, &sink); err != nil {
		return ctrl.Result{}, err
	}
	if resumed && sink.Status.ObservedGeneration > 0 { // there is nothing to forget about a sink that is new
		r.Memory.restart(facts.Identity(&sink))
	}
	waiting, err := r.waits(ctx, &sink, &s.waits)
	if err != nil {
		return ctrl.Result{}, err
	}
	s.known = r.Memory.look(facts.Identity(&sink)).tally
	after := sink.DeepCopy()
	describe(after, s)
	if err := r.report(ctx, &sink, after, s.known); err != nil {
		if isConflict(err) {
			return ctrl.Result{RequeueAfter: time.Second}, nil
		}
		return ctrl.Result{}, err
	}
	r.Metrics.show(after, s.waits)
	if resumed {
		r.Memory.resumed(facts.Identity(&sink))
	}
	if s.problem == nil && (resumed || isStalled(&sink) && !isStalled(after)) {
		for _, pair := range waiting {
			r.Memory.wakePair(pair, 0)
		}
	}
	return r.again(&s), nil
}

// mayWrite is when the status of a sink may be written again. What a person changed or asked for is acted on at once, but
// not more often than every ten seconds either: each time, everything that waits for the sink is looked at.
func (r *Reconciler) mayWrite(sink *v1alpha1.EventSink, resumed bool) time.Time {
	known := r.Memory.look(facts.Identity(sink))
	if resumed {
		return known.resumedAt.Add(statusEvery)
	}
	return known.wroteAt.Add(statusEvery)
}

// again is when to look at a sink again.
func (r *Reconciler) again(s *situation) ctrl.Result {
	switch {
	case s.problem != nil:
		return ctrl.Result{RequeueAfter: problemEvery}
	case s.waits.Events > 0:
		return ctrl.Result{RequeueAfter: statusEvery}
	default:
		return ctrl.Result{}
	}
}

// problem returns why a sink cannot be used, or nil.
func (r *Reconciler) problem(ctx context.Context, sink *v1alpha1.EventSink) (*problem, error) {
	used, err := usedSinks(ctx, r.Client, sink.Namespace)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(used, func(s delivery.Sink) bool { return s.UID == facts.Identity(sink) }) {
		return &problem{v1alpha1.ReasonTooManySinks, fmt.Sprintf("The namespace has more than %d EventSinks, and only the oldest %d receive "+
			"events: delete one that is not needed.", delivery.MaxSinks, delivery.MaxSinks)}, nil
	}
	_, found, err := readKeys(ctx, r.Live, r.Poster, sink)
	return found, err
}

// waits counts what waits for a sink, and returns the pairs that wait.
func (r *Reconciler) waits(ctx context.Context, sink *v1alpha1.EventSink, sum *delivery.Pending) ([]types.NamespacedName, error) {
	var pairs []types.NamespacedName
	to := delivery.Of(sink)
	add := func(from delivery.Source, pair types.NamespacedName) {
		cursor, known := from.Cursor(to.UID)
		if !known {
			return
		}
		waits := delivery.Waiting(to, from, delivery.Farther(cursor, r.Memory.Of(from.UID)[to.UID]))
		sum.Add(waits)
		if waits.Events > 0 {
			pairs = append(pairs, pair)
		}
	}
	undelivered := []client.ListOption{client.InNamespace(sink.Namespace), client.MatchingFields{index.FieldUndelivered: index.Undelivered}, readOnly}
	var subs v1alpha1.SubscriptionList
	if err := r.Client.List(ctx, &subs, undelivered...); err != nil {
		return nil, fmt.Errorf("list Subscriptions: %w", err)
	}
	for i := range subs.Items {
		add(delivery.FromSubscription(&subs.Items[i]), ofSubscription(sink.Namespace, sink.Name, subs.Items[i].Name))
	}
	var products v1alpha1.SeatProductList
	if err := r.Client.List(ctx, &products, undelivered...); err != nil {
		return nil, fmt.Errorf("list SeatProducts: %w", err)
	}
	for i := range products.Items {
		add(delivery.FromProduct(&products.Items[i]), ofProduct(sink.Namespace, sink.Name, products.Items[i].Name))
	}
	var kept appsv1.ControllerRevisionList
	if err := r.Client.List(ctx, &kept, client.InNamespace(sink.Namespace),
		client.MatchingLabels{v1alpha1.LabelDeparted: v1alpha1.DepartedTrue}); err != nil {
		return nil, fmt.Errorf("list ControllerRevisions: %w", err)
	}
	for i := range kept.Items {
		sub, err := delivery.Departed(&kept.Items[i])
		if err != nil {
			continue // its own pass reports it
		}
		add(delivery.FromSubscription(sub), ofDeparted(sink.Namespace, sink.Name, kept.Items[i].Name))
	}
	return pairs, nil
}

// sinkName is the name by which the work queue knows a sink.
func sinkName(sink *v1alpha1.EventSink) types.NamespacedName { return client.ObjectKeyFromObject(sink) }
