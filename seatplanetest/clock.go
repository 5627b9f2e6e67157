// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Clock is a TestClock. It moves only when the test moves it.
type Clock struct {
	s      *Seatplane
	object *v1alpha1.TestClock
}

// Clock creates a TestClock that shows a time, in whole seconds. A test may have several. A Subscription uses it if
// spec.testClockRef has its Name.
func (s *Seatplane) Clock(now time.Time) *Clock {
	s.t.Helper()
	var clocks v1alpha1.TestClockList
	if err := s.Client.List(s.t.Context(), &clocks, client.InNamespace(s.Namespace)); err != nil {
		s.t.Fatalf("seatplanetest: list the TestClocks: %v", err)
	}
	name := "clock"
	if n := len(clocks.Items); n > 0 {
		name = fmt.Sprintf("clock-%d", n+1)
	}
	clock := &v1alpha1.TestClock{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.TestClockSpec{Now: metav1.NewTime(now)},
	}
	s.Create(clock)
	return &Clock{s: s, object: clock}
}

// Name returns the name of the TestClock.
func (c *Clock) Name() string { return c.object.Name }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time { return c.object.Spec.Now.UTC() }

// CatchUp waits until everything on the clock has reached its time: the operator has processed every object that was
// created or edited, has run every refresh that is due, and has written every update and invoice that follows.
func (c *Clock) CatchUp() {
	c.s.t.Helper()
	c.s.wait(func() (string, error) {
		ctx := c.s.t.Context()
		if err := c.s.Client.Get(ctx, client.ObjectKeyFromObject(c.object), c.object); err != nil {
			return "", fmt.Errorf("read TestClock %q: %w", c.object.Name, err)
		}
		waitsFor, err := c.s.plane.clocks.WaitsFor(ctx, c.object)
		if err != nil || waitsFor != "" {
			return waitsFor, err
		}
		if !isReady(c.object.Status.Conditions, c.object.Status.ObservedGeneration, c.object.Generation) {
			return fmt.Sprintf("TestClock %q is not Ready: %s", c.object.Name, conditionsOf(c.object)), nil
		}
		return "", nil
	})
}

// MoveTo waits until everything has caught up with the present time, moves the clock, and waits again. What the test
// did before the move counts as done at the earlier time. The new time must be later, by at most ten years.
func (c *Clock) MoveTo(now time.Time) {
	c.s.t.Helper()
	c.CatchUp()
	before := c.object.DeepCopy()
	c.object.Spec.Now = metav1.NewTime(now)
	if err := c.s.Client.Patch(c.s.t.Context(), c.object, client.MergeFrom(before)); err != nil {
		c.s.t.Fatalf("seatplanetest: move TestClock %q to %s: %v", c.object.Name, now.UTC().Format(time.RFC3339), err)
	}
	c.CatchUp()
}

// Advance moves the clock forward.
func (c *Clock) Advance(by time.Duration) {
	c.s.t.Helper()
	c.MoveTo(c.Now().Add(by))
}
