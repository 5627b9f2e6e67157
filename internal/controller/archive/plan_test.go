// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/archive/postgres"
)

func TestPending(t *testing.T) {
	invoice := item{kind: archive.KindInvoice, uid: "i", name: "i", version: "7"}
	update := item{kind: archive.KindUpdate, uid: "u", name: "u"}
	unmarked := invoice
	unmarked.unmarked = true
	cases := map[string]struct {
		reason  string
		known   account
		item    item
		isAsked bool
		want    bool
	}{
		"NewUpdate":     {reason: "the archive does not have it", item: update, want: true},
		"HeldUpdate":    {reason: "an update never changes", known: account{held: map[types.UID]holding{"u": {}}}, item: update},
		"AskedUpdate":   {reason: "retention waits for the archive's word", known: account{held: map[types.UID]holding{"u": {}}}, item: update, isAsked: true, want: true},
		"HeldInvoice":   {reason: "the archive has its state too", known: account{held: map[types.UID]holding{"i": {version: "7"}}}, item: invoice},
		"PaidInvoice":   {reason: "its state has changed", known: account{held: map[types.UID]holding{"i": {version: "6"}}}, item: invoice, want: true},
		"MarkedByUs":    {reason: "the state is stored with the next batch", known: account{held: map[types.UID]holding{"i": {version: "6"}}, states: map[types.UID]state{"i": {version: "7"}}}, item: invoice},
		"UnmarkedOne":   {reason: "a crash came before the mark", known: account{held: map[types.UID]holding{"i": {version: "7"}}}, item: unmarked, want: true},
		"UnknownBefore": {reason: "another process stored it without its state", known: account{held: map[types.UID]holding{"i": {}}}, item: invoice, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.known.isPending(tc.item, tc.isAsked); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	now := start
	var items []item
	for n := range maxRecords + 5 {
		items = append(items, item{kind: archive.KindUpdate, uid: types.UID(fmt.Sprint("u-", n)), name: fmt.Sprintf("%05d", n), created: now.Add(-time.Duration(n) * time.Second)})
	}
	known := account{problems: map[types.UID]problem{
		"u-1004": {since: now.Add(-recheck + time.Second)}, "u-1003": {since: now.Add(-recheck)},
	}}
	chosen, more := known.choose(items, nil, now)
	if len(chosen) != maxRecords || !more {
		t.Fatalf("chose %d, more %v", len(chosen), more)
	}
	if chosen[0].uid != "u-1003" {
		t.Errorf("the oldest that may be tried is %s", chosen[0].uid)
	}
	if chosen, more = known.choose(items[:3], nil, now); len(chosen) != 3 || more {
		t.Errorf("of three, %d were chosen, more %v", len(chosen), more)
	}
}

func TestBatches(t *testing.T) {
	large := string(make([]byte, maxBytes*2/3))
	record := func(text string) archive.Record { return archive.Record{Head: archive.Row{&text}} }
	sizes := func(records ...archive.Record) []int {
		var all []int
		for _, each := range batches(records) {
			all = append(all, len(each))
		}
		return all
	}
	if got := sizes(); got != nil {
		t.Errorf("nothing makes batches of %v", got)
	}
	if diff := cmp.Diff([]int{1, 3}, sizes(record(large), record(large), record("a"), record("b"))); diff != "" {
		t.Error(diff)
	}
}

func TestIsAhead(t *testing.T) {
	cases := map[string]struct {
		reason       string
		next, issued int64
		want         bool
	}{
		"Unknown":    {reason: "the archive has none", next: 3},
		"Same":       {reason: "the latest of both is the same", next: 3, issued: 2},
		"Behind":     {reason: "the archive is late", next: 9, issued: 2},
		"Ahead":      {reason: "the next number is taken", next: 3, issued: 3, want: true},
		"FarAhead":   {reason: "several are", next: 3, issued: 9, want: true},
		"NotStarted": {reason: "the first number is taken", issued: 1, want: true},
		"Nothing":    {reason: "neither has one"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sub := &v1alpha1.Subscription{Status: v1alpha1.SubscriptionStatus{NextInvoiceNumber: tc.next}}
			if got := isAhead(sub, postgres.Issued{Sequence: tc.issued}); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

func TestRetry(t *testing.T) {
	var waits []time.Duration
	for n := 1; n <= 7; n++ {
		waits = append(waits, retry(n))
	}
	if diff := cmp.Diff([]time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, lastRetry, lastRetry}, waits); diff != "" {
		t.Error(diff)
	}
}
