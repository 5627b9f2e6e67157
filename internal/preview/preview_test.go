// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/preview"
)

// noon is in the middle of April, which has thirty days.
var noon = time.Date(2026, time.April, 16, 0, 0, 0, 0, time.UTC)

// compared is the report of what manifests would cost, compared with testdata/base.yaml.
func compared(t *testing.T, proposed string, whole bool) preview.Report {
	t.Helper()
	return comparedWith(t, base(t), proposed, whole)
}

// loadSchemas compiles the rules of the kinds once, which takes a while.
var loadSchemas = sync.OnceValues(manifests.LoadSchemas)

// comparedWith is the report of what manifests would cost, compared with others.
func comparedWith(t *testing.T, present, proposed string, whole bool) preview.Report {
	t.Helper()
	schemas, err := loadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	base, err := manifests.Read(manifests.Stdin, strings.NewReader(present))
	if err != nil {
		t.Fatal(err)
	}
	source, err := offline.FromManifests(t.Context(), "base.yaml", schemas, base, "billing", noon)
	if err != nil {
		t.Fatal(err)
	}
	documents, err := manifests.Read(manifests.Stdin, strings.NewReader(proposed))
	if err != nil {
		t.Fatal(err)
	}
	report, err := preview.Compare(t.Context(), schemas, source, documents, preview.Options{
		Now: metav1.NewTime(noon), Namespace: "billing", Whole: whole,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// base is testdata/base.yaml with edits: pairs of what is replaced by what.
func base(t *testing.T, edits ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "base.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	edited := string(text)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(edited, edits[i]) {
			t.Fatalf("%q is not in base.yaml", edits[i])
		}
		edited = strings.Replace(edited, edits[i], edits[i+1], 1)
	}
	return edited
}

// subscription is the manifest of a subscription of the product seat.
func subscription(name string, quantity int, more string) string {
	return fmt.Sprintf(`
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: %s}
spec:
  customer: {id: %s}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: %d}
%s`, name, name, quantity, more)
}

// update is the manifest of an update of acme.
func update(name, spec string) string {
	return fmt.Sprintf(`
apiVersion: billing.seatplane.dev/v1alpha1
kind: SubscriptionUpdate
metadata: {name: %s}
spec:
  subscriptionRef: {name: acme}
%s`, name, spec)
}

const onlyPrice = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: %q}
    seats: {maximum: 50}
  - name: yearly
    currency: EUR
    interval: {unit: Year, count: 1}
    pricing: {model: PerUnit, unitAmount: "96.00"}
