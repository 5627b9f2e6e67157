// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/record"
)

const product = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10.00"}
---
`

const acme = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-01-31T00:00:00Z
  items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 10}]
`

const clock = `
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: TestClock
metadata: {name: clock}
spec: {now: 2026-02-14T00:00:00Z}
`

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err) // a mistake in the test
	}
	return t
}

// read is the source of manifests at a time.
func read(t *testing.T, text, now string) (*offline.Source, []offline.Case, error) {
	t.Helper()
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	documents, err := manifests.Read(manifests.Stdin, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	source, err := offline.FromManifests(t.Context(), "test", schemas, documents, "default", at(now))
	if err != nil {
		return nil, nil, err
	}
	var cases []offline.Case
	err = source.Each(t.Context(), func(of offline.Case) error {
		cases = append(cases, of)
		return nil
	})
	return source, cases, err
}

// A subscription that has nothing but a manifest is what it would be, had the operator kept it since its start.
func TestSettle(t *testing.T) {
	cases := map[string]struct {
		reason, manifest, now string
		period, next          string
		invoices              int64
	}{
		"since January": {
			reason: "31 January, 28 February, 31 March: periods are counted from the start", manifest: product + acme, now: "2026-04-16T00:00:00Z",
			period: "2026-03-31T00:00:00Z", next: "2026-04-30T00:00:00Z", invoices: 4,
		},
		"without a start": {
			reason: "it starts now", manifest: product + strings.Replace(acme, "  startTime: 2026-01-31T00:00:00Z\n", "", 1), now: "2026-04-16T00:00:00Z",
			period: "2026-04-16T00:00:00Z", next: "2026-05-16T00:00:00Z", invoices: 2,
		},
		"on a clock": {
			reason: "its clock says what time it is", manifest: product + acme + "  testClockRef: {name: clock}\n" + clock, now: "2026-04-16T00:00:00Z",
			period: "2026-01-31T00:00:00Z", next: "2026-02-28T00:00:00Z", invoices: 2,
		},
		"later": {
			reason: "nothing has happened before the start", manifest: product + acme, now: "2026-01-01T00:00:00Z", invoices: 0,
		},
		"billed elsewhere": {
			reason:   "what another system billed is not billed again, and the first document is still to come",
			manifest: product + strings.Replace(acme, "  startTime:", "  billedUntil: 2026-04-30T00:00:00Z\n  startTime:", 1), now: "2026-04-16T00:00:00Z",
			period: "2026-03-31T00:00:00Z", next: "2026-04-30T00:00:00Z", invoices: 1,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, cases, err := read(t, c.manifest, c.now)
			if err != nil || len(cases) != 1 {
				t.Fatalf("got %v, %v", cases, err)
			}
			got := cases[0].Subscription.Status
			if got.NextInvoiceNumber != c.invoices {
				t.Errorf("%s: the next invoice is %d, not %d", c.reason, got.NextInvoiceNumber, c.invoices)
			}
			if c.period == "" {
				if got.CurrentPeriod != nil {
					t.Errorf("%s: it has the period %+v", c.reason, got.CurrentPeriod)
				}
				return
			}
			if !got.CurrentPeriod.Start.Time.Equal(at(c.period)) || !got.CurrentPeriod.End.Time.Equal(at(c.next)) {
				t.Errorf("%s: the period is %+v", c.reason, got.CurrentPeriod)
			}
		})
	}
}

