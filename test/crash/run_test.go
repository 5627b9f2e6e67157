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

	"github.com/seatplane/seatplane/internal/testing/faults"
)

// evidence is what one run left behind.
type evidence struct {
	plan plan
	// writes are those of the story, in order.
	writes []faults.Write
	// stepEnds are the numbers of the last writes before each step.
	stepEnds []int
	// history is every version that the watch saw, of the prelude too.
	history []sighting
	// end holds the objects as they are at rest.
	end []client.Object
	// restless are writes that were made at rest.
	restless []faults.Write
	panics   []string
	// unfinished are passes that wrote and left something to do, although nothing would wake the subscription again.
	unfinished []string
	// refused is how many writes the API server refused for good.
	refused int
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

// newStage makes a namespace with some objects.
func newStage(ctx context.Context, setup func(namespace string) []client.Object) (*stage, error) {
	namespace := &corev1.Namespace{}
	namespace.Name = fmt.Sprintf("run-%06d", runs.Add(1))
	if err := live.Create(ctx, namespace); err != nil {
		return nil, err
	}
	s := &stage{namespace: namespace.Name, truth: newMirror(live)}
	for _, object := range setup(s.namespace) {
		if err := s.truth.Create(ctx, object); err != nil {
			return nil, fmt.Errorf("set up %s %s: %w", kindOf(object), object.GetName(), err)
		}
	}
	return s, nil
}

// perform plays a scenario under a plan, in a namespace of its own. Its error is about the harness; what
// went wrong with the operator is in the evidence.
func perform(ctx context.Context, scenario Scenario, p plan, m mutant) (*evidence, error) {
	s, err := newStage(ctx, scenario.Setup)
	if err != nil {
		return nil, err
	}
	d := newDriver(s)
	d.begin(plan{})
	if err := d.play(ctx, scenario.Prelude); err != nil {
		return nil, fmt.Errorf("prelude: %w", err)
	}
	d.mutant = m
	d.begin(p)
	stuck := d.story(ctx, scenario.Steps)
	found := &evidence{plan: p, writes: d.run.Writes(), stepEnds: d.stepEnds, panics: d.panics, unfinished: d.unfinished, refused: d.refuser.refusals, stuck: stuck}
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

// gather takes the end from the harness, and from the watch how it came to that: the watch has to show
// just what the harness showed.
func (e *evidence) gather(ctx context.Context, s *stage) (err error) {
	e.end = s.truth.every(watched()...)
	if e.history, err = watcher.history(ctx, s.namespace, e.end); err != nil {
		return err
	}
	e.names = newNaming(s.namespace, e.history)
	return nil
}
