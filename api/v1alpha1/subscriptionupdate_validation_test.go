// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

const (
	applyAtNeedsCustom = "applyAt needs applicationSchedule: Custom: write both"
	customNeedsApplyAt = "applicationSchedule Custom needs the instant at which the change applies: set applyAt"
	billAtNeedsCustom  = "billAt needs paymentSchedule: Custom: write both"
	customNeedsBillAt  = "paymentSchedule Custom needs the instant at which the change is billed: set billAt"
	shortFormExcludes  = "proration is a short form of paymentSchedule and calculationMethod: set it or them, not both"
	effectiveTimeFixed = "effectiveTime cannot be combined with NextPeriod or Scheduled: remove effectiveTime, or change applicationSchedule"
	countExcludes      = "count is the new number of seats, and increment and decrement are differences: set only one of the three"
	refreshCauseNeeds  = "a cause of type Refresh needs item, token and observedTime: only the operator sets cause, so remove it"
	aTime              = `"2026-04-16T00:00:00Z"`
	anItem             = "{name: editors, productRef: {name: editor-seat}, plan: monthly}"
	seatsUpdate        = "full/subscriptionupdate-seats"
	itemsUpdate        = "full/subscriptionupdate-items"
)

func TestSubscriptionUpdateValidation(t *testing.T) {
	validate(t, "SubscriptionUpdate",
		instants("spec.applyAt", "", "spec.applicationSchedule: Custom"),
		instants("spec.billAt", "", "spec.paymentSchedule: Custom"),
		instants("spec.effectiveTime", "", ""),
		instants("spec.cause.observedTime", seatsUpdate, ""),
		instants("spec.cause.loadedTime", seatsUpdate, ""),
		entryNames("spec.seats.item", ""),
		entryNames("spec.changeItems.items.0.name", itemsUpdate),
		entryNames("spec.changeItems.items.0.plan", itemsUpdate),
		objectNames("spec.changeItems.items.0.productRef.name", itemsUpdate),
		objectNames("spec.subscriptionRef.name", ""),
		objectNames("spec.prorationPolicyRef.name", seatsUpdate),
		usageLimits("spec.changeItems.items.0.usageLimits", itemsUpdate),
		unionRows, scheduleRows, changeItemsRows, causeRows, immutableRows, mutableRows,
	)
}

var unionRows = map[string]row{
	"an increment":              seats("{increment: 1}", "one of the three", ""),
	"a decrement":               seats("{decrement: 1}", "one of the three", ""),
	"a count":                   seats("{count: 0}", "one of the three; none at all is a count", ""),
	"a change of nothing":       seats("{item: editors}", "nobody knows what changes", "say how the seats change: set one of increment, decrement and count"),
	"up and down":               seats("{increment: 1, decrement: 1}", "one would win", "increment and decrement are mutually exclusive: set one"),
	"a count and an increment":  seats("{count: 7, increment: 1}", "one would win", countExcludes),
	"a count and a decrement":   seats("{count: 7, decrement: 1}", "one would win", countExcludes),
	"an increment of nothing":   seats("{increment: 0}", "it changes nothing", "should be greater than or equal to 1"),
	"an increment downwards":    seats("{increment: -1}", "that is a decrement", "should be greater than or equal to 1"),
	"a decrement of nothing":    seats("{decrement: 0}", "it changes nothing", "should be greater than or equal to 1"),
	"a count below nothing":     seats("{count: -1}", "seats are counted from zero", "should be greater than or equal to 0"),
	"a count in fractions":      seats("{count: 1.5}", "half a seat seats nobody", "must be of type int"),
	"seats and items":           {reason: "one would win", with: "{spec.changeItems: {items: [" + anItem + "]}}", refused: "seats and changeItems are mutually exclusive: set one"},
	"neither seats nor items":   {reason: "nobody knows what changes", with: "{spec.seats: null}", refused: "say what changes: set seats or changeItems"},
	"items":                     {reason: "one of the two", with: "{spec.seats: null, spec.changeItems: {items: [" + anItem + "]}}"},
	"no items at all":           {reason: "that is a cancellation", with: "{spec.seats: null, spec.changeItems: {items: []}}", refused: "should have at least 1 items"},
	"two items of one name":     {reason: "a line could mean either", with: "{spec.seats: null, spec.changeItems: {items: [" + anItem + ", " + anItem + "]}}", refused: "Duplicate value"},
	"without any subscription":  {reason: "nobody knows what changes", with: "{spec.subscriptionRef: null}", refused: "Required value"},
	"a subscription by its UID": {reason: "another one of that name is not meant", with: "{spec.subscriptionRef.uid: 3b2f5c1e-6f2a-4b7e-9d3c-1a2b3c4d5e6f}"},
}