`

// summary is what most cases look at.
type summary struct {
	Result preview.Result
	Counts preview.Counts
	// Totals are "currency due now, next invoice, a month, a year" of the differences.
	Totals   []string
	Outcomes []string
	Problems []string
}

func summarize(r preview.Report) summary {
	s := summary{Result: r.Result, Counts: r.Counts}
	for _, t := range r.Totals {
		s.Totals = append(s.Totals, fmt.Sprintf("%s %s, %s, %s, %s", t.Currency, t.DueNow.Difference, t.NextInvoice.Difference,
			t.PerMonth.Difference, t.PerYear.Difference))
	}
	for _, c := range r.Changes {
		for _, o := range c.Outcomes {
			s.Outcomes = append(s.Outcomes, strings.TrimRight(fmt.Sprintf("%s: %s: %s %s", c.Name, o.Summary, o.State, o.Adjustment), " "))
		}
	}
	for _, list := range [][]preview.Problem{r.Invalid, r.Refused, r.NotExamined} {
		for _, p := range list {
			s.Problems = append(s.Problems, fmt.Sprintf("%s (%d) %s: %s", p.Where, p.Count, p.Reason, p.Message))
		}
	}
	return s
}

func TestCompare(t *testing.T) {
	three := preview.Counts{Subscriptions: 3, Unchanged: 3}
	cases := map[string]struct {
		reason   string
		proposed string
		whole    bool
		want     summary
	}{
		"nothing": {
			reason: "manifests that declare what is there change nothing", proposed: base(t),
			want: summary{Result: preview.Unchanged, Counts: three},
		},
		"one quantity": {
			reason:   "four seats more for half of April: 20.00 on the next invoice, next to 140.00 for May",
			proposed: subscription("acme", 14, ""),
			want: summary{
				Result: preview.Changed, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, Up: 1},
				Totals:   []string{"EUR 0.00, 60.00, 40.00, 480.00"},
				Outcomes: []string{"acme: editors 10 → 14: Applied 20.00"},
			},
		},
		"one quantity, invoiced at once": {
			reason:   "the three horizons are never mixed: what is due now is not on the next invoice",
			proposed: subscription("acme", 14, "  changePolicy: {paymentSchedule: Immediately}"),
			want: summary{
				Result: preview.Changed, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, Up: 1},
				Totals:   []string{"EUR 20.00, 40.00, 40.00, 480.00"},
				Outcomes: []string{"acme: editors 10 → 14: Applied 20.00"},
			},
		},
		"a smaller quantity at the renewal": {
			reason:   "what applies later is scheduled, and recurs from then on",
			proposed: subscription("acme", 8, "  changePolicy: {applicationSchedule: NextPeriod}"),
			want: summary{
				Result: preview.Changed, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, Down: 1},
				Totals:   []string{"EUR 0.00, -20.00, -20.00, -240.00"},
				Outcomes: []string{"acme: editors 10 → 8: Scheduled 0.00"},
			},
		},
		"a price that two use": {
			reason:   "an edit of the catalogue reaches everybody who uses it, with the next period",
			proposed: fmt.Sprintf(onlyPrice, "12.00"),
			want: summary{
				Result: preview.Changed, Counts: preview.Counts{Subscriptions: 3, Unchanged: 1, Up: 2},
				Totals: []string{"EUR 0.00, 30.00, 30.00, 360.00"},
			},
		},
		"a policy": {
			reason: "a policy rounds changes to come, and changes no amount by itself",
			proposed: `
