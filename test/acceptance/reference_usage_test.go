// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// metered is a subscription to calls at ten cents each, which a loader reads by its name.
func metered(name, more string) string {
	return fmt.Sprintf(`
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: %[1]s}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: calls, productRef: {name: call}, plan: metered%[2]s
  testClockRef: {name: clock}
`, name, more)
}

// meter opens an office with metered subscriptions, by their limits, and returns how to set all readings.
func meter(t *testing.T, subscriptions map[string]string) (o *office, read func(total int)) {
	o = open(t, "2026-04-01T00:00:00Z")
	read = func(total int) {
		counts := "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: readings}\ndata:\n"
		for name := range subscriptions {
			counts += fmt.Sprintf("  %s: \"%d\"\n", name, total)
		}
		o.apply(counts)
	}
	read(1000)
	o.apply(`
kind: SeatProduct
metadata: {name: call}
spec:
  plans:
  - {name: metered, currency: EUR, interval: {unit: Month, count: 1}, usage: Metered, pricing: {model: PerUnit, unitAmount: "0.10"}}
  dataLoader: {configMap: {name: readings}}
  refresh: {schedule: "0 0 * * *"}
`)
	for name, more := range subscriptions {
		o.apply(metered(name, more))
	}
	return o, read
}

// used checks what was used so far, and what the condition says about it.
func (o *office) used(subscription string, quantity int64, amount v1alpha1.Amount, reason string) v1alpha1.UsageStatus {
	o.Helper()
	s := o.subscription(subscription)
	u := s.Status.Usage[0]
	expect(o, subscription+", used", u.Quantity, quantity)
	expect(o, subscription+", amount", u.Amount, amount)
	condition := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionUsageWithinLimits)
	expect(o, subscription+", UsageWithinLimits", condition.Reason, reason)
	return u
}

// noticed waits until exactly these events of a reason are there about a subscription, in any order.
func (o *office) noticed(subscription, reason string, want ...string) {
	o.Helper()
	slices.Sort(want)
	o.eventually("the events "+reason+" of "+subscription+" are there", func(ctx context.Context) (bool, string, error) {
		var events corev1.EventList
		err := cluster.List(ctx, &events, client.InNamespace(o.namespace))
		var got []string
		for _, e := range events.Items {
			if e.InvolvedObject.Name == subscription && e.Reason == reason {
				got = append(got, e.Message)
			}
		}
		slices.Sort(got)
		return slices.Equal(got, want), fmt.Sprintf("%q", got), err
	})
}

// At 75 %, 90 % and 100 % of a soft limit, by quantity or by amount, an event is sent, and usage continues.
func TestRebillySoftLimit(t *testing.T) {
	o, read := meter(t, map[string]string{
		"quantity": ", usageLimits: {softLimit: {quantity: 100}}}",
		"amount":   `, usageLimits: {softLimit: {amount: "10"}}}`,
		"jump":     ", usageLimits: {softLimit: {quantity: 60}}}",
		"both":     `, usageLimits: {softLimit: {quantity: 1000, amount: "10"}}}`,
	})
	o.started("quantity", "amount", "jump", "both")
	note := func(used, percent int) string {
		return fmt.Sprintf("Item \"calls\" used %d units: %d %% of its soft limit.", used, percent)
	}
	read(1074)
	o.moveClock("2026-04-10T00:00:00Z")
	o.used("quantity", 74, "7.40", v1alpha1.ReasonWithinLimits)
	o.noticed("jump", "SoftLimitReached", note(74, 75), note(74, 90), note(74, 100))
	read(1075)
	o.moveClock("2026-04-11T00:00:00Z")
	read(1090)
	o.moveClock("2026-04-12T00:00:00Z")
	read(1150)
	o.moveClock("2026-04-13T00:00:00Z")
	for _, name := range []string{"quantity", "amount", "both"} {
		u := o.used(name, 150, "15.00", v1alpha1.ReasonSoftLimitReached)
		expect(t, name+", threshold", u.SoftLimitPercent, int32(100))
		o.noticed(name, "SoftLimitReached", note(75, 75), note(90, 90), note(150, 100))
	}
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("quantity", "15.00")
	o.used("quantity", 0, "0.00", v1alpha1.ReasonWithinLimits) // another period, another crossing
}

