// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// patience is how long a cycle may take. Two minutes of it are what a refresh may wait for the one before.
const patience = 5 * time.Minute

// perform does an action until it is done, whatever is down.
func (w *world) perform(ctx context.Context, a action) error {
	return eventually(ctx, func(ctx context.Context) (string, error) { return "", a.do(ctx, w) }, a.what)
}

// settle returns when nothing is left to do in a namespace. The API server is asked only when the observer sees nothing
// left: what is asked forty times a second costs more than the work that it waits for.
func (w *world) settle(ctx context.Context, namespace string) error {
	return eventually(ctx, func(ctx context.Context) (string, error) {
		if missing := stateOf(w.seen.objects(namespace)).unsettled(); missing != "" {
			return missing, nil
		}
		w.standing()
		return w.unsettled(ctx, namespace)
	}, "settle")
}

// eventually repeats a question until nothing is missing.
func eventually(ctx context.Context, ask func(context.Context) (missing string, err error), what string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		attempt, end := context.WithTimeout(ctx, 10*time.Second)
		missing, err := ask(attempt)
		end()
		if missing == "" && err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %s: %s %w", patience, what, missing, err)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// state is what there is in a namespace.
type state struct {
	clock         *v1alpha1.TestClock
	subscriptions map[string]*v1alpha1.Subscription
	updates       []*v1alpha1.SubscriptionUpdate
	seats         []*v1alpha1.SeatAssignment
}

func stateOf(objects []client.Object) *state {
	s := &state{subscriptions: map[string]*v1alpha1.Subscription{}}
	for _, object := range objects {
		switch object := object.(type) {
		case *v1alpha1.TestClock:
			s.clock = object
		case *v1alpha1.Subscription:
			s.subscriptions[object.Name] = object
		case *v1alpha1.SubscriptionUpdate:
			s.updates = append(s.updates, object)
		case *v1alpha1.SeatAssignment:
			s.seats = append(s.seats, object)
		}
	}
	return s
}

// unsettled says what is left to do, as the API server has it.
func (w *world) unsettled(ctx context.Context, namespace string) (string, error) {
	var objects []client.Object
	for _, list := range []client.ObjectList{
		&v1alpha1.TestClockList{}, &v1alpha1.SubscriptionList{}, &v1alpha1.SubscriptionUpdateList{}, &v1alpha1.SeatAssignmentList{},
	} {
		if err := w.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return "", err
		}
		err := meta.EachListItem(list, func(object runtime.Object) error {
			objects = append(objects, object.(client.Object))
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return stateOf(objects).unsettled(), nil
}

func (s *state) clockLate() string {
	if s.clock == nil {
		return "the clock is missing"
	}
	if s.clock.Status.ObservedGeneration == s.clock.Generation &&
		meta.IsStatusConditionTrue(s.clock.Status.Conditions, v1alpha1.ConditionReady) {
		return ""
	}
	return fmt.Sprintf("clock: %v", s.clock.Status.Conditions)
}

func (s *state) unsettled() string {
	if missing := s.clockLate(); missing != "" {
		return missing
	}
	if len(s.subscriptions) < customers {
		return "not everybody is there"
	}
	for _, each := range s.subscriptions {
		if missing := s.subscriptionLate(each); missing != "" {
			return each.Name + ": " + missing
		}
	}
	for _, update := range s.updates {
		of := s.subscriptions[string(update.Spec.SubscriptionRef.Name)]
		state := update.Status.State
		if !facts.Finished(state) && state != v1alpha1.UpdateScheduled && of != nil && of.Status.State != v1alpha1.SubscriptionSuspended {
			return fmt.Sprintf("%s is %q: %v", update.Name, state, update.Status.Conditions)
		}
	}
	return ""
}

func (s *state) subscriptionLate(is *v1alpha1.Subscription) string {
	ended := is.Status.State == v1alpha1.SubscriptionCanceled
	switch {
	case !is.DeletionTimestamp.IsZero():
		return "it is being deleted"
	case is.Status.ObservedGeneration != is.Generation:
		return "the spec was not read"
	case is.Status.State == "" || is.Status.State == v1alpha1.SubscriptionPending:
		return fmt.Sprintf("it has not started: %v", is.Status.Conditions)
	case !ended && is.Spec.Suspend != (is.Status.State == v1alpha1.SubscriptionSuspended):
		return "it is not suspended or not resumed"
	case !ended && is.Spec.Cancel != nil && is.Status.EndTime == nil:
		return "it is not to end"
	case meta.IsStatusConditionTrue(is.Status.Conditions, v1alpha1.ConditionReconciling) && !is.Spec.Suspend:
		return fmt.Sprintf("%v", is.Status.Conditions)
	case !ended && !is.Spec.Suspend:
		return s.seatsLate(is)
	}
	return ""
}

// seatsLate compares the seats in use with the assignments.
func (s *state) seatsLate(is *v1alpha1.Subscription) string {
	var assigned, waiting int64
	for _, seat := range s.seats {
		if string(seat.Spec.SubscriptionRef.Name) != is.Name {
			continue
		}
		switch condition := meta.FindStatusCondition(seat.Status.Conditions, v1alpha1.ConditionAssigned); {
		case condition == nil || seat.Status.SubscriptionUID != is.UID:
			return seat.Name + " was not looked at"
		case meta.IsStatusConditionTrue(seat.Status.Conditions, v1alpha1.ConditionAssigned):
			assigned++
		default:
			waiting++
		}
	}
	item := &is.Status.Items[0]
	if said := ptr.Deref(item.Assigned, 0); said != assigned || waiting > 0 && item.Quantity > assigned {
		return fmt.Sprintf("%d seats are assigned, %d wait, and the status says %d of %d", assigned, waiting, said, item.Quantity)
	}
	return ""
}
