// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/picture"
	"github.com/seatplane/seatplane/internal/simulation"
)

var update = flag.Bool("update", false, "write the golden files")

// loadSchemas compiles the rules of the kinds once, which takes a while.
var loadSchemas = sync.OnceValues(manifests.LoadSchemas)

const example = "../../examples/simulate"

// simulate runs manifests and a script, both as text, between two instants.
func simulate(t testing.TB, text, script, from, until string) (simulation.Result, error) {
	t.Helper()
	ctx := t.Context()
	schemas, err := loadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	begin, end := when(t, from), when(t, until)
	documents, err := manifests.Read(manifests.Stdin, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	begun, fresh := simulation.Split(documents, begin, "default")
	source, err := offline.FromManifests(ctx, "the manifests", schemas, begun, "default", begin)
	if err != nil {
		t.Fatal(err)
	}
	first, err := simulation.FromManifests(ctx, schemas, fresh, "default", begin)
	if err != nil {
		t.Fatal(err)
	}
	if script != "" {
		then, err := simulation.ParseScript(ctx, schemas, "script.yaml", []byte(script), "default")
		if err != nil {
			return simulation.Result{}, err
		}
		first = first.Then(then)
	}
	var cases []offline.Case
	if err := source.Each(ctx, func(of offline.Case) error { cases = append(cases, of); return nil }); err != nil {
		t.Fatal(err)
	}
	world := simulation.World{Source: source.Name, Time: begin, Catalogue: source.Catalogue, Cases: cases}
	return simulation.Run(ctx, world, simulation.Options{Until: end, Script: first, Schemas: schemas})
}

func when(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := simulation.ParseInstant(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// year is the example that the documentation shows.
func year(t testing.TB) simulation.Result {
	t.Helper()
	r, err := simulate(t, read(t, filepath.Join(example, "catalogue.yaml")), read(t, filepath.Join(example, "script.yaml")), "2027-01-01", "2027-12-31")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every format of the example is as it was.
func TestGolden(t *testing.T) {
	r := year(t)
	printed, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	csv, err := r.CSV()
	if err != nil {
		t.Fatal(err)
	}
	html, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"year.txt": r.Text(), "year.json": string(printed) + "\n", "year.yaml": string(asYAML), "year.csv": csv,
		"year.svg": picture.SVG(r.Picture()), "year.html": html,
	} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(read(t, path), got); diff != "" {
			t.Errorf("%s (-want +got); run the test with -update if that is right:\n%s", name, diff)
		}
	}
}

// No line of a table is longer than a page is wide.
func TestTextIsNarrow(t *testing.T) {
	r := year(t)
	r.Subscriptions[0].Steps[0].What = strings.Repeat("very long ", 30)
	for line := range strings.Lines(r.Text()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

// The JSON is what docs/reference/simulation.schema.json says, and the schema is not so loose that it says nothing.
func TestJSONSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "reference", "simulation.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text string) any {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	printed, err := json.Marshal(year(t))
	if err != nil {
		t.Fatal(err)
	}
	text := string(printed)
	if err := schema.Validate(parse(text)); err != nil {
		t.Error(err)
	}
	for name, broken := range map[string]string{
		"another version":            strings.Replace(text, `"schemaVersion":"1"`, `"schemaVersion":"2"`, 1),
		"a field that is missing":    strings.Replace(text, `"until"`, `"till"`, 1),
		"an amount that is a number": strings.Replace(text, `"balanceAfter":"0.00"`, `"balanceAfter":0`, 1),
	} {
		if broken == text {
			t.Errorf("%s: nothing was broken", name)
		} else if schema.Validate(parse(broken)) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

const seat = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10.00"}}
  - {name: daily, currency: EUR, interval: {unit: Day, count: 1}, pricing: {model: PerUnit, unitAmount: "1.00"}}
---
`

// counted is a product whose seats a data loader counts every day at three.
const counted = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: counted}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10.00"}}
  dataLoader: {configMap: {name: counts}}
  refresh: {schedule: "0 3 * * *"}
---
`

// A count is found by the first refresh from then on, and the first count of an item at once.
func TestRefreshesFindCounts(t *testing.T) {
	loaded := strings.Replace(acme, "{name: seat}, plan: monthly, quantity: 10", "{name: counted}, plan: monthly", 1)
	r, err := simulate(t, counted+loaded, `
steps:
- {at: 2027-01-01T12:00:00Z, counts: {acme: {editors: 3}}}
- {at: 2027-01-10T02:00:00Z, counts: {acme: {editors: 5}}}
- {at: 2027-01-20T03:00:00Z, counts: {acme: {editors: 6}}}
- {at: 2027-01-25T03:00:01Z, counts: {acme: {editors: 7}}}
- {at: 2027-01-25T09:00:00Z, counts: {acme: {editors: 6}}}
`, "2027-01-01", "2027-01-31")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Subscriptions[0].Steps {
		if s.Kind == simulation.Applied {
			got = append(got, s.Time+" "+s.What)
		}
	}
	want := []string{"2027-01-01T00:00:00Z editors 0 → 3", "2027-01-10T03:00:00Z editors 3 → 5", "2027-01-20T03:00:00Z editors 5 → 6"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, r.Text())
	}
}

const acme = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2027-01-01T00:00:00Z
  items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 10}]
`

// dues are the amounts due on the invoices of the first subscription, with their days.
func dues(r simulation.Result) []string {
	var all []string
	for _, i := range r.Subscriptions[0].Invoices {
		all = append(all, i.Time[:10]+" "+i.AmountDue)
	}
	return all
}

func TestScripts(t *testing.T) {
	cases := map[string]struct {
		reason string
		script string
		want   []string
	}{
		"nothing happens": {
			reason: "renewals alone",
			want:   []string{"2027-01-01 100.00", "2027-02-01 100.00", "2027-03-01 100.00"},
		},
		"a count of what no loader counts": {
			reason: "a count of such an item edits the spec: 4 seats for 14 of 28 days, and for March",
			script: "steps: [{at: 2027-02-15, counts: {acme: {editors: 14}}}]",
			want:   []string{"2027-01-01 100.00", "2027-02-01 100.00", "2027-03-01 160.00"},
		},
		"at the instant of a renewal": {
			reason: "what falls due comes before what the script makes: 4 seats for all of February come in March",
			script: "steps: [{at: 2027-02-01, counts: {default/acme: {editors: 14}}}]",
			want:   []string{"2027-01-01 100.00", "2027-02-01 100.00", "2027-03-01 180.00"},
		},
		"an edit of the spec": {
			reason: "the controller would make an update for it",
			script: "steps: [{at: 2027-02-15, apply: [" + flow(acme, "quantity: 10", "quantity: 14") + "]}]",
			want:   []string{"2027-01-01 100.00", "2027-02-01 100.00", "2027-03-01 160.00"},
		},
		"a cancellation": {
			reason: "a final document gives 14 of 28 days back",
			script: "steps: [{at: 2027-02-02, apply: [" + flow(acme, "  customer:", "  cancel: {at: \"2027-02-15T00:00:00Z\", calculationMethod: ProRata}\n  customer:") + "]}]",
			want:   []string{"2027-01-01 100.00", "2027-02-01 100.00", "2027-02-15 -50.00"},
		},
		"another price": {
			reason: "an edit of the product holds from the next period on",
			script: "steps: [{at: 2027-01-20, apply: [" + flow(seat, "10.00", "20.00") + "]}]",
			want:   []string{"2027-01-01 100.00", "2027-02-01 200.00", "2027-03-01 200.00"},
		},
		"a step before the beginning": {
			reason: "it is left out, with a warning",
			script: "steps: [{at: 2026-12-01, counts: {acme: {editors: 14}}}]",
			want:   []string{"2027-01-01 100.00", "2027-02-01 100.00", "2027-03-01 100.00"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, err := simulate(t, seat+acme, c.script, "2027-01-01", "2027-03-01")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, dues(r)); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%s", c.reason, diff, r.Text())
			}
		})
	}
}

// flow writes a manifest with an edit in the flow style of YAML.
func flow(manifest, old, edited string) string {
	text, err := yaml.YAMLToJSON([]byte(strings.TrimSuffix(strings.Replace(manifest, old, edited, 1), "---\n")))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// more is a step that applies an update.
func more(at string, quantity int) string {
	return fmt.Sprintf("{at: %s, apply: [{apiVersion: billing.seatplane.dev/v1alpha1, kind: SubscriptionUpdate, metadata: {name: more}, spec: {subscriptionRef: {name: acme}, "+
		"changeItems: {items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: %d}]}}}]}", at, quantity)
}

// What is wrong with a script is one sentence, and there is no result.
func TestBadScripts(t *testing.T) {
	cases := map[string]struct{ reason, script, want string }{
		"no YAML":              {"it does not parse", "steps: [", "script.yaml is not a script: "},
		"another key":          {"a slip of the pen must not be left out silently", "steps: [{at: 2027-02-01, count: {}}]", `script.yaml is not a script: error unmarshaling JSON: while decoding JSON: json: unknown field "count"`},
		"no steps":             {"nothing happens", "{}", "script.yaml has no steps: list them under the key steps, each with a time under at"},
		"two documents":        {"the second one must not be left out silently", "steps: [{at: 2027-02-01, counts: {acme: {editors: 1}}}]\n---\nsteps: []\n", "script.yaml is not a script: it has several YAML documents: write all steps in one"},
		"no version":           {"the API server has no such kind", "steps: [{at: 2027-02-01, apply: [{apiVersion: billing.seatplane.dev/v9, kind: Subscription}]}]", `script.yaml, step 1: no matches for kind "Subscription" in version "billing.seatplane.dev/v9"`},
		"no time":              {"nobody knows when", "steps: [{counts: {acme: {editors: 1}}}]", "script.yaml, step 1: it has no time: write when it happens under at"},
		"bad time":             {"no date", "steps: [{at: tomorrow, counts: {acme: {editors: 1}}}]", `script.yaml, step 1: "tomorrow" is not a date: use a value such as 2027-01-31 or 2027-01-31T09:30:00Z`},
		"empty step":           {"nothing in it", "steps: [{at: 2027-02-01}]", "script.yaml, step 1: nothing happens: write counts or apply"},
		"negative":             {"no such count", "steps: [{at: 2027-02-01, counts: {acme: {editors: -1}}}]", `script.yaml, step 1: the count of item "editors" of Subscription "acme" is -1: write 0 or more`},
		"unknown":              {"a name that is not there", "steps: [{at: 2027-02-01, counts: {acne: {editors: 1}}}]", `script.yaml, step 1: there is no Subscription "acne" in the namespace "default", and no step creates it`},
		"unknown item":         {"an item that is not there would change nothing", "steps: [{at: 2027-02-01, counts: {acme: {editor: 1}}}]", `script.yaml, step 1: Subscription "acme" has no item "editor", and no step adds it`},
		"not a kind":           {"a manifest without a kind", "steps: [{at: 2027-02-01, apply: [{metadata: {name: x}}]}]", "script.yaml, step 1: manifest 1 has no apiVersion and kind"},
		"invalid":              {"as the API server says it", "steps: [{at: 2027-02-01, apply: [" + flow(acme, "quantity: 10", "quantity: -1") + "]}]", "script.yaml, step 1: Subscription.billing.seatplane.dev \"acme\" is invalid: "},
		"of nobody":            {"an update of a subscription that is not there", "steps: [{at: 2027-02-01, apply: [{apiVersion: billing.seatplane.dev/v1alpha1, kind: SubscriptionUpdate, metadata: {name: u}, spec: {subscriptionRef: {name: acne}, seats: {increment: 1}}}]}]", `script.yaml, step 1: SubscriptionUpdate "u" names the Subscription "acne", which does not exist in the namespace "default", and no step creates it`},
		"an edit of an update": {"which is immutable, also once it was applied", "steps: [" + more("2027-02-01", 3) + ", " + more("2027-02-02", 3) + ", " + more("2027-02-03", 4) + "]", `script.yaml, step 3: SubscriptionUpdate "more" is finished, and everything in an update except approved is immutable: create another SubscriptionUpdate`},
		"a transition":         {"the customer never changes", "steps: [{at: 2027-02-01, apply: [" + flow(acme, "{id: acme}", "{id: globex}") + "]}]", "script.yaml, step 1: Subscription.billing.seatplane.dev \"acme\" is invalid: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, err := simulate(t, seat+acme, c.script, "2027-01-01", "2027-03-01")
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want %s", c.reason, err, c.want)
			}
			if diff := cmp.Diff(simulation.Result{}, r); diff != "" {
				t.Errorf("%s: something is half printed:\n%s", c.reason, diff)
			}
		})
	}
}

// A simulation of too much says so in one sentence.
func TestBound(t *testing.T) {
	daily := strings.Replace(acme, "plan: monthly", "plan: daily", 1)
	_, err := simulate(t, seat+daily, "", "2027-01-01", "2527-01-01")
	const want = "the limit for events was reached at "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
}

// A deletion that is not settled bills nothing, although an archive that does not answer may delay it.
func TestAbandoned(t *testing.T) {
	schemas, err := loadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	arrears := strings.Replace(seat, "{name: monthly, ", "{name: monthly, charge: InArrears, ", 1)
	documents, err := manifests.Read(manifests.Stdin, strings.NewReader(arrears+acme))
	if err != nil {
		t.Fatal(err)
	}
	begin := when(t, "2027-01-15")
	for name, c := range map[string]struct {
		reason, annotation, want string
	}{
		"settled":   {"14 of 31 days are owed", "", "2027-01-15 45.16"},
		"abandoned": {"nothing is billed", v1alpha1.DeleteAbandon, "2027-01-15 0.00"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := offline.FromManifests(t.Context(), "test", schemas, documents, "default", begin)
			if err != nil {
				t.Fatal(err)
			}
			var cases []offline.Case
			err = source.Each(t.Context(), func(of offline.Case) error {
				of.Subscription.DeletionTimestamp = new(metav1.NewTime(begin))
				of.Subscription.Annotations = map[string]string{v1alpha1.AnnotationDelete: c.annotation}
				cases = append(cases, of)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			world := simulation.World{Source: source.Name, Time: begin, Catalogue: source.Catalogue, Cases: cases}
			r, err := simulation.Run(t.Context(), world, simulation.Options{Until: when(t, "2027-03-01"), Schemas: schemas})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{c.want}, dues(r)); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%s", c.reason, diff, r.Text())
			}
		})
	}
}

// What a simulation comes to does not depend on where it was interrupted: one up to the end of March has the invoices of
// January to March of one up to the end of the year.
func TestLongerSimulationsBeginAlike(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var steps []string
		day := 0
		for range rapid.IntRange(1, 5).Draw(rt, "steps") {
			day += rapid.IntRange(1, 40).Draw(rt, "days")
			at := when(t, "2027-01-01").AddDate(0, 0, day).Format(time.DateOnly)
			steps = append(steps, fmt.Sprintf("{at: %s, counts: {acme: {editors: %d}}}", at, rapid.IntRange(1, 30).Draw(rt, "seats")))
		}
		script := "steps: [" + strings.Join(steps, ", ") + "]"
		long, err := simulate(t, seat+acme, script, "2027-01-01", "2027-12-31")
		if err != nil {
			rt.Fatal(err)
		}
		short, err := simulate(t, seat+acme, script, "2027-01-01", "2027-03-31")
		if err != nil {
			rt.Fatal(err)
		}
		n := len(short.Subscriptions[0].Invoices)
		if n < 3 {
			rt.Fatalf("%d invoices in three months", n)
		}
		if diff := cmp.Diff(long.Subscriptions[0].Invoices[:n], short.Subscriptions[0].Invoices); diff != "" {
			rt.Errorf("(-long +short):\n%s", diff)
		}
	})
}

// The manual shows what the example prints.
func TestManual(t *testing.T) {
	r := year(t)
	if text := r.Text(); !strings.Contains(read(t, "../../docs/kubectl-plugin.md"), "```\n"+text+"```\n") {
		t.Errorf("docs/kubectl-plugin.md does not have this block:\n```\n%s```", text)
	}
}

// Whatever stops a subscription is said, and stops no other.
func TestObstacles(t *testing.T) {
	loaded := strings.Replace(acme, "{name: seat}, plan: monthly, quantity: 10", "{name: counted}, plan: monthly", 1)
	guarded := strings.Replace(counted, `schedule: "0 3 * * *"`, `schedule: "0 3 * * *", guard: {maxIncreasePercent: 50}`, 1)
	other := "---\n" + strings.ReplaceAll(acme, "acme", "globex")
	cases := map[string]struct {
		reason, manifests, script string
		kind                      simulation.Kind
		// said is part of the text, and invoices is how many the first currency has.
		said     string
		invoices int
	}{
		"no count": {
			reason: "nobody knows how many seats there are", manifests: counted + loaded + other + "---\n" + seat, kind: simulation.Waiting,
			said: "the subscription waits: ", invoices: 3,
		},
		"no product": {
			reason: "nobody knows what a seat costs", manifests: strings.Replace(acme, "{name: seat}", "{name: chair}", 1) + other + "---\n" + seat,
			kind: simulation.Waiting, said: `SeatProduct "chair" does not exist`, invoices: 3,
		},
		"a guard": {
			reason: "a person has to approve", manifests: guarded + loaded, kind: simulation.Held,
			script: "steps: [{at: 2027-01-01, counts: {acme: {editors: 4}}}, {at: 2027-01-10, counts: {acme: {editors: 40}}}]",
			said:   "editors 4 → 40, pending approval: The count changes from 4 to 40, by more than the 50 percent", invoices: 3,
		},
		"no clock since last year": {
			reason: "it has begun, and nobody knows what was billed", said: `Not simulated, and not in the totals: Subscription default/acme: TestClock "clock" does not exist in namespace "default".`,
			manifests: strings.Replace(strings.Replace(acme, "2027-01-01", "2026-12-01", 1), "  items:", "  testClockRef: {name: clock}\n  items:", 1) + other + "---\n" + seat,
			invoices:  3,
		},
		"no clock": {
			reason: "nobody knows what time it is", manifests: strings.Replace(acme, "  items:", "  testClockRef: {name: clock}\n  items:", 1) + other + "---\n" + seat,
			said: `Not simulated, and not in the totals: Subscription default/acme: TestClock "clock" does not exist in namespace "default".`, invoices: 3,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, err := simulate(t, c.manifests, c.script, "2027-01-01", "2027-03-01")
			if err != nil {
				t.Fatal(err)
			}
			if text := r.Text(); !strings.Contains(text, c.said) {
				t.Errorf("%s: %q is not in\n%s", c.reason, c.said, text)
			}
			if len(r.Totals) != 1 || r.Totals[0].Invoices != c.invoices {
				t.Errorf("%s: totals %+v, want %d invoices", c.reason, r.Totals, c.invoices)
			}
			found := c.kind == ""
			for _, s := range r.Subscriptions[0].Steps {
				found = found || s.Kind == c.kind
			}
			if !found {
				t.Errorf("%s: no step is %s: %+v", c.reason, c.kind, r.Subscriptions[0].Steps)
			}
		})
	}
}

// BenchmarkSimulation simulates a year of a hundred monthly subscriptions.
func BenchmarkSimulation(b *testing.B) {
	var text strings.Builder
	text.WriteString(seat)
	for n := range 100 {
		fmt.Fprintf(&text, "---\n%s", strings.ReplaceAll(acme, "acme", fmt.Sprintf("acme-%d", n)))
	}
	for b.Loop() {
		r, err := simulate(b, text.String(), "", "2027-01-01", "2027-12-31")
		if err != nil || len(r.Subscriptions) != 100 {
			b.Fatalf("%d subscriptions: %v", len(r.Subscriptions), err)
		}
	}
}
