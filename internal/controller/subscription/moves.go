// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Before a subscription advances to a new time of a TestClock, it must know every update that was created before the
// clock was moved (consistency.md#1-one-commit). A list of the API server that begins after the move was seen holds
// all of these, for every subscription on the clock. So one list serves all of them. It contains the names and
// versions of the updates. Their content is read from the cache, or from the API server if the cache is behind.

// moves remembers the list of each clock's newest move. The zero value is ready to use.
type moves struct {
	mu sync.Mutex
	of map[types.NamespacedName]*move
}

// move is what was listed when a clock was seen to have moved.
type move struct {
	// clock and generation tell the move from others.
	clock      types.UID
	generation int64
	// listed is closed when open or err is set.
	listed chan struct{}
	// open are the updates that were not finished, by the name of their subscription.
	open map[string][]listedUpdate
	err  error
}

// listedUpdate is an update as it was listed.
type listedUpdate struct {
	name    string
	uid     types.UID
	version string
}

// since returns the updates that were open after a clock was moved to where it is, by the name of their subscription.
// The clock is the one that the pass uses. A list for a later move also serves an earlier one.
func (m *moves) since(ctx context.Context, live client.Reader, clock *v1alpha1.TestClock) (map[string][]listedUpdate, error) {
	of, isFirst := m.join(clock)
	if isFirst {
		of.open, of.err = listOpen(ctx, live, clock.Namespace)
		if of.err != nil {
			m.drop(client.ObjectKeyFromObject(clock), of)
		}
		close(of.listed)
	}
	select {
	case <-of.listed:
		return of.open, of.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join returns the list of a clock's move, and whether the caller is to make it.
func (m *moves) join(clock *v1alpha1.TestClock) (of *move, isFirst bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := client.ObjectKeyFromObject(clock)
	if known := m.of[name]; known != nil && known.clock == clock.UID && known.generation >= clock.Generation {
		return known, false
	}
	if m.of == nil {
		m.of = map[types.NamespacedName]*move{}
	}
	m.of[name] = &move{clock: clock.UID, generation: clock.Generation, listed: make(chan struct{})}
	return m.of[name], true
}

// drop forgets a list that failed, so that the next pass makes another.
func (m *moves) drop(name types.NamespacedName, failed *move) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of[name] == failed {
		delete(m.of, name)
	}
}

// updatePage bounds how many updates one answer of a live list holds.
const updatePage = 500

// listOpen lists the updates of a namespace that are not finished.
func listOpen(ctx context.Context, live client.Reader, namespace string) (map[string][]listedUpdate, error) {
	open := map[string][]listedUpdate{}
	options := &client.ListOptions{Namespace: namespace, Limit: updatePage}
	for {
		var list v1alpha1.SubscriptionUpdateList
		if err := live.List(ctx, &list, options); err != nil {
			return nil, fmt.Errorf("list SubscriptionUpdates: %w", err)
		}
		for i := range list.Items {
			u := &list.Items[i]
			if !facts.Finished(u.Status.State) {
				of := u.Spec.SubscriptionRef.Name
				open[of] = append(open[of], listedUpdate{u.Name, u.UID, u.ResourceVersion})
			}
		}
		if list.Continue == "" {
			return open, nil
		}
		options.Continue = list.Continue
	}
}

// hidden reads those updates of a subscription that the cache does not show as they were when its clock was moved.
func (r *Reconciler) hidden(ctx context.Context, w *world) ([]v1alpha1.SubscriptionUpdate, error) {
	var clock v1alpha1.TestClock
	name := client.ObjectKey{Namespace: w.sub.Namespace, Name: facts.Clock(w.sub)}
	if err := r.Client.Get(ctx, name, &clock, readOnly); err != nil {
		return nil, fmt.Errorf("read TestClock %s: %w", name, err)
	}
	open, err := r.moves.since(ctx, r.Live, &clock)
	if err != nil {
		return nil, err
	}
	var hidden []v1alpha1.SubscriptionUpdate
	for _, listed := range open[w.sub.Name] {
		shown, err := r.shows(ctx, w.sub.Namespace, listed)
		if err != nil {
			return nil, err
		}
		if shown {
			continue
		}
		var u v1alpha1.SubscriptionUpdate
		err = r.Live.Get(ctx, client.ObjectKey{Namespace: w.sub.Namespace, Name: listed.name}, &u)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read SubscriptionUpdate %q: %w", listed.name, err)
		}
		hidden = append(hidden, u)
	}
	return hidden, nil
}

// shows reports whether the cache shows an update as it was listed, or a later version. If versions cannot be
// compared, it returns false.
func (r *Reconciler) shows(ctx context.Context, namespace string, listed listedUpdate) (bool, error) {
	var u v1alpha1.SubscriptionUpdate
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: listed.name}, &u, readOnly)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read SubscriptionUpdate %q: %w", listed.name, err)
	}
	order, err := resourceversion.CompareResourceVersion(u.ResourceVersion, listed.version)
	return err == nil && order >= 0 && u.UID == listed.uid, nil
}
