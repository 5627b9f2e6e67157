// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/simulation"
)

const simulatedProducts = `
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "9.99"}}
  - {name: arrears, currency: EUR, interval: {unit: Month, count: 1}, charge: InArrears, pricing: {model: PerUnit, unitAmount: "7.77"}}
  - {name: yearly, currency: USD, interval: {unit: Year, count: 1}, pricing: {model: PerUnit, unitAmount: "100.01"}}
  - {name: tried, currency: EUR, interval: {unit: Month, count: 1}, trial: {unit: Day, count: 14}, pricing: {model: PerUnit, unitAmount: "9.99"}}
---
kind: SeatProduct
metadata: {name: counted}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "12.50"}}
  dataLoader: {configMap: {name: counts}}
  refresh: {schedule: "0 0 * * *"}
---
kind: SeatProduct
metadata: {name: call}
spec:
  plans:
  - {name: metered, currency: EUR, interval: {unit: Month, count: 1}, usage: Metered, pricing: {model: PerUnit, unitAmount: "0.10"}}
  dataLoader: {configMap: {name: readings}}
  refresh: {schedule: "0 0 * * *"}
`

// stories are the subscriptions that are simulated, by name: their items, and what else their specs say.
func stories() map[string]string {
	return map[string]string{
		"monthly":   "{name: seats, productRef: {name: seat}, plan: monthly, quantity: 3}",
		"arrears":   "{name: seats, productRef: {name: seat}, plan: arrears, quantity: 4}",
		"yearly":    "{name: seats, productRef: {name: seat}, plan: yearly, quantity: 7}\n  changePolicy: {paymentSchedule: Immediately}",
		"trial":     "{name: seats, productRef: {name: seat}, plan: tried, quantity: 5}",
		"berlin":    "{name: seats, productRef: {name: seat}, plan: monthly, quantity: 6}\n  timeZone: Europe/Berlin",
		"decreased": "{name: seats, productRef: {name: seat}, plan: monthly, quantity: 10}\n  changePolicy: {applicationSchedule: NextPeriod}",
		"updated":   "{name: seats, productRef: {name: seat}, plan: monthly}",
		"canceled":  "{name: seats, productRef: {name: seat}, plan: monthly, quantity: 8}",
		"counted":   "{name: seats, productRef: {name: counted}, plan: monthly}",
		"used":      "{name: calls, productRef: {name: call}, plan: metered}",
	}
}

// story is the manifest of a subscription that begins on the last day of January.
func story(name, clock string) string {
	return fmt.Sprintf(`
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: %[1]s}
  startTime: 2026-01-31T00:00:00Z
  items:
  - %[2]s
  testClockRef: {name: %[3]s}
`, name, stories()[name], clock)
}

// happenings is the script that is simulated, and played to the controllers. Counts change at midnight, when the
// products refresh.
func happenings() string {
	indent := func(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") }
	update := func(name, spec string) string {
		return indent(fmt.Sprintf("apiVersion: billing.seatplane.dev/v1alpha1\nkind: SubscriptionUpdate\nmetadata: {name: %s}\nspec: {%s}", name, spec))
	}
	edited := func(name, old, new string) string { return indent(strings.Replace(story(name, "clock"), old, new, 1)) }
	return `
steps:
- at: 2026-02-12
  counts: {counted: {seats: 9}, used: {calls: 1250}, updated: {seats: 12}}
- at: 2026-02-20T10:30:00Z
  apply:
  - ` + edited("monthly", "quantity: 3", "quantity: 5") + `
  - ` + edited("decreased", "quantity: 10", "quantity: 6") + `
  - ` + edited("yearly", "quantity: 7", "quantity: 10") + `
  - ` + update("fewer", "subscriptionRef: {name: updated}, seats: {item: seats, decrement: 4}, applicationSchedule: NextPeriod") + `
  - ` + update("at-once", "subscriptionRef: {name: updated}, seats: {item: seats, increment: 3}, paymentSchedule: Immediately") + `
- at: 2026-03-29
  counts: {counted: {seats: 4}}
- at: 2026-03-29T01:30:00Z
  apply:
  - ` + edited("berlin", "quantity: 6", "quantity: 11") + `
  - ` + edited("canceled", "  testClockRef", "  cancel: {at: \"2026-05-15T12:00:00Z\", calculationMethod: ProRata}\n  testClockRef") + `
- at: 2026-04-10
  counts: {counted: {seats: 30}, used: {calls: 2000}}
- at: 2026-08-08T08:00:00Z
  apply:
  - ` + edited("yearly", "quantity: 7", "quantity: 2") + `
  - ` + update("refused", "subscriptionRef: {name: trial}, seats: {item: seats, decrement: 2}") + `
  - ` + update("on-a-date", "subscriptionRef: {name: updated}, seats: {item: seats, increment: 5}, applicationSchedule: Custom, applyAt: \"2026-09-09T09:09:09Z\"") + `
- at: 2026-10-25
  counts: {counted: {seats: 28}, used: {calls: 2345}}
`
}

// What simulate foretells from a snapshot is what the controllers then invoice, to the cent and word for word.
func TestSimulationsComeTrue(t *testing.T) {
	const until = "2027-03-31T00:00:00Z"
	o := open(t, "2026-01-31T00:00:00Z")
	sources := func(seats, calls int64) {
		o.apply(fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: counts}\ndata: {counted: \"%d\"}\n---\n"+
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: readings}\ndata: {used: \"%d\"}\n", seats, calls))
	}
	seats, calls := int64(2), int64(1000)
	sources(seats, calls)
	o.apply(simulatedProducts)
	for name := range stories() {
		o.apply(story(name, "clock"))
		if name != "trial" {
			o.started(name)
		}
	}
	o.settled("trial")
	o.clockIsReady()
	foretold := o.foretell(happenings(), until)

	for _, h := range o.script(happenings()).Happenings {
		first := ""
		for of, counts := range h.Counts {
			switch of.Name {
			case "counted":
				seats = counts["seats"]
			case "used":
				calls = counts["calls"]
			default: // no data loader counts it
				first = fmt.Sprintf("kind: SubscriptionUpdate\nmetadata: {name: first}\nspec: {subscriptionRef: {name: %s}, seats: {item: seats, count: %d}}",
					of.Name, counts["seats"])
			}
		}
		sources(seats, calls)
		o.moveClock(h.At.Format(time.RFC3339))
		if first != "" {
			o.apply(first)
		}
		for _, d := range h.Apply {
			text, err := d.Object.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			o.apply(string(text))
		}
		for name := range stories() {
			if o.subscription(name).Status.CancelTime == nil {
				o.settled(name)
			}
		}
	}
	o.moveClock(until)
	for name := range stories() {
		o.cameTrue(name, foretold)
	}
}

