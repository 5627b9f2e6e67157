// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

func TestEventSinkValidation(t *testing.T) {
	validate(t, "EventSink",
		selectors("spec.subscriptionSelector", "full/eventsink"),
		secretKeys("spec.signingSecretRef", ""),
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
		with:    "{spec.signingSecretRef: null}",
		refused: "Required value",
	},
	"everything":         {reason: "a star alone is every type", with: `{spec.types: ["*"]}`},
	"a type in capitals": {reason: "there is no such type", with: `{spec.types: ["Invoice.*"]}`, refused: "a type of event has lower-case letters, *, . and - only: write one such as invoice.*"},
	"a type twice":       {reason: "once is enough", with: `{spec.types: ["invoice.*", "invoice.*"]}`, refused: "Duplicate value"},
}
