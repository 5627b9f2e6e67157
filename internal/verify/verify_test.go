// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/record"
)

func euro(t testing.TB) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// added is a line of billing.md#2-ratio: 5 seats added for 15 of 30 days.
func added(key string) v1alpha1.Line {
	return v1alpha1.Line{
		Key: key, Item: "editors", Kind: v1alpha1.LineDebit, Description: "5 seats added, 15 of 30 days", Quantity: ptr.To[int64](5),
		UnitAmount: "12.50", FullAmount: "62.50", Units: "1296000", UnitsInPeriod: "2592000", Unit: v1alpha1.UnitSecond,
		Rounding: v1alpha1.LineNotRounded, UnroundedAmount: "31.25", Carried: "0", Amount: "31.25", Update: "five-more",
	}
}

func TestLine(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1alpha1.Line)
		want   string
	}{
		"right":     {reason: "a line of the engine", change: func(*v1alpha1.Line) {}},
		"one cent":  {reason: "a cent too much", change: func(l *v1alpha1.Line) { l.Amount = "31.26" }, want: "62.50 × 1296000 ÷ 2592000 + 0 carried is 31.25, and the amount is 31.26"},
		"units":     {reason: "other seats than those that are priced", change: func(l *v1alpha1.Line) { l.Quantity = ptr.To[int64](6) }, want: "6 × 12.50 is 75.00, and the amount for a full period is 62.50"},
		"time":      {reason: "other time than the one that is priced", change: func(l *v1alpha1.Line) { l.Units = "1296001" }, want: "62.50 × 1296001 ÷ 2592000 is 31.250024112654, and the unrounded amount is 31.25"},
		"no period": {reason: "a period of no time", change: func(l *v1alpha1.Line) { l.UnitsInPeriod = "0" }, want: "the period has no units of time"},
		"sign":      {reason: "a credit that is charged", change: func(l *v1alpha1.Line) { l.FullAmount, l.UnroundedAmount = "-62.50", "-31.25" }, want: "-62.50 × 1296000 ÷ 2592000 + 0 carried is -31.25, and the amount is 31.25"},
		"no number": {reason: "an amount that cannot be parsed", change: func(l *v1alpha1.Line) { l.Amount = "31,25" }, want: `"31,25" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"carried":   {reason: "what was carried counts", change: func(l *v1alpha1.Line) { l.Carried, l.Amount = "0.005", "31.26" }},
		"folded": {reason: "the sum of several changes is checked as far as it goes", change: func(l *v1alpha1.Line) {
			l.Count, l.Units, l.UnitsInPeriod, l.UnitAmount, l.Amount = ptr.To[int64](60), "", "", "", "31.27"
		}},
		"folded badly": {reason: "and no further", change: func(l *v1alpha1.Line) { l.Count, l.Amount = ptr.To[int64](60), "32.27" }, want: "60 changes come to 31.25 before rounding, and the amount is 32.27"},
		"abandoned": {reason: "a line that is not billed has no arithmetic", change: func(l *v1alpha1.Line) {
			*l = v1alpha1.Line{Key: "1", Item: "editors", Amount: "0.00", FullAmount: "0.00"}
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			line := added("1-0")
			tc.change(&line)
			if diff := cmp.Diff(tc.want, Line(&line, euro(t))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// Whatever the engine computes passes, also where the record cuts digits, and a minor unit more or less never does.
func TestPropertyLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		currency, err := money.ParseCurrency(code)
		if err != nil {
			t.Fatal(err)
		}
		full := money.FractionOf(money.FromInt(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "full"))).Mul(money.NewFraction(1, 1000)).Decimal()
		period := rapid.Int64Range(1, 31*86400).Draw(t, "period")
		share := &proration.Share{
			Units: money.NewFraction(rapid.Int64Range(0, period).Draw(t, "units"), 1), UnitsInPeriod: money.NewFraction(period, 1),
			Unit: proration.Second, Rounding: proration.None,
		}
		minor := money.FractionOf(money.FromInt(1))
		for range currency.Digits() {
			minor = minor.Mul(money.NewFraction(1, 10))
		}
		carried := money.NewFraction(rapid.Int64Range(-500, 500).Draw(t, "carried"), 1001).Mul(minor)
		line := proration.Line{
			Key: "1-0", Item: "editors", Kind: proration.KindDebit, Quantity: 1, Full: full, Share: share,
			Unrounded: money.FractionOf(full).Mul(share.Ratio()),
		}
		if !line.Unrounded.IsZero() {
			line.Carried = carried
			line.Amount = currency.Round(line.Unrounded.Add(carried))
		}
		stored := record.Line(line, currency)
		if wrong := Line(&stored, currency); wrong != "" {
			t.Fatalf("a right line: %s", wrong)
		}
		line.Amount = line.Amount.Add(minor.Decimal())
		stored = record.Line(line, currency)
		if Line(&stored, currency) == "" {
			t.Fatalf("a minor unit too much passes: %+v", stored)
		}
	})
}

func at(day int) metav1.Time { return metav1.NewTime(time.Date(2026, 5, day, 0, 0, 0, 0, time.UTC)) }

// records are an update and the two invoices after it: the second one bills the update.
func records() (*v1alpha1.SubscriptionUpdate, *v1alpha1.Invoice, *v1alpha1.Invoice) {
	u := &v1alpha1.SubscriptionUpdate{}
	u.Namespace, u.Name = "shop", "five-more"
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, Currency: "EUR", Lines: []v1alpha1.Line{added("3-0")}, AdjustmentAmount: "31.25",
		Changes: []v1alpha1.ItemChange{{Item: "editors", PreviousCount: 10, NewCount: 15, AdjustmentAmount: "31.25"}},
	}
	charge := func(key, quantity, amount string) v1alpha1.Line {
		return v1alpha1.Line{
			Key: key, Item: "editors", Kind: v1alpha1.LineRecurring, Description: quantity + " seats", FullAmount: v1alpha1.Amount(amount),
			UnroundedAmount: v1alpha1.Rational(amount), Carried: "0", Amount: v1alpha1.Amount(amount),
		}
	}
	first := &v1alpha1.Invoice{}
	first.Namespace, first.Name = "shop", "acme-000001"
	first.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "u1"}, Type: v1alpha1.TypeCreditNote, Sequence: 1, IssueTime: at(1),
		Currency: "EUR", Lines: []v1alpha1.Line{charge("1-0", "10", "-20.00")}, Subtotal: "-20.00", CreditApplied: "-20.00", AmountDue: "0.00",
		CreditBalanceAfter: "20.00",
	}
	second := &v1alpha1.Invoice{}
	second.Namespace, second.Name = "shop", "acme-000002"
	second.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "u1"}, Sequence: 2, Previous: "acme-000001", IssueTime: at(2),
		Currency: "EUR", Lines: []v1alpha1.Line{charge("4-0", "15", "187.50"), added("3-0")}, Subtotal: "218.75", CreditApplied: "20.00",
		AmountDue: "198.75", CreditBalanceAfter: "0.00",
	}
	return u, first, second
}

func TestLedger(t *testing.T) {
	type given struct {
		update        *v1alpha1.SubscriptionUpdate
		first, second *v1alpha1.Invoice
	}
	cases := map[string]struct {
		reason string
		change func(*given)
		want   []string
	}{
		"right":         {reason: "records that belong together", change: func(*given) {}},
		"adjustment":    {reason: "an update whose sum is wrong", change: func(g *given) { g.update.Status.AdjustmentAmount = "31.24" }, want: []string{"SubscriptionUpdate shop/five-more, status.adjustmentAmount: the lines come to 31.25, and the record says 31.24"}},
		"of an item":    {reason: "or that of one item", change: func(g *given) { g.update.Status.Changes[0].AdjustmentAmount = "1.00" }, want: []string{`SubscriptionUpdate shop/five-more, status.changes[0].adjustmentAmount: the lines of item "editors" come to 31.25, and the record says 1.00`}},
		"subtotal":      {reason: "an invoice whose sum is wrong", change: func(g *given) { g.second.Spec.Subtotal, g.second.Spec.AmountDue = "218.74", "198.74" }, want: []string{"Invoice shop/acme-000002, spec.subtotal: the lines come to 218.75, and the record says 218.74"}},
		"due":           {reason: "an amount due that is no difference", change: func(g *given) { g.second.Spec.AmountDue = "218.75" }, want: []string{"Invoice shop/acme-000002, spec.amountDue: 218.75 - 20.00 credit is 198.75, and the amount due is 218.75"}},
		"balance":       {reason: "credit that came from nowhere", change: func(g *given) { g.second.Spec.CreditBalanceAfter = "5.00" }, want: []string{"Invoice shop/acme-000002, spec.creditBalanceAfter: 20 of credit before, less 20, is 0, and the record says 5"}},
		"first balance": {reason: "a customer begins without credit", change: func(g *given) { g.first.Spec.CreditBalanceAfter = "30.00"; g.second.Spec.CreditBalanceAfter = "10.00" }, want: []string{"Invoice shop/acme-000001, spec.creditBalanceAfter: 0 of credit before, less -20, is 20, and the record says 30"}},
		"chain":         {reason: "an invoice that names another one before it", change: func(g *given) { g.second.Spec.Previous = "acme-000009" }, want: []string{`Invoice shop/acme-000002, spec.previous: the invoice before is acme-000001, and the record says "acme-000009"`}},
		"number":        {reason: "two invoices of one number", change: func(g *given) { g.second.Spec.Sequence = 1 }, want: []string{"Invoice shop/acme-000002, spec.sequence: invoice acme-000001 has the number 1 too"}},
		"other line":    {reason: "an invoice that bills what the update does not say", change: func(g *given) { g.update.Status.Lines[0].Key = "9-9" }, want: []string{"Invoice shop/acme-000002, spec.lines[1]: update five-more does not have this line"}},
		"billed twice": {reason: "a line that two invoices bill", change: func(g *given) {
			g.first.Spec.Lines = append(g.first.Spec.Lines, added("3-0"))
			g.first.Spec.Subtotal, g.first.Spec.CreditApplied, g.first.Spec.AmountDue, g.first.Spec.CreditBalanceAfter = "11.25", "0.00", "11.25", "0.00"
			g.second.Spec.CreditApplied, g.second.Spec.AmountDue = "0.00", "218.75"
		}, want: []string{"Invoice shop/acme-000002, spec.lines[1]: the line 3-0 of update five-more is on invoice acme-000001 too"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			g := given{}
			g.update, g.first, g.second = records()
			tc.change(&g)
			l := &Ledger{}
			l.AddInvoice(g.second)
			l.AddUpdate(g.update)
			l.AddInvoice(g.first)
			var got []string
			for _, p := range l.Report().Problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// An invoice never changes, so that exports of several months may have the same one. Two that differ are a problem.
func TestTheSameInvoiceTwice(t *testing.T) {
	u, first, second := records()
	l := &Ledger{}
	l.AddUpdate(u)
	for range 2 {
		l.AddInvoice(first)
		l.AddInvoice(second.DeepCopy())
	}
	paid := second.DeepCopy()
	paid.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue}}
	l.AddInvoice(paid)
	r := l.Report()
	if len(r.Problems) > 0 || r.Invoices != 2 || r.Lines != 4 {
		t.Errorf("got %+v", r)
	}
	other := second.DeepCopy()
	other.Spec.AmountDue, other.Spec.CreditApplied = "218.75", "0.00"
	other.Spec.CreditBalanceAfter = "20.00"
	l.AddInvoice(other)
	if len(l.Report().Problems) == 0 {
		t.Error("an invoice that says something else in another export is not found")
	}
}

// An export may come from anybody: what it says controls no terminal, and starts no line.
func TestTextIsPlain(t *testing.T) {
	_, first, _ := records()
	first.Name, first.Spec.AmountDue = "acme\x1b[2J\nRecomputed", "1.00"
	l := &Ledger{}
	l.AddInvoice(first)
	text := l.Report().Text()
	if strings.Contains(text, "\x1b") || strings.Count(text, "\n") != 2 {
		t.Errorf("got %q", text)
	}
}

// What an export does not have is said, and is not taken for right or wrong.
func TestNotExamined(t *testing.T) {
	_, _, second := records()
	l := &Ledger{}
	l.AddInvoice(second)
	want := "Recomputed 2 lines of 0 updates and 1 invoice: all amounts add up.\n" +
		"Not examined: The credit balance before 1 invoice: the invoice before is not in the export.\n" +
		"Not examined: 1 update that invoices name: not in the export.\n"
	if diff := cmp.Diff(want, l.Report().Text()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Exports come in YAML and in JSON, as objects and as lists, and have objects of other kinds.
func TestReadFiles(t *testing.T) {
	files := fstest.MapFS{
		"a.yaml": {Data: []byte("# a comment\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: billing.seatplane.dev/v1alpha1\n" +
			"  kind: SubscriptionUpdate\n  metadata: {name: a}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n")},
		"below/b.json": {Data: []byte(`{"apiVersion":"billing.seatplane.dev/v1alpha1","kind":"InvoiceList","items":[{"metadata":{"name":"i"},"spec":{"currency":"EUR","subtotal":"1.00","creditApplied":"0.00","amountDue":"1.00","creditBalanceAfter":"0.00"}}]}`)},
		"backup.jsonl": {Data: []byte(`{"kind":"SeatplaneExport","schemaVersion":"1"}` + "\n" +
			`{"apiVersion":"billing.seatplane.dev/v1alpha1","kind":"SubscriptionUpdate","metadata":{"name":"b"}}` + "\n")},
		"notes.txt":       {Data: []byte("nothing to read")},
		".hidden/c.yaml":  {Data: []byte("not: [yaml")},
		"d.yml":           {Data: []byte("apiVersion: billing.seatplane.dev/v1alpha1\nkind: Subscription\nmetadata: {name: acme}\n")},
		"below/.e.yaml":   {Data: []byte("not: [yaml")},
		"below/empty.yml": {Data: []byte("---\n---\n# nothing\n")},
	}
	l := &Ledger{}
	if err := l.ReadFiles(files); err != nil {
		t.Fatal(err)
	}
	want := "Recomputed 0 lines of 2 updates and 1 invoice, and ignored 3 objects of other kinds: 1 amount does not add up.\n" +
		"  Invoice i, spec.subtotal: the lines come to 0.00, and the record says 1.00\n"
	if diff := cmp.Diff(want, l.Report().Text()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadRefuses(t *testing.T) {
	l := &Ledger{}
	err := l.Read("export.yaml", strings.NewReader("kind: List\nitems: 3\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "export.yaml, document 1, cannot be read: ") {
		t.Errorf("it said %v", err)
	}
	if err := l.ReadFiles(fstest.MapFS{"a.txt": {}}); err == nil {
		t.Error("a directory without exports passes")
	}
}
