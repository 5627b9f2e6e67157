// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/table"
)

// SchemaVersion is the version of the JSON of a [Report]. It grows when a field changes its meaning.
const SchemaVersion = 1

// Report is what a verification found.
type Report struct {
	// SchemaVersion is [SchemaVersion].
	SchemaVersion int `json:"schemaVersion"`
	// Updates, Invoices and Lines are how many were recomputed.
	Updates  int `json:"updates"`
	Invoices int `json:"invoices"`
	Lines    int `json:"lines"`
	// Ignored is how many other objects the export has.
	Ignored int `json:"ignored"`
	// Problems are the amounts that do not add up.
	Problems []Problem `json:"problems"`
	// NotExamined describes what could not be compared, because objects are missing from the export.
	NotExamined []string `json:"notExamined,omitempty"`
}

// Ledger receives records one by one, in any order, and compares them with each other: the chain of a subscription's
// invoices and their credit balance, and the lines of invoices with those of the updates that they bill. The zero value
// is ready to use.
type Ledger struct {
	report   Report
	chains   map[string][]link
	lines    map[string]v1alpha1.Amount
	applied  map[string]bool
	invoiced map[string]place
	// known are the contents of the invoices, by namespace and name.
	known map[string][sha256.Size]byte
}

// link is the part of an invoice that the check of its successor needs.
type link struct {
	namespace, name, previous, currency string
	sequence                            int64
	credit, after                       money.Decimal
}

// place is where a line of an update was invoiced.
type place struct {
	namespace, invoice, field, update string
	amount                            v1alpha1.Amount
}

// AddUpdate recomputes an update.
func (l *Ledger) AddUpdate(u *v1alpha1.SubscriptionUpdate) {
	l.report.Updates++
	l.report.Lines += len(u.Status.Lines)
	l.report.Problems = append(l.report.Problems, Update(u)...)
	if u.Status.State != v1alpha1.UpdateApplied {
		return
	}
	if l.applied == nil {
		l.applied, l.lines = map[string]bool{}, map[string]v1alpha1.Amount{}
	}
	l.applied[u.Namespace+"/"+u.Name] = true
	for n := range u.Status.Lines {
		l.lines[lineID(u.Namespace, u.Name, u.Status.Lines[n].Key)] = u.Status.Lines[n].Amount
	}
}

// AddInvoice recomputes an invoice. The same one may be in several exports, such as those of two months. It counts once: an
// invoice never changes.
func (l *Ledger) AddInvoice(i *v1alpha1.Invoice) {
	if l.knows(i) {
		return
	}
	l.report.Invoices++
	l.report.Lines += len(i.Spec.Lines)
	l.report.Problems = append(l.report.Problems, Invoice(i)...)
	l.chain(i)
	for n := range i.Spec.Lines {
		l.bill(i, n)
	}
}

// knows reports whether an invoice with the same name and content was added before, and remembers it.
func (l *Ledger) knows(i *v1alpha1.Invoice) bool {
	text, err := json.Marshal(&i.Spec)
	if err != nil {
		return false
	}
	if l.known == nil {
		l.known = map[string][sha256.Size]byte{}
	}
	name, content := i.Namespace+"/"+i.Name, sha256.Sum256(text)
	if earlier, found := l.known[name]; found {
		return earlier == content
	}
	l.known[name] = content
	return false
}

// Ignore counts an object that has no amounts.
func (l *Ledger) Ignore() { l.report.Ignored++ }

func lineID(namespace, update, key string) string {
	return strings.Join([]string{namespace, update, key}, "/")
}

// chain remembers an invoice for the comparison with those next to it. Amounts that cannot be parsed were reported.
func (l *Ledger) chain(i *v1alpha1.Invoice) {
	credit, err := money.ParseDecimal(string(i.Spec.CreditApplied))
	after, wrong := money.ParseDecimal(string(i.Spec.CreditBalanceAfter))
	if err != nil || wrong != nil {
		return
	}
	if l.chains == nil {
		l.chains = map[string][]link{}
	}
	of := strings.Join([]string{i.Namespace, i.Spec.SubscriptionRef.Name, string(i.Spec.SubscriptionRef.UID)}, "/")
	l.chains[of] = append(l.chains[of], link{
		i.Namespace, i.Name, i.Spec.Previous, string(i.Spec.Currency), i.Spec.Sequence, credit, after,
	})
}

