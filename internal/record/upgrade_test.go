// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// storedBefore is the status of a subscription as the version before coverage stored it in mid-April. The verbs
// stand for the item's quantity, its price, and its billedQuantity, referenceTotal and chargedTotal.
const storedBefore = `{
  "observedGeneration": 1, "state": "Active", "sequence": 2, "nextInvoiceNumber": 2,
  "startTime": "2026-04-01T00:00:00Z", "billingCycleAnchor": "2026-04-01T00:00:00Z", "lastEventTime": "2026-04-06T00:00:00Z",
  "eventsOnDay": {"date": "2026-04-06", "count": 1},
  "interval": {"unit": "Month", "count": 1}, "currency": "EUR", "creditBalance": "0.00", "seats": %[1]d,
  "currentPeriod": {"start": "2026-04-01T00:00:00Z", "end": "2026-05-01T00:00:00Z", "index": 0},
  "renewalTime": "2026-05-01T00:00:00Z",
  "items": [{
    "name": "editors", "product": "editor-seat", "plan": "monthly", "quantity": %[1]d, "source": "Update", "recurring": true,
    "charge": "InAdvance", "usage": "Licensed", "capturedPrice": %[2]s, "startQuantity": 10,
    "billedQuantity": %[3]d, "referenceTotal": %[4]q, "chargedTotal": %[5]q, "lastEffectiveTime": "2026-04-06T00:00:00Z"
  }],
  "upcomingInvoice": {"dueTime": "2026-05-01T00:00:00Z", "subtotal": "0.00", "creditApplied": "0.00", "amountDue": "0.00"},
  "actedOn": {"generation": 1, "items": [
    {"name": "editors", "generation": 1, "product": "editor-seat", "plan": "monthly", "recurring": true}]}
}`

// A subscription that the version before coverage committed continues with the right amounts: in every pricing
// model, with seats given up without a credit, with seats that were not charged, and after a change of plan that
// was not charged.
func TestStatusOfThePreviousVersion(t *testing.T) {
	const (
		perUnit   = `{"model": "PerUnit", "unitAmount": "10.00"}`
		graduated = `{"model": "Graduated", "tiers": [{"upTo": 10, "unitAmount": "12.00", "flatAmount": "0.00"}, {"unitAmount": "10.00", "flatAmount": "0.00"}]}`
		volume    = `{"model": "Volume", "tiers": [{"upTo": 10, "unitAmount": "12.00", "flatAmount": "0.00"}, {"unitAmount": "10.00", "flatAmount": "0.00"}]}`
		packages  = `{"model": "Package", "unitAmount": "30.00", "packageSize": 5}`
		flat      = `{"model": "Flat", "unitAmount": "50.00"}`
	)
	tests := map[string]struct {
		reason             string
		price              string
		held, billed       int64
		reference, charged string
		to                 int64
		// adjustment of the change to the quantity on 16 April, by ProRata, and what the renewal comes to.
		adjustment, renewal string
	}{
		"all charged, one more":        {reason: "10 × 15/30", price: perUnit, held: 10, billed: 10, reference: "100.00", charged: "100.00", to: 11, adjustment: "5.00", renewal: "115.00"},
		"all charged, five fewer":      {reason: "−50 × 15/30", price: perUnit, held: 10, billed: 10, reference: "100.00", charged: "100.00", to: 5, adjustment: "-25.00", renewal: "25.00"},
		"given up, taken again":        {reason: "they were paid for", price: perUnit, held: 5, billed: 10, reference: "100.00", charged: "100.00", to: 9, adjustment: "0.00", renewal: "90.00"},
		"given up, and more":           {reason: "only what was never paid for: 50 × 15/30", price: perUnit, held: 5, billed: 10, reference: "100.00", charged: "100.00", to: 15, adjustment: "25.00", renewal: "175.00"},
		"given up, and fewer":          {reason: "−20 × 15/30", price: perUnit, held: 5, billed: 10, reference: "100.00", charged: "100.00", to: 3, adjustment: "-10.00", renewal: "20.00"},
		"not charged, one more":        {reason: "the five are free: 10 × 15/30", price: perUnit, held: 15, billed: 10, reference: "100.00", charged: "100.00", to: 16, adjustment: "5.00", renewal: "165.00"},
		"not charged, given up":        {reason: "nothing was charged for them", price: perUnit, held: 15, billed: 10, reference: "100.00", charged: "100.00", to: 12, adjustment: "0.00", renewal: "120.00"},
		"not charged, and charged":     {reason: "of seven two were charged: −20 × 15/30", price: perUnit, held: 15, billed: 10, reference: "100.00", charged: "100.00", to: 8, adjustment: "-10.00", renewal: "70.00"},
		"another plan, not charged":    {reason: "min(100, 30) × 15/30", price: perUnit, held: 10, billed: 10, reference: "100.00", charged: "30.00", to: 0, adjustment: "-15.00", renewal: "-15.00"},
		"graduated, given up and more": {reason: "T(12) − T(10) = 20", price: graduated, held: 5, billed: 10, reference: "120.00", charged: "120.00", to: 12, adjustment: "10.00", renewal: "150.00"},
		"graduated, not charged":       {reason: "T(13) − T(12) = 10", price: graduated, held: 12, billed: 10, reference: "120.00", charged: "120.00", to: 13, adjustment: "5.00", renewal: "155.00"},
		"volume, one more":             {reason: "T(11) − T(10) = −10", price: volume, held: 10, billed: 10, reference: "120.00", charged: "120.00", to: 11, adjustment: "-5.00", renewal: "105.00"},
		"volume, given up and fewer":   {reason: "T(5) − T(3) = 24", price: volume, held: 5, billed: 10, reference: "120.00", charged: "120.00", to: 3, adjustment: "-12.00", renewal: "24.00"},
		"packages, one more":           {reason: "a third package", price: packages, held: 10, billed: 10, reference: "60.00", charged: "60.00", to: 11, adjustment: "15.00", renewal: "105.00"},
		"packages, given up":           {reason: "both packages were paid for", price: packages, held: 4, billed: 10, reference: "60.00", charged: "60.00", to: 10, adjustment: "0.00", renewal: "60.00"},
		"flat":                         {reason: "whatever the quantity", price: flat, held: 10, billed: 10, reference: "50.00", charged: "50.00", to: 12, adjustment: "0.00", renewal: "50.00"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var stored v1alpha1.SubscriptionStatus
			text := fmt.Sprintf(storedBefore, tc.held, tc.price, tc.billed, tc.reference, tc.charged)
			if err := json.Unmarshal([]byte(text), &stored); err != nil {
				t.Fatal(err)
			}
			adjustment, renewal, after := goOn(t, stored, tc.to)
			if adjustment != tc.adjustment || renewal != tc.renewal {
				t.Errorf("%s: it comes to %s and the renewal to %s, want %s and %s", tc.reason, adjustment, renewal, tc.adjustment, tc.renewal)
			}
			item := after.Items[0]
			if item.ReferenceTotal != "" || (item.Quantity > 0 && len(item.Coverage) == 0) {
				t.Errorf("the next commit has referenceTotal %q and coverage %v", item.ReferenceTotal, item.Coverage)
			}
		})
	}
}

