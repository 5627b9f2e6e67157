// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// TestNoTwoAnswersInOneSecond: of two counts that were observed and loaded in one second, the second would
// pass for the older one.
func TestNoTwoAnswersInOneSecond(t *testing.T) {
	second := start
	within := second.Add(700 * time.Millisecond)
	refresh := metav1.NewTime(second)
	asked := load{requests: map[types.UID]string{"uid-acme": "now"}}
	of := func(clock string, observed time.Time) map[string]answerTimes {
		return map[string]answerTimes{clock: {observed: observed, loaded: second}}
	}
	cases := map[string]struct {
		reason string
		loaded map[string]answerTimes
		entry  v1alpha1.RefreshStatus
		now    time.Time
		want   time.Time
	}{
		"nothing known":         {"the first refresh need not wait", nil, v1alpha1.RefreshStatus{}, within, time.Time{}},
		"the same second":       {"also for somebody who asks", of("", second), v1alpha1.RefreshStatus{}, within, second.Add(time.Second)},
		"the next second":       {"the two can be told apart", of("", second), v1alpha1.RefreshStatus{}, second.Add(time.Second), time.Time{}},
		"by the status":         {"another process made the last one", nil, v1alpha1.RefreshStatus{LastRefreshTime: &refresh}, within, second.Add(time.Second)},
		"a clock that stands":   {"the answers differ by when they came", of("clock", april), v1alpha1.RefreshStatus{Clock: "clock"}, april, second.Add(time.Second)},
		"a clock that moved":    {"the observation tells them apart", of("clock", april), v1alpha1.RefreshStatus{Clock: "clock"}, april.Add(time.Hour), time.Time{}},
		"another clock's times": {"each is told by its own", of("clock", second), v1alpha1.RefreshStatus{}, within, time.Time{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := (&memories{}).get(types.NamespacedName{Name: "editor"})
			for clock, times := range tc.loaded {
				m.loaded[clock] = times
			}
			if got := m.waitFor(asked, tc.entry, tc.now); !got.Equal(tc.want) {
				t.Errorf("%s: waits until %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
