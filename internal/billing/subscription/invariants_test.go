// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// replayOnce replays, checks what must hold of every plan, and commits it: what
// was decided is no longer open, and what an open update waits for is remembered
// as the record remembers it.
func (w *world) replayOnce() Outcome {
	w.t.Helper()
	before, input := dump(w.state), dump(w.in)
	out := Replay(w.state, w.in)
	if after := dump(w.state); after != before {
		w.t.Fatalf("Replay changed the state that it was given:\n%s", firstDifference(before, after))
	}
	if after := dump(w.in); after != input {
		w.t.Fatalf("Replay changed its input:\n%s", firstDifference(input, after))
	}
	w.checkGrowth(out)
	w.checkUpdates(out)
	w.state = out.State
	w.in.InvoiceNow = w.in.InvoiceNow && !out.InvoicedNow
	for _, effect := range out.Effects {
		w.keep(effect)
		w.log = append(w.log, w.tell(effect))
	}
	w.checkLedger()
	w.checkAccruedTerms()
	w.commitUpdates(out)
	w.newest = latest(w.newest, w.in.Now)
	for _, waiting := range out.Waiting {
		if waiting.Waited != nil {
			w.waitsTold[waiting.UID] = waiting.Waited
		}
	}
	w.checkAtRest(out)
	return out
}

// checkAccruedTerms: what is kept of the accrued lines is enough to have them again, by the state as it is.
func (w *world) checkAccruedTerms() {
	w.t.Helper()
	again, err := w.state.RestateAccrued(w.state.AbridgeAccrued(w.state.Accrued))
	if err != nil {
		w.t.Fatalf("what is kept of the accrued lines cannot be read: %v", err)
	}
	for i, line := range w.state.Accrued {
		line.Unrounded, again[i].Unrounded = recorded(line.Unrounded), recorded(again[i].Unrounded)
		if want, got := dump(line), dump(again[i]); want != got {
			w.t.Fatalf("an accrued line is restated as another one:\n%s", firstDifference(want, got))
		}
	}
}

// checkGrowth: sequence grows by the events, time never goes back.
func (w *world) checkGrowth(out Outcome) {
	w.t.Helper()
	if out.State.Sequence != w.state.Sequence+int64(out.Events) {
		w.t.Fatalf("sequence grew from %d to %d with %d events", w.state.Sequence, out.State.Sequence, out.Events)
	}
	if out.State.LastEvent.Before(w.state.LastEvent) {
		w.t.Fatalf("LastEvent went back from %s to %s", w.state.LastEvent, out.State.LastEvent)
	}
	if out.State.LastEvent.After(w.in.Now) && out.State.LastEvent.After(w.state.LastEvent) {
		w.t.Fatalf("LastEvent %s lies in the future of %s", out.State.LastEvent, w.in.Now)
	}
	if out.Events == 0 && len(out.Effects) > 0 {
		w.t.Fatalf("%d effects without an event", len(out.Effects))
	}
	if max := w.in.MaxEffects; max > 0 && len(out.Effects) > max && out.Events > 1 {
		w.t.Fatalf("%d effects of %d events, at most %d fit", len(out.Effects), out.Events, max)
	}
}

// checkUpdates: every update is either decided or waits, once.
func (w *world) checkUpdates(out Outcome) {
	w.t.Helper()
	var told, open []string
	for _, effect := range out.Effects {
		if effect.Decision != nil {
			told = append(told, effect.Decision.UID)
		}
	}
	for _, waiting := range out.Waiting {
		told = append(told, waiting.UID)
	}
	for _, u := range w.in.Updates {
		open = append(open, u.UID)
	}
	slices.Sort(told)
	slices.Sort(open)
	if !slices.Equal(told, open) && !strings.Contains(out.State.Parked, "books") {
		w.t.Fatalf("of the updates %v these were told of: %v", open, told)
	}
	if strings.Contains(out.State.Parked, "books") {
		w.t.Fatalf("%s", out.State.Parked)
	}
}

// keep enters an effect into the books of the test.
func (w *world) keep(e Effect) {
	w.t.Helper()
	if d := e.Decision; d != nil {
		kept := *d
		if told := w.waitsTold[d.UID]; told != nil {
			kept.Waited = told
		}
		w.decisions[d.Name] = kept
		if d.Verdict == IsApplied {
			w.priced = w.priced.Add(Total(d.Lines))
		}
		w.checkDecision(d)
		return
	}
	d := *e.Document
	if d.Number != int64(len(w.documents))+1 {
		w.t.Fatalf("document %d comes after %d", d.Number, len(w.documents))
	}
	if n := len(w.documents); n > 0 && d.Issued.Before(w.documents[n-1].Issued) {
		w.t.Fatalf("document %d was issued before the one before it", d.Number)
	}
	for _, line := range d.Lines {
		if w.keys[line.Key] {
			w.t.Fatalf("line %s is billed twice", line.Key)
		}
		if line.Amount.IsZero() {
			w.t.Fatalf("line %s of document %d is zero", line.Key, d.Number)
		}
		w.keys[line.Key] = true
		if line.Update == "" && line.FirstUpdate == "" {
			w.charges = w.charges.Add(line.Amount)
		}
	}
	w.documents = append(w.documents, d)
}

