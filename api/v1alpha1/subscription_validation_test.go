// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

const (
	limitNotDecimal            = "a limit is a decimal in major units, not negative, with at most 15 digits before the point and 12 after it: write one such as 12.50"
	keepTrialNeedsRetain       = "keepTrial needs renewalPolicy: Retain: a Reset always ends the trial"
	ignoreRecurringNeedsKeep   = "ignoreRecurring needs keepTrial: true: only a trial that continues can stay trial-only"
	clockImmutable             = "testClockRef is immutable: create another subscription"
	startImmutable             = "the subscription has started, so startTime is immutable: revert the edit, or create another subscription"
	anchorImmutable            = "the subscription has started, so billingCycleAnchor is immutable: revert the edit, or create a SubscriptionUpdate with renewalPolicy Reset"
	trialImmutable             = "the subscription has started, so trial is immutable: revert the edit; a change of items ends a trial early"
	trialEndImmutable          = "trial.endTime can be moved only while the trial lasts, and cannot be removed after the start: revert the edit"
	onTrial                    = `{status: {observedGeneration: 1, state: Trialing, startTime: "2026-01-31T00:00:00Z", currentPeriod: {start: "2026-01-31T00:00:00Z", end: "2026-03-01T00:00:00Z", index: 0, trial: true}}}`
	billedUntilImmutable       = "the subscription has started, so billedUntil is immutable: revert the edit, or create another subscription"
	started                    = `{status: {observedGeneration: 1, state: Active, startTime: "2026-01-31T00:00:00Z"}}`
	suspendedAfterStart        = `{status: {observedGeneration: 1, state: Suspended, startTime: "2026-01-31T00:00:00Z"}}`
	suspendedBeforeStart       = `{status: {observedGeneration: 1, state: Suspended}}`
	pending                    = `{status: {observedGeneration: 1, state: Pending}}`
	withTimes, withoutAnyTimes = "full/subscription", ""
)

func TestSubscriptionValidation(t *testing.T) {
	validate(t, "Subscription",
		instants("spec.startTime", "", ""),
		instants("spec.billingCycleAnchor", "", ""),
		instants("spec.billedUntil", "", ""),
		instants("spec.trial.endTime", "", ""),
		instants("spec.cancel.at", "", ""),
		startedRows("startTime", startImmutable),
		startedRows("billingCycleAnchor", anchorImmutable),
		startedRows("billedUntil", billedUntilImmutable),
		trialRows,
		identifiers("spec.externalRef", "", "externalRef"), identifiers("spec.customer.id", "", "customer.id"),
		identifiers("spec.customer.email", "", "customer.email"), displayNames("spec.customer.displayName", "", "customer.displayName"),
		usageLimits("spec.items.0.usageLimits", ""),
		entryNames("spec.items.0.name", ""),
		entryNames("spec.items.0.plan", ""),
		objectNames("spec.items.0.productRef.name", ""),
		objectNames("spec.prorationPolicyRef.name", withTimes),
		objectNames("spec.testClockRef.name", withTimes),
		subscriptionRows, changePolicyRows, cancelRows,
	)
}

var subscriptionRows = map[string]row{
	"the least": {reason: "a customer and an item are enough"},
	"another name of the customer": {
		reason: "companies change their names",
		edit:   "{spec.customer.displayName: Acme Corporation}",
	},
	"another customer": {
		reason:  "what one owes is not owed by another",
		edit:    "{spec.customer.id: globex}",
		refused: "customer.id is immutable: create another subscription",
	},
	"another quantity after the start": {
		reason: "that is what the spec is for",
		from:   withTimes, status: started,
		edit: "{spec.items.0.quantity: 7, spec.timeZone: Asia/Tokyo}",
	},
	"no items":              {reason: "there is nothing to bill", with: "{spec.items: []}", refused: "should have at least 1 items"},
	"two items of one name": {reason: "a line could mean either", with: "{spec.items: [{name: a, productRef: {name: p}, plan: one}, {name: a, productRef: {name: p}, plan: two}]}", refused: "Duplicate value"},
	"a zone that is not there": {
		reason: "parsing is a condition, not a refusal: GitOps applies in any order",
		with:   "{spec.timeZone: Mars/Olympus}",
	},
	"another clock":        {reason: "time cannot be changed for another", from: withTimes, edit: "{spec.testClockRef.name: other}", refused: clockImmutable},
	"a clock taken away":   {reason: "time cannot be changed for another", from: withTimes, edit: "{spec.testClockRef: null}", refused: clockImmutable},
	"a clock added":        {reason: "time cannot be changed for another", edit: "{spec.testClockRef: {name: clock}}", refused: clockImmutable},
	"the clock as it is":   {reason: "an edit of something else", from: withTimes, edit: "{spec.suspend: null}"},
	"suspended and lifted": {reason: "suspending is free", status: started, edit: "{spec.suspend: true}"},
}

