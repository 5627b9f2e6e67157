// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what the status of a TestClock says. It is pure.

// describe puts what was found into the status of a clock. now is the wall clock's.
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
