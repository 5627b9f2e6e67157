// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Two products and a subscription to both.
const twoItems = plans30and90 + `
---
kind: SeatProduct
metadata: {name: viewer}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "3"}}
---
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: small, quantity: 2}
  - {name: viewers, productRef: {name: viewer}, plan: monthly, quantity: 10}
  testClockRef: {name: clock}
`

// A list of items replaces the list: one changes its quantity, one is removed, one is added, and one
// without a quantity keeps what it holds while its plan changes.
func TestRebillyItems(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(twoItems)
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: list}
spec:
  subscriptionRef: {name: acme}
  changeItems:
    items:
    - {name: editors, productRef: {name: seat}, plan: small, quantity: 3}
    - {name: admins, productRef: {name: seat}, plan: big, quantity: 1}
`)
	u := o.decided("list", v1alpha1.UpdateApplied)
	expect(t, "adjustment", u.Status.AdjustmentAmount, "45.00") // 15.00 + 45.00 − 15.00
	expect(t, "renewal policy when left out", u.Status.RenewalPolicy, v1alpha1.RenewalRetain)
	want := map[string]v1alpha1.ItemChange{
		"editors": {Item: "editors", Product: "seat", PreviousPlan: "small", NewPlan: "small", PreviousCount: 2, NewCount: 3, AdjustmentAmount: "15.00"},
		"viewers": {Item: "viewers", Product: "viewer", PreviousPlan: "monthly", PreviousCount: 10, AdjustmentAmount: "-15.00"},
		"admins":  {Item: "admins", Product: "seat", NewPlan: "big", NewCount: 1, AdjustmentAmount: "45.00"},
	}
	expect(t, "number of changes", len(u.Status.Changes), len(want))
	for _, change := range u.Status.Changes {
		expect(t, "the change of "+change.Item, change, want[change.Item])
	}
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: plan}
spec:
  subscriptionRef: {name: acme}
  changeItems:
    items:
    - {name: editors, productRef: {name: seat}, plan: big}
    - {name: admins, productRef: {name: seat}, plan: big}
`)
	u = o.decided("plan", v1alpha1.UpdateApplied)
	expect(t, "a quantity that is left out", u.Status.Summary, "editors small → big")
	expect(t, "and what it holds", o.subscription("acme").Status.Items[0].Quantity, int64(3))

	for items, says := range map[string]string{
		"items: []":             "should have at least 1 items",
		"renewalPolicy: Retain": "items",
		"items: [{name: editors, productRef: {name: seat}}]":                          "plan: Required value",
		"items: [{name: editors, productRef: {name: seat}, plan: big, quantity: -1}]": "greater than or equal to 0",
	} {
		o.refused("kind: SubscriptionUpdate\nmetadata: {name: wrong}\nspec: {subscriptionRef: {name: acme}, changeItems: {"+items+"}}", says)
	}
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "90.00", "495.00") // 4 × 90.00, and 45.00 + 90.00 for April
}

// The same by an edit in Git: what an update would say of it, the subscription's changePolicy says.
func TestRebillyItemsEdited(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(plans30and90)
	manifest := onSmall("acme", "  changePolicy: {renewalPolicy: Reset, paymentSchedule: Immediately}")
	o.apply(manifest)
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	o.apply(strings.ReplaceAll(manifest, "plan: small", "plan: big"))
	o.settled("acme")
	u := o.adjusted("acme", "editors small → big", "75.00")
	expect(t, "who found it", u.Status.Origin, v1alpha1.OriginSpec)
	expect(t, "renewal policy", u.Status.RenewalPolicy, v1alpha1.RenewalReset)
	o.clockIsReady()
	o.invoiced("acme", "30.00", "75.00")
	expect(t, "in sync", meta.IsStatusConditionTrue(o.subscription("acme").Status.Conditions, v1alpha1.ConditionInSync), true)
}

