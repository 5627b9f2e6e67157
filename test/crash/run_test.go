// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// evidence is what one run left behind.
type evidence struct {
	plan plan
	// writes are those of the story, in order.
	writes []faults.Write
	// generations counts the processes that the story took.
	generations int
	// history is every version that the watch saw, of the prelude too.
	history []sighting
	// end holds the objects as they are at rest.
	end []client.Object
	// restless are writes that were made at rest.
	restless []faults.Write
	panics   []string
	// stuck says why the run did not come to its end; nil when it did.
	stuck error
	// names turns what differs between runs into what does not.
	names *naming
}

// saw says whether there ever were objects of a kind.
func (e *evidence) saw(kind string) bool {
	return slices.ContainsFunc(e.history, func(s sighting) bool { return s.kind == kind })
}

// runs counts the namespaces of this process.
var runs atomic.Int64

// perform plays a scenario under a plan, in a namespace of its own. Its error is about the harness; what
// went wrong with the operator is in the evidence.
func perform(ctx context.Context, scenario Scenario, p plan, m mutant) (*evidence, error) {
	namespace := &corev1.Namespace{}
	namespace.Name = fmt.Sprintf("run-%06d", runs.Add(1))
	if err := live.Create(ctx, namespace); err != nil {
		return nil, err
	}
	s := &stage{namespace: namespace.Name, truth: newMirror(live)}
	for _, object := range scenario.Setup(s.namespace) {
		if err := s.truth.Create(ctx, object); err != nil {
			return nil, fmt.Errorf("set up %s %s: %w", kindOf(object), object.GetName(), err)
		}
	}
	d := newDriver(s)
	d.begin(plan{})
	if err := d.play(ctx, scenario.Prelude); err != nil {
		return nil, fmt.Errorf("prelude: %w", err)
	}
	d.mutant = m
	d.begin(p)
	stuck := d.story(ctx, scenario.Steps)
	found := &evidence{plan: p, writes: d.run.Writes(), generations: d.generations, panics: d.panics, stuck: stuck}
	if stuck == nil {
		found.restless = d.restless(ctx)
	}
	if err := found.gather(ctx, s); err != nil {
		return nil, err
	}
	return found, nil
}

// story plays the steps, and ends every pretence with the last of them.
func (d *driver) story(ctx context.Context, steps []Step) error {
	d.generations = 1
	if err := d.play(ctx, steps); err != nil {
		return err
	}
	return d.present(ctx)
}

// restless runs two rounds on what is at rest, the second by a new process, and returns what they wrote.
func (d *driver) restless(ctx context.Context) []faults.Write {
	before := d.run.Count()
	d.round(ctx)
	d.restart()
	d.round(ctx)
	return d.run.Writes()[before:]
}

// gather reads the end from the API server, and what the watch saw.
func (e *evidence) gather(ctx context.Context, s *stage) error {
	end, err := readAll(ctx, s.namespace, append(watched(), &v1alpha1.TestClockList{}, &v1alpha1.ProrationPolicyList{})...)
	if err != nil {
		return err
	}
	var seen, rest []client.Object
	for _, object := range end {
		switch object.(type) {
		case *v1alpha1.TestClock, *v1alpha1.ProrationPolicy:
			rest = append(rest, object)
		default:
			seen = append(seen, object)
		}
	}
	if e.history, err = watcher.history(ctx, s.namespace, seen); err != nil {
		return err
	}
	e.end = end
	e.names = newNaming(s.namespace, e.history, rest)
	return e.compareWith(s.truth)
}

// compareWith checks that the harness itself showed what was.
func (e *evidence) compareWith(truth *mirror) error {
	for _, object := range e.end {
		shown := object.DeepCopyObject().(client.Object)
		if err := truth.Get(context.Background(), client.ObjectKeyFromObject(object), shown); err != nil {
			return fmt.Errorf("the harness lost %s %s: %w", kindOf(object), object.GetName(), err)
		}
		if shown.GetResourceVersion() != object.GetResourceVersion() {
			return fmt.Errorf("the harness shows %s %s as it was", kindOf(object), object.GetName())
		}
	}
	return nil
}
