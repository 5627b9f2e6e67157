// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// Scenario is one story that is told again under every plan of faults.
type Scenario struct {
	// Name is short and in words.
	Name string
	// Setup returns the objects that are there at first.
	Setup func(namespace string) []client.Object
	// Prelude are steps before the story: no fault befalls their writes, and they are not counted.
	Prelude []Step
	// Steps are the story. After each the operator runs to rest.
	Steps []Step
}

// Step is one thing that the world does to the operator.
type Step struct {
	// Name says what, for reports.
	Name string
	// Do carries it out; nil when the step is only to run to rest.
	Do func(ctx context.Context, s *stage) error
	// Answers says that the step goes by what the operator answered: a past that it is shown ends before.
	Answers bool
	// Owing stops the operator for good after its first write of this step: the last of a prelude.
	Owing bool
}

// stage is the namespace of one run as its users see it.
type stage struct {
	namespace string
	truth     *mirror
	// wall is the wall clock of the operator, for those who use no TestClock.
	wall *clocktesting.FakePassiveClock
}

// The names that all scenarios use.
const (
	clockName   = "clock"
	countsName  = "counts"
	productName = "seat"
	planName    = "monthly"
)

// at reads an instant of 2026, such as "04-16" or "04-16T12:00:00".
func at(text string) time.Time {
	if len(text) == len("04-16") {
		text += "T00:00:00"
	}
	instant, err := time.Parse(time.RFC3339, "2026-"+text+"Z")
	if err != nil {
		panic(err)
	}
	return instant
}

// rest lets the operator come to rest.
func rest() Step { return Step{Name: "rest"} }

// takenUp is a step of a world that waits until the operator has done what is to be done.
func takenUp(s Step) Step {
	s.Answers = true
	return s
}

// dieOwing lets the operator die with the commit that answers a step, before it carries out anything.
func dieOwing(s Step) Step {
	return Step{Name: s.Name + ", and die with the commit", Do: s.Do, Owing: true}
}

// moveClock moves the TestClock.
func moveClock(to string) Step {
	return Step{Name: "move the clock to " + to, Do: func(ctx context.Context, s *stage) error {
		return change(ctx, s, clockName, func(c *v1alpha1.TestClock) { c.Spec.Now.Time = at(to) })
	}}
}

// add creates an object in the stage's namespace.
func add(name string, object func(namespace string) client.Object) Step {
	return Step{Name: "create " + name, Do: func(ctx context.Context, s *stage) error {
		return s.truth.Create(ctx, object(s.namespace))
	}}
}

// edit changes an object of a kind.
func edit[T any, P interface {
	*T
	client.Object
}](what, name string, how func(P)) Step {
	return Step{Name: what, Do: func(ctx context.Context, s *stage) error { return change(ctx, s, name, how) }}
}

// remove deletes a subscription.
func remove(name string) Step {
	return Step{Name: "delete Subscription " + name, Do: func(ctx context.Context, s *stage) error {
		return s.truth.Delete(ctx, builders.MakeSubscription(name, s.namespace).Obj())
	}}
}

// count changes what the source answers, and asks for a refresh.
func count(request string, counts map[string]string) Step {
	return Step{Name: "change the source, ask for a refresh", Do: func(ctx context.Context, s *stage) error {
		if err := s.truth.Update(ctx, countsMap(s.namespace, counts)); err != nil {
			return err
		}
		return change(ctx, s, productName, func(p *v1alpha1.SeatProduct) {
			p.Annotations = map[string]string{v1alpha1.AnnotationRefreshRequestedAt: request}
		})
	}}
}

// countsMap is the source of counts: a ConfigMap.
func countsMap(namespace string, counts map[string]string) *corev1.ConfigMap {
	source := &corev1.ConfigMap{Data: counts}
	source.Namespace, source.Name = namespace, countsName
	return source
}

// change reads an object, changes it and writes it back.
func change[T any, P interface {
	*T
	client.Object
}](ctx context.Context, s *stage, name string, how func(P)) error {
	object := P(new(T))
	if err := s.truth.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, object); err != nil {
		return fmt.Errorf("read what is to be edited: %w", err)
	}
	how(object)
	return s.truth.Update(ctx, object)
}