// A preview says what would come of a change and changes nothing; the change itself may insist on it.
func TestRebillyPreview(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(plans30and90)
	o.apply(onSmall("preview", ""))
	o.started("preview")
	o.moveClock("2026-04-16T00:00:00Z")
	reset := ", renewalPolicy: Reset"
	o.apply(toBig("preview", reset, "  paymentSchedule: Immediately\n  preview: true\n"))
	p := o.decided("preview", v1alpha1.UpdatePreviewed).Status
	expect(t, "adjustment", p.AdjustmentAmount, "75.00")
	expect(t, "lines", fmt.Sprint(amounts(p.Lines)), "[-15.00 90.00]")
	expect(t, "due now", *p.Preview.Now, v1alpha1.DocumentTotals{Subtotal: "75.00", CreditApplied: "0.00", AmountDue: "75.00"})
	expect(t, "due next", *p.Preview.Upcoming, v1alpha1.DocumentTotals{Subtotal: "90.00", CreditApplied: "0.00", AmountDue: "90.00"})
	expect(t, "renewal", when(p.NewRenewalTime), "2026-05-16T00:00:00Z")
	expect(t, "it never takes hold", p.AppliedTime == nil, true)

	unchanged := o.subscription("preview")
	expect(t, "plan", unchanged.Status.Items[0].Plan, "small")
	expect(t, "renewal in force", when(unchanged.Status.RenewalTime), "2026-05-01T00:00:00Z")
	o.clockIsReady()
	o.invoiced("preview", "30.00")

	for _, name := range []string{"change", "again"} {
		manifest := toBig("preview", reset, "  paymentSchedule: Immediately\n  expectedHash: "+p.Hash+"\n")
		o.apply(strings.Replace(manifest, "metadata: {name: preview}", "metadata: {name: "+name+"}", 1))
		if name == "change" {
			o.decided(name, v1alpha1.UpdateApplied) // preview is false when left out
		}
	}
	o.rejected("again", v1alpha1.ReasonPreviewOutdated, "preview it again")
	o.clockIsReady()
	o.invoiced("preview", "30.00", "75.00")
}

// The effective time is the instant for the credit, the debit and, with a Reset, the new renewal; now
// when it is left out. It lies within the current period.
func TestRebillyEffectiveTime(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(plans30and90)
	cases := map[string]struct {
		changeItems, beside string
		want                v1alpha1.Amount
		effective, renewal  string
	}{
		"now":          {", renewalPolicy: Reset", "", "75.00", "2026-04-16T00:00:00Z", "2026-05-16T00:00:00Z"},
		"past":         {"", "  effectiveTime: 2026-04-11T00:00:00Z", "40.00", "2026-04-11T00:00:00Z", "2026-05-01T00:00:00Z"},
		"past-reset":   {", renewalPolicy: Reset", "  effectiveTime: 2026-04-11T00:00:00Z", "70.00", "2026-04-11T00:00:00Z", "2026-05-11T00:00:00Z"},
		"future":       {"", "  effectiveTime: 2026-04-21T00:00:00Z", "20.00", "2026-04-21T00:00:00Z", "2026-05-01T00:00:00Z"},
		"future-reset": {", renewalPolicy: Reset", "  effectiveTime: 2026-04-21T00:00:00Z", "80.00", "2026-04-21T00:00:00Z", "2026-05-21T00:00:00Z"},
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
	}
	o.decided("future-reset", v1alpha1.UpdateScheduled) // a period does not end before its time
	for name := range cases {
		if name != "future-reset" {
			o.decided(name, v1alpha1.UpdateApplied)
		}
	}
	o.moveClock("2026-04-21T00:00:00Z")
	for name, c := range cases {
		u := o.adjusted(name, "editors small → big", c.want)
		expect(t, name+", effective", when(u.Status.EffectiveTime), c.effective)
		expect(t, name+", renewal", when(o.subscription(name).Status.RenewalTime), c.renewal)
	}
	for name, c := range map[string]struct{ at, reason string }{
		"before": {"2026-03-31T23:59:59Z", v1alpha1.ReasonEffectiveTimeInClosedPeriod},
		"after":  {"2026-05-01T00:00:00Z", v1alpha1.ReasonEffectiveTimeAfterPeriod},
		"back":   {"2026-04-10T00:00:00Z", v1alpha1.ReasonEffectiveTimeBeforeLastChange},
	} {
		o.apply(fmt.Sprintf(`
kind: SubscriptionUpdate
metadata: {name: %s}
spec:
  subscriptionRef: {name: past}
  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: small}]}
  effectiveTime: %s
`, name, c.at))
		o.rejected(name, c.reason, "")
	}
}