// checkDecision: what an update did agrees with itself and with those before it.
func (w *world) checkDecision(d *Decision) {
	w.t.Helper()
	if d.Adjustment != nil && !d.Adjustment.Equal(Total(d.Lines)) {
		w.t.Fatalf("%s says %s, its lines %s", d.Name, d.Adjustment, Total(d.Lines))
	}
	if d.Verdict != IsApplied && d.Verdict != IsPreviewed {
		if len(d.Lines) > 0 || d.Adjustment != nil {
			w.t.Fatalf("%s was %s and cost something", d.Name, d.Verdict)
		}
		return
	}
	quantity := d.InForce.Renewal == ""
	for _, line := range d.Lines {
		if d.InForce.Method == proration.DoNotCharge && line.Kind != proration.KindRecurring {
			w.t.Fatalf("%s was not to be charged, and was: %s", d.Name, dump(d.Lines))
		}
	}
	for _, change := range d.Changes {
		if quantity && change.PreviousCount == change.NewCount && len(d.Lines) > 0 {
			w.t.Fatalf("%s changed nothing of item %s, and was priced: %s", d.Name, change.Item, dump(d.Lines))
		}
		if d.Verdict != IsApplied {
			continue
		}
		if d.InForce.Effective.Before(w.effective[change.Item]) {
			w.t.Fatalf("%s of item %s is effective at %s, the one before it at %s\n%s", d.Name, change.Item, d.InForce.Effective,
				w.effective[change.Item], strings.Join(w.log, "\n"))
		}
		w.effective[change.Item] = d.InForce.Effective
	}
	if d.Verdict != IsApplied {
		return
	}
	for _, line := range d.Lines {
		w.applied = append(w.applied, appliedLine{line, w.resets})
	}
	if d.InForce.Renewal == Reset {
		w.resets++
	}
}

// appliedLine is a line of an applied update, and how many Resets came before: the
// period that one begins may end when the one before would have.
type appliedLine struct {
	proration.Line
	resets int
}

// checkDrift: however many changes a period sees, their rounded sum is within half
// a minor unit of the exact sum; an item that is charged once has no periods.
func (w *world) checkDrift() {
	w.t.Helper()
	drift := map[string]money.Fraction{}
	for _, line := range w.applied {
		if line.Kind == proration.KindRecurring || line.From.Equal(line.To) {
			continue // a charge, rounded alone
		}
		key := line.Item + line.Product + line.Plan
		if line.Kind != proration.KindOneTime {
			key += fmt.Sprint(line.To, line.resets)
		}
		drift[key] = drift[key].Add(money.FractionOf(line.Amount)).Sub(line.Unrounded)
	}
	half := halfMinorUnit(w.state.Currency)
	for key, d := range drift {
		if d.Cmp(half) > 0 || d.Neg().Cmp(half) > 0 {
			w.t.Fatalf("%s: the rounded sum is off by %s\n%s\n%s", key, d, strings.Join(w.log, "\n"), dump(w.applied))
		}
	}
}

// checkNotPaid: in no period is an item in advance given back more than it was
// charged.
func (w *world) checkNotPaid() {
	w.t.Helper()
	sum, arrears := map[string]money.Fraction{}, map[string]bool{}
	enter := func(line proration.Line) {
		if line.Kind == proration.KindOneTime {
			return
		}
		key := line.Item + line.To.String()
		sum[key] = sum[key].Add(money.FractionOf(line.Amount))
		if w.in.Products[line.Product].Plans[line.Plan].Charge == InArrears {
			arrears[key] = true // what it is given back of may not be billed yet
		}
	}
	for _, d := range w.documents {
		for _, line := range d.Lines {
			enter(line)
		}
	}
	for _, line := range w.state.Accrued {
		enter(line)
	}
	for _, d := range w.state.Deferred {
		enter(d.Line)
	}
	unit := halfMinorUnit(w.state.Currency).Mul(money.NewFraction(2, 1))
	for key, s := range sum {
		if !arrears[key] && s.Neg().Cmp(unit) > 0 {
			w.t.Fatalf("%s: %s was paid to the subscriber\n%s\n%s", key, s, strings.Join(w.log, "\n"), dump(w.documents))
		}
	}
}

func halfMinorUnit(c money.Currency) money.Fraction {
	unit := money.NewFraction(1, 2)
	for range c.Digits() {
		unit = unit.Mul(money.NewFraction(1, 10))
	}
	return unit
}

