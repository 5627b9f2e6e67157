// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// product is a SeatProduct "seat" of EUR 10 a month whose quantity the subscription says.
const product = `
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10"}
`

// policies are the three roundings, by day.
const policies = `
kind: ProrationPolicy
metadata: {name: up}
spec: {displayName: By day and up, rounding: Up}
---
kind: ProrationPolicy
metadata: {name: down}
spec: {displayName: By day and down, rounding: Down}
---
kind: ProrationPolicy
metadata: {name: nearest}
spec: {displayName: By day and nearest, rounding: Nearest}
`

// declared is a subscription whose spec declares its seats and names a policy; %d is their number.
func declared(name, policy string) string {
	return `
kind: Subscription
metadata: {name: ` + name + `}
spec:
  customer: {id: ` + name + `}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: %d}
  prorationPolicyRef: {kind: ProrationPolicy, name: ` + policy + `}
  testClockRef: {name: clock}
`
}

// Figure 1: EUR 12.50 a seat; 2 → 7 on 16 April 00:00, no policy: 31.25. The seats are counted in a
// database.
func TestFigure1(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	db := o.database(`CREATE TABLE seats (tenant TEXT, seats INTEGER); INSERT INTO seats VALUES ('acme', 2);`)
	o.apply(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "12.50"}
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
	o.holds("acme", 2)
	o.exec(db, `UPDATE seats SET seats = 7`)
	o.moveClock("2026-04-16T00:00:00Z")

	u := o.adjusted("acme", "editors 2 → 7", "31.25")
	if u.Status.Origin != v1alpha1.OriginRefresh || len(u.Status.Lines) != 1 {
		t.Fatalf("got %+v", u.Status)
	}
	if l := u.Status.Lines[0]; l.FullAmount != "62.50" || l.Rounding != v1alpha1.LineNotRounded || l.Description != "5 seats added, 15 of 30 days" {
		t.Errorf("the line does not explain itself: %+v", l)
	}
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "25.00", "118.75")
}

// Figures 2 and 3: 5 → 6 and 6 → 5 on 11 April 12:00, which leaves 19.5 days, under each rounding.
func TestFigures2And3(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(policies)
	o.apply(product)
	cases := map[string]struct{ up, down v1alpha1.Amount }{
		"up":      {"6.67", "-6.33"},
		"down":    {"6.33", "-6.67"},
		"nearest": {"6.67", "-6.67"},
	}
	for policy := range cases {
		o.apply(fmt.Sprintf(declared(policy+"-more", policy), 5))
		o.apply(fmt.Sprintf(declared(policy+"-less", policy), 6))
	}
	for policy := range cases {
		o.started(policy+"-more", policy+"-less")
	}
	o.moveClock("2026-04-11T12:00:00Z")
	for policy, want := range cases {
		o.edit(declared(policy+"-more", policy), policy+"-more", 6)
		o.edit(declared(policy+"-less", policy), policy+"-less", 5)
		o.adjusted(policy+"-more", "editors 5 → 6", want.up)
		o.adjusted(policy+"-less", "editors 6 → 5", want.down)
	}
}

// Figure 4: as 2 with Down, 5 → 6 and back at the same instant: +6.33, then −6.33.
func TestFigure4(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(policies)
	o.apply(product)
	manifest := declared("acme", "down")
	o.apply(fmt.Sprintf(manifest, 5))
	o.started("acme")
	o.moveClock("2026-04-11T12:00:00Z")
	o.edit(manifest, "acme", 6)
	o.adjusted("acme", "editors 5 → 6", "6.33")
	o.edit(manifest, "acme", 5)
	o.adjusted("acme", "editors 6 → 5", "-6.33")
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "50.00", "50.00")
}

// Figure 9: 10 → 5 DoNotCharge on 6 April, 5 → 15 ProRata on 16 April: 0, then 25.00; on 1 May 15 seats:
// 150.00. The counts come from a ConfigMap, the methods from the product.
func TestFigure9(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	const counts = `
apiVersion: v1
kind: ConfigMap
metadata: {name: counts}
data: {acme: "%d"}
`
	o.apply(fmt.Sprintf(counts, 10))
	o.apply(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10"}
  dataLoader: {configMap: {name: counts}}
  refresh: {schedule: "0 0 * * *"}
  onIncrease: {calculationMethod: ProRata}
  onDecrease: {calculationMethod: DoNotCharge}
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
	o.apply(fmt.Sprintf(counts, 5))
	o.moveClock("2026-04-06T00:00:00Z")
	o.adjusted("acme", "editors 10 → 5", "") // nothing is computed under DoNotCharge
	o.apply(fmt.Sprintf(counts, 15))
	o.moveClock("2026-04-16T00:00:00Z")
	o.adjusted("acme", "editors 5 → 15", "25.00")
	o.moveClock("2026-05-01T00:00:00Z")
	invoices := o.invoiced("acme", "100.00", "175.00")
	if lines := invoices[1].Spec.Lines; len(lines) != 2 || lines[0].Kind != v1alpha1.LineRecurring || lines[0].Amount != "150.00" {
		t.Errorf("May is charged with %+v", lines)
	}
}

// Figure 10: JPY 1000 a seat, 1 → 2 on 11 April 00:00: 667. A user's update asks for the seat.
func TestFigure10(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: JPY
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "1000"}
    seats: {minimum: 1}
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
	o.moveClock("2026-04-11T00:00:00Z")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: one-more}
spec: {subscriptionRef: {name: acme}, seats: {increment: 1}}
`)
	o.decided("one-more", v1alpha1.UpdateApplied)
	o.adjusted("acme", "editors 1 → 2", "667")
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "1000", "2667")
}

// Figure 12: an anchor on 31 January has its boundaries at the ends of the months. The clock jumps over
// all of them at once.
func TestFigure12(t *testing.T) {
	o := open(t, "2026-01-31T00:00:00Z")
	o.apply(product)
	o.apply(`
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-01-31T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: 1}
  testClockRef: {name: clock}
`)
	o.started("acme")
	o.moveClock("2026-06-15T00:00:00Z")
	var starts []string
	for _, invoice := range o.invoiced("acme", "10.00", "10.00", "10.00", "10.00", "10.00") {
		starts = append(starts, invoice.Spec.PeriodStart.UTC().Format("2 Jan"))
	}
	if want := []string{"31 Jan", "28 Feb", "31 Mar", "30 Apr", "31 May"}; !slices.Equal(starts, want) {
		t.Errorf("the periods start on %v, want %v", starts, want)
	}
}
