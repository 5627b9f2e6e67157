// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"testing"
)

// twoCountedProducts are an editor seat of 10.00 and a designer seat of 20.00, each counted in a ConfigMap of
// its own, every day at midnight. An edit applies at the renewal.
const twoCountedProducts = `
apiVersion: v1
kind: ConfigMap
metadata: {name: editors}
data: {acme: "%[1]d"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: designers}
data: {acme: "%[2]d"}
---
kind: SeatProduct
metadata: {name: editor-seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10"}}
  dataLoader: {configMap: {name: editors}}
  refresh: {schedule: "0 0 * * *"}
---
kind: SeatProduct
metadata: {name: designer-seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "20"}}
  dataLoader: {configMap: {name: designers}}
  refresh: {schedule: "0 0 * * *"}
`

const acmeIsOn = `
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: %s}, plan: monthly}
  changePolicy: {applicationSchedule: NextPeriod}
  testClockRef: {name: clock}
`

// A subscription moves to another product at the renewal, on a TestClock. Until then its seats are those of
// the product that its item is on, although its spec no longer names that one: the clock waits for that
// product's refreshes, and wakes it.
func TestMovesToAnotherProductAtTheRenewal(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(fmt.Sprintf(twoCountedProducts, 4, 3))
	o.apply(fmt.Sprintf(acmeIsOn, "editor-seat"))
	o.started("acme")

	o.apply(fmt.Sprintf(acmeIsOn, "designer-seat"))
	o.settled("acme")
	o.clockIsReady()
	o.holds("acme", 4)

	o.moveClock("2026-04-16T12:00:00Z")
	o.holds("acme", 4)
	expect(t, "the product until the renewal", o.subscription("acme").Status.Items[0].Product, "editor-seat")

	o.moveClock("2026-05-01T00:00:00Z")
	expect(t, "the product from the renewal on", o.subscription("acme").Status.Items[0].Product, "designer-seat")

	// The designers were counted at once. The subscription's own policy has their count wait for a renewal.
	o.moveClock("2026-05-02T12:00:00Z")
	o.holds("acme", 4)
	o.moveClock("2026-06-01T00:00:00Z")
	o.holds("acme", 3)
}
