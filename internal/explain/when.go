// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// When writes an instant in UTC as people do: "16 April 2026", with the time of day only when it is not midnight. It is
// "an unknown time" for nil.
func When(t *metav1.Time) string {
	if t == nil || t.IsZero() {
		return "an unknown time"
	}
	return WhenAt(t.Time)
}

// WhenAt is [When] of an instant that is set.
func WhenAt(t time.Time) string {
	at := t.UTC()
	switch {
	case at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0:
		return at.Format("2 January 2006")
	case at.Second() == 0:
		return at.Format("2 January 2006 15:04 UTC")
	default:
		return at.Format("2 January 2006 15:04:05 UTC")
	}
}

// interval writes the length of a billing period: "month", "3 months".
func interval(i *v1alpha1.Interval) string {
	if i == nil {
		return "period"
	}
	unit := strings.ToLower(string(i.Unit))
	if i.Count == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", i.Count, unit)
}
