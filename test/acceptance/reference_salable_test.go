// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// seatsUpdate asks for other seats of a subscription; %[1]s is its name and the update's ending.
const seatsUpdate = `
kind: SubscriptionUpdate
metadata: {name: %[2]s-%[1]s}
spec: {subscriptionRef: {name: %[1]s}, seats: {%[2]s: %[3]d}%[4]s}
`

// Seats are added and removed with each way of prorating; without one, with create_prorations.
func TestSalableProration(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	prorations := map[string]string{
		"default": "",
		"create":  ", proration: CreateProrations",
		"none":    ", proration: None",
		"always":  ", proration: AlwaysInvoice",
	}
	var names []string
	for name := range prorations {
		o.apply(strings.ReplaceAll(limited, "name: acme", "name: "+name))
		names = append(names, name)
	}
	o.started(names...)
	o.moveClock("2026-04-16T00:00:00Z")
	for name, proration := range prorations {
		o.apply(fmt.Sprintf(seatsUpdate, name, "increment", 2, proration))
	}
	for name := range prorations {
		o.decided("increment-"+name, v1alpha1.UpdateApplied)
	}
	for name, want := range map[string]struct {
		adjustment v1alpha1.Amount
		payment    v1alpha1.PaymentSchedule
		method     v1alpha1.CalculationMethod
	}{
		"default": {"10.00", v1alpha1.PayNextInvoice, v1alpha1.CalculateProRata},
		"create":  {"10.00", v1alpha1.PayNextInvoice, v1alpha1.CalculateProRata},
		"none":    {"", v1alpha1.PayNextInvoice, v1alpha1.CalculateDoNotCharge},
		"always":  {"10.00", v1alpha1.PayImmediately, v1alpha1.CalculateProRata},
	} {
		u := o.adjusted(name, "editors 2 → 4", want.adjustment)
		expect(t, name+", when it is billed", u.Status.PaymentSchedule, want.payment)
		expect(t, name+", how it is priced", u.Status.CalculationMethod, want.method)
		o.counts(name, 4, 0) // added seats are unassigned
	}
	o.moveClock("2026-04-21T00:00:00Z")
	for name, proration := range prorations {
		o.apply(fmt.Sprintf(seatsUpdate, name, "decrement", 2, proration))
	}
	for name := range prorations {
		o.decided("decrement-"+name, v1alpha1.UpdateApplied)
	}
	o.clockIsReady()
	o.adjusted("create", "editors 4 → 2", "-6.67")
	o.adjusted("none", "editors 4 → 2", "")
	invoices := o.invoiced("always", "20.00", "10.00", "0.00")
	expect(t, "what gives back", invoices[2].Spec.Type, v1alpha1.TypeCreditNote)
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("default", "20.00", "23.33")
	o.invoiced("create", "20.00", "23.33")
	o.invoiced("none", "20.00", "20.00")
	o.invoiced("always", "20.00", "10.00", "0.00", "13.33")
}

// The UUID of a subscription means that one and no other of its name; without it, the name decides.
func TestSalableSubscriptionUUID(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(limited)
	o.started("acme")
	const update = `
kind: SubscriptionUpdate
metadata: {name: %s}
spec: {subscriptionRef: {name: %s}, seats: {increment: 1}}
`
	o.apply(fmt.Sprintf(update, "right", "acme, uid: "+string(o.subscription("acme").UID)))
	o.apply(fmt.Sprintf(update, "wrong", "acme, uid: d18642b3-6dc0-40c4-aaa5-6315ed37c744"))
	o.apply(fmt.Sprintf(update, "early", "globex"))
	u := o.decided("right", v1alpha1.UpdateApplied)
	expect(t, "the subscription that it belongs to", u.Status.SubscriptionUID, o.subscription("acme").UID)
	o.rejected("wrong", v1alpha1.ReasonSubscriptionNotFound, "by its UID")
	o.decided("early", v1alpha1.UpdatePending)
	o.holds("acme", 3)
	o.apply(strings.ReplaceAll(limited, "name: acme", "name: globex"))
	o.decided("early", v1alpha1.UpdateApplied) // GitOps applies in any order
	o.holds("globex", 3)
}

// Options that cannot be meant are refused before they are stored.
func TestSalableOptions(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	for spec, says := range map[string]string{
		"{subscriptionRef: {name: acme}, seats: {}}":                                                            "set one of increment, decrement and count",
		"{subscriptionRef: {name: acme}}":                                                                       "set seats or changeItems",
		"{seats: {increment: 2}}":                                                                               "subscriptionRef",
		"{subscriptionRef: {name: acme}, seats: {increment: 2, decrement: 2}}":                                  "increment and decrement are mutually exclusive",
		"{subscriptionRef: {name: acme}, seats: {increment: 0}}":                                                "greater than or equal to 1",
		"{subscriptionRef: {name: acme}, seats: {decrement: -2}}":                                               "greater than or equal to 1",
		"{subscriptionRef: {name: acme}, seats: {increment: 1.5}}":                                              "increment",
		"{subscriptionRef: {name: acme}, seats: {increment: 2}, proration: sometimes}":                          "CreateProrations",
		"{subscriptionRef: {name: acme}, seats: {increment: 2}, proration: None, paymentSchedule: Immediately}": "set it or them, not both",
	} {
		o.refused("kind: SubscriptionUpdate\nmetadata: {name: two-more}\nspec: "+spec, says)
	}
	o.refused("apiVersion: billing.seatplane.dev/v3\nkind: SubscriptionUpdate\nmetadata: {name: two-more}\nspec: {}", "no matches for kind")
}