// A hard limit ends what is billed, by quantity or by amount; the soft limit below it has told before.
func TestRebillyHardLimit(t *testing.T) {
	o, read := meter(t, map[string]string{
		"quantity": ", usageLimits: {softLimit: {quantity: 80}, hardLimit: {quantity: 100}}}",
		"amount":   `, usageLimits: {hardLimit: {amount: "12"}}}`,
		"licensed": ", quantity: 1}",
	})
	o.apply(strings.ReplaceAll(plans30and90, "name: seat", "name: licensed"))
	o.apply(strings.ReplaceAll(metered("licensed", ", quantity: 3, usageLimits: {softLimit: {quantity: 1}, hardLimit: {quantity: 2}}}"),
		"productRef: {name: call}, plan: metered", "productRef: {name: licensed}, plan: small"))
	o.started("quantity", "amount", "licensed")
	read(1090)
	o.moveClock("2026-04-10T00:00:00Z")
	o.used("quantity", 90, "9.00", v1alpha1.ReasonSoftLimitReached)
	o.used("amount", 90, "9.00", v1alpha1.ReasonWithinLimits)
	read(1150)
	o.moveClock("2026-04-11T00:00:00Z")
	expect(t, "hard limit reached", o.used("quantity", 100, "10.00", v1alpha1.ReasonHardLimitReached).HardLimitReached, true)
	expect(t, "hard limit reached", o.used("amount", 120, "12.00", v1alpha1.ReasonHardLimitReached).HardLimitReached, true)
	o.noticed("quantity", "HardLimitReached", `Item "calls" used 100 units: further usage in this period is not billed.`)
	o.noticed("amount", "HardLimitReached", `Item "calls" used 120 units: further usage in this period is not billed.`)
	read(1400)
	o.moveClock("2026-04-20T00:00:00Z")
	o.used("quantity", 100, "10.00", v1alpha1.ReasonHardLimitReached)

	ignored := meta.FindStatusCondition(o.subscription("licensed").Status.Conditions, v1alpha1.ConditionUsageWithinLimits)
	expect(t, "limits on a licensed item", ignored.Reason, v1alpha1.ReasonNotMetered)
	o.holds("licensed", 3)
	o.moveClock("2026-05-01T00:00:00Z")
	read(1410)
	o.moveClock("2026-05-02T00:00:00Z")
	o.used("quantity", 10, "1.00", v1alpha1.ReasonWithinLimits)
	o.invoiced("quantity", "10.00")
	o.invoiced("amount", "12.00")
	o.invoiced("licensed", "90.00", "90.00")
}

// A trial limit holds during the trial alone; what went beyond it is not billed later.
func TestRebillyTrialLimit(t *testing.T) {
	const trial = "\n  trial: {endTime: 2026-04-15T00:00:00Z}"
	o, read := meter(t, map[string]string{
		"quantity": ", usageLimits: {trialLimit: {quantity: 50}}}" + trial,
		"amount":   `, usageLimits: {trialLimit: {amount: "6"}}}` + trial,
	})
	o.become(v1alpha1.SubscriptionTrialing, "quantity", "amount")
	read(1200)
	o.moveClock("2026-04-10T00:00:00Z")
	expect(t, "trial limit reached", o.used("quantity", 50, "5.00", v1alpha1.ReasonTrialUsageLimitReached).TrialLimitReached, true)
	expect(t, "trial limit reached", o.used("amount", 60, "6.00", v1alpha1.ReasonTrialUsageLimitReached).TrialLimitReached, true)
	o.noticed("quantity", v1alpha1.ReasonTrialUsageLimitReached, `Item "calls" used 50 units: further usage is not counted until the trial ends.`)
	o.moveClock("2026-04-15T00:00:00Z")
	read(1290)
	o.moveClock("2026-04-20T00:00:00Z")
	o.used("quantity", 90, "9.00", v1alpha1.ReasonWithinLimits) // more than the trial's limit
	o.moveClock("2026-05-15T00:00:00Z")
	o.invoiced("quantity", "9.00")
	o.invoiced("amount", "9.00")
}

// A change of items brings its limits: they hold from then on, and a list without them takes them away.
func TestRebillyUsageLimitsOfAChange(t *testing.T) {
	o, read := meter(t, map[string]string{"acme": ", usageLimits: {hardLimit: {quantity: 50}}}"})
	o.started("acme")
	read(1080)
	o.moveClock("2026-04-10T00:00:00Z")
	o.used("acme", 50, "5.00", v1alpha1.ReasonHardLimitReached)
	const list = `
kind: SubscriptionUpdate
metadata: {name: %s}
spec:
  subscriptionRef: {name: acme}
  changeItems: {items: [{name: calls, productRef: {name: call}, plan: metered%s}]}
`
	o.apply(fmt.Sprintf(list, "raised", `, usageLimits: {softLimit: {quantity: 60}, trialLimit: {quantity: 1}, hardLimit: {amount: "7"}}`))
	o.decided("raised", v1alpha1.UpdateApplied)
	read(1200) // 120 more, of which 20 are taken; what was capped before is not taken later
	o.moveClock("2026-04-11T00:00:00Z")
	u := o.used("acme", 70, "7.00", v1alpha1.ReasonHardLimitReached)
	expect(t, "soft limit", u.SoftLimitPercent, int32(100))
	o.apply(fmt.Sprintf(list, "lifted", ""))
	o.decided("lifted", v1alpha1.UpdateApplied)
	expect(t, "limits in force", o.subscription("acme").Status.Items[0].UsageLimits == nil, true)
	read(1300)
	o.moveClock("2026-04-12T00:00:00Z")
	o.used("acme", 170, "17.00", v1alpha1.ReasonWithinLimits)
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "17.00")
}

// A limit has a dimension, and none is negative.
func TestRebillyLimitsAreBounded(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	for limits, says := range map[string]string{
		"{softLimit: {}}":                "set quantity, amount or both",
		"{hardLimit: {quantity: -1}}":    "greater than or equal to 0",
		`{hardLimit: {amount: "-1"}}`:    "not negative",
		"{trialLimit: {quantity: 1.5}}":  "quantity",
		`{softLimit: {amount: "a lot"}}`: "decimal in major units",
	} {
		o.refused(metered("acme", ", usageLimits: "+limits+"}"), says)
	}
}
