// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive"
)

// ledger is what the questions are asked about, as objects.
type ledger struct {
	subscriptions []*v1alpha1.Subscription
	updates       []*v1alpha1.SubscriptionUpdate
	invoices      []*v1alpha1.Invoice
}

func day(month, day int) metav1.Time {
	return metav1.NewTime(time.Date(2026, time.Month(month), day, 0, 0, 0, 0, time.UTC))
}

// cents writes an amount of cents.
func cents(n int) v1alpha1.Amount {
	return v1alpha1.Amount(new(big.Rat).SetFrac64(int64(n), 100).FloatString(2))
}

// threeCustomers are customers over five months: they grow, shrink, pay late, have a credit, and end with a credit note.
func threeCustomers() *ledger {
	l := &ledger{}
	for n, customer := range []string{"acme", "bolt", "coda"} {
		s := &v1alpha1.Subscription{}
		s.Namespace, s.Name, s.UID, s.Generation, s.CreationTimestamp = "shop", customer, types.UID("uid-"+customer), 1, day(1, 1)
		s.Spec.Customer.ID = customer
		l.subscriptions = append(l.subscriptions, s)
		seats := 4 + n
		for month := 1; month <= 5; month++ {
			lines := []v1alpha1.Line{{
				Key: fmt.Sprint("r", month), Item: "editors", Product: "editor", Kind: v1alpha1.LineRecurring, Quantity: ptr.To(int64(seats)),
				From: ptr.To(day(month, 1)), To: ptr.To(day(month+1, 1)), Amount: cents(seats * 1250), Description: fmt.Sprintf("%d seats", seats),
			}}
			if month > 1 {
				change := (month+n)%3 - 1
				u := l.change(s, month, seats, change)
				lines = append(lines, u.Status.Lines...)
				seats += change
				if n == 1 {
					lines = append(lines, v1alpha1.Line{
						Key: fmt.Sprint("v", month), Item: "viewers", Product: "viewer", Kind: v1alpha1.LineRecurring,
						Quantity: ptr.To[int64](1), From: ptr.To(day(month, 1)), Amount: cents(333), Description: "1 seat",
					})
				}
			}
			l.bill(s, month, lines)
		}
	}
	return l
}

// change adds an update of a month.
func (l *ledger) change(s *v1alpha1.Subscription, month, from, by int) *v1alpha1.SubscriptionUpdate {
	u := &v1alpha1.SubscriptionUpdate{}
	u.Namespace, u.Name = "shop", fmt.Sprintf("%s-change-%d", s.Name, month)
	u.UID, u.CreationTimestamp = types.UID("uid-"+u.Name), day(month, 10)
	u.Spec.SubscriptionRef.Name = s.Name
	amount := cents(by * 625)
	kind := v1alpha1.LineDebit
	if by < 0 {
		kind = v1alpha1.LineCredit
	}
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, Origin: v1alpha1.OriginRefresh, SubscriptionUID: s.UID, AppliedTime: ptr.To(day(month, 16)),
		AdjustmentAmount: amount, Currency: "EUR", Summary: fmt.Sprintf("editors %d → %d", from, from+by),
		Changes: []v1alpha1.ItemChange{{Item: "editors", PreviousCount: int64(from), NewCount: int64(from + by), AdjustmentAmount: amount}},
		Lines: []v1alpha1.Line{{
			Key: u.Name, Item: "editors", Product: "editor", Kind: kind, Amount: amount, Update: u.Name,
			Description: fmt.Sprintf("half a month, %+d", by),
		}},
	}
	l.updates = append(l.updates, u)
	return u
}

// bill adds the document of a month. The last one of coda is a credit note, and bolt keeps a credit.
func (l *ledger) bill(s *v1alpha1.Subscription, month int, lines []v1alpha1.Line) {
	i := &v1alpha1.Invoice{}
	i.Namespace, i.Name = "shop", fmt.Sprintf("%s-%06d", s.Name, month)
	i.UID, i.CreationTimestamp, i.ResourceVersion = types.UID("uid-"+i.Name), day(month, 1), "1"
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: s.Name, UID: s.UID}, Customer: s.Spec.Customer, Type: v1alpha1.TypeInvoice,
		Reason: v1alpha1.InvoiceRenewal, Sequence: int64(month), IssueTime: day(month, 1), Currency: "EUR", Lines: lines,
		CreditApplied: "0.00", CreditBalanceAfter: "0.00",
	}
	if s.Name == "coda" && month == 5 {
		i.Spec.Type = v1alpha1.TypeCreditNote
		i.Spec.Lines = []v1alpha1.Line{{Key: "c", Item: "editors", Product: "editor", Kind: v1alpha1.LineCredit, Amount: "-7.77"}}
	}
	if s.Name == "bolt" && month == 5 {
		i.Spec.CreditBalanceAfter = "12.34"
	}
	total := new(big.Rat)
	for _, line := range i.Spec.Lines {
		total.Add(total, rat(line.Amount))
	}
	i.Spec.Subtotal, i.Spec.AmountDue = amountOf(total), amountOf(total)
	if month < 4 {
		i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue, LastTransitionTime: day(month, 20)}}
	}
	if month == 4 && s.Name == "acme" {
		i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionVoid, Status: metav1.ConditionTrue, LastTransitionTime: day(month, 20)}}
	}
	l.invoices = append(l.invoices, i)
}