apiVersion: billing.seatplane.dev/v1alpha1
kind: ProrationPolicy
metadata: {name: by-day}
spec: {displayName: By day, rounding: Down}`,
			want: summary{Result: preview.Unchanged, Counts: three},
		},
		"a new customer": {
			reason: "a start is charged at once, and its start in the past is not a typing error within one period",
			proposed: `
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: hooli}
spec:
  customer: {id: hooli}
  startTime: 2026-04-16T00:00:00Z
  items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 3}]`,
			want: summary{
				Result: preview.Changed, Counts: preview.Counts{Subscriptions: 4, Unchanged: 3, Up: 1, Created: 1},
				Totals: []string{"EUR 30.00, 30.00, 30.00, 360.00"},
			},
		},
		"a new customer who starts later": {
			reason: "nothing is due before the start, whose invoice is the next one",
			proposed: `
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: hooli}
spec:
  customer: {id: hooli}
  startTime: 2026-05-01T00:00:00Z
  items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 3}]`,
			want: summary{
				Result: preview.Changed, Counts: preview.Counts{Subscriptions: 4, Unchanged: 3, Up: 1, Created: 1},
				Totals: []string{"EUR 0.00, 30.00, 30.00, 360.00"},
			},
		},
		"a removed customer": {
			reason: "between two whole directories, what is absent is removed", whole: true,
			proposed: base(t, "metadata: {name: globex, namespace: billing}", "metadata: {name: acme2, namespace: billing}"),
			want: summary{
				Result: preview.Changed,
				Counts: preview.Counts{Subscriptions: 4, Unchanged: 2, Up: 1, Down: 1, Created: 1, Removed: 1},
				Totals: []string{"EUR 50.00, 0.00, 0.00, 0.00"},
			},
		},
		"not a whole directory": {
			reason: "what some manifests do not name stays", proposed: subscription("acme", 10, ""),
			want: summary{Result: preview.Unchanged, Counts: three},
		},
		"an invalid manifest": {
			reason: "the sentence is the API server's, and no total is printed", proposed: subscription("acme", -1, ""),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, NotExamined: 1},
				Problems: []string{`standard input (0) : Subscription.billing.seatplane.dev "acme" is invalid: spec.items[0].quantity: ` +
					`Invalid value: -1: spec.items[0].quantity in body should be greater than or equal to 0`},
			},
		},
		"a rule of CEL": {
			reason: "rules that compare with what is there hold too", proposed: strings.Replace(subscription("acme", 10, ""), "id: acme", "id: other", 1),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, NotExamined: 1},
				Problems: []string{`standard input (0) : Subscription.billing.seatplane.dev "acme" is invalid: spec.customer: ` +
					`Invalid value: customer.id is immutable: create another subscription`},
			},
		},
		"an unknown field": {
			reason: "as with kubectl's strict validation", proposed: subscription("acme", 10, "  itmes: []"),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, NotExamined: 1},
				Problems: []string{`standard input (0) : Subscription "acme": strict decoding error: unknown field "spec.itmes"`},
			},
		},
		"too many seats": {
			reason: "what the operator would refuse is found before", proposed: subscription("acme", 51, ""),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, Refused: 1},
				Problems: []string{`Subscription/acme (0) AboveMaximum: Item "editors" would have 51 seats; plan "monthly" has a maximum of 50. Lower the quantity, or use a plan with a higher maximum.`},
			},
		},
		"a product that is missing": {
			reason:   "a reference that leads nowhere keeps a subscription from starting",
			proposed: strings.Replace(subscription("hooli", 3, ""), "{name: seat}", "{name: seats}", 1),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 4, Unchanged: 3, Refused: 1},
				Problems: []string{`Subscription/hooli (0) ProductNotFound: SeatProduct "seats" does not exist: create it, or name another.`},
			},
		},
		"a plan that goes": {
			reason:   "subscriptions that could not be renewed are refused, grouped and counted",
			proposed: strings.Replace(fmt.Sprintf(onlyPrice, "10.00"), "name: monthly", "name: weekly", 1),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 3, Unchanged: 1, Refused: 2},
				Problems: []string{`Subscription/acme (2) PlanNotFound: SeatProduct "seat" has no plan "monthly": add it, or name another.`},
			},
		},
		"an update": {
			reason:   "an update is computed as the operator would",
			proposed: update("more", "  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 13}]}"),
			want: summary{
				Result: preview.Changed, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, Up: 1},
				Totals:   []string{"EUR 0.00, 45.00, 30.00, 360.00"},
				Outcomes: []string{"acme: editors 10 → 13: Applied 15.00"},
			},
		},
		"an update that is a preview": {
			reason:   "it computes, and changes nothing",
			proposed: update("more", "  preview: true\n  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 13}]}"),
			want: summary{
				Result: preview.Unchanged, Counts: three,
				Totals:   []string{"EUR 0.00, 0.00, 0.00, 0.00"},
				Outcomes: []string{"acme: editors 10 → 13: Previewed 15.00"},
			},
		},
		"an update of a quantity that the spec declares": {
			reason: "the operator rejects it, and says so", proposed: update("more", "  seats: {increment: 1}"),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, Refused: 1},
			},
		},
		"an update of nobody": {
			reason:   "what could not be computed is never no change",
			proposed: strings.Replace(update("more", "  seats: {increment: 1}"), "{name: acme}", "{name: nobody}", 1),
			want: summary{
				Result: preview.Changed, Counts: three,
				Problems: []string{`standard input (0) SubscriptionNotFound: The Subscription "nobody" does not exist. The update waits until it is created.`},
			},
		},
		"an update of nobody that is invalid": {
			reason:   "the API server refuses it whether its subscription exists or not",
			proposed: strings.Replace(update("more", "  seats: {increment: -1}"), "{name: acme}", "{name: nobody}", 1),
			want: summary{
				Result: preview.Rejected, Counts: three,
				Problems: []string{`standard input (0) : SubscriptionUpdate.billing.seatplane.dev "more" is invalid: spec.seats.increment: ` +
					`Invalid value: -1: spec.seats.increment in body should be greater than or equal to 1`},
			},
		},
		"an assignment of nobody that is invalid": {
			reason: "it costs nothing, and is refused all the same",
			proposed: `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatAssignment
