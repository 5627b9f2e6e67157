// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

const (
	noCustomApply = "applicationSchedule Custom needs an applyAt, which only a SubscriptionUpdate has: choose Immediately, NextPeriod or Scheduled here"
	noCustomPay   = "paymentSchedule Custom needs a billAt, which only a SubscriptionUpdate has: choose Immediately or NextInvoice here"
	oneSource     = "a data loader has exactly one source: set one of sql, http, prometheus, kubernetes, configMap and seatAssignments"
	notAnInterval = "an interval is written in hours, minutes and seconds: write one such as 1h30m"
	everyBounds   = "a refresh runs at most once a minute and at least once in 366 days: choose an interval between 1m and 8784h"
)

func TestSeatProductValidation(t *testing.T) {
	validate(t, "SeatProduct",
		planRows, dataLoaderRows, refreshRows,
		quantityChanges("spec.onIncrease"),
		quantityChanges("spec.onDecrease"),
		selectors("spec.dataLoader.kubernetes.labelSelector", "full/seatproduct-kubernetes"),
		pricingRows, tierRows,
		identifiers("spec.externalRef", "", "externalRef"), displayNames("spec.displayName", "", "displayName"),
		entryNames("spec.plans.0.name", ""),
		objectNames("spec.prorationPolicyRef.name", "full/seatproduct-sql"),
		secretKeys("spec.dataLoader.sql.dsnSecretRef", "full/seatproduct-sql"),
		secretKeys("spec.dataLoader.sql.caSecretRef", "full/seatproduct-sql"),
		secretKeys("spec.dataLoader.http.bearerTokenSecretRef", "full/seatproduct-http"),
		secretKeys("spec.dataLoader.http.caSecretRef", "full/seatproduct-http"),
		addresses("spec.dataLoader.http.url", "full/seatproduct-http"),
		secretKeys("spec.dataLoader.prometheus.bearerTokenSecretRef", "full/seatproduct-prometheus"),
		secretKeys("spec.dataLoader.prometheus.caSecretRef", "full/seatproduct-prometheus"),
		addresses("spec.dataLoader.prometheus.url", "full/seatproduct-prometheus"),
		objectNames("spec.dataLoader.configMap.name", "full/seatproduct-configmap"),
	)
}

var planRows = map[string]row{
	"the least": {reason: "one plan is enough"},
	"metered": {
		reason: "metered usage is charged in arrears",
		with:   "{spec.plans.0.usage: Metered}",
	},
	"metered, in arrears": {
		reason: "it may be written too",
		with:   "{spec.plans.0.usage: Metered, spec.plans.0.charge: InArrears}",
	},
	"metered, in advance": {
		reason:  "nobody knows what will be used",
		with:    "{spec.plans.0.usage: Metered, spec.plans.0.charge: InAdvance}",
		refused: "metered usage is known only when the period is over: remove charge, or set it to InArrears",
	},
	"licensed, in arrears": {
		reason: "a quantity held can be charged at either end",
		with:   "{spec.plans.0.usage: Licensed, spec.plans.0.charge: InArrears}",
	},
	"exactly one number of seats": {
		reason: "the minimum may be the maximum",
		with:   "{spec.plans.0.seats: {minimum: 5, maximum: 5}}",
	},
	"a minimum alone": {
		reason: "a plan need not have a maximum",
		with:   "{spec.plans.0.seats: {minimum: 5}}",
	},
	"no number of seats": {
		reason:  "no quantity is within such limits",
		with:    "{spec.plans.0.seats: {minimum: 6, maximum: 5}}",
		refused: "minimum is greater than maximum: lower minimum or raise maximum",
	},
	"another price": {
		reason: "a price may change; it counts from the next period on",
		edit:   `{spec.plans.0.pricing.unitAmount: "13"}`,
	},
	"another currency": {
		reason:  "what is captured in one currency cannot be settled in another",
		edit:    "{spec.plans.0.currency: USD}",
		refused: "the currency of a plan is immutable: add a plan with another name",
	},
	"a currency by its sign": {
		reason:  "a sign names several currencies",
		with:    "{spec.plans.0.currency: €}",
		refused: "a currency is an ISO 4217 code of three capital letters: write one such as EUR",
	},
	"another interval": {
		reason:  "a period that runs cannot change its length",
		edit:    "{spec.plans.0.interval: {unit: Year, count: 1}}",
		refused: "the interval of a plan is immutable: add a plan with another name",
	},
	"another plan in another currency": {
		reason: "the currency belongs to the name",
		edit:   "{spec.plans: [{name: monthly-usd, currency: USD, interval: {unit: Month, count: 1}, pricing: {model: Flat, unitAmount: '5'}}]}",
	},
	"two plans of one name": {
		reason:  "an item could mean either",
		from:    "full/seatproduct-sql",
		with:    "{spec.plans.1.name: monthly}",
		refused: "Duplicate value",
	},
}

