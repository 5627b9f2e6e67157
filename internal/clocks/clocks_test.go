// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package clocks

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func TestNow(t *testing.T) {
	onClock := time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)
	onWall := time.Date(2026, 11, 21, 12, 0, 0, 999, time.FixedZone("elsewhere", 3600))
	cases := map[string]struct {
		reason    string
		namespace string
		clock     string
		want      time.Time
		notFound  bool
	}{
		"wall clock":      {"whole seconds, UTC", "ns", "", time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC), false},
		"test clock":      {"what the TestClock shows", "ns", "clock", onClock, false},
		"no such clock":   {"nobody falls back to the wall clock", "ns", "other", time.Time{}, true},
		"other namespace": {"a clock counts in its own namespace", "other", "clock", time.Time{}, true},
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	reader := Reader{
		Client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(builders.MakeTestClock("clock", "ns", onClock).Obj()).Build(),
		Wall:   clocktesting.NewFakePassiveClock(onWall),
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := reader.Now(t.Context(), tc.namespace, tc.clock)
			var notFound *NotFoundError
			if errors.As(err, &notFound) != tc.notFound || (err != nil) != tc.notFound {
				t.Errorf("%s: got error %v", tc.reason, err)
			}
			if got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

func TestNowPassesOtherErrorsOn(t *testing.T) {
	broken := errors.New("connection refused")
	c := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return broken
		},
	})
	_, err := Reader{Client: c}.Now(t.Context(), "ns", "clock")
	var notFound *NotFoundError
	if !errors.Is(err, broken) || errors.As(err, &notFound) {
		t.Errorf("got %v", err)
	}
}
