// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package clocks tells the time for a subscription: that of its TestClock, or of the wall clock. internal/facts finds
// out which clock a subscription uses. Its time is read from the cluster, so it is read here.
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

// NotFoundError is returned if a TestClock that a subscription uses does not exist.
type NotFoundError struct {
	Namespace, Name string
}

// Error describes the error in a sentence.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("TestClock %q does not exist in namespace %q", e.Name, e.Namespace)
}

// Reader reads clocks.
type Reader struct {
	// Client reads TestClocks.
	Client client.Reader
	// Wall is the clock of subscriptions without a TestClock.
	Wall clock.PassiveClock
}

// Now returns the time on the named TestClock of a namespace, or on the wall clock if the name is
// empty, in whole seconds of UTC. If the TestClock does not exist, it returns a *NotFoundError, because
// a subscription that uses a TestClock must never fall back to the wall clock.
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
