// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"slices"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// What kubectl shows of each kind answers what a person asks first.
func TestKubectlGet(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(policies)
	o.apply(limited)
	o.started("acme")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: one-more}
spec: {subscriptionRef: {name: acme}, seats: {increment: 1}}
---
kind: SeatAssignment
metadata: {name: ada}
spec: {subscriptionRef: {name: acme}, item: editors, holder: {id: u-1, displayName: Ada}}
---
kind: Archive
metadata: {name: ledger}
spec: {postgres: {dsnSecretRef: {name: ledger, key: dsn}}}
---
kind: EventSink
metadata: {name: billing}
spec: {url: "https://hooks.example.com/billing", signingSecretRefs: [{name: hook, key: key}]}
`)
	o.run("wait", "subscriptionupdate/one-more", "--for=condition=Applied", "--timeout=90s")
	o.run("wait", "testclock/clock", "--for=condition=Ready", "--timeout=90s")
	o.decided("one-more", v1alpha1.UpdateApplied)

	cases := []struct {
		resource string
		columns  []string
		row      []string
	}{
		{
			"spsub",
			[]string{"NAME", "CUSTOMER", "STATE", "SEATS", "AMOUNT", "RENEWS", "ENDS", "PENDING", "READY", "REASON", "AGE"},
			[]string{"acme", "acme", "Active", "3", "30.00", "2026-05-01T00:00:00Z", "0", "True", "Reconciled"},
		},
		{
			"spupd",
			[]string{"NAME", "SUBSCRIPTION", "SUMMARY", "ADJUSTMENT", "STATE", "AGE"},
			[]string{"one-more", "acme", "editors 2 → 3", "10.00", "Applied"},
		},
		{
			"spprod",
			[]string{"NAME", "SUBSCRIPTIONS", "SEATS", "LAST REFRESH", "NEXT REFRESH", "NEXT RETRY", "READY", "REASON"},
			[]string{"seat"},
		},
		{"spinv", []string{"NAME", "SUBSCRIPTION", "CUSTOMER", "REASON", "ISSUED", "TOTAL", "DUE", "CURRENCY", "AGE"}, nil},
		{"sppol", []string{"NAME", "ROUNDING", "UNIT", "SUBSCRIPTIONS", "READY", "REASON", "AGE"}, []string{"down", "Down"}},
		{
			"spclock",
			[]string{"NAME", "NOW", "REACHED", "SUBSCRIPTIONS", "READY", "AGE"},
			[]string{"clock", "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "1", "True"},
		},
		{"sparch", nil, []string{"ledger"}},
		{"spseat", nil, []string{"ada"}},
		{"spsink", nil, []string{"billing"}},
	}
	for _, c := range cases {
		table := strings.Split(strings.TrimSpace(o.run("get", c.resource)), "\n")
		if got := cells(table[0]); c.columns != nil && !slices.Equal(got, c.columns) {
			t.Errorf("%s has the columns %q, want %q", c.resource, got, c.columns)
		}
		if got := cells(table[1]); c.row != nil && !slices.Equal(got[:len(c.row)], c.row) {
			t.Errorf("%s shows %q, want %q", c.resource, got, c.row)
		}
	}
	all := o.run("get", "seatplane", "-o", "name")
	for _, resource := range []string{"subscription", "subscriptionupdate", "seatproduct", "invoice", "prorationpolicy", "testclock", "seatassignment", "eventsink"} {
		if !strings.Contains(all, resource+".billing.seatplane.dev/") {
			t.Errorf("the category seatplane lacks %s:\n%s", resource, all)
		}
	}
}

// cells splits a line of kubectl's table: columns are two spaces apart at least.
func cells(line string) []string {
	var cells []string
	for cell := range strings.SplitSeq(line, "   ") {
		if cell = strings.TrimSpace(cell); cell != "" {
			cells = append(cells, cell)
		}
	}
	return cells
}

// kubectl explain documents the contract.
func TestKubectlExplain(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	for path, says := range map[string][]string{
		"subscription.spec.items":                {"productRef", "quantity", "What the customer has subscribed to: 1 to 100 items, by name"},
		"subscriptionupdate.spec.seats":          {"increment", "decrement", "count"},
		"seatproduct.spec.dataLoader.sql":        {"query", "dsnSecretRef", "read-only"},
		"prorationpolicy.spec.rounding":          {"Up", "Down", "Nearest"},
		"subscriptionupdate.status.lines.amount": {"major units"},
	} {
		got := o.run("explain", path, "--api-version="+v1alpha1.GroupVersion.String())
		for _, words := range says {
			if !strings.Contains(got, words) {
				t.Errorf("kubectl explain %s does not say %q:\n%s", path, words, got)
			}
		}
	}
}

// Selectable fields find what belongs to a subscription or a customer.
func TestKubectlFieldSelectors(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(limited)
	o.apply(strings.ReplaceAll(limited, "acme", "globex"))
	o.started("acme", "globex")
	for _, c := range []struct{ resource, selector string }{
		{"invoices", "spec.subscriptionRef.name=acme"},
		{"invoices", "spec.customer.id=acme"},
		{"subscriptions", "spec.customer.id=acme,status.state=Active"},
	} {
		got := strings.Fields(o.run("get", c.resource, "--field-selector", c.selector, "-o", "name"))
		if len(got) != 1 || !strings.Contains(got[0], "/acme") {
			t.Errorf("%s with %s: got %q", c.resource, c.selector, got)
		}
	}
}
