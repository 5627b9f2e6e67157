// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
)

// anUpdate and anInvoice are JSON as the API server sends it, without managedFields. %[1]d is the number of the
// record, and %[2]d that of its subscription.
const (
	anUpdate = `{"apiVersion":"billing.seatplane.dev/v1alpha1","kind":"SubscriptionUpdate","metadata":{"name":"customer-%[2]d-%08[1]d",
"namespace":"shop","uid":"0b8f7a52-6a2e-4a57-9a55-%012[1]d","resourceVersion":"%[1]d","generation":1,"creationTimestamp":"2026-04-16T00:00:00Z"},
"spec":{"subscriptionRef":{"name":"customer-%[2]d"},"seats":{"item":"editors","increment":1}},
"status":{"observedGeneration":1,"state":"Applied","summary":"editors 5 → 6","origin":"User","subscriptionUID":"7f1c1f3e-93a6-4d5e-8b39-%012[2]d",
"seenTime":"2026-04-16T00:00:00Z","appliedTime":"2026-04-16T00:00:00Z","effectiveTime":"2026-04-16T00:00:00Z",
"conditions":[{"type":"Applied","status":"True","reason":"Applied","message":"The update has been applied.","lastTransitionTime":"2026-04-16T00:00:00Z"},
{"type":"Ready","status":"True","reason":"Applied","message":"The update has been applied.","lastTransitionTime":"2026-04-16T00:00:00Z"}],
"changes":[{"item":"editors","product":"editor-seat","previousPlan":"monthly","newPlan":"monthly","previousCount":5,"newCount":6,"adjustmentAmount":"5.00"}],
"lines":[{"key":"editors/2026-04-16","kind":"Debit","item":"editors","amount":"5.00","from":"2026-04-16T00:00:00Z","to":"2026-05-01T00:00:00Z",
"description":"1 seat of editors, 15 of 30 days"}]}}`
	anInvoice = `{"apiVersion":"billing.seatplane.dev/v1alpha1","kind":"Invoice","metadata":{"name":"customer-%[1]d-0a1b2c3d-1",
"namespace":"shop","uid":"0b8f7a52-6a2e-4a57-9a55-%012[1]d","resourceVersion":"%[1]d","generation":1,"creationTimestamp":"2026-04-16T00:00:00Z"},
"spec":{"subscriptionRef":{"name":"customer-%[1]d","uid":"7f1c1f3e-93a6-4d5e-8b39-%012[1]d"},"customer":{"id":"c-%[1]d"},"type":"Invoice",
"reason":"Initial","sequence":1,"issueTime":"2026-04-01T00:00:00Z","periodStart":"2026-04-01T00:00:00Z","periodEnd":"2026-05-01T00:00:00Z",
"currency":"EUR","lines":[{"key":"editors/2026-04-01","kind":"Recurring","item":"editors","amount":"50.00","from":"2026-04-01T00:00:00Z",
"to":"2026-05-01T00:00:00Z","description":"5 seats of editors"}],"creditBalanceAfter":"0.00","subtotal":"50.00","creditApplied":"0.00","amountDue":"50.00"}}`
	aSubscription = `{"apiVersion":"billing.seatplane.dev/v1alpha1","kind":"Subscription","metadata":{"name":"customer-%[1]d",
"namespace":"shop","uid":"7f1c1f3e-93a6-4d5e-8b39-%012[1]d","resourceVersion":"%[1]d","generation":1,"creationTimestamp":"2026-04-01T00:00:00Z",
"finalizers":["billing.seatplane.dev/settle"]},
"spec":{"customer":{"id":"c-%[1]d"},"items":[{"name":"editors","productRef":{"name":"editor-seat"},"plan":"monthly","quantity":5}]},
"status":{"observedGeneration":1,"state":"Active","sequence":1,"startTime":"2026-04-01T00:00:00Z","billingCycleAnchor":"2026-04-01T00:00:00Z",
"interval":{"unit":"Month","count":1},"currentPeriod":{"start":"2026-04-01T00:00:00Z","end":"2026-05-01T00:00:00Z","index":0},
"renewalTime":"2026-05-01T00:00:00Z","seats":5,"recurringAmount":"50.00","currency":"EUR","creditBalance":"0.00","pendingUpdates":0,
"lastEventTime":"2026-04-01T00:00:00Z","nextEventTime":"2026-05-01T00:00:00Z","nextInvoiceNumber":2,
"conditions":[{"type":"Ready","status":"True","reason":"Reconciled","message":"The subscription is up to date.","lastTransitionTime":"2026-04-01T00:00:00Z"},
{"type":"InSync","status":"True","reason":"InSync","message":"The spec is in force.","lastTransitionTime":"2026-04-01T00:00:00Z"},
{"type":"Loaded","status":"True","reason":"Loaded","message":"Every item has its count.","lastTransitionTime":"2026-04-01T00:00:00Z"}],
"items":[{"name":"editors","product":"editor-seat","plan":"monthly","quantity":5,"source":"Spec","recurring":true,"charge":"InAdvance",
"capturedPrice":{"model":"PerUnit","unitAmount":"10"},"startQuantity":5,"billedQuantity":5,"referenceTotal":"50","chargedTotal":"50","remainder":"0",
"coverage":[{"units":5,"charged":true}]}],
"upcomingInvoice":{"dueTime":"2026-05-01T00:00:00Z","subtotal":"50.00","creditApplied":"0.00","amountDue":"50.00"},
"initialInvoice":{"name":"customer-%[1]d-0a1b2c3d-1","amountDue":"50.00","time":"2026-04-01T00:00:00Z"},
"recentInvoice":{"name":"customer-%[1]d-0a1b2c3d-1","amountDue":"50.00","time":"2026-04-01T00:00:00Z"}}}`
)

