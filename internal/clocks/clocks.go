// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package clocks tells what time it is for a subscription: that of its TestClock, or the wall clock's. Which clock that
// is, internal/facts reads off the subscription; what it shows is read from the cluster, and so not there.
package clocks

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// NotFoundError says that a TestClock which somebody lives by does not exist.
type NotFoundError struct {
	Namespace, Name string
}

// Error says it in a sentence.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("TestClock %q does not exist in namespace %q", e.Name, e.Namespace)
}

// Reader reads clocks.
type Reader struct {
	// Client reads TestClocks.
	Client client.Reader
	// Wall is the clock of those who live by no TestClock.
	Wall clock.PassiveClock
}

// Now returns the time on the named TestClock of a namespace, or on the wall clock when the name is
// empty, in whole seconds of UTC. A TestClock that does not exist is a *NotFoundError: nobody who lives
// by a TestClock may fall back to the wall clock.
func (r Reader) Now(ctx context.Context, namespace, name string) (time.Time, error) {
	if name == "" {
		return r.Wall.Now().UTC().Truncate(time.Second), nil
	}
	var testClock v1alpha1.TestClock
	key := client.ObjectKey{Namespace: namespace, Name: name}
	err := r.Client.Get(ctx, key, &testClock)
	if apierrors.IsNotFound(err) {
		return time.Time{}, &NotFoundError{Namespace: key.Namespace, Name: key.Name}
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read TestClock %s: %w", key, err)
	}
	return testClock.Spec.Now.UTC().Truncate(time.Second), nil
}
