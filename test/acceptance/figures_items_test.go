// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// plans30and90 is a product with a plan of 30.00 and one of 90.00.
const plans30and90 = `
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: small, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "30"}}
  - {name: big, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "90"}}
`

// onSmall is a subscription to one seat on the small plan, with more of its spec.
func onSmall(name, more string) string {
	return fmt.Sprintf(`
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: %[1]s}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: small, quantity: 1}
  testClockRef: {name: clock}
%[2]s`, name, more)
}

// toBig moves the subscription of its own name to the big plan; what is in changeItems and what beside
// it comes after.
func toBig(name, changeItems, beside string) string {
	return fmt.Sprintf(`
kind: SubscriptionUpdate
metadata: {name: %[1]s}
spec:
  subscriptionRef: {name: %[1]s}
  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: big}]%[2]s}
%[3]s`, name, changeItems, beside)
}

// Figures 5, 6 and 7: from the plan of 30.00 to that of 90.00 on 16 April: +30.00 with Retain and
// renewal on 1 May, +75.00 with Reset and renewal on 16 May; under DoNotCharge nothing, and +90.00.
func TestFigures5To7(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(plans30and90)
	cases := map[string]struct {
		figure              string
		changeItems, beside string
		want                v1alpha1.Amount
		lines               []v1alpha1.Amount
		renewal             string
		onFirstOfMay        []v1alpha1.Amount
	}{
		"retain":        {"5", ", renewalPolicy: Retain", "", "30.00", []v1alpha1.Amount{"-15.00", "45.00"}, "2026-05-01T00:00:00Z", []v1alpha1.Amount{"30.00", "120.00"}},
		"reset":         {"6", ", renewalPolicy: Reset", "", "75.00", []v1alpha1.Amount{"-15.00", "90.00"}, "2026-05-16T00:00:00Z", []v1alpha1.Amount{"30.00", "75.00"}},
		"retain-unpaid": {"7", ", renewalPolicy: Retain", "  calculationMethod: DoNotCharge", "", nil, "2026-05-01T00:00:00Z", []v1alpha1.Amount{"30.00", "90.00"}},
		"reset-unpaid":  {"7", ", renewalPolicy: Reset", "  calculationMethod: DoNotCharge", "90.00", []v1alpha1.Amount{"90.00"}, "2026-05-16T00:00:00Z", []v1alpha1.Amount{"30.00", "90.00"}},
	}
	for name := range cases {
		o.apply(onSmall(name, ""))
	}
	for name := range cases {
		o.started(name)
	}
	o.moveClock("2026-04-16T00:00:00Z")
	for name, c := range cases {
		o.apply(toBig(name, c.changeItems, c.beside))
		u := o.decided(name, v1alpha1.UpdateApplied)
		what := "figure " + c.figure + ", " + name
		expect(t, what+", adjustment", u.Status.AdjustmentAmount, c.want)
		expect(t, what+", new renewal", when(u.Status.NewRenewalTime), c.renewal)
		expect(t, what+", renewal", when(o.subscription(name).Status.RenewalTime), c.renewal)
		expect(t, what+", lines", fmt.Sprint(amounts(u.Status.Lines)), fmt.Sprint(c.lines))
	}
	o.moveClock("2026-05-01T00:00:00Z")
	for name, c := range cases {
		o.invoiced(name, c.onFirstOfMay...)
	}
	o.moveClock("2026-05-16T00:00:00Z")
	o.invoiced("reset", "30.00", "75.00", "90.00") // −15.00 + 90.00 at once, and 90.00 for the next period
	o.invoiced("reset-unpaid", "30.00", "90.00", "90.00")
}

func amounts(lines []v1alpha1.Line) []v1alpha1.Amount {
	var amounts []v1alpha1.Amount
	for i := range lines {
		amounts = append(amounts, lines[i].Amount)
	}
	return amounts
}

// Figure 8: graduated, 1 to 10 at 12, then 10; 8 → 12 on 16 April: (140 − 96) × 15/30 = 22.00.
func TestFigure8(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: Graduated, tiers: [{upTo: 10, unitAmount: "12"}, {unitAmount: "10"}]}
`)
	manifest := `
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: %d}
  testClockRef: {name: clock}
`
	o.apply(fmt.Sprintf(manifest, 8))
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	o.edit(manifest, "acme", 12)
	u := o.adjusted("acme", "editors 8 → 12", "22.00")
	expect(t, "for the whole period", u.Status.Lines[0].FullAmount, v1alpha1.Amount("44.00"))
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "96.00", "162.00")
}

// Figure 11: Europe/Paris, March 2026, in which the clocks go forward on the 29th; EUR 31 a seat by a
// policy of days rounded up; 1 → 2 on 29 March 12:00 local: 12/23 of a day + 2 days, rounded to 3: 3.00.
func TestFigure11(t *testing.T) {
	o := open(t, "2026-02-28T23:00:00Z")
	o.apply(policies)
	o.apply(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "31"}}
`)
	manifest := `
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-02-28T23:00:00Z
  timeZone: Europe/Paris
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: %d}
  prorationPolicyRef: {kind: ProrationPolicy, name: up}
  testClockRef: {name: clock}
`
	o.apply(fmt.Sprintf(manifest, 1))
	o.started("acme")
	expect(t, "renewal, by summer time", when(o.subscription("acme").Status.RenewalTime), "2026-03-31T22:00:00Z")
	o.moveClock("2026-03-29T10:00:00Z")
	o.edit(manifest, "acme", 2)
	u := o.adjusted("acme", "editors 1 → 2", "3.00")
	expect(t, "days", u.Status.Lines[0].Units+" of "+u.Status.Lines[0].UnitsInPeriod, "3 of 31")
	o.moveClock("2026-03-31T22:00:00Z")
	o.invoiced("acme", "31.00", "65.00")
}

// Figures 13 and 14: 5 seats, trial to 11 April. Without an anchor, the first period is 11 April to
// 11 May: 50.00. With one on 1 May, it is a stub to then: 33.33, and 50.00 on 1 May.
func TestFigures13And14(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(product)
	manifest := func(name, more string) string {
		return fmt.Sprintf(`
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: %[1]s}
  startTime: 2026-04-01T00:00:00Z
  trial: {endTime: 2026-04-11T00:00:00Z}
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: 5}
  testClockRef: {name: clock}
%[2]s`, name, more)
	}
	o.apply(manifest("without", ""))
	o.apply(manifest("anchored", "  billingCycleAnchor: 2026-05-01T00:00:00Z"))
	o.become(v1alpha1.SubscriptionTrialing, "without", "anchored")
	o.invoiced("without")
	o.moveClock("2026-04-11T00:00:00Z")
	o.become(v1alpha1.SubscriptionActive, "without", "anchored")
	o.invoiced("without", "50.00")
	o.invoiced("anchored", "33.33")
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("without", "50.00")
	o.invoiced("anchored", "33.33", "50.00")
	o.moveClock("2026-05-11T00:00:00Z")
	o.invoiced("without", "50.00", "50.00")
}