// heapOf is how many bytes of live heap each of some objects takes in an indexed store, with a number of them for each
// subscription.
func heapOf(t *testing.T, object func() client.Object, text string, each int, store func(any) any) int64 {
	t.Helper()
	const records = 6_000
	indexers := cache.Indexers{}
	for _, by := range index.All() {
		if fmt.Sprintf("%T", by.Object) == fmt.Sprintf("%T", object()) {
			indexers[by.Name] = func(stored any) ([]string, error) { return by.Extract(whole(stored).(client.Object)), nil }
		}
	}
	before := liveHeap()
	kept := cache.NewIndexer(cache.MetaNamespaceKeyFunc, indexers)
	for n := range records {
		o := object()
		if err := json.Unmarshal(fmt.Appendf(nil, text, n+1, n/each+1), o); err != nil {
			t.Fatal(err)
		}
		if err := kept.Add(store(o)); err != nil {
			t.Fatal(err)
		}
	}
	bytes := (liveHeap() - before) / records
	if len(kept.ListKeys()) != records {
		t.Fatalf("%d records", len(kept.ListKeys()))
	}
	return bytes
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // far below 2^63
}

// What a record takes in the cache, with its key and its place in the indexes, stays small. docs/operations/capacity.md
// names the bound.
func TestHeapOfRecords(t *testing.T) {
	cases := map[string]struct {
		reason string
		object func() client.Object
		text   string
		// each is how many a subscription has.
		each int
		// most is the most that one may take, in bytes.
		most int64
	}{
		"update":       {"a subscription may have twenty of them", func() client.Object { return &v1alpha1.SubscriptionUpdate{} }, anUpdate, 3, 512},
		"subscription": {"that one has no lines and owes nothing", func() client.Object { return &v1alpha1.Subscription{} }, aSubscription, 1, 3_584},
		"invoice":      {"a subscription has one a month", func() client.Object { return &v1alpha1.Invoice{} }, anInvoice, 1, 768},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			whole := heapOf(t, tc.object, tc.text, tc.each, func(o any) any { return o })
			slim := heapOf(t, tc.object, tc.text, tc.each, func(o any) any {
				kept, _ := Transform(o)
				return pack(kept)
			})
			t.Logf("%d bytes whole, %d in the cache", whole, slim)
			if slim > tc.most {
				t.Errorf("%s: %d bytes each, want at most %d", tc.reason, slim, tc.most)
			}
		})
	}
}
