// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

func TestEventSinkValidation(t *testing.T) {
	validate(t, "EventSink",
		selectors("spec.subscriptionSelector", "full/eventsink"),
		secretKeys("spec.signingSecretRefs.0", ""),
		addresses("spec.url", ""),
		eventSinkRows,
	)
}

var eventSinkRows = map[string]row{
	"the least": {reason: "an address and a key to sign with are enough"},
	"plain HTTP within the cluster": {
		reason: "a service of the cluster has no certificate",
		with:   "{spec.url: http://billing.default.svc/events}",
	},
	"without a signature": {
		reason:  "a receiver must be able to tell who sent it",
		with:    "{spec.signingSecretRefs: null}",
		refused: "Required value",
	},
	"two keys": {
		reason: "a key is replaced without a refused delivery",
		with:   "{spec.signingSecretRefs: [{name: hooks, key: old}, {name: hooks, key: new}]}",
	},
	"three keys": {
		reason:  "two are enough to replace one",
		with:    "{spec.signingSecretRefs: [{name: a, key: k}, {name: b, key: k}, {name: c, key: k}]}",
		refused: "must have at most 2 items",
	},
	"a key twice": {
		reason:  "two different keys sign",
		with:    "{spec.signingSecretRefs: [{name: hooks, key: old}, {name: hooks, key: old}]}",
		refused: "Duplicate value",
	},
	"no key": {
		reason:  "a receiver must be able to tell who sent it",
		with:    "{spec.signingSecretRefs: []}",
		refused: "should have at least 1 items",
	},
	"skips what cannot be delivered": {reason: "a receiver may prefer gaps to waiting", with: "{spec.onDeadLetter: Skip}"},
	"drops what cannot be delivered": {
		reason: "there are two ways", with: "{spec.onDeadLetter: Drop}",
		refused: `Unsupported value: "Drop": supported values: "Block", "Skip"`,
	},
	"everything":         {reason: "a star alone is every type", with: `{spec.types: ["*"]}`},
	"a type in capitals": {reason: "there is no such type", with: `{spec.types: ["Invoice.*"]}`, refused: "a type of event has lower-case letters, *, . and - only: write one such as invoice.*"},
	"a type twice":       {reason: "once is enough", with: `{spec.types: ["invoice.*", "invoice.*"]}`, refused: "Duplicate value"},
}