// goOn changes the quantity on 16 April and renews on 1 May, each as a pass does: read, replay, write.
func goOn(t *testing.T, stored v1alpha1.SubscriptionStatus, to int64) (adjustment, renewal string, after v1alpha1.SubscriptionStatus) {
	t.Helper()
	price, err := readCapturedPrice(stored.Items[0].CapturedPrice)
	if err != nil {
		t.Fatal(err)
	}
	in := subscription.Input{
		Now: on(16),
		Terms: subscription.Terms{
			Created: on(1), Start: on(1), Generation: 1, SpecSeen: true,
			Items: []subscription.TermsItem{{Name: "editors", Product: "editor-seat", Plan: "monthly", Recurring: true}},
		},
		Products: map[string]subscription.Product{"editor-seat": {Plans: map[string]subscription.Plan{"monthly": {
			Currency: "EUR", Interval: calendar.Interval{Unit: calendar.Month, Count: 1}, Charge: subscription.InAdvance, Price: price,
		}}}},
		Updates: []subscription.Update{{
			Name: "u", UID: "u", Origin: subscription.OriginUser, Created: on(16),
			Change: subscription.QuantityChange{Item: "editors", Count: &to},
		}},
	}
	first := pass(t, &stored, in)
	after = *stored.DeepCopy()
	if diff := cmp.Diff(1, len(first.Effects)); diff != "" {
		t.Fatalf("effects of the change (-want +got):\n%s", diff)
	}
	in.Now, in.Updates = on(31), nil
	second := pass(t, &stored, in)
	eur := second.State.Currency
	adjustment, renewal = eur.Format(*first.Effects[0].Decision.Adjustment), "none"
	for _, effect := range second.Effects {
		renewal = eur.Format(effect.Document.Subtotal)
	}
	return adjustment, renewal, after
}

func pass(t *testing.T, s *v1alpha1.SubscriptionStatus, in subscription.Input) subscription.Outcome {
	t.Helper()
	state, err := ReadState(s)
	if err != nil {
		t.Fatal(err)
	}
	out := subscription.Replay(state, in)
	if out.Blocked != nil {
		t.Fatalf("blocked: %+v", out.Blocked)
	}
	WriteState(out.State, subscription.UpcomingInvoice(out.State, out.Open(in)), s)
	return out
}
