// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
)

// This file computes the status of a TestClock. It is pure.

// describe writes the result into the status of a clock. The time now is on the wall clock.
func describe(testClock *v1alpha1.TestClock, found verdict, now time.Time) {
	testClock.Status.ObservedGeneration = testClock.Generation
	testClock.Status.Subscriptions = &found.subscriptions

	conditions := status.Of(&testClock.Status.Conditions, testClock.Generation, now)
	if found.waitsFor != "" {
		conditions.InProgress(v1alpha1.ReasonProgressing, found.waitsFor)
		return
	}
	testClock.Status.Now = testClock.Spec.Now.DeepCopy()
	conditions.Ready(v1alpha1.ReasonReconciled, "Everything on the clock has reached its time.")
}