func rat(a v1alpha1.Amount) *big.Rat {
	r, ok := new(big.Rat).SetString(string(a))
	if !ok {
		panic("not an amount: " + a)
	}
	return r
}

func amountOf(r *big.Rat) v1alpha1.Amount { return v1alpha1.Amount(r.FloatString(2)) }

func (l *ledger) records(t testing.TB) []archive.Record {
	t.Helper()
	var records []archive.Record
	for _, s := range l.subscriptions {
		r, err := archive.OfSubscription("eu-1", s)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	for _, u := range l.updates {
		records = append(records, updateRecord(t, "eu-1", u))
	}
	for _, i := range l.invoices {
		records = append(records, invoiceRecord(t, "eu-1", i))
	}
	return records
}

// answers computes, from the objects, what the questions of docs/archive.md answer: the values of each row.
func (l *ledger) answers() map[string][][]any {
	return map[string][][]any{
		"Revenue by month and product": l.summed(func(i *v1alpha1.Invoice, line v1alpha1.Line) []any {
			return []any{month(i.Spec.IssueTime), line.Product, "EUR"}
		}, func(_ *v1alpha1.Invoice, line v1alpha1.Line) *big.Rat { return rat(line.Amount) }),
		"Revenue by customer and year": l.summed(func(i *v1alpha1.Invoice, _ v1alpha1.Line) []any {
			return []any{"2026", i.Spec.Customer.ID, "EUR"}
		}, func(_ *v1alpha1.Invoice, line v1alpha1.Line) *big.Rat { return rat(line.Amount) }),
		"Seats by customer over time":                l.seats(),
		"Every change of a customer, with its price": l.changes(),
		"Invoices that are not paid":                 l.unpaid(),
		"Credit balances":                            {{"bolt", "EUR", "12.34"}},
		"How the amount of an invoice came about":    l.explained(),
		"Who grew, and who shrank":                   l.growth(),
		"Credit notes by month":                      {{"2026-05-01", "EUR", "1", "-7.77"}},
		"Is anything missing?":                       nil,
	}
}

func month(at metav1.Time) string { return at.Format("2006-01") + "-01" }

// summed adds up lines of invoices by a key.
func (l *ledger) summed(key func(*v1alpha1.Invoice, v1alpha1.Line) []any, value func(*v1alpha1.Invoice, v1alpha1.Line) *big.Rat) [][]any {
	sums, keys := map[string]*big.Rat{}, map[string][]any{}
	for _, i := range l.invoices {
		for _, line := range i.Spec.Lines {
			k := key(i, line)
			id := fmt.Sprint(k)
			if sums[id] == nil {
				sums[id], keys[id] = new(big.Rat), k
			}
			sums[id].Add(sums[id], value(i, line))
		}
	}
	var rows [][]any
	for _, id := range slices.Sorted(maps.Keys(sums)) {
		rows = append(rows, append(keys[id], string(amountOf(sums[id]))))
	}
	return rows
}

func (l *ledger) seats() [][]any {
	var rows [][]any
	for _, i := range l.invoices {
		for _, line := range i.Spec.Lines {
			if line.Kind == v1alpha1.LineRecurring {
				rows = append(rows, []any{i.Spec.Customer.ID, line.Item, line.From.Format(time.DateOnly), fmt.Sprint(*line.Quantity)})
			}
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(fmt.Sprint(a...), fmt.Sprint(b...)) })
	return rows
}

func (l *ledger) changes() [][]any {
	var rows [][]any
	for _, u := range l.updates {
		if u.Status.SubscriptionUID == "uid-acme" {
			c := u.Status.Changes[0]
			rows = append(rows, []any{u.Status.AppliedTime.Format(time.DateOnly), "Refresh", c.Item, fmt.Sprint(c.PreviousCount), fmt.Sprint(c.NewCount), string(c.AdjustmentAmount), "EUR"})
		}
	}
	return rows
}

func (l *ledger) unpaid() [][]any {
	open := slices.Clone(l.invoices)
	slices.SortStableFunc(open, func(a, b *v1alpha1.Invoice) int {
		return cmp.Or(a.Spec.IssueTime.Compare(b.Spec.IssueTime.Time), cmp.Compare(a.Name, b.Name))
	})
	var rows [][]any
	for _, i := range open {
		if len(i.Status.Conditions) == 0 && rat(i.Spec.AmountDue).Sign() > 0 {
			rows = append(rows, []any{"eu-1", i.Name, i.Spec.Customer.ID, string(i.Spec.AmountDue), "EUR"})
		}
	}
	return rows
}

func (l *ledger) explained() [][]any {
	var rows [][]any
	for _, i := range l.invoices {
		if i.Name != "acme-000002" {
			continue
		}
		for n, line := range i.Spec.Lines {
			quantity, summary := any(nil), any(nil)
			if line.Quantity != nil {
				quantity = fmt.Sprint(*line.Quantity)
			}
			for _, u := range l.updates {
				if u.Name == line.Update {
					summary = u.Status.Summary
				}
			}
			rows = append(rows, []any{fmt.Sprint(n), string(line.Kind), line.Description, quantity, string(line.Amount), summary})
		}
	}
	return rows
}

func (l *ledger) growth() [][]any {
	var rows [][]any
	for _, u := range l.updates {
		c := u.Status.Changes[0]
		rows = append(rows, []any{month(*u.Status.AppliedTime), strings.TrimPrefix(string(u.Status.SubscriptionUID), "uid-"), fmt.Sprint(c.NewCount - c.PreviousCount)})
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(fmt.Sprint(a...), fmt.Sprint(b...)) })
	return rows
}