var changePolicyRows = map[string]row{
	"keepTrial with Retain":    {reason: "the trial continues with the period", with: "{spec.changePolicy: {keepTrial: true, renewalPolicy: Retain}}"},
	"keepTrial with Reset":     {reason: "a Reset always ends the trial", with: "{spec.changePolicy: {keepTrial: true, renewalPolicy: Reset}}", refused: keepTrialNeedsRetain},
	"keepTrial alone":          {reason: "the value in force may come from elsewhere", with: "{spec.changePolicy: {keepTrial: true}}", refused: keepTrialNeedsRetain},
	"keepTrial denied":         {reason: "false asks for nothing", with: "{spec.changePolicy: {keepTrial: false, ignoreRecurring: false}}"},
	"ignoreRecurring alone":    {reason: "the trial would end", with: "{spec.changePolicy: {ignoreRecurring: true, renewalPolicy: Retain}}", refused: ignoreRecurringNeedsKeep},
	"ignoreRecurring denied":   {reason: "the trial would end", with: "{spec.changePolicy: {ignoreRecurring: true, keepTrial: false}}", refused: ignoreRecurringNeedsKeep},
	"ignoreRecurring as well":  {reason: "the trial continues, and stays trial-only", with: "{spec.changePolicy: {ignoreRecurring: true, keepTrial: true, renewalPolicy: Retain}}"},
	"changes applied Custom":   {reason: "there is no instant to apply at", with: "{spec.changePolicy: {applicationSchedule: Custom}}", refused: noCustomApply},
	"changes billed Custom":    {reason: "there is no instant to bill at", with: "{spec.changePolicy: {paymentSchedule: Custom}}", refused: noCustomPay},
	"changes of the next time": {reason: "every other schedule is a policy", with: "{spec.changePolicy: {applicationSchedule: NextPeriod, paymentSchedule: Immediately}}"},
}

const cancelSaysNothing = "set at or atPeriodEnd: true to end the subscription, or calculationMethod alone to say how a deletion is settled"

var cancelRows = map[string]row{
	"cancelled at an instant":       {reason: "one of the two", with: `{spec.cancel: {at: "2027-01-31T00:00:00Z"}}`},
	"cancelled at the period's end": {reason: "one of the two", with: "{spec.cancel: {atPeriodEnd: true, calculationMethod: ProRata}}"},
	"cancelled at both":             {reason: "one would win", with: `{spec.cancel: {at: "2027-01-31T00:00:00Z", atPeriodEnd: true}}`, refused: "at and atPeriodEnd are mutually exclusive: set one"},
	"cancelled at an instant only":  {reason: "false asks for nothing", with: `{spec.cancel: {at: "2027-01-31T00:00:00Z", atPeriodEnd: false}}`},
	"a method alone":                {reason: "a deletion settles by it", with: "{spec.cancel: {calculationMethod: ProRata}}"},
	"cancelled never":               {reason: "nobody knows when it ends", with: "{spec.cancel: {}}", refused: cancelSaysNothing},
	"cancelled at no period's end":  {reason: "nobody knows when it ends", with: "{spec.cancel: {atPeriodEnd: false}}", refused: cancelSaysNothing},
	"a cancellation taken back":     {reason: "before it is due, it is undone", from: withTimes, status: started, edit: "{spec.cancel: null}"},
}