metadata: {name: ada}
spec: {subscriptionRef: {name: nobody}, item: editors, hodler: {id: ada}}`,
			want: summary{
				Result: preview.Rejected, Counts: three,
				Problems: []string{`standard input (0) : SeatAssignment "ada": strict decoding error: unknown field "spec.hodler"`},
			},
		},
		"a policy whose reference an older one has": {
			reason: "the operator uses only the older one, so that nothing can be priced by this one",
			proposed: `
apiVersion: billing.seatplane.dev/v1alpha1
kind: ProrationPolicy
metadata: {name: by-day}
spec: {displayName: By day, rounding: Up, externalRef: pol-7}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: ProrationPolicy
metadata: {name: another}
spec: {displayName: Another, rounding: Up, externalRef: pol-7}
---` + subscription("acme", 14, "  prorationPolicyRef: {kind: ProrationPolicy, name: another}"),
			want: summary{
				Result: preview.Rejected, Counts: preview.Counts{Subscriptions: 3, Unchanged: 2, Refused: 1},
				Problems: []string{"Subscription/acme (0) PolicyNotReady: ProrationPolicy another"},
			},
		},
		"a kind that is not ours": {
			reason: "it is ignored, and counted", proposed: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: counts}\n",
			want: summary{Result: preview.Unchanged, Counts: three},
		},
		"the same twice": {
			reason: "two manifests of one object contradict each other", proposed: subscription("acme", 10, "") + "\n---\n" + subscription("acme", 11, ""),
			want: summary{
				Result: preview.Rejected, Counts: three,
				Problems: []string{`standard input, document 2 (0) : Subscription "acme" is also in standard input: remove one of the two`},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report := compared(t, c.proposed, c.whole)
			got := summarize(report)
			if name == "a policy whose reference an older one has" && len(got.Problems) == 1 {
				got.Problems[0], _, _ = strings.Cut(got.Problems[0], " does ")
			}
			if name == "an update of a quantity that the spec declares" {
				if len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "DeclaredInSpec") {
					t.Errorf("got %v", got.Problems)
				}
				got.Problems = nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if (report.Hash != "") != (len(report.Totals) > 0) && len(report.Refused) == 0 {
				t.Errorf("the hash is %q, with totals %v", report.Hash, report.Totals)
			}
		})
	}
}

// Where one update is all that changes, the report's hash is what its expectedHash takes.
func TestHashOfOneUpdate(t *testing.T) {
	items := "  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 13}]}\n"
	first := compared(t, update("more", items), false)
	agreed := compared(t, update("more", items+"  expectedHash: "+first.Hash), false)
	if agreed.Result != preview.Changed || agreed.Hash != first.Hash {
		t.Errorf("the agreed update is %s: %v", agreed.Result, agreed.Refused)
	}
	other := compared(t, update("more", items+"  expectedHash: "+strings.Repeat("a", 64)), false)
	if len(other.Refused) != 1 || other.Refused[0].Reason != "PreviewOutdated" {
		t.Errorf("another outcome is not refused: %+v", other)
	}
}

// The effect of a price says who is affected, by what edit, and by how much.
func TestEffectOfAPrice(t *testing.T) {
	report := compared(t, fmt.Sprintf(onlyPrice, "12.00"), false)
	if len(report.Catalogue) != 1 {
		t.Fatalf("got %+v", report.Catalogue)
	}
	e := report.Catalogue[0]
	if diff := cmp.Diff([]string{"SeatProduct/seat spec.plans[monthly].pricing.unitAmount: 10.00 → 12.00"}, e.Edits); diff != "" {
		t.Errorf("edits (-want +got):\n%s", diff)
	}
	if e.Up != 2 || e.Unchanged != 0 || len(e.Largest) != 2 || e.Largest[0].Name != "acme" || e.Totals[0].IncreasePercent != "20" {
		t.Errorf("got %+v", e)
	}
}
