// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/internal/testing/builders"
)

func TestAge(t *testing.T) {
	of := func(name string, second int) Age {
		object := builders.MakeSubscription(name, "shop").Obj()
		object.CreationTimestamp = metav1.NewTime(time.Date(2026, 4, 1, 0, 0, second, 0, time.UTC))
		return AgeOf(object)
	}
	cases := map[string]struct {
		reason string
		a, b   Age
		want   int
	}{
		"Older":      {reason: "it was created before", a: of("b", 1), b: of("a", 2), want: -1},
		"Younger":    {reason: "it was created after", a: of("a", 2), b: of("b", 1), want: 1},
		"SameSecond": {reason: "the name decides within a second", a: of("a", 1), b: of("b", 1), want: -1},
		"Same":       {reason: "nothing is older than itself", a: of("a", 1), b: of("a", 1)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.a.Compare(tc.b); got != tc.want {
				t.Errorf("%s: got %d, want %d", tc.reason, got, tc.want)
			}
		})
	}
}