var question = regexp.MustCompile("(?s)### ([^\n]+)\n(?:[^#`]*)```sql query\n(.*?);\n```")

// Every question that the page asks is answered as a computation from the objects answers it.
func TestQuestions(t *testing.T) {
	page, err := os.ReadFile("../../../docs/archive.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, server(t))
	l := threeCustomers()
	records := l.records(t)
	requireEqual(t, s.do(Order{Records: records}), records)
	want := l.answers()
	found := question.FindAllStringSubmatch(string(page), -1)
	if len(found) != 10 || len(want) != 10 || strings.Count(string(page), "```sql query") != 10 {
		t.Fatalf("the page has %d questions, and the test %d answers", len(found), len(want))
	}
	for _, each := range found {
		t.Run(each[1], func(t *testing.T) {
			answer, known := want[each[1]]
			if !known {
				t.Fatal("the test does not know this question")
			}
			if diff := gocmp.Diff(answer, s.ask(t, each[2])); diff != "" {
				t.Errorf("(-objects +database):\n%s", diff)
			}
		})
	}
}

// What the page finds missing is missing.
func TestMissingIsFound(t *testing.T) {
	page, err := os.ReadFile("../../../docs/archive.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, server(t))
	s.do(Order{Records: threeCustomers().records(t)})
	s.exec("DELETE FROM seatplane.invoices WHERE name = 'acme-000002'", "DELETE FROM seatplane.invoice_lines WHERE invoice_uid = 'uid-bolt-000003' AND position = 0")
	for _, each := range question.FindAllStringSubmatch(string(page), -1) {
		if each[1] != "Is anything missing?" {
			continue
		}
		if diff := gocmp.Diff([][]any{{"acme", "numbers"}, {"bolt-000003", "sum"}}, s.ask(t, each[2])); diff != "" {
			t.Error(diff)
		}
	}
}

// ask returns the rows of a query, each value as text or nil.
func (s *stage) ask(t *testing.T, query string) [][]any {
	t.Helper()
	db, err := s.server.Open(s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	connection, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := connection.ExecContext(t.Context(), "SET search_path = seatplane"); err != nil {
		t.Fatal(err)
	}
	rows, err := connection.QueryContext(t.Context(), "SELECT row_to_json(q) FROM ("+query+") AS q")
	if err != nil {
		t.Fatalf("%v in\n%s", err, query)
	}
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, valuesIn(t, line))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// valuesIn returns the values of a JSON object, in its order.
func valuesIn(t *testing.T, line string) []any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	var values []any
	for isValue := false; ; {
		token, err := decoder.Token()
		if err != nil {
			return values
		}
		if _, isBrace := token.(json.Delim); isBrace {
			continue
		}
		if isValue {
			if number, isNumber := token.(json.Number); isNumber {
				token = number.String()
			}
			values = append(values, token)
		}
		isValue = !isValue
	}
}

// Every panel of the dashboard asks something that the database answers.
func TestDashboard(t *testing.T) {
	content, err := os.ReadFile("../../../dashboards/seatplane-archive.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title, Description, Type string
			Targets                  []struct{ RawSQL, Format string }
		}
	}
	if err := json.Unmarshal(content, &board); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, server(t))
	s.do(Order{Records: threeCustomers().records(t)})
	queries := 0
	for _, panel := range board.Panels {
		if panel.Description == "" {
			t.Errorf("the panel %q does not say what it shows", panel.Title)
		}
		for _, target := range panel.Targets {
			queries++
			if rows := s.ask(t, timeFilter.ReplaceAllString(target.RawSQL, "true")); len(rows) == 0 {
				t.Errorf("the panel %q is empty", panel.Title)
			}
		}
	}
	if queries < 6 {
		t.Errorf("the dashboard asks %d queries only: the test does not see them", queries)
	}
}

// timeFilter is what Grafana replaces by the time range of the dashboard.
var timeFilter = regexp.MustCompile(`\$__timeFilter\([a-z_.]+\)`)