var dataLoaderRows = map[string]row{
	"no source": {
		reason:  "there is nothing to ask",
		with:    "{spec.dataLoader: {key: CustomerID}}",
		refused: oneSource,
	},
	"pages without next": {
		reason:  "nothing says where the second page is",
		from:    "full/seatproduct-http",
		with:    "{spec.dataLoader.http.next: null}",
		refused: "maxPages has no effect without next: set next to an expression that yields the next page's URL",
	},
	"next without a number of pages": {
		reason: "maxPages has a default",
		from:   "full/seatproduct-http",
		with:   "{spec.dataLoader.http.maxPages: null}",
	},
	"two sources": {
		reason:  "they could disagree",
		with:    "{spec.dataLoader: {configMap: {name: seat-counts}, seatAssignments: {}}}",
		refused: oneSource,
	},
	"one source": {
		reason: "it is asked",
		with:   "{spec.dataLoader: {seatAssignments: {}}}",
	},
}

var refreshRows = map[string]row{
	"a refresh without a loader": {
		reason:  "there is nothing to refresh from",
		with:    "{spec.refresh: {every: 1h}}",
		refused: "refresh needs a dataLoader, which counts the seats: set dataLoader or remove refresh",
	},
	"a refresh on demand": {
		reason: "neither schedule nor interval: on demand only",
		from:   "full/seatproduct-configmap",
		with:   "{spec.refresh: {onMissing: Zero}}",
	},
	"a schedule and an interval": {
		reason:  "they would compete",
		from:    "full/seatproduct-configmap",
		with:    `{spec.refresh: {schedule: "0 2 * * *", every: 1h}}`,
		refused: "schedule and every are mutually exclusive: set one",
	},
	"every minute":              every("1m", "the shortest interval", ""),
	"every sixty seconds":       every("60s", "the shortest interval in another unit", ""),
	"every 59 seconds":          every("59s", "a source is not polled by the second", everyBounds),
	"every hour and a half":     every("1h30m", "units add up", ""),
	"every 366 days":            every("8784h", "the longest interval", ""),
	"every 366 days and more":   every("8784h1s", "such an interval is a slip", everyBounds),
	"every day, in days":        every("1d", "days differ in length: use a schedule", notAnInterval),
	"every fraction of an hour": every("0.5h", "write 30m", notAnInterval),
	"every nothing":             every("", "an interval has a length", "should be at least 2 chars long"),
	"a schedule that cannot be parsed": {
		reason: "parsing is a condition, not a refusal: GitOps applies in any order",
		from:   "full/seatproduct-configmap",
		with:   `{spec.refresh: {schedule: every now and then, timeZone: Mars/Olympus}}`,
	},
}

func every(interval, reason, refused string) row {
	return row{
		reason: reason, refused: refused,
		from: "full/seatproduct-configmap", with: `{spec.refresh: {every: "` + interval + `"}}`,
	}
}

func quantityChanges(path string) map[string]row {
	return map[string]row{
		path + " with the refresh": {"an update knows its product's next refresh", "", "{" + path + ": {applicationSchedule: Scheduled}}", "", "", ""},
		path + " at once":          {"billed at once, not charged", "", "{" + path + ": {paymentSchedule: Immediately, calculationMethod: DoNotCharge}}", "", "", ""},
		path + " applied Custom":   {"there is no instant to apply at", "", "{" + path + ": {applicationSchedule: Custom}}", "", "", noCustomApply},
		path + " billed Custom":    {"there is no instant to bill at", "", "{" + path + ": {paymentSchedule: Custom}}", "", "", noCustomPay},
	}
}