func seats(value, reason, refused string) row {
	return row{reason: reason, refused: refused, with: "{spec.seats: " + value + "}"}
}

var scheduleRows = map[string]row{
	"Custom with applyAt":           updated("applicationSchedule: Custom, spec.applyAt: "+aTime, "the instant is beside it", ""),
	"Custom without applyAt":        updated("applicationSchedule: Custom", "nobody knows when", customNeedsApplyAt),
	"applyAt alone":                 updated("applyAt: "+aTime, "the value in force may come from elsewhere", applyAtNeedsCustom),
	"applyAt with Immediately":      updated("applicationSchedule: Immediately, spec.applyAt: "+aTime, "it would not count", applyAtNeedsCustom),
	"billed Custom with billAt":     updated("paymentSchedule: Custom, spec.billAt: "+aTime, "the instant is beside it", ""),
	"billed Custom without billAt":  updated("paymentSchedule: Custom", "nobody knows when", customNeedsBillAt),
	"billAt alone":                  updated("billAt: "+aTime, "the value in force may come from elsewhere", billAtNeedsCustom),
	"billAt with NextInvoice":       updated("paymentSchedule: NextInvoice, spec.billAt: "+aTime, "it would not count", billAtNeedsCustom),
	"the short form":                updated("proration: AlwaysInvoice", "it is instead of the two", ""),
	"the short form and a payment":  updated("proration: AlwaysInvoice, spec.paymentSchedule: Immediately", "one would win", shortFormExcludes),
	"the short form and a method":   updated("proration: None, spec.calculationMethod: DoNotCharge", "one would win", shortFormExcludes),
	"the short form and a schedule": updated("proration: None, spec.applicationSchedule: NextPeriod", "when it applies is another question", ""),
	"effective at once":             updated("effectiveTime: "+aTime+", spec.applicationSchedule: Immediately", "money may count from earlier", ""),
	"effective and Custom":          updated("effectiveTime: "+aTime+", spec.applicationSchedule: Custom, spec.applyAt: "+aTime, "money may count from earlier", ""),
	"effective in the next period":  updated("effectiveTime: "+aTime+", spec.applicationSchedule: NextPeriod", "the boundary is the effective time", effectiveTimeFixed),
	"effective with the refresh":    updated("effectiveTime: "+aTime+", spec.applicationSchedule: Scheduled", "the refresh is the effective time", effectiveTimeFixed),
}

func updated(fields, reason, refused string) row {
	return row{reason: reason, refused: refused, with: "{spec." + fields + "}"}
}

var changeItemsRows = map[string]row{
	"kept trial with Retain":      items("renewalPolicy: Retain, keepTrial: true", "the trial continues with the period", ""),
	"kept trial with Reset":       items("renewalPolicy: Reset, keepTrial: true", "a Reset always ends the trial", keepTrialNeedsRetain),
	"kept trial alone":            items("keepTrial: true", "the value in force may come from elsewhere", keepTrialNeedsRetain),
	"ended trial with Reset":      items("renewalPolicy: Reset, keepTrial: false, ignoreRecurring: false", "false asks for nothing", ""),
	"trial-only with kept trial":  items("renewalPolicy: Retain, keepTrial: true, ignoreRecurring: true", "it stays trial-only", ""),
	"trial-only and ended trial":  items("renewalPolicy: Retain, keepTrial: false, ignoreRecurring: true", "there is no trial to stay", ignoreRecurringNeedsKeep),
	"trial-only without keepings": items("renewalPolicy: Retain, ignoreRecurring: true", "there is no trial to stay", ignoreRecurringNeedsKeep),
}

func items(fields, reason, refused string) row {
	return row{
		reason: reason, refused: refused,
		with: "{spec.seats: null, spec.changeItems: {items: [" + anItem + "], " + fields + "}}",
	}
}