// A change of items ends a trial, unless keepTrial keeps it; a trial-only subscription continues after its
// trial, unless ignoreRecurring ends it with it.
func TestRebillyTrials(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(strings.ReplaceAll(plans30and90, `"90"`, `"50"`))
	const trial, trialOnly = "  trial: {endTime: 2026-04-15T00:00:00Z}", "  trial: {endTime: 2026-04-15T00:00:00Z, only: true}"
	keep, ignore := ", renewalPolicy: Retain, keepTrial: true", ", renewalPolicy: Retain, keepTrial: true, ignoreRecurring: true"
	cases := map[string]struct {
		trial, changeItems string
		state, after       v1alpha1.SubscriptionState
		due                []v1alpha1.Amount
	}{
		"ends":         {trial, "", v1alpha1.SubscriptionActive, v1alpha1.SubscriptionActive, []v1alpha1.Amount{"8.06", "50.00"}},
		"resets":       {trial, ", renewalPolicy: Reset", v1alpha1.SubscriptionActive, v1alpha1.SubscriptionActive, []v1alpha1.Amount{"50.00"}},
		"keeps":        {trial, keep, v1alpha1.SubscriptionTrialing, v1alpha1.SubscriptionActive, []v1alpha1.Amount{"50.00"}},
		"only-keeps":   {trialOnly, keep, v1alpha1.SubscriptionTrialing, v1alpha1.SubscriptionActive, []v1alpha1.Amount{"50.00"}},
		"only-ignores": {trialOnly, ignore, v1alpha1.SubscriptionTrialing, v1alpha1.SubscriptionCanceled, []v1alpha1.Amount{"0.00"}},
		"only":         {trialOnly, "none", v1alpha1.SubscriptionTrialing, v1alpha1.SubscriptionCanceled, []v1alpha1.Amount{"0.00"}}, // a trace
	}
	for name, c := range cases {
		o.apply(onSmall(name, c.trial))
	}
	for name := range cases {
		o.become(v1alpha1.SubscriptionTrialing, name)
	}
	o.moveClock("2026-04-10T00:00:00Z")
	for name, c := range cases {
		if c.changeItems != "none" {
			o.apply(toBig(name, c.changeItems, ""))
			o.decided(name, v1alpha1.UpdateApplied)
		}
		o.become(c.state, name)
	}
	o.apply(strings.Replace(toBig("keeps", ignore, ""), "name: keeps", "name: not-only", 1))
	o.rejected("not-only", v1alpha1.ReasonInvalidItems, "a trial-only subscription")
	o.refused(toBig("x", ", keepTrial: true", ""), "keepTrial needs renewalPolicy: Retain")
	o.refused(toBig("x", ", renewalPolicy: Reset, keepTrial: true", ""), "keepTrial needs renewalPolicy: Retain")
	o.refused(toBig("x", ", renewalPolicy: Retain, ignoreRecurring: true", ""), "ignoreRecurring needs keepTrial: true")
	o.refused(toBig("x", ", renewalPolicy: sometimes", ""), `supported values: "Retain", "Reset"`)
	o.moveClock("2026-04-15T00:00:00Z")
	for name, c := range cases {
		o.become(c.after, name)
		o.invoiced(name, c.due...)
	}
}