// startedRows are the edits of an instant that the start fixes.
func startedRows(field, refused string) map[string]row {
	path := "spec." + field
	another, removed := `{`+path+`: "2026-03-02T00:00:00Z"}`, `{`+path+`: null}`

	return map[string]row{
		field + " before anything was seen":  {"nothing has started", withTimes, "", "", another, ""},
		field + " while pending":             {"nothing has started", withTimes, "", pending, another, ""},
		field + " removed while pending":     {"nothing has started", withTimes, "", pending, removed, ""},
		field + " suspended before start":    {"suspending is not starting", withTimes, "", suspendedBeforeStart, another, ""},
		field + " after the start":           {"periods are counted from it", withTimes, "", started, another, refused},
		field + " removed after the start":   {"periods are counted from it", withTimes, "", started, removed, refused},
		field + " written after the start":   {"periods are counted from it", withoutAnyTimes, "", started, another, refused},
		field + " suspended after the start": {"suspending does not undo the start", withTimes, "", suspendedAfterStart, another, refused},
	}
}

// The end of a trial can be moved while it lasts; an edit that would change nothing is refused.
var trialRows = map[string]row{
	"trial before the start":                {"nothing has started", withTimes, "", pending, `{spec.trial: {endTime: "2026-03-02T00:00:00Z"}}`, ""},
	"trial longer while it lasts":           {"a trial can be extended", withTimes, "", onTrial, `{spec.trial: {endTime: "2026-03-02T00:00:00Z", only: true}}`, ""},
	"trial shorter while it lasts":          {"a trial can be ended", withTimes, "", onTrial, `{spec.trial: {endTime: "2026-02-02T00:00:00Z", only: true}}`, ""},
	"end of a plan's trial while it lasts":  {"a trial can be extended", withoutAnyTimes, "", onTrial, `{spec.trial: {endTime: "2026-03-02T00:00:00Z"}}`, ""},
	"trial longer after its end":            {"there is none to extend", withTimes, "", started, `{spec.trial: {endTime: "2026-03-02T00:00:00Z", only: true}}`, trialEndImmutable},
	"trial removed while it lasts":          {"it would continue anyway", withTimes, "", onTrial, `{spec.trial: {only: true}}`, trialEndImmutable},
	"trial removed after the start":         {"it would continue anyway", withTimes, "", started, `{spec.trial: {only: true}}`, trialEndImmutable},
	"trial written after the start":         {"it would never begin", withoutAnyTimes, "", started, `{spec.trial: {only: true}}`, trialImmutable},
	"trial said in more words":              {"going on is what is left out", withoutAnyTimes, "", started, `{spec.trial: {only: false}}`, ""},
	"another field after the start":         {"the trial is as it was", withTimes, "", started, `{spec.timeZone: Europe/Paris}`, ""},
	"another field, and there was no trial": {"there is none still", withoutAnyTimes, "", started, `{spec.timeZone: Europe/Paris}`, ""},
}

// usageLimits makes rows for the limits of an item.
func usageLimits(path, from string) map[string]row {
	table := map[string]row{}
	for _, limit := range []string{"softLimit", "trialLimit", "hardLimit"} {
		field := func(value string) string { return "{" + path + ": {" + limit + ": " + value + "}}" }
		table[path+"."+limit+" by quantity"] = row{"one dimension is enough", from, field("{quantity: 0}"), "", "", ""}
		table[path+"."+limit+" by amount"] = row{"one dimension is enough", from, field(`{amount: "90.50"}`), "", "", ""}
		table[path+"."+limit+" by nothing"] = row{"it limits nothing", from, field("{}"), "", "", "a usage limit needs a bound: set quantity, amount or both"}
		table[path+"."+limit+" below zero"] = row{"usage is never negative", from, field(`{amount: "-1"}`), "", "", limitNotDecimal}
	}

	return table
}
