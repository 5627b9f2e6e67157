// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// The bodies of every type are those of testdata, byte for byte: an event that is replayed by a newer version must be the
// one that was sent. SEATPLANE_GOLDEN=write writes the files.
func TestBodies(t *testing.T) {
	for kind, each := range examples() {
		t.Run(string(kind), func(t *testing.T) {
			body := bodyOf(t, each)
			file := filepath.Join("testdata", string(kind)+".json")
			if os.Getenv("SEATPLANE_GOLDEN") == "write" {
				if err := os.WriteFile(file, indented(t, body), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(indented(t, body))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if bytes.ContainsAny(body, "\n\r\t") {
				t.Errorf("the body has more than one line: %q", body)
			}
			expectValid(t, schemaOf(t, kind), body)
		})
	}
}

func bodyOf(t testing.TB, each told) []byte {
	t.Helper()
	body, err := Body(each.notification, each.source(), each.record)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func indented(t testing.TB, body []byte) []byte {
	t.Helper()
	var text bytes.Buffer
	if err := json.Indent(&text, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(text.Bytes(), '\n')
}

// Every type is told, described, in the catalogue, and has an example.
func TestTypesAreComplete(t *testing.T) {
	if got := len(Types()); got != 17 {
		t.Errorf("there are %d types, and the design lists 17", got)
	}
	for _, kind := range Types() {
		_, isTold := tellers[kind]
		_, hasData := dataOf[kind]
		_, hasExample := examples()[kind]
		if !isTold || !hasData || !hasExample || kind.Meaning() == "" {
			t.Errorf("%s: told %t, described %t, example %t, meaning %q", kind, isTold, hasData, hasExample, kind.Meaning())
		}
	}
	if len(tellers) != 17 || len(dataOf) != 17 || len(meanings) != 17 {
		t.Errorf("%d tellers, %d data, %d meanings: want 17 of each", len(tellers), len(dataOf), len(meanings))
	}
}

// The envelope is what CloudEvents 1.0 asks for.
func TestEnvelope(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal(bodyOf(t, examples()[InvoiceIssued]), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "data")
	want := map[string]any{
		"specversion": "1.0", "id": "5f0c2f0e-7a39-4d0c-9c7a-0d7a5d2f5a11/16",
		"source": "/apis/billing.seatplane.dev/v1alpha1/namespaces/billing", "type": "dev.seatplane.invoice.issued.v1",
		"time": "2026-05-01T00:00:00Z", "subject": "subscriptions/acme", "datacontenttype": "application/json",
		"dataschema": "https://github.com/seatplane/seatplane/blob/main/docs/reference/events/invoice.issued.v1.json",
		"sequence":   "0000000000000000016", "partitionkey": "5f0c2f0e-7a39-4d0c-9c7a-0d7a5d2f5a11",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A change has the eleven fields of the reference API, with its names and values.
func TestChangeHasTheFieldsOfTheReference(t *testing.T) {
	var got struct {
		Data struct{ Changes []map[string]any }
	}
	if err := json.Unmarshal(bodyOf(t, examples()[UpdateApplied]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": string(updateUID), "application_schedule": "immediately", "apply_at": "2026-04-16T00:00:00Z", "payment_schedule": "next_invoice",
		"calculation_method": "pro_rata", "adjustment_amount": json.Number("31.25"), "subscription_id": "sub_7aWtG7Gb_fwGno",
		"product_id": "itm_G6nU9iSC7eoDsk", "previous_count": json.Number("2"), "new_count": json.Number("7"), "next_refresh_date": "2026-04-17T00:00:00Z",
	}
	for field, value := range want {
		if fmt.Sprint(got.Data.Changes[0][field]) != fmt.Sprint(value) {
			t.Errorf("%s is %v, want %v", field, got.Data.Changes[0][field], value)
		}
	}
}

// What can be absent from a change is null, as in the reference API, and IDs fall back to names.
func TestChangeWithoutOptionalFields(t *testing.T) {
	for _, method := range []v1alpha1.CalculationMethod{v1alpha1.CalculateDoNotCharge, v1alpha1.CalculatePayInFull} {
		each := examples()[UpdateApplied]
		st := &each.record.Update.Status
		st.SubscriptionExternalRef, st.AdjustmentAmount, st.CalculationMethod = "", "", method
		change := &st.Changes[0]
		change.ProductExternalRef, change.AdjustmentAmount, change.NextRefreshTime = "", "", nil
		body := string(bodyOf(t, each))
		for _, want := range []string{
			`"adjustment_amount":null`, `"adjustment_amount_decimal":null`, `"next_refresh_date":null`, `"subscription_id":"acme"`,
			`"product_id":"editor-seat"`, `"calculation_method":"` + snake(method) + `"`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s is not in %s", want, body)
			}
		}
	}
}

// An event says nothing that may change after it happened: not the status of the subscription, not its labels, not the
// status of an update that is still open.
func TestBodyIgnoresWhatChanges(t *testing.T) {
	for kind, each := range examples() {
		before := bodyOf(t, each)
		if s := each.record.Subscription; s != nil {
			s.Spec.ExternalRef, s.Spec.Customer.DisplayName, s.Labels = "another", "Another", map[string]string{"region": "us"}
			s.Generation, s.ResourceVersion, s.Status.State = 7, "99", v1alpha1.SubscriptionCanceled
		}
		if p := each.record.Product; p != nil {
			p.Spec.ExternalRef, p.Spec.DisplayName, p.Generation = "another", "Another", 9
		}
		if i := each.record.Invoice; i != nil {
			i.Status.Conditions, i.ResourceVersion = []metav1.Condition{{Type: v1alpha1.ConditionPaid}}, "99"
			i.Labels = map[string]string{"paid": "yes"}
		}
		if u := each.record.Update; u != nil {
			u.ResourceVersion, u.Spec.Approved = "99", true
			if kind == UpdateScheduled || kind == UpdateHeld {
				ended(v1alpha1.UpdateRejected, v1alpha1.ReasonAboveMaximum, "Another message.")(u)
			}
		}
		if after := bodyOf(t, each); !bytes.Equal(before, after) {
			t.Errorf("%s depends on what changes:\n%s", kind, cmp.Diff(string(before), string(after)))
		}
	}
}

// An event is not told from a record that it is not about, or that has not ended as it says.
func TestRecordsThatCannotTell(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		kind   Type
		change func(*told)
		want   string
	}{
		"an unknown type": {
			"a manager of an older version reads what a newer one recorded", InvoiceIssued,
			func(e *told) { e.notification.Type = "invoice.paid" }, "does not know the type",
		},
		"no subscription": {
			"the caller read nothing", SubscriptionStarted,
			func(e *told) { e.record = Record{} }, "the Subscription is missing",
		},
		"another subscription": {
			"it was deleted and created again under its name", SubscriptionStarted,
			func(e *told) { e.record.Subscription.UID = "another" }, `"acme" with UID "another" was given`,
		},
		"no update": {
			"the caller read nothing", UpdateApplied,
			func(e *told) { e.record = Record{} }, "the SubscriptionUpdate is missing",
		},
		"another update": {
			"it was deleted and created again under its name", UpdateHeld,
			func(e *told) { e.record.Update.UID = "another" }, `with UID "another" was given`,
		},
		"an open update": {
			"its status still changes, so it cannot be told twice alike", UpdateApplied,
			func(e *told) { e.record.Update.Status.State = v1alpha1.UpdatePending }, `is "Pending" and not Applied`,
		},
		"an update of a predecessor": {
			"a subscription of the same name had it", UpdateRejected,
			func(e *told) { e.record.Update.Status.SubscriptionUID = "another" }, "belongs to another subscription",
		},
		"an update without its condition": {
			"somebody else wrote its status", UpdateSuperseded,
			func(e *told) { e.record.Update.Status.Conditions = nil }, "has no condition Applied",
		},
		"an amount that is not one": {
			"somebody else wrote its status", UpdateApplied,
			func(e *told) { e.record.Update.Status.Changes[0].AdjustmentAmount = "1e9" }, "is not an amount",
		},
		"no invoice": {
			"the caller read nothing", InvoiceIssued,
			func(e *told) { e.record = Record{} }, "the Invoice is missing",
		},
		"an invoice of a predecessor": {
			"a subscription of the same name had it", InvoiceIssued,
			func(e *told) { e.record.Invoice.Spec.SubscriptionRef.UID = "another" }, "is for another subscription",
		},
		"another invoice": {
			"the caller mixed two up", InvoiceIssued,
			func(e *told) { e.record.Invoice.Name = "acme-7f3k2x-000005" }, `Invoice "acme-7f3k2x-000005"`,
		},
		"no reference": {
			"a notification that somebody else wrote", InvoiceIssued,
			func(e *told) { e.notification.Ref = nil }, "does not say which Invoice",
		},
		"no product": {
			"the caller read nothing", ProductRefreshFailed,
			func(e *told) { e.record = Record{} }, "the SeatProduct is missing",
		},
		"another product": {
			"it was deleted and created again under its name", ProductRefreshFailed,
			func(e *told) { e.record.Product.UID = "another" }, `with UID "another" was given`,
		},
		"a failure without a reason": {
			"a notification that somebody else wrote", ProductRefreshFailed,
			func(e *told) { e.notification.Reason = "" }, "why the refresh failed",
		},
		"a limit without its part": {
			"a notification that somebody else wrote", SeatsLimitReached,
			func(e *told) { e.notification.Threshold = nil }, "which item reached which part of its limit",
		},
		"a trial without its end": {
			"a notification that somebody else wrote", SubscriptionTrialEnding,
			func(e *told) { e.notification.PeriodEnd = nil }, "when the trial ends",
		},
	} {
		t.Run(name, func(t *testing.T) {
			each := examples()[tc.kind]
			tc.change(&each)
			body, err := Body(each.notification, each.source(), each.record)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %s and error %v, want one with %q", tc.reason, body, err, tc.want)
			}
		})
	}
	if _, err := Body(examples()[SubscriptionStarted].notification, "", Record{Subscription: acme()}); err == nil {
		t.Error("an event without the UID of its subscription is told")
	}
}

// A body is valid UTF-8 in JSON, below its bound, has no control characters, fits its schema, and is the same each time,
// whatever the record says.
func TestBodyOfAnyRecord(t *testing.T) {
	compiled := map[Type]*jsonschema.Schema{}
	for _, kind := range Types() {
		compiled[kind] = schemaOf(t, kind)
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Types()).Draw(t, "type")
		each := examples()[kind]
		drawInto(t, &each)
		body, err := Body(each.notification, each.source(), each.record)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Body(*each.notification.DeepCopy(), each.source(), copyOf(each.record))
		if err != nil || !bytes.Equal(body, again) {
			t.Fatalf("the second body differs: %v\n%s", err, cmp.Diff(string(body), string(again)))
		}
		if len(body) >= MaxBody || !utf8.Valid(body) || bytes.ContainsFunc(body, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("%d bytes, valid UTF-8: %t\n%q", len(body), utf8.Valid(body), body)
		}
		expectValid(t, compiled[kind], body)
	})
}

// The largest records that the API admits fit, and say how much they leave out.
func TestLargestRecords(t *testing.T) {
	// The characters take the most bytes in JSON: two, three as an escape of six, and four.
	for _, character := range []string{`"`, "\u2028", "😀", "\x01", "a"} {
		full := func(characters int) string { return strings.Repeat(character, characters) }
		large := examples()[UpdateApplied]
		u := large.record.Update
		u.Spec.Reason, u.Status.SubscriptionExternalRef, u.Status.Summary = full(1024), full(2048), full(256)
		u.Spec.SubscriptionRef.Name = strings.Repeat("a", 253)
		template := u.Status.Changes[0]
		template.ProductExternalRef, template.Product = full(2048), strings.Repeat("p", 253)
		u.Status.Changes = slices.Repeat([]v1alpha1.ItemChange{template}, 200)
		expectCut(t, large, `"changes_omitted":`)

		large = examples()[InvoiceIssued]
		spec := &large.record.Invoice.Spec
		spec.Customer.ID, spec.Customer.DisplayName, spec.Customer.Email = full(256), full(1024), full(320)
		spec.Customer.Attributes = slices.Repeat([]v1alpha1.CustomerAttribute{{Name: full(128), Value: full(1024)}}, 50)
		line := spec.Lines[0]
		line.Key, line.Description, line.Update = full(256), full(1024), strings.Repeat("u", 253)
		spec.Lines = slices.Repeat([]v1alpha1.Line{line}, 1000)
		expectCut(t, large, `"lines_omitted":`, `"attributes_omitted":`)

		large = examples()[UpdateRejected]
		u = large.record.Update
		u.Spec.Reason, u.Status.Summary, u.Status.Conditions[0].Message = full(1024), full(256), full(32768)
		expectCut(t, large, "…")

		large = examples()[SubscriptionParked]
		large.notification.Message = full(1024)
		expectCut(t, large)
	}
}

func expectCut(t *testing.T, each told, want ...string) {
	t.Helper()
	body := bodyOf(t, each)
	if len(body) >= MaxBody || !json.Valid(body) {
		t.Errorf("%s has %d bytes, valid JSON: %t", each.notification.Type, len(body), json.Valid(body))
	}
	for _, text := range want {
		if !bytes.Contains(body, []byte(text)) {
			t.Errorf("%s does not say %s: %s", each.notification.Type, text, body)
		}
	}
	expectValid(t, schemaOf(t, Type(each.notification.Type)), body)
}

// A list is cut only as far as it has to be.
func TestAsMuchAsFits(t *testing.T) {
	each := examples()[InvoiceIssued]
	spec := &each.record.Invoice.Spec
	for lines := 1; lines <= 400; lines += 7 {
		spec.Lines = slices.Repeat(invoice().Spec.Lines[:1], lines)
		body := bodyOf(t, each)
		omitted := bytes.Contains(body, []byte("lines_omitted"))
		one, err := encode(lineOf(&spec.Lines[0]))
		if err != nil {
			t.Fatal(err)
		}
		if room := MaxBody - len(body); omitted && room > len(one)+2 {
			t.Errorf("with %d lines, there is room for another one of %d bytes: %d bytes are free", lines, len(one), room)
		}
		if shown := bytes.Count(body, []byte(`"key":`)); !omitted && shown != lines {
			t.Errorf("%d of %d lines are shown, and the event does not say so", shown, lines)
		}
	}
}

// drawInto puts texts and amounts of every sort into an event.
func drawInto(t *rapid.T, each *told) {
	text := func(label string, most int) string {
		return rapid.StringOfN(rapid.Rune(), 0, most, -1).Draw(t, label)
	}
	amount := func(label string) v1alpha1.Amount {
		return v1alpha1.Amount(rapid.StringMatching(`-?[0-9]{1,15}(\.[0-9]{1,12})?`).Draw(t, label))
	}
	n := &each.notification
	n.Sequence = rapid.Int64Min(1).Draw(t, "sequence")
	n.Summary, n.Message = text("summary", 256), text("message", 1024)
	if u := each.record.Update; u != nil {
		u.Spec.Reason, u.Status.Summary = text("reason", 1024), text("summary", 256)
		if len(u.Status.Changes) > 0 {
			u.Status.SubscriptionExternalRef = text("subscription", 2048)
			change := u.Status.Changes[0]
			change.ProductExternalRef, change.AdjustmentAmount = text("product", 2048), amount("adjustment")
			u.Status.Changes = slices.Repeat([]v1alpha1.ItemChange{change}, rapid.IntRange(0, 200).Draw(t, "changes"))
		}
		for i := range u.Status.Conditions {
			u.Status.Conditions[i].Message = text("message", 5000)
		}
	}
	if i := each.record.Invoice; i != nil {
		c := &i.Spec.Customer
		c.ID, c.DisplayName, c.Email = text("id", 256), text("name", 1024), text("email", 320)
		c.Attributes = slices.Repeat([]v1alpha1.CustomerAttribute{{Name: text("attribute", 128), Value: text("value", 1024)}}, rapid.IntRange(0, 50).Draw(t, "attributes"))
		i.Spec.Subtotal, i.Spec.AmountDue = amount("subtotal"), amount("due")
		line := i.Spec.Lines[0]
		line.Description, line.Amount, line.Quantity = text("description", 1024), amount("amount"), ptr.To(rapid.Int64Min(0).Draw(t, "quantity"))
		i.Spec.Lines = slices.Repeat([]v1alpha1.Line{line}, rapid.IntRange(0, 1000).Draw(t, "lines"))
	}
}

func copyOf(r Record) Record {
	return Record{Subscription: r.Subscription.DeepCopy(), Update: r.Update.DeepCopy(), Invoice: r.Invoice.DeepCopy(), Product: r.Product.DeepCopy()}
}

func schemaOf(t testing.TB, kind Type) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(kind)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(schemas+kind.SchemaFile(), parsed); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(schemas + kind.SchemaFile())
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// failer is a test, of testing or of rapid.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func expectValid(t failer, schema *jsonschema.Schema, body []byte) {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if err := schema.Validate(parsed.(map[string]any)["data"]); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
}

// The schemas are not so loose that they say nothing.
func TestSchemasRefuse(t *testing.T) {
	for name, tc := range map[string]struct {
		reason   string
		kind     Type
		from, to string
	}{
		"a field is missing":       {"receivers rely on it", UpdateApplied, `"previous_count"`, `"count_before"`},
		"an amount is a number":    {"it is a decimal in a string", InvoiceIssued, `"amount_due":"118.75"`, `"amount_due":118.75`},
		"an amount is no amount":   {"it has digits only", InvoiceIssued, `"amount_due":"118.75"`, `"amount_due":"1e2"`},
		"a value is unknown":       {"receivers switch over it", UpdateApplied, `"immediately"`, `"soon"`},
		"a time has a zone":        {"all times are in UTC", UpdateApplied, `"applied_time":"2026-04-16T00:00:00Z"`, `"applied_time":"2026-04-16T00:00:00+02:00"`},
		"a threshold is another":   {"only three are reported", SeatsLimitReached, `"threshold":90`, `"threshold":80`},
		"a count is a text":        {"it is a whole number", UpdateApplied, `"new_count":7`, `"new_count":"7"`},
		"a list is an object":      {"there can be many", InvoiceIssued, `"lines":[`, `"lines":{"x":[`},
		"a quantity is negative":   {"nothing has less than zero units", UsageHardLimitReached, `"quantity":1000`, `"quantity":-1`},
		"an identity is not there": {"receivers look the object up by it", SubscriptionCanceled, `"uid"`, `"id"`},
	} {
		t.Run(name, func(t *testing.T) {
			body := string(bodyOf(t, examples()[tc.kind]))
			broken := strings.Replace(body, tc.from, tc.to, 1)
			if strings.HasPrefix(tc.to, `"lines":{`) {
				broken = strings.Replace(broken, `]}}`, `]}}}`, 1)
			}
			if broken == body {
				t.Fatalf("%s is not in %s", tc.from, body)
			}
			parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
			if err != nil {
				t.Fatal(err, broken)
			}
			if schemaOf(t, tc.kind).Validate(parsed.(map[string]any)["data"]) == nil {
				t.Errorf("%s, and the schema accepts %s", tc.reason, broken)
			}
		})
	}
	if _, err := Schema("invoice.paid"); err == nil {
		t.Error("a type that does not exist has a schema")
	}
}

// IDs tell events of one subscription apart, and subscriptions apart.
func TestID(t *testing.T) {
	if got := ID(types.UID("a"), 12); got != "a/12" {
		t.Errorf("got %q", got)
	}
}

// A text is cut at the border of a character, and never takes up more room than it may.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		most := rapid.IntRange(3, 80).Draw(t, "most")
		got := cut(text, most)
		encoded, err := encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if len(encoded)-len(`""`) > most {
			t.Errorf("%q takes %d bytes, and %d are allowed", encoded, len(encoded)-2, most)
		}
		kept, isCut := strings.CutSuffix(got, "…")
		if got != text && (!isCut || !strings.HasPrefix(text, kept)) {
			t.Errorf("%q became %q", text, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q was cut within a character: %q", text, got)
		}
	})
}

// The catalogue has every schema as it is, and the bodies of testdata as its examples.
func TestCatalogue(t *testing.T) {
	reference := filepath.Join("..", "..", "docs", "reference")
	page, err := os.ReadFile(filepath.Join(reference, "events.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Types() {
		want, err := Schema(kind)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(reference, "events", kind.SchemaFile()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not current, run \"make generate\" (-want +got):\n%s", kind.SchemaFile(), diff)
		}
		if example := indented(t, bodyOf(t, examples()[kind])); !bytes.Contains(page, example) {
			t.Errorf("the catalogue does not have the example of %s: run \"make generate\"", kind)
		}
	}
}
