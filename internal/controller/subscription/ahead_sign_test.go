// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// That an archive is ahead is all that a new process knows of it while the database is down. No other fault replaces it:
// otherwise the subscription would be billed after [books.Patience], under a number that the archive has.
func TestAheadStaysSaid(t *testing.T) {
	cases := map[string]struct {
		reason string
		report func(context.Context, *Reconciler, *v1alpha1.Subscription) error
	}{
		"Owed": {reason: "an invoice of the last commit could not be written", report: func(ctx context.Context, r *Reconciler, s *v1alpha1.Subscription) error {
			return r.reportOwed(ctx, s, errors.New("a time-out"))
		}},
		"Refused": {reason: "the API server refuses a write", report: func(ctx context.Context, r *Reconciler, s *v1alpha1.Subscription) error {
			return r.reportRefused(ctx, s, errors.New("a quota"))
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			scheme := runtime.NewScheme()
			if err := v1alpha1.AddToScheme(scheme); err != nil {
				t.Fatal(err)
			}
			sub := builders.MakeSubscription("acme", "shop").Obj()
			said := aheadMessage(&books.Ahead{Archive: "books", Cell: "default", Invoice: "acme-7f3k2x-000007"})
			status.Of(&sub.Status.Conditions, 1, time.Now()).Stalled(v1alpha1.ReasonArchiveAhead, said)
			stored := fake.NewClientBuilder().WithScheme(scheme).WithObjects(sub).WithStatusSubresource(sub).Build()
			r := &Reconciler{Client: stored, Live: stored, Clock: clocktesting.NewFakePassiveClock(time.Now())}
			if err := stored.Get(t.Context(), client.ObjectKeyFromObject(sub), sub); err != nil {
				t.Fatal(err)
			}
			if err := tc.report(t.Context(), r, sub); err == nil {
				t.Error("the fault is not returned, so nothing would be tried again")
			}
			var after v1alpha1.Subscription
			if err := stored.Get(t.Context(), client.ObjectKeyFromObject(sub), &after); err != nil {
				t.Fatal(err)
			}
			if got := facts.SaysArchiveAhead(&after); got != said {
				t.Errorf("%s: the subscription says %q, want %q", tc.reason, got, said)
			}
			if !facts.SaysAheadOf(&after, "books") || facts.SaysAheadOf(&after, "book") {
				t.Error("the sentence does not say which archive is ahead")
			}
		})
	}
}