// bill remembers where a line of an update was invoiced, and reports one that was invoiced before. A line that was
// abandoned is not billed.
func (l *Ledger) bill(i *v1alpha1.Invoice, n int) {
	line := &i.Spec.Lines[n]
	if line.Update == "" || line.FullAmount == "" || isZero(line.Amount) {
		return
	}
	if l.invoiced == nil {
		l.invoiced = map[string]place{}
	}
	id := lineID(i.Namespace, line.Update, line.Key)
	here := place{i.Namespace, i.Name, fmt.Sprintf("spec.lines[%d]", n), line.Update, line.Amount}
	if other, found := l.invoiced[id]; found {
		if other.invoice > here.invoice {
			other, here = here, other // whichever was read first, the later invoice has the problem
		}
		l.report.Problems = append(l.report.Problems, here.problem("the line %s of update %s is on invoice %s too", line.Key,
			line.Update, other.invoice))
		return
	}
	l.invoiced[id] = here
}

func isZero(a v1alpha1.Amount) bool {
	d, err := money.ParseDecimal(string(a))
	return err == nil && d.IsZero()
}

func (p place) problem(format string, args ...any) Problem {
	return Problem{Kind: "Invoice", Namespace: p.namespace, Name: p.invoice, Field: p.field, Message: fmt.Sprintf(format, args...)}
}

// Report compares the records with each other, and returns the findings. Problems are sorted by object.
func (l *Ledger) Report() Report {
	r := l.report
	r.SchemaVersion = SchemaVersion
	r.Problems = slices.Clone(r.Problems)
	if r.Problems == nil {
		r.Problems = []Problem{}
	}
	gaps := 0
	for _, chain := range l.chains {
		found, missing := follow(chain)
		r.Problems = append(r.Problems, found...)
		gaps += missing
	}
	if gaps > 0 {
		r.NotExamined = append(r.NotExamined, fmt.Sprintf("The credit balance before %s: the invoice before is not in the export.",
			counted(gaps, "invoice")))
	}
	absent := map[string]bool{}
	for id, at := range l.invoiced {
		update := at.namespace + "/" + at.update
		switch amount, found := l.lines[id]; {
		case !l.applied[update]:
			absent[update] = true
		case !found:
			r.Problems = append(r.Problems, at.problem("update %s does not have this line", at.update))
		case amount != at.amount:
			r.Problems = append(r.Problems, at.problem("the invoice says %s, and update %s says %s", at.amount, at.update, amount))
		}
	}
	if len(absent) > 0 {
		r.NotExamined = append(r.NotExamined, fmt.Sprintf("%s that invoices name: not in the export.", counted(len(absent), "update")))
	}
	slices.SortFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
	})
	return r
}

// follow checks the invoices of one subscription: names, and the credit balance from one to the next. It returns how
// many lack the one before.
func follow(chain []link) (found []Problem, gaps int) {
	slices.SortFunc(chain, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.sequence, b.sequence), cmp.Compare(a.name, b.name))
	})
	var before link
	for n, here := range chain {
		at := place{namespace: here.namespace, invoice: here.name}
		report := func(field, format string, args ...any) {
			at.field = field
			found = append(found, at.problem(format, args...))
		}
		switch {
		case n > 0 && here.sequence == before.sequence:
			report("spec.sequence", "invoice %s has the number %d too", before.name, here.sequence)
			continue
		case here.sequence > 1 && (n == 0 || here.sequence != before.sequence+1):
			gaps++
			before = here
			continue
		case here.sequence > 1 && here.previous != before.name:
			report("spec.previous", "the invoice before is %s, and the record says %q", before.name, here.previous)
		}
		if want := before.after.Sub(here.credit); !here.after.Equal(want) {
			report("spec.creditBalanceAfter", "%s of credit before, less %s, is %s, and the record says %s", before.after,
				here.credit, want, here.after)
		}
		before = here
	}
	return found, gaps
}

func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// Text returns the report for people, with a newline at the end.
func (r Report) Text() string {
	out := &strings.Builder{}
	fmt.Fprintf(out, "Recomputed %s of %s and %s", counted(r.Lines, "line"), counted(r.Updates, "update"), counted(r.Invoices, "invoice"))
	if r.Ignored > 0 {
		fmt.Fprintf(out, ", and ignored %s of other kinds", counted(r.Ignored, "object"))
	}
	switch len(r.Problems) {
	case 0:
		out.WriteString(": all amounts add up.\n")
	case 1:
		out.WriteString(": 1 amount does not add up.\n")
	default:
		fmt.Fprintf(out, ": %d amounts do not add up.\n", len(r.Problems))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(out, "  %s\n", table.Plain(p.String())) // an export may come from anybody
	}
	for _, what := range r.NotExamined {
		fmt.Fprintf(out, "Not examined: %s\n", what)
	}
	return out.String()
}