// A status that a manifest has is taken, and not computed again.
func TestStatusOfAManifest(t *testing.T) {
	_, settled, err := read(t, product+acme, "2026-02-10T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	source, _, err := read(t, product, "2026-02-20T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	again, err := source.Catalogue.Settle(settled[0], at("2026-06-20T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(settled[0].Subscription.Status, again.Subscription.Status); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInvalidManifestsToCompareWith(t *testing.T) {
	_, _, err := read(t, product+strings.Replace(acme, "quantity: 10", "quantity: -1", 1), "2026-04-16T00:00:00Z")
	if err == nil || !strings.HasPrefix(err.Error(), `standard input, document 2, to compare with, is invalid: Subscription.billing.seatplane.dev "acme" is invalid`) {
		t.Errorf("got %v", err)
	}
}

// A status that the API server would not store is refused, and not computed with: periods of no length never end.
func TestStatusThatCannotBe(t *testing.T) {
	status := `status:
  state: Active
  sequence: 1
  currency: EUR
  creditBalance: "0.00"
  startTime: 2026-01-31T00:00:00Z
  billingCycleAnchor: 2026-01-31T00:00:00Z
  lastEventTime: 2026-01-31T00:00:00Z
  renewalTime: 2026-02-28T00:00:00Z
  interval: {unit: Month, count: COUNT}
  currentPeriod: {start: 2026-01-31T00:00:00Z, end: 2026-02-28T00:00:00Z, index: 0}
  actedOn: {generation: 1}
  nextInvoiceNumber: 2
`
	for count, want := range map[string]string{"1": "", "0": "status.interval.count: Invalid value: 0"} {
		source, cases, err := read(t, product+acme+strings.Replace(status, "COUNT", count, 1), "2026-02-10T00:00:00Z")
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a count of %s: got %v", count, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		objects, err := source.Catalogue.Objects(cases[0], source.Time)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := assembly.Advance(objects); err != nil {
			t.Errorf("a count of %s: %v", count, err)
		}
	}
}

// One subscription that cannot be computed stops no other. Whoever computes with it learns why.
func TestUnsettled(t *testing.T) {
	onClock := strings.Replace(strings.ReplaceAll(acme, "acme", "globex"), "  items:", "  testClockRef: {name: clock}\n  items:", 1)
	source, cases, err := read(t, product+acme+"---"+onClock, "2026-04-16T00:00:00Z")
	if err != nil || len(cases) != 2 {
		t.Fatalf("got %d cases, %v", len(cases), err)
	}
	for _, of := range cases {
		_, err := source.Catalogue.Objects(of, source.Time)
		if missing := of.Subscription.Name == "globex"; (err != nil) != missing {
			t.Errorf("%s: %v", of.Subscription.Name, err)
		}
	}
	if _, err := source.Catalogue.Objects(cases[1], source.Time); err == nil || err.Error() != `TestClock "clock" does not exist in namespace "default"` {
		t.Errorf("got %v", err)
	}
}

// An object that is declared twice is one object in a cluster. Nobody knows which of the two.
func TestDeclaredTwice(t *testing.T) {
	update := `---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SubscriptionUpdate
metadata: {name: more}
spec: {subscriptionRef: {name: acme}, seats: {increment: 1}}
`
	_, _, err := read(t, product+acme+update+update, "2026-04-16T00:00:00Z")
	const want = `standard input, document 4: SubscriptionUpdate "more" is also in standard input, document 3: remove one of the two`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Of the policies with one external reference, the oldest can be used, as in a cluster.
func TestJudgePolicies(t *testing.T) {
	policy := func(name, ref string) string {
		return "---\napiVersion: billing.seatplane.dev/v1alpha1\nkind: ClusterProrationPolicy\nmetadata: {name: " + name + "}\n" +
			"spec: {displayName: " + name + "-policy, rounding: Up, externalRef: " + ref + "}\n"
	}
	source, _, err := read(t, product+policy("a", "pol-7")+policy("b", "pol-7")+policy("c", "pol-8"), "2026-04-16T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	usable := func(c *offline.Catalogue) string {
		var names []string
		for _, name := range []string{"a", "b", "c"} {
			ref := subscription.PolicyRef{Kind: string(v1alpha1.KindClusterProrationPolicy), Name: name}
			if _, ready := c.Policy("default", ref); ready {
				names = append(names, name)
			}
		}
		return strings.Join(names, " ")
	}
	edited := source.Catalogue.Clone()
	delete(edited.ClusterPolicies, "a")
	turned := edited.JudgePolicies()
	if len(turned) != 1 || turned[0].Name.Name != "b" || !turned[0].Ready || len(edited.JudgePolicies()) != 0 {
		t.Errorf("turned: %+v", turned)
	}
	if was, is := usable(source.Catalogue), usable(edited); was != "a c" || is != "b c" {
		t.Errorf("%q can be used, and without the first one %q", was, is)
	}
}

// An update that nobody saw before a TestClock moved counts as seen before it: the controller holds the pass back, and so
// do the tools.
func TestHeldBack(t *testing.T) {
	source, cases, err := read(t, product+acme+"  testClockRef: {name: clock}\n"+clock, "2026-04-16T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	of := cases[0]
	of.Updates = []v1alpha1.SubscriptionUpdate{{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "more", UID: "1", CreationTimestamp: metav1.NewTime(at("2026-04-16T00:00:00Z"))},
		Spec: v1alpha1.SubscriptionUpdateSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme"},
			ChangeItems: &v1alpha1.ItemsChange{Items: []v1alpha1.SubscriptionItem{{
				Name: "editors", ProductRef: v1alpha1.LocalReference{Name: "seat"}, Plan: "monthly", Quantity: new(int64(12)),
			}}},
		},
	}}
	objects, err := source.Catalogue.Objects(of, source.Time)
	if err != nil {
		t.Fatal(err)
	}
	objects.Shown = at("2026-02-20T00:00:00Z")
	advanced, err := assembly.Advance(objects)
	if err != nil || len(advanced.Decisions) != 1 {
		t.Fatalf("got %+v, %v", advanced.Decisions, err)
	}
	d := advanced.Decisions[0]
	// 14 of the 28 days are left on the clock as it was, and 8 after it moved.
	if !d.AppliedAt.Equal(at("2026-02-14T00:00:00Z")) || !d.Adjustment.Equal(money.FromInt(10)) {
		t.Errorf("it is applied at %s, for %s", d.AppliedAt, d.Adjustment)
	}
}

// An update that the last commit decided is not decided again, although the write that says so is still owed.
func TestWhatIsOwedIsDecided(t *testing.T) {
	source, cases, err := read(t, product+acme, "2026-02-10T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	of := cases[0]
	of.Updates = []v1alpha1.SubscriptionUpdate{{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "more", UID: "1"}, Spec: v1alpha1.SubscriptionUpdateSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme"},
	}}}
	for _, owed := range []bool{false, true} {
		of.Subscription.Status.Outbox = nil
		if owed {
			of.Subscription.Status.Outbox = []v1alpha1.Effect{{Type: v1alpha1.EffectMarkUpdate, Name: "more", UID: "1"}}
		}
		objects, err := source.Catalogue.Objects(of, source.Time)
		if err != nil || (len(objects.Updates) == 0) != owed {
			t.Errorf("owed %t: %d updates, %v", owed, len(objects.Updates), err)
		}
	}
}

// Whoever comes back under a name is given the invoices of that name and customer alone.
func TestEarlierOf(t *testing.T) {
	invoice := func(uid, customer string) v1alpha1.Invoice {
		return v1alpha1.Invoice{Spec: v1alpha1.InvoiceSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "old"}, Customer: v1alpha1.Customer{ID: customer},
			IssueTime: *record.Time(at("2026-01-01T00:00:00Z")), Currency: v1alpha1.Currency(uid),
		}}
	}
	source := &offline.Source{Earlier: func(context.Context, types.NamespacedName) ([]v1alpha1.Invoice, error) {
		return []v1alpha1.Invoice{invoice("EUR", "acme"), invoice("USD", "globex")}, nil
	}}
	sub := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "new"}, Spec: v1alpha1.SubscriptionSpec{Customer: v1alpha1.Customer{ID: "acme"}}}
	earlier, err := source.EarlierOf(t.Context(), sub)
	if err != nil || len(earlier) != 1 || earlier[0].Spec.Currency != "EUR" {
		t.Errorf("got %v, %v", earlier, err)
	}
}
