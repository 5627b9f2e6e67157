// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// Time converts an instant. The zero instant becomes nil.
func Time(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return &metav1.Time{Time: t}
}

// Instant converts an optional instant to UTC. Nil becomes zero.
func Instant(t *metav1.Time) time.Time {
	if t == nil || t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

func readInterval(i v1alpha1.Interval) calendar.Interval {
	return calendar.Interval{Unit: calendar.Unit(i.Unit), Count: int(i.Count)}
}
