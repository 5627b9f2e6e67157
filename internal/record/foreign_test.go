// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// TestForeignStatus: the newest invoice shows for which object a status was written.
func TestForeignStatus(t *testing.T) {
	long := strings.Repeat("a", 63)
	of := func(name, uid string, sequence int64, imported types.UID) *v1alpha1.Subscription {
		s := &v1alpha1.Subscription{}
		s.Name, s.UID = name, "here"
		if sequence > 0 {
			s.Status.RecentInvoice = &v1alpha1.InvoiceSummary{Name: v1alpha1.ObjectName(record.InvoiceName(name, uid, sequence))}
		}
		if imported != "" {
			s.Status.Imported = &v1alpha1.Imported{UID: imported}
		}
		return s
	}
	for name, tc := range map[string]struct {
		reason       string
		subscription *v1alpha1.Subscription
		want         bool
	}{
		"its own":                     {"the manager wrote it", of("acme", "here", 7, ""), false},
		"its own, of a long name":     {"the name is cut", of(long, "here", 7, ""), false},
		"the millionth":               {"numbers have more digits then", of("acme", "here", 1_000_000, ""), false},
		"without an invoice":          {"nothing was billed", of("acme", "", 0, ""), false},
		"of another UID":              {"a tool restored it", of("acme", "there", 7, ""), true},
		"of another UID, a long name": {"a tool restored it", of(long, "there", 7, ""), true},
		"imported":                    {"the import says so", of("acme", "there", 7, "there"), false},
		"imported, of another UID":    {"it was restored and then changed", of("acme", "elsewhere", 7, "there"), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := record.HasForeignStatus(tc.subscription); got != tc.want {
				t.Errorf("%s: got %t for %+v", tc.reason, got, tc.subscription.Status.RecentInvoice)
			}
		})
	}
}
