// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// charged is a line of a renewal, adjusted one of an update.
func charged(key, amount string) v1alpha1.Line {
	return v1alpha1.Line{Key: key, Item: "editors", Kind: v1alpha1.LineRecurring, Amount: v1alpha1.Amount(amount), From: record.Time(at("04-01"))}
}

func adjusted(key, amount string) v1alpha1.Line {
	return v1alpha1.Line{Key: key, Item: "editors", Kind: v1alpha1.LineDebit, Amount: v1alpha1.Amount(amount), Update: "u"}
}

// bought is a line of an update that charges a period again, due one of a plan that fell due early.
func bought(key, amount string) v1alpha1.Line {
	line := charged(key, amount)
	line.Update = "u"
	return line
}

func due(key, amount string) v1alpha1.Line {
	return v1alpha1.Line{Key: key, Item: "meter", Kind: v1alpha1.LineUsage, Amount: v1alpha1.Amount(amount), From: record.Time(at("04-01"))}
}

// metering is a version of the subscription with a reading that was loaded, and one that was taken.
func metering(loaded, taken string) client.Object {
	s := subscriptionAt(1, nil).(*v1alpha1.Subscription)
	if loaded != "" {
		s.Status.LoadedReadings = []v1alpha1.LoadedReading{{Item: "meter", ObservedTime: *record.Time(at(loaded))}}
	}
	s.Status.Usage = []v1alpha1.UsageStatus{{Item: "meter", ObservedTime: record.Time(at(taken))}}
	return s
}

// invoiceOf is a document over one line.
func invoiceOf(lines ...v1alpha1.Line) v1alpha1.InvoiceSpec {
	total := v1alpha1.Amount(sum(lines).FloatString(2))
	return v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "S"}, Sequence: 1,
		Lines: lines, Subtotal: total, CreditApplied: "0.00", AmountDue: total,
	}
}

func appliedStatus(lines ...v1alpha1.Line) v1alpha1.SubscriptionUpdateStatus {
	return v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, Lines: lines, AdjustmentAmount: v1alpha1.Amount(sum(lines).FloatString(2)),
	}
}

func owesInvoice(spec v1alpha1.InvoiceSpec) v1alpha1.Effect {
	return v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: "i", Payload: payload(spec)}
}

func owesMark(status v1alpha1.SubscriptionUpdateStatus) v1alpha1.Effect {
	return v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: "u", UID: "U", Payload: payload(status)}
}

func payload(content any) *runtime.RawExtension {
	raw, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	return &runtime.RawExtension{Raw: raw}
}

// subscriptionAt is a version of the subscription after so many events.
func subscriptionAt(sequence int64, accrued []v1alpha1.Line, outbox ...v1alpha1.Effect) client.Object {
	s := &v1alpha1.Subscription{}
	s.Name, s.UID = "acme", "S"
	s.Status = v1alpha1.SubscriptionStatus{
		Sequence: sequence, Outbox: outbox, CreditBalance: "0.00",
		UpcomingInvoice: &v1alpha1.UpcomingInvoice{Lines: accrued},
	}
	return s
}

func issued(spec v1alpha1.InvoiceSpec) client.Object {
	i := &v1alpha1.Invoice{Spec: spec}
	i.Name, i.UID = "i", "I"
	return i
}

func updateIs(status v1alpha1.SubscriptionUpdateStatus) client.Object {
	u := &v1alpha1.SubscriptionUpdate{Status: status}
	u.Name, u.UID = "u", "U"
	return u
}

func seen(objects ...client.Object) []sighting {
	var history []sighting
	for _, object := range objects {
		history = append(history, sighting{kind: "object", object: object})
	}
	return history
}