func (o *office) script(text string) simulation.Script {
	o.Helper()
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		o.Fatal(err)
	}
	script, err := simulation.ParseScript(o.Context(), schemas, "script.yaml", []byte(text), o.namespace)
	if err != nil {
		o.Fatal(err)
	}
	return script
}

// foretell simulates the scenario from a snapshot.
func (o *office) foretell(script, until string) simulation.Result {
	o.Helper()
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		o.Fatal(err)
	}
	rest, err := o.rest(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	world := simulation.World{Source: rest.source.Name, Time: rest.source.Time, Catalogue: rest.source.Catalogue}
	for _, of := range rest.cases {
		world.Cases = append(world.Cases, of)
	}
	end, err := simulation.ParseInstant(until)
	if err != nil {
		o.Fatal(err)
	}
	result, err := simulation.Run(o.Context(), world, simulation.Options{Until: end, Script: o.script(script), Schemas: schemas})
	if err != nil {
		o.Fatal(err)
	}
	if len(result.NotSimulated) > 0 || len(result.Subscriptions) != len(stories()) {
		o.Fatalf("not simulated: %v\n%s", result.NotSimulated, result.Text())
	}
	return result
}

// cameTrue compares the invoices of a subscription with those that were foretold. Those that the snapshot knew already
// are not among them.
func (o *office) cameTrue(name string, foretold simulation.Result) {
	o.Helper()
	at := slices.IndexFunc(foretold.Subscriptions, func(s simulation.Subscription) bool { return s.Name == name })
	want := foretold.Subscriptions[at].Invoices
	if len(want) == 0 {
		o.Fatalf("no invoice of %s was foretold", name)
	}
	first := want[0].Number
	var due []v1alpha1.Amount
	list := o.invoicesOf(name)
	var got []simulation.Invoice
	for i := range list {
		spec := &list[i].Spec
		due = append(due, spec.AmountDue)
		if spec.Sequence < first {
			continue
		}
		invoice := simulation.Invoice{
			Name: list[i].Name, Number: spec.Sequence, Type: string(spec.Type), Reason: string(spec.Reason),
			Time: stamp(spec.IssueTime.Time), PeriodStart: stamp(spec.PeriodStart.Time), PeriodEnd: stamp(spec.PeriodEnd.Time),
			Subtotal: string(spec.Subtotal), CreditApplied: string(spec.CreditApplied), AmountDue: string(spec.AmountDue),
			BalanceAfter: string(spec.CreditBalanceAfter),
		}
		for _, l := range spec.Lines {
			invoice.Lines = append(invoice.Lines, simulation.Line{
				Item: string(l.Item), Kind: string(l.Kind), Description: l.Description, Amount: string(l.Amount),
			})
		}
		agreement.simulatedLines.Add(int64(len(invoice.Lines)))
		got = append(got, invoice)
	}
	if difference := gocmp.Diff(got, want); difference != "" {
		o.Errorf("the invoices of %s (-controller +simulation), all due %v:\n%s", name, due, difference)
		return
	}
	agreement.simulations.Add(1)
	agreement.simulated.Add(int64(len(got)))
	o.Logf("%s: %d invoices are as simulate foretold them", name, len(got))
}

// invoicesOf are the invoices of a subscription, by number. The clock was Ready, so that all of them are there.
func (o *office) invoicesOf(subscription string) []v1alpha1.Invoice {
	o.Helper()
	var list v1alpha1.InvoiceList
	if err := cluster.List(o.Context(), &list, client.InNamespace(o.namespace), of(subscription)); err != nil {
		o.Fatal(err)
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.Invoice) int { return cmp.Compare(a.Spec.Sequence, b.Spec.Sequence) })
	return list.Items
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