// What a response can be expanded by is there without asking: the customer and all that is known of
// them, the first, the newest and the next invoice.
func TestRebillyExpand(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(product)
	o.apply(`
kind: SeatProduct
metadata: {name: shipping}
spec:
  plans:
  - {name: express, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: Flat, unitAmount: "4.90"}}
---
kind: Subscription
metadata: {name: acme}
spec:
  customer:
    id: acme
    displayName: Acme Corp
    email: billing@acme.example
    attributes:
    - {name: leadSource, value: webinar}
    - {name: website, value: shop.example}
    - {name: paymentInstrument, value: card-4242}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: 5}
  - {name: shipping, productRef: {name: shipping}, plan: express, quantity: 1, recurring: false}
  testClockRef: {name: clock}
`)
	o.started("acme")
	o.moveClock("2026-05-01T00:00:00Z")
	o.moveClock("2026-05-16T12:00:00Z")
	const edit = `[{"name":"editors","productRef":{"name":"seat"},"plan":"monthly","quantity":7},{"name":"shipping","productRef":{"name":"shipping"},"plan":"express","quantity":1,"recurring":false}]`
	if err := o.patch(&v1alpha1.Subscription{}, "acme", `{"spec":{"items":`+edit+`}}`); err != nil {
		t.Fatal(err)
	}
	o.settled("acme")
	s := o.subscription("acme")
	invoices := o.invoiced("acme", "54.90", "50.00")
	for i, summary := range []*v1alpha1.InvoiceSummary{s.Status.InitialInvoice, s.Status.RecentInvoice} {
		expect(t, "name", summary.Name, invoices[i].Name)
		expect(t, "amount", summary.AmountDue, invoices[i].Spec.AmountDue)
		expect(t, "time", when(&summary.Time), when(&invoices[i].Spec.IssueTime))
	}
	upcoming := s.Status.UpcomingInvoice
	expect(t, "the next falls due", when(upcoming.DueTime), "2026-06-01T00:00:00Z")
	expect(t, "its lines so far", fmt.Sprint(amounts(upcoming.Lines)), "[10.00]")
	expect(t, "its sum", upcoming.AmountDue, "80.00")
	expect(t, "shipping is charged once", invoices[0].Spec.Lines[0].Kind, v1alpha1.LineOneTime)
	for _, invoice := range invoices {
		expect(t, "the customer on an invoice", fmt.Sprint(invoice.Spec.Customer), fmt.Sprint(s.Spec.Customer))
	}
	var issued []string
	for _, i := range invoices {
		issued = append(issued, fmt.Sprintf("Issued invoice %s for %s EUR (%s)", i.Name, i.Spec.AmountDue, i.Spec.Reason))
	}
	o.noticed("acme", "InvoiceIssued", issued...)
	expect(t, "more than one thing at once",
		o.run("get", "spsub", "acme", "-o", "jsonpath={.spec.customer.attributes[0].value} {.status.recentInvoice.amountDue} {.status.upcomingInvoice.amountDue}"),
		"webinar 50.00 80.00")
	// Whoever collects says so; the operator leaves it alone.
	paid := invoices[0].DeepCopy()
	meta.SetStatusCondition(&paid.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue, Reason: "Collected"})
	if err := cluster.Status().Update(t.Context(), paid); err != nil {
		t.Fatal(err)
	}
	o.moveClock("2026-06-01T00:00:00Z")
	invoices = o.invoiced("acme", "54.90", "50.00", "80.00")
	expect(t, "the collected invoice", meta.IsStatusConditionTrue(invoices[0].Status.Conditions, v1alpha1.ConditionPaid), true)
}

// Requests are JSON, which is what a request says that it is; YAML is taken too, anything else is refused.
func TestRebillyContentType(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(plans30and90)
	o.apply(onSmall("acme", ""))
	o.started("acme")
	transport, err := rest.HTTPClientFor(ground.Plane.Config)
	if err != nil {
		t.Fatal(err)
	}
	post := func(contentType, body string) int {
		server, _, err := rest.DefaultServerUrlFor(ground.Plane.Config)
		if err != nil {
			t.Fatal(err)
		}
		url := server.JoinPath("apis", v1alpha1.GroupVersion.String(), "namespaces", o.namespace, "subscriptionupdates").String()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if contentType != "" {
			request.Header.Set("Content-Type", contentType)
		}
		response, err := transport.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode
	}
	const json = `{"apiVersion":"billing.seatplane.dev/v1alpha1","kind":"SubscriptionUpdate","metadata":{"name":%q},
		"spec":{"subscriptionRef":{"name":"acme"},"preview":true,"changeItems":{"items":[{"name":"editors","productRef":{"name":"seat"},"plan":"big"}]}}}`
	expect(t, "JSON", post("application/json", fmt.Sprintf(json, "said")), http.StatusCreated)
	expect(t, "JSON without a word", post("", fmt.Sprintf(json, "unsaid")), http.StatusCreated)
	expect(t, "YAML", post("application/yaml", fmt.Sprintf(json, "yaml")), http.StatusCreated)
	expect(t, "XML", post("application/xml", "<update/>"), http.StatusUnsupportedMediaType)
	for _, name := range []string{"said", "unsaid", "yaml"} {
		o.decided(name, v1alpha1.UpdatePreviewed)
	}
}