// TestJudgeOfHistories shows the judge one history for each thing that it must notice.
func TestJudgeOfHistories(t *testing.T) {
	charge, added := charged("1-0", "50.00"), adjusted("2-0", "10.00")
	document, other := invoiceOf(charge), invoiceOf(charged("1-0", "60.00"))
	applied, again := appliedStatus(added), appliedStatus(adjusted("2-0", "10.00"), adjusted("3-0", "1.00"))
	accrued := []v1alpha1.Line{added}
	start := subscriptionAt(1, nil, owesInvoice(document))
	changed := subscriptionAt(2, accrued, owesMark(applied))
	cases := map[string]struct {
		history []sighting
		want    string
	}{
		"good": {seen(start, issued(document), changed, updateIs(applied), subscriptionAt(2, accrued)), ""},
		"sequence falls": {
			seen(start, issued(document), changed, subscriptionAt(1, accrued), updateIs(applied)), "sequence fell",
		},
		"invoice changes": {seen(start, issued(document), issued(other)), "an issued invoice changed"},
		"invoice differs": {seen(start, issued(other)), "is not what was committed"},
		"invoice missing": {seen(start), "was committed and is not there"},
		"invoice from nowhere": {
			seen(subscriptionAt(0, nil), issued(document)), "issued without a commit",
		},
		"finished update changes": {
			seen(start, issued(document), changed, updateIs(applied), updateIs(again)), "a finished update changed",
		},
		"applied without a commit": {seen(start, issued(document), updateIs(applied)), "says Applied without a commit"},
		"mark missing": {
			seen(start, issued(document), changed, updateIs(v1alpha1.SubscriptionUpdateStatus{State: v1alpha1.UpdatePending})),
			"is Pending, but Applied was committed",
		},
		"decided twice": {
			seen(start, issued(document), changed, subscriptionAt(3, accrued), subscriptionAt(4, accrued, owesMark(applied)), updateIs(applied)),
			"decided a second time",
		},
		"frozen content changes": {
			seen(start, subscriptionAt(1, nil, owesInvoice(other)), issued(other)), "what was committed changed",
		},
		"money lost":  {seen(start, issued(document), subscriptionAt(2, nil, owesMark(applied)), updateIs(applied)), "line 2-0 over 10.00 is gone"},
		"money twice": {seen(start, issued(document), subscriptionAt(2, []v1alpha1.Line{added, added}, owesMark(applied)), updateIs(applied)), "line key 2-0 is there twice"},
		"money from nowhere": {
			seen(start, issued(document), subscriptionAt(2, accrued)), "the ledger does not add up",
		},
		"a reset and a charge that fell due": {
			seen(start, issued(document),
				subscriptionAt(2, []v1alpha1.Line{bought("2-0", "90.00"), due("2-1", "7.00")}, owesMark(appliedStatus(bought("2-0", "90.00")))),
				updateIs(appliedStatus(bought("2-0", "90.00")))), "",
		},
		"a reset's charge is lost": {
			seen(start, issued(document), subscriptionAt(2, nil, owesMark(appliedStatus(bought("2-0", "90.00")))),
				updateIs(appliedStatus(bought("2-0", "90.00")))), "line 2-0 over 90.00 is gone",
		},
		"a reset's charge as the plan's own": {
			seen(start, issued(document), subscriptionAt(2, []v1alpha1.Line{charged("2-0", "90.00")}, owesMark(appliedStatus(bought("2-0", "90.00")))),
				updateIs(appliedStatus(bought("2-0", "90.00")))), "the ledger does not add up",
		},
		"a charge that fell due is lost": {
			seen(start, issued(document), subscriptionAt(2, []v1alpha1.Line{due("2-1", "7.00")}), subscriptionAt(3, nil)), "line 2-1 over 7.00 is gone",
		},
		"a charge changes": {
			seen(start, issued(document), subscriptionAt(2, []v1alpha1.Line{due("2-1", "7.00")}), subscriptionAt(3, []v1alpha1.Line{due("2-1", "8.00")})),
			"is now over 8.00",
		},
		"a reading is taken":   {seen(metering("04-16", "04-01"), metering("", "04-16")), ""},
		"a reading is dropped": {seen(metering("04-16", "04-01"), metering("", "04-01")), "dropped before it was taken"},
		"usage from nowhere":   {seen(metering("", "04-01"), metering("", "04-16")), "usage changed without an event or a reading"},
		"period charged twice": {
			seen(subscriptionAt(1, []v1alpha1.Line{charged("9-0", "50.00")}, owesInvoice(document)), issued(document)), "charged twice",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			findings := judgeHistory(tc.history)
			if tc.want == "" && len(findings) > 0 {
				t.Errorf("complains of a good history: %v", findings)
			}
			if tc.want != "" && !mentions(findings, tc.want) {
				t.Errorf("does not say %q, but %v", tc.want, findings)
			}
		})
	}
}

func mentions(findings []finding, what string) bool {
	for _, f := range findings {
		if strings.Contains(f.what, what) {
			return true
		}
	}
	return false
}

// TestNamesOfUnknownOriginStay: a name that follows from no key of the design is not made equal to one.
func TestNamesOfUnknownOriginStay(t *testing.T) {
	invoice := &v1alpha1.Invoice{Spec: invoiceOf(charged("1-0", "50.00"))}
	s := &v1alpha1.Subscription{}
	s.Name, s.UID = "acme", "S"
	for name, want := range map[string]string{
		record.InvoiceName("acme", "S", 1): "Invoice (acme invoice 1)",
		"acme-xxxxxx-000001":               "Invoice acme-xxxxxx-000001",
	} {
		invoice.Name, invoice.UID = name, types.UID("I")
		n := newNaming("ns", seen(s, invoice))
		if got := n.nameOf(invoice); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