var causeRows = map[string]row{
	"by a refresh":            updated("cause: {type: Refresh, item: editors, token: t, observedTime: "+aTime+"}", "a refresh counts an item at a time", ""),
	"by a refresh of no item": updated("cause: {type: Refresh, token: t, observedTime: "+aTime+"}", "a refresh counts an item", refreshCauseNeeds),
	"by a refresh of no tick": updated("cause: {type: Refresh, item: editors, observedTime: "+aTime+"}", "a refresh runs for something", refreshCauseNeeds),
	"by a refresh at no time": updated("cause: {type: Refresh, item: editors, token: t}", "a count is as of its observation", refreshCauseNeeds),
	"by an edit":              updated("cause: {type: Spec, generation: 2}", "an edit of all that is not one item's quantity", ""),
	"by an edit of an item":   updated("cause: {type: Spec, generation: 2, item: editors}", "an edit of one item's quantity", ""),
	"by an unknown edit":      updated("cause: {type: Spec}", "an edit has a generation", "a cause of type Spec needs a generation: only the operator sets cause, so remove it"),
}

// immutableRows edit, remove and add each field of a spec.
var immutableRows = merge(
	immutable("subscriptionRef", seatsUpdate, "{spec.subscriptionRef.name: globex}", "{spec.subscriptionRef.uid: null}", "{spec.subscriptionRef.uid: another}"),
	immutable("seats", seatsUpdate, "{spec.seats.increment: 3}", "{spec.seats.item: null}", "{spec.seats: {count: 5}}"),
	immutable("changeItems", itemsUpdate, "{spec.changeItems.items.0.quantity: 6}", "{spec.changeItems.renewalPolicy: Reset, spec.changeItems.keepTrial: null, spec.changeItems.ignoreRecurring: null}"),
	immutable("effectiveTime", seatsUpdate, "{spec.effectiveTime: '2026-04-17T00:00:00Z'}", "{spec.effectiveTime: null}"),
	immutable("effectiveTime added", "", "{spec.effectiveTime: "+aTime+"}"),
	immutable("applicationSchedule", "", "{spec.applicationSchedule: NextPeriod}"),
	immutable("applyAt", seatsUpdate, "{spec.applyAt: '2026-04-17T00:00:00Z'}"),
	immutable("paymentSchedule", "", "{spec.paymentSchedule: Immediately}"),
	immutable("billAt", seatsUpdate, "{spec.billAt: '2026-04-21T00:00:00Z'}"),
	immutable("calculationMethod", seatsUpdate, "{spec.calculationMethod: PayInFull}", "{spec.calculationMethod: null}"),
	immutable("calculationMethod added", "", "{spec.calculationMethod: ProRata}"),
	immutable("proration", "full/subscriptionupdate-fewer-seats", "{spec.proration: None}", "{spec.proration: null}"),
	immutable("prorationPolicyRef", seatsUpdate, "{spec.prorationPolicyRef.name: by-hour}", "{spec.prorationPolicyRef: null}"),
	immutable("preview", seatsUpdate, "{spec.preview: false}", "{spec.preview: null}"),
	immutable("preview added", "", "{spec.preview: true}"),
	immutable("expectedHash", seatsUpdate, "{spec.expectedHash: 0a1c5f}", "{spec.expectedHash: null}"),
	immutable("reason", seatsUpdate, "{spec.reason: Another}", "{spec.reason: null}"),
	immutable("cause", seatsUpdate, "{spec.cause.token: another}", "{spec.cause: null}"),
)

// immutable makes rows of edits that are refused because of the field that the name begins with.
func immutable(name, from string, edits ...string) map[string]row {
	table := map[string]row{}
	for _, edit := range edits {
		table["edited "+name+" "+edit] = row{
			reason: "what was decided on would be another change", from: from, edit: edit,
			refused: firstWord(name) + " is immutable, like everything in an update except approved: create another SubscriptionUpdate",
		}
	}

	return table
}

var mutableRows = map[string]row{
	"approved":         {reason: "a person releases it", edit: "{spec.approved: true}"},
	"approved no more": {reason: "a person thought again", from: seatsUpdate, edit: "{spec.approved: null}"},
	"labelled":         {reason: "the spec stays as it is", from: seatsUpdate, edit: "{metadata.labels.team: sales}"},
	"labelled items":   {reason: "the spec stays as it is", from: itemsUpdate, edit: "{metadata.labels.team: sales}"},
}
