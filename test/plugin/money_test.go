// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/cli"
	"github.com/seatplane/seatplane/internal/explain"
)

const shop = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: TestClock
metadata: {name: clock}
spec: {now: 2026-04-01T00:00:00Z}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: editor-seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "12.50"}
    seats: {maximum: 20}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: counts}
data: {acme: "4"}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: viewer-seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "4.00"}
  dataLoader: {configMap: {name: counts}}
  refresh: {guard: {maxIncreasePercent: 100}}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme, displayName: Acme Ltd, email: billing@acme.example}
  startTime: 2026-04-01T00:00:00Z
  testClockRef: {name: clock}
  items:
  - {name: editors, productRef: {name: editor-seat}, plan: monthly}
  - {name: viewers, productRef: {name: viewer-seat}, plan: monthly}
`

// A customer's two months, with the plugin alone: seats, refreshes, approvals, invoices, and what was charged and why.
func TestMoney(t *testing.T) {
	p := visit(t, "money", shop)
	p.kubectl("wait", "subscription/acme", "--for=condition=Ready", "--timeout=90s")

	p.types(cli.Done, "seats", "set", "acme", "editors", "10").has(t, "10 seats added", "= 125.00", "It adds up.")
	p.move("2026-04-16T00:00:00Z")

	preview := p.types(cli.MoneyChanges, "seats", "add", "acme", "editors", "5", "--preview")
	preview.has(t, "5 seats added × 12.50 × 15 of 30 days = 31.25", "Nothing was changed.", "The next invoice would be")
	preview.looksLike(t, "seats-preview")
	p.types(cli.Done, "seats", "add", "acme", "editors", "5", "--preview", "--exit-code=false")

	// The second time, the update exists already.
	p.types(cli.Done, "seats", "add", "acme", "editors", "5", "--name", "five-more", "--reason", "asked by sales").looksLike(t, "seats-add")
	p.types(cli.Done, "seats", "add", "acme", "editors", "5", "--name", "five-more", "--reason", "asked by sales").looksLike(t, "seats-add")
	p.types(cli.Refused, "seats", "add", "acme", "editors", "6", "--name", "five-more").has(t, `update "five-more" exists and makes a different change`)
	p.types(cli.Refused, "seats", "add", "acme", "editors", "50").has(t, "AboveMaximum")
	p.types(cli.Refused, "seats", "add", "acme", "nobody", "1").has(t, "UnknownItem")
	p.types(cli.Refused, "seats", "set", "acme", "viewers", "9").has(t, "LoadedFromSource")
	p.types(cli.Refused, "seats", "add", "acme", "editors", "1", "--when", "Sometime").has(t, "applicationSchedule")

	p.refreshes(t)

	p.move("2026-05-01T00:00:00Z")
	p.types(cli.Done, "invoices", "acme", "--expand", "recent,initial,upcoming").looksLike(t, "invoices")
	p.types(cli.Done, "explain", "subscription", "acme").looksLike(t, "explain-subscription")
	history := p.types(cli.Done, "history", "acme", "--chart")
	history.has(t, "editors 10 → 15           Applied    31.25               five-more", "Renewal                   Open       635.75   651.75")
	_, history.out, _ = strings.Cut(history.out, "\n\n")
	history.looksLike(t, "chart")
	p.types(cli.Done, "trace", "acme").has(t,
		"Subscription/acme  (Active, 387.50 EUR a period)  Ready=True (Reconciled)",
		"├─ SeatProduct/viewer-seat  (viewers: 50 on monthly)  Ready=True (Reconciled)  Loaded=True (Refreshed)",
		"├─ SubscriptionUpdate/five-more  (Applied, editors 10 → 15, 31.25)",
		`│    The subscription has no item "nobody": name one that it has.`,
		"(Initial, 16.00 EUR due)")
	p.explained(t)
	p.verified(t)
	p.reported(t)
}

// refreshes counts the viewers again and again.
func (p *person) refreshes(t *testing.T) {
	t.Helper()
	count := func(n string) {
		p.kubectl("patch", "configmap", "counts", "--type=merge", "-p", `{"data":{"acme":"`+n+`"}}`)
	}
	p.types(cli.Done, "refresh", "acme").has(t, "The refresh found no change.")
	count("5")
	p.types(cli.Done, "refresh", "acme").looksLike(t, "refresh")

	count("50")
	held := p.types(cli.LimitExceeded, "refresh", "--product", "viewer-seat", "-o", "json")
	held.has(t, "kubectl seatplane approve acme-")
	var result struct {
		Updates []struct{ Name, State string }
	}
	if err := json.Unmarshal([]byte(held.out), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Updates) != 1 || result.Updates[0].State != "Held" {
		t.Fatalf("the refresh made %+v", result.Updates)
	}
	name := result.Updates[0].Name
	p.types(cli.Done, "status").has(t, "pending approval", name)
	p.types(cli.Done, "explain", "update", name).has(t, "Pending approval.", "It would cost 90.00 EUR")
	p.types(cli.Done, "approve", name).has(t, "45 seats added × 4.00 × 15 of 30 days = 90.00")
	p.types(cli.Refused, "approve", name).has(t, "is Applied: only an update that is Held can be approved")
	p.types(cli.Refused, "approve", "five-more").has(t, "is Applied")

	count("-1")
	p.types(cli.Refused, "refresh", "acme").has(t, "the refresh failed, and the last counts stay: viewer-seat (BadCounts)")
	p.types(cli.Done, "status").has(t, "load fails", "viewer-seat")
	p.types(cli.Failed, "refresh", "--product", "no-such-product").has(t, `there is no SeatProduct "no-such-product"`)
	p.types(cli.Refused, "refresh", "--product", "editor-seat").has(t, "has no data loader")
	count("50")
	p.types(cli.Done, "refresh", "--product", "viewer-seat").has(t, "The refresh found no change.")
	p.types(cli.Done, "status").looksLike(t, "status")
}

// explained explains every update and every invoice: all of them add up.
func (p *person) explained(t *testing.T) {
	t.Helper()
	for kind, resource := range map[string]string{"invoice": "invoices", "update": "subscriptionupdates"} {
		names := strings.Fields(p.kubectl("get", resource, "-o", "jsonpath={.items[*].metadata.name}"))
		if len(names) < 2 {
			t.Errorf("there are too few %s to explain: %q", resource, names)
		}
		for _, name := range names {
			var e explain.Explanation
			if err := json.Unmarshal([]byte(p.types(cli.Done, "explain", kind, name, "-o", "json").out), &e); err != nil {
				t.Fatal(err)
			}
			if !e.AddsUp || e.Name != name {
				t.Errorf("%s %s is explained by %+v", kind, name, e)
			}
		}
	}
}

// verified recomputes the records from the cluster, a file, a directory and a pipe, and finds a cent that is wrong.
func (p *person) verified(t *testing.T) {
	t.Helper()
	p.types(cli.Done, "verify").has(t, "all amounts add up")
	export := p.kubectl("get", "subscriptionupdates,invoices", "-o", "yaml")
	folder := t.TempDir()
	file := filepath.Join(folder, "export.yaml")
	if err := os.WriteFile(file, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	p.types(cli.Done, "verify", file).has(t, "all amounts add up")
	p.types(cli.Done, "verify", folder).has(t, "all amounts add up")
	p.typesWith(p.kubectl("get", "invoices", "-o", "json"), cli.Done, "verify", "-").has(t, "all amounts add up", "Not examined:")
	wrong := strings.Replace(export, `adjustmentAmount: "31.25"`, `adjustmentAmount: "31.26"`, 1)
	if wrong == export {
		t.Fatal("the export has no 31.25")
	}
	p.typesWith(wrong, cli.Refused, "verify", "-").has(t, "31.26")
}

// reported makes a support bundle that names nobody.
func (p *person) reported(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.yaml")
	p.types(cli.Done, "report", "--subscription", "acme", "--file", file).has(t, "Read it before you send it.")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"acme", "Acme", "asked by sales"} {
		if strings.Contains(string(text), name) {
			t.Errorf("the report has %q", name)
		}
	}
	for _, kept := range []string{"customer-name-1", "name: customer-1", "viewer-seat", "kind: Invoice", "31.25"} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("the report lacks %q", kept)
		}
	}
	p.types(cli.Done, "report", "--subscription", "acme", "--with-names").has(t, "Acme Ltd")
}