// checkLedger: what documents billed and what waits for one is what was charged
// and priced; the balance is what documents put there.
func (w *world) checkLedger() {
	w.t.Helper()
	billed, balance := money.Decimal{}, money.Decimal{}
	for _, d := range w.documents {
		billed = billed.Add(d.Subtotal)
		balance = balance.Sub(d.CreditApplied)
		if balance.Sign() < 0 || !balance.Equal(d.BalanceAfter) {
			w.t.Fatalf("document %d leaves a balance of %s, and says %s", d.Number, balance, d.BalanceAfter)
		}
		if !d.AmountDue.Equal(d.Subtotal.Sub(d.CreditApplied)) || (d.AmountDue.Sign() < 0 && d.Reason != DocumentFinal) {
			w.t.Fatalf("document %d: %s − %s = %s", d.Number, d.Subtotal, d.CreditApplied, d.AmountDue)
		}
	}
	if !balance.Equal(w.state.Balance) {
		w.t.Fatalf("the balance is %s, documents leave %s", w.state.Balance, balance)
	}
	waiting := map[string]bool{}
	for _, line := range w.state.Accrued {
		w.checkKey(line.Key, waiting)
		if line.Update != "" || line.FirstUpdate != "" {
			billed = billed.Add(line.Amount) // a plan's own charge counts when it is billed
		}
	}
	for _, d := range w.state.Deferred {
		w.checkKey(d.Line.Key, waiting)
		if d.Line.Update != "" || d.Line.FirstUpdate != "" {
			billed = billed.Add(d.Line.Amount)
		}
	}
	if owed := w.charges.Add(w.priced); !billed.Equal(owed) {
		w.t.Fatalf("billed and to be billed: %s; charged and priced: %s", billed, owed)
	}
}

func (w *world) checkKey(key string, seen map[string]bool) {
	w.t.Helper()
	if seen[key] || w.keys[key] {
		w.t.Fatalf("line %s is there twice", key)
	}
	seen[key] = true
}

// commitUpdates drops what was decided and remembers of the others what the
// record remembers.
func (w *world) commitUpdates(out Outcome) {
	var open []Update
	for _, waiting := range out.Waiting {
		i := slices.IndexFunc(w.in.Updates, func(u Update) bool { return u.UID == waiting.UID })
		u := w.in.Updates[i]
		u.SeenAt, u.ApprovedAt = waiting.InForce.SeenAt, waiting.InForce.ApprovedAt
		u.Overdue = waiting.InForce.Overdue
		open = append(open, u)
	}
	w.in.Updates = open
}

// checkAtRest: replaying again at the same time comes to nothing.
func (w *world) checkAtRest(out Outcome) {
	w.t.Helper()
	if out.More {
		return
	}
	in := w.in
	in.Unpark = false
	again := Replay(w.state, in)
	if again.Events != 0 || len(again.Effects) > 0 || again.More {
		w.t.Fatalf("a second replay at %s made %d events: %s", w.in.Now, again.Events, dump(again.Effects))
	}
	if before, after := dump(w.state), dump(again.State); before != after {
		w.t.Fatalf("a second replay changed the state:\n%s", firstDifference(before, after))
	}
	for i := range again.Waiting {
		if w.in.Now.Before(w.newest) {
			break // a clock that went back
		}
		if before, after := dump(out.Waiting[i]), dump(again.Waiting[i]); before != after {
			w.t.Fatalf("a second replay says something else of %s:\n%s", again.Waiting[i].Name, firstDifference(before, after))
		}
	}
}

// dump writes a value with all that it points to, a field a line, so that equal
// values give equal texts.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, "", reflect.ValueOf(v))
	return b.String()
}

func dumpValue(b *strings.Builder, path string, v reflect.Value) {
	if v.IsValid() && v.CanInterface() {
		switch x := v.Interface().(type) {
		case time.Time:
			fmt.Fprintf(b, "%s: %s\n", path, x.UTC().Format(time.RFC3339Nano))
			return
		case money.Decimal:
			fmt.Fprintf(b, "%s: %s\n", path, money.FractionOf(x))
			return
		case money.Fraction:
			fmt.Fprintf(b, "%s: %s\n", path, x)
			return
		case money.Currency:
			fmt.Fprintf(b, "%s: %s\n", path, x.Code())
			return
		}
	}
	switch v.Kind() {
	case reflect.Invalid:
	case reflect.Pointer:
		if !v.IsNil() {
			dumpValue(b, path+"*", v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			dumpValue(b, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			dumpValue(b, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, key := range keys {
			dumpValue(b, fmt.Sprintf("%s[%v]", path, key), v.MapIndex(key))
		}
	default:
		fmt.Fprintf(b, "%s: %v\n", path, v)
	}
}

// firstDifference shows where two dumps part.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("- %s\n+ %s", x[i], y[i])
		}
	}
	return fmt.Sprintf("one of them goes on: -%q +%q", x[min(len(x), len(y)):], y[min(len(x), len(y)):])
}
