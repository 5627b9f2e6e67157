// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly_test

import (
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// A person lets a parked subscription go on, or asks for an invoice, by setting an annotation to a new value. A tool that
// takes the annotation away asks for nothing.
func TestRequestsOfAPerson(t *testing.T) {
	cases := map[string]struct {
		reason         string
		asked, handled string
		want           bool
	}{
		"Never":      {reason: "nobody asked"},
		"First":      {reason: "the value is new", asked: "1", want: true},
		"Handled":    {reason: "a value counts once", asked: "1", handled: "1"},
		"Again":      {reason: "another value counts", asked: "2", handled: "1", want: true},
		"Taken away": {reason: "the annotation is gone, and nobody looked at the subscription", handled: "1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sub := builders.MakeSubscription("acme", "shop").Item("editors", "seat", "monthly", 1).Obj()
			sub.Status.LastHandledUnpark, sub.Status.LastHandledInvoiceRequest = tc.handled, tc.handled
			if tc.asked != "" {
				sub.Annotations = map[string]string{v1alpha1.AnnotationUnpark: tc.asked, v1alpha1.AnnotationInvoiceRequestedAt: tc.asked}
			}
			w, err := assembly.Begin(sub, begin, begin)
			if err != nil {
				t.Fatal(err)
			}
			if w.Input.Unpark != tc.want || w.Input.InvoiceNow != tc.want {
				t.Errorf("%s: unpark %t, invoice %t", tc.reason, w.Input.Unpark, w.Input.InvoiceNow)
			}
		})
	}
}
