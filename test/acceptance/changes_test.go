// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// limited is a product with 2 to 10 seats of EUR 10, and a subscription whose seats updates change.
const limited = `
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10"}
    seats: {minimum: 2, maximum: 10}
---
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly}
  testClockRef: {name: clock}
`

// A change for the next period waits for the renewal, applies before it is charged, and costs nothing
// by itself.
func TestUpdateForTheNextPeriod(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(limited)
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: six}
spec: {subscriptionRef: {name: acme}, seats: {item: editors, count: 6}, applicationSchedule: NextPeriod}
`)
	u := o.decided("six", v1alpha1.UpdateScheduled)
	if u.Status.ApplyAt == nil || u.Status.ApplyAt.UTC().Format("2 Jan 15:04") != "1 May 00:00" {
		t.Errorf("it applies at %v", u.Status.ApplyAt)
	}
	o.holds("acme", 2)
	o.moveClock("2026-04-30T23:59:59Z")
	o.holds("acme", 2)
	o.moveClock("2026-05-01T00:00:00Z")
	o.adjusted("acme", "editors 2 → 6", "0.00")
	o.holds("acme", 6)
	o.invoiced("acme", "20.00", "60.00")
}

// A change that is billed at once has an invoice of its own.
func TestUpdateInvoicedAtOnce(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(limited)
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: two-more}
spec: {subscriptionRef: {name: acme}, seats: {increment: 2}, proration: AlwaysInvoice}
`)
	u := o.decided("two-more", v1alpha1.UpdateApplied)
	o.clockIsReady()
	invoices := o.invoiced("acme", "20.00", "10.00")
	if got := invoices[1]; got.Spec.Reason != v1alpha1.InvoiceUpdate || u.Status.Invoice != got.Name {
		t.Errorf("the update names invoice %q; it is %s for the reason %s", u.Status.Invoice, got.Name, got.Spec.Reason)
	}
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "20.00", "10.00", "40.00")
}

// What is outside the plan's limits is rejected with a sentence, and changes nothing.
func TestRefusedUpdate(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(limited)
	o.started("acme")
	const update = `
kind: SubscriptionUpdate
metadata: {name: %s}
spec: {subscriptionRef: {name: acme}, seats: {item: editors, %s}}
`
	cases := map[string]struct{ seats, reason, says string }{
		"too-many": {"increment: 9", v1alpha1.ReasonAboveMaximum, "maximum of 10"},
		"too-few":  {"decrement: 1", v1alpha1.ReasonBelowMinimum, "minimum of 2"},
	}
	for name, c := range cases {
		o.apply(fmt.Sprintf(update, name, c.seats))
		u := o.decided(name, v1alpha1.UpdateRejected)
		applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
		if applied == nil || applied.Reason != c.reason || !strings.Contains(applied.Message, c.says) {
			t.Errorf("%s: got %+v", name, applied)
		}
	}
	o.holds("acme", 2)
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "20.00", "20.00")
}

// An edit of a declared quantity is a change like any other, and is recorded as one.
func TestEditOfTheQuantity(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(product)
	manifest := strings.ReplaceAll(declared("acme", "none"), "  prorationPolicyRef: {kind: ProrationPolicy, name: none}\n", "")
	o.apply(fmt.Sprintf(manifest, 5))
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	o.edit(manifest, "acme", 7)
	if u := o.adjusted("acme", "editors 5 → 7", "10.00"); u.Status.Origin != v1alpha1.OriginSpec {
		t.Errorf("its origin is %s", u.Status.Origin)
	}
	if !meta.IsStatusConditionTrue(o.subscription("acme").Status.Conditions, v1alpha1.ConditionInSync) {
		t.Error("the subscription is not InSync")
	}
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "50.00", "80.00")
}

// An edit of a policy reaches what is priced from then on, and nothing that was priced before.
func TestEditOfAPolicy(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(policies)
	o.apply(product)
	manifest := declared("acme", "up")
	o.apply(fmt.Sprintf(manifest, 5))
	o.started("acme")
	o.moveClock("2026-04-11T12:00:00Z")
	o.edit(manifest, "acme", 6)
	o.apply(strings.ReplaceAll(policies, "rounding: Up", "rounding: Down"))
	o.run("wait", "prorationpolicy/up", "--for=condition=Ready", "--timeout=90s")
	o.edit(manifest, "acme", 8)

	first, second := o.adjusted("acme", "editors 5 → 6", "6.67"), o.adjusted("acme", "editors 6 → 8", "12.66")
	if first.Status.PolicyGeneration != 1 || second.Status.PolicyGeneration != 2 {
		t.Errorf("priced by generations %d and %d of the policy", first.Status.PolicyGeneration, second.Status.PolicyGeneration)
	}
	if l := second.Status.Lines[0]; l.Carried == "0" || l.Units != "19" {
		t.Errorf("the second line takes over the first one's rounding: %+v", l)
	}
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "50.00", "99.33")
}

// A source that fails changes no count; when it is back, nothing is lost.
func TestSourceFails(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	db := o.database(`CREATE TABLE seats (tenant TEXT, seats INTEGER); INSERT INTO seats VALUES ('acme', 4);`)
	o.apply(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10"}
  dataLoader:
    sql: {driver: SQLite, dsnSecretRef: {name: db, key: dsn}, query: "SELECT tenant, seats FROM seats"}
  refresh: {schedule: "0 0 * * *"}
---
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly}
  testClockRef: {name: clock}
`)
	o.started("acme")
	o.exec(db, `UPDATE seats SET seats = 7`)
	away := o.databaseFile() + ".away"
	if err := os.Rename(o.databaseFile(), away); err != nil {
		t.Fatal(err)
	}
	o.moveClock("2026-04-11T00:00:00Z")
	o.loaded("False", v1alpha1.ReasonSourceUnreachable)
	o.holds("acme", 4)

	if err := os.Rename(away, o.databaseFile()); err != nil {
		t.Fatal(err)
	}
	o.exec(db, `DELETE FROM seats`) // an answer without a row is no answer either
	o.moveClock("2026-04-13T00:00:00Z")
	o.loaded("False", v1alpha1.ReasonEmptyResult)
	o.holds("acme", 4)

	o.exec(db, `INSERT INTO seats VALUES ('acme', 7)`)
	o.moveClock("2026-04-16T00:00:00Z")
	o.loaded("True", v1alpha1.ReasonRefreshed)
	o.adjusted("acme", "editors 4 → 7", "15.00")
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "40.00", "85.00")
}

// loaded checks what the product says about its last refresh.
func (o *office) loaded(status, reason string) {
	o.Helper()
	o.eventually("Loaded is "+status, func(ctx context.Context) (bool, string, error) {
		var p v1alpha1.SeatProduct
		err := cluster.Get(ctx, o.key("seat"), &p)
		c := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionLoaded)
		return c != nil && string(c.Status) == status && c.Reason == reason, describe(p.Status.Conditions), err
	})
}
