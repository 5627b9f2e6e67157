// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// world plays a story: what has been committed, what the input says, and the
// updates that are open. Every replay checks what must hold whatever happens.
//
// Unless a story says otherwise it is what the figures of billing.md#15-figures
// assume: one item, editors, at EUR 10 a seat and month, in advance, in UTC.
type world struct {
	t     failer
	state State
	in    Input
	// log tells what was decided and issued, in order; see [world.tell].
	log []string
	// last is what the newest replay came to.
	last Outcome

	documents []Document
	decisions map[string]Decision
	waitsTold map[string][]Wait // by commits before the decision, by UID
	keys      map[string]bool
	effective map[string]time.Time // of the newest applied change, by item
	applied   []appliedLine
	resets    int           // applied so far
	newest    time.Time     // of all presents
	priced    money.Decimal // adjustments of applied updates
	charges   money.Decimal // lines of documents that are not an update's
	made      map[string]int
	scratch   *strings.Builder
}

// failer is what a test and a rapid check have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// instant reads "2026-04-16" or "2026-04-16T15:00:00Z".
func instant(s string) time.Time {
	if !strings.Contains(s, "T") {
		s += "T00:00:00Z"
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func ptr[T any](v T) *T { return &v }

var monthly = calendar.Interval{Unit: calendar.Month, Count: 1}

// eur is a plan of so many euros a seat and month.
func eur(amount string) Plan {
	return Plan{
		Currency: "EUR", Interval: monthly, Charge: InAdvance,
		Price: pricing.Price{Model: pricing.PerUnit, UnitAmount: money.MustDecimal(amount)},
	}
}

// newWorld is a subscription created, and starting, on 1 April 2026, which is
// also the present.
func newWorld(t failer) *world {
	start := instant("2026-04-01")
	return &world{
		t: t,
		in: Input{
			Now: start,
			Terms: Terms{
				Created: start, Generation: 1,
				Items: []TermsItem{{Name: "editors", Product: "editor-seat", Plan: "monthly", Recurring: true}},
			},
			Products: map[string]Product{"editor-seat": {Plans: map[string]Plan{"monthly": eur("10")}}},
			Policies: map[PolicyRef]Policy{},
			Assigned: map[string]int64{},
		},
		decisions: map[string]Decision{},
		waitsTold: map[string][]Wait{},
		keys:      map[string]bool{},
		effective: map[string]time.Time{},
		made:      map[string]int{},
		scratch:   &strings.Builder{},
	}
}

// starting moves the creation and the start.
func (w *world) starting(when string) *world {
	w.in.Terms.Created, w.in.Now = instant(when), instant(when)
	return w
}

// plan changes the plan of a product's items; it is editor-seat unless named.
func (w *world) plan(change func(*Plan), product ...string) *world {
	name := "editor-seat"
	if len(product) > 0 {
		name = product[0]
	}
	plan := w.in.Products[name].Plans["monthly"]
	change(&plan)
	w.in.Products[name].Plans["monthly"] = plan
	return w
}

// product changes the product editor-seat.
func (w *world) product(change func(*Product)) *world {
	product := w.in.Products["editor-seat"]
	change(&product)
	w.in.Products["editor-seat"] = product
	return w
}

// loaded gives the product a data loader.
func (w *world) loaded() *world {
	return w.product(func(p *Product) { p.Loader = true })
}

// item adds an item with a product of its own.
func (w *world) item(name string, plan Plan, recurring bool) *world {
	product := name + "-seat"
	w.in.Products[product] = Product{Plans: map[string]Plan{"monthly": plan}}
	w.in.Terms.Items = append(w.in.Terms.Items, TermsItem{Name: name, Product: product, Plan: "monthly", Recurring: recurring})
	return w
}

// policy makes a proration policy and, when it is first, the subscription's own.
func (w *world) policy(unit proration.Unit, rounding proration.Rounding) *world {
	ref := PolicyRef{"ProrationPolicy", string(rounding)}
	w.in.Policies[ref] = Policy{Policy: proration.Policy{Name: ref.Name, Unit: unit, Rounding: rounding}, Generation: 1}
	w.in.Terms.Policy = ref
	return w
}

// terms changes the spec without an edit of items.
func (w *world) terms(change func(*Terms)) *world {
	change(&w.in.Terms)
	w.in.Terms.Generation++
	w.in.Terms.SpecSeen = false
	return w
}

// holding starts the subscription with quantities that the spec then no longer
// declares, so that updates may change them.
func (w *world) holding(quantities ...int64) *world {
	w.t.Helper()
	for i, quantity := range quantities {
		w.in.Terms.Items[i].Quantity = ptr(quantity)
	}
	w.replay()
	for i := range w.in.Terms.Items {
		w.in.Terms.Items[i].Quantity = nil
	}
	return w.terms(func(*Terms) {})
}

// declaring starts the subscription with quantities that the spec declares.
func (w *world) declaring(quantities ...int64) *world {
	w.t.Helper()
	for i, quantity := range quantities {
		w.in.Terms.Items[i].Quantity = ptr(quantity)
	}
	return w.replay()
}

// at sets the clock. Nothing is replayed until [world.replay].
func (w *world) at(when string) *world {
	w.in.Now = instant(when)
	return w
}

// option says how an update differs from one that says nothing.
type option func(*Update)

func by(m proration.Method) option { return func(u *Update) { u.Policy.Method = m } }
func applies(a Application) option { return func(u *Update) { u.Policy.Application = a } }
func paid(p Payment) option        { return func(u *Update) { u.Policy.Payment = p } }
func effective(when string) option { return func(u *Update) { u.Effective = instant(when) } }
func created(when string) option   { return func(u *Update) { u.Created = instant(when) } }
func prorated(name string) option {
	return func(u *Update) { u.Proration = PolicyRef{"ProrationPolicy", name} }
}
func createdAt(when time.Time) option { return func(u *Update) { u.Created = when } }
func observed(when string) option     { return func(u *Update) { u.Cause.Observed = instant(when) } }

func applyingAt(when string) option {
	return func(u *Update) { u.Policy.Application, u.ApplyAt = ApplyCustom, instant(when) }
}

func paidAt(when string) option {
	return func(u *Update) { u.Policy.Payment, u.BillAt = PayCustom, instant(when) }
}

func (w *world) add(prefix string, u Update, options []option) *world {
	w.made[prefix]++
	u.Name = fmt.Sprintf("%s%d", prefix, w.made[prefix])
	u.UID = "uid-" + u.Name
	if u.Created.IsZero() {
		u.Created = w.in.Now
	}
	for _, o := range options {
		o(&u)
	}
	w.in.Updates = append(w.in.Updates, u)
	return w
}

// increment, decrement and set are users' updates, named u1, u2…
func (w *world) increment(item string, n int64, options ...option) *world {
	return w.add("u", Update{Origin: OriginUser, Change: QuantityChange{Item: item, Increment: &n}}, options)
}

func (w *world) decrement(item string, n int64, options ...option) *world {
	return w.add("u", Update{Origin: OriginUser, Change: QuantityChange{Item: item, Decrement: &n}}, options)
}

func (w *world) set(item string, n int64, options ...option) *world {
	return w.add("u", Update{Origin: OriginUser, Change: QuantityChange{Item: item, Count: &n}}, options)
}

// counted is an update for a count that a refresh observed now, named c1, c2…
func (w *world) counted(item string, n int64, options ...option) *world {
	cause := Cause{Item: item, Observed: w.in.Now, Loaded: w.in.Now}
	return w.add("c", Update{Origin: OriginRefresh, Change: QuantityChange{Item: item, Count: &n}, Cause: cause}, options)
}

// refresh finds a count as a seat product's refresh does: an update is made only
// where it differs from the item's target (billing.md#targets).
func (w *world) refresh(item string, n int64) *world {
	declared, _ := w.in.Terms.item(item)
	plan := w.in.Products[declared.Product].Plans[declared.Plan]
	clamp := func(n int64) int64 { return Clamp(n, plan.Minimum, plan.Maximum, w.in.Assigned[item]) }
	target, known := int64(0), false
	if held, ok := w.state.Item(item); ok {
		target, known = held.Position.Held, true
	}
	var newest time.Time
	for i := range w.in.Updates {
		u := &w.in.Updates[i]
		if u.Origin == OriginRefresh && u.Change.Item == item && !u.Late() && !u.Cause.Observed.Before(newest) {
			target, known, newest = clamp(*u.Change.Count), true, u.Cause.Observed
		}
	}
	if known && target == clamp(n) {
		return w
	}
	return w.counted(item, n)
}

// edit declares a quantity in the spec and makes the updates for it, as the next
// pass does, named e1, e2…
func (w *world) edit(item string, n int64) *world {
	i := slices.IndexFunc(w.in.Terms.Items, func(t TermsItem) bool { return t.Name == item })
	w.in.Terms.Items = slices.Clone(w.in.Terms.Items)
	w.in.Terms.Items[i].Quantity = &n
	return w.terms(func(*Terms) {}).recordEdits()
}

// recordEdits makes an update for each edit of a quantity.
func (w *world) recordEdits() *world {
	for _, edit := range Edits(w.state, w.in.Terms, w.in.Updates) {
		cause := Cause{Item: edit.Item, Observed: w.in.seenNow(), Generation: w.in.Terms.Generation}
		u := Update{Origin: OriginSpec, Items: edit.Items, Cause: cause}
		if edit.Items == nil {
			u.Change = QuantityChange{Item: edit.Item, Count: ptr(edit.Quantity)}
		}
		w.add("e", u, nil)
	}
	return w
}

// offer puts a plan on a product, which is made where it does not exist.
func (w *world) offer(product, name string, plan Plan) *world {
	p := w.in.Products[product]
	p.Plans = maps.Clone(p.Plans)
	if p.Plans == nil {
		p.Plans = map[string]Plan{}
	}
	p.Plans[name] = plan
	w.in.Products[product] = p
	return w
}

// on is an item on a plan of its product: "editors" is of the product
// editor-seat, any other of one of its own name. Without a quantity it leaves it
// out.
func on(item, plan string, quantity ...int64) TermsItem {
	t := TermsItem{Name: item, Product: item + "-seat", Plan: plan, Recurring: true}
	if item == "editors" {
		t.Product = "editor-seat"
	}
	if len(quantity) > 0 {
		t.Quantity = &quantity[0]
	}
	return t
}

func (t TermsItem) once() TermsItem {
	t.Recurring = false
	return t
}

// change is a user's update to another list of items, named as the others are.
func (w *world) change(items []TermsItem, options ...option) *world {
	return w.add("u", Update{Origin: OriginUser, Items: items}, options)
}

// declare edits the list of items in the spec, and makes the updates for it as the
// next pass does.
func (w *world) declare(items ...TermsItem) *world {
	return w.terms(func(t *Terms) { t.Items = items }).recordEdits()
}

func renewal(r Renewal) option { return func(u *Update) { u.Policy.Renewal = r } }
func keepingTrial(u *Update)   { u.Policy.KeepTrial = ptr(true) }
func ignoringRecurring(u *Update) {
	u.Policy.KeepTrial, u.Policy.IgnoreRecurring = ptr(true), ptr(true)
}
func preview(u *Update)            { u.Preview = true }
func expecting(hash string) option { return func(u *Update) { u.ExpectedHash = hash } }

// approve releases an update.
func (w *world) approve(name string) *world {
	for i := range w.in.Updates {
		if w.in.Updates[i].Name == name {
			w.in.Updates[i].Approved = true
		}
	}
	return w
}

// cancel ends the subscription.
func (w *world) cancel(c Cancellation) *world {
	return w.terms(func(t *Terms) { t.Cancel = c })
}

// replay makes a plan, checks it and commits it.
func (w *world) replay() *world {
	w.t.Helper()
	w.last = w.replayOnce()
	w.in.Terms.SpecSeen, w.in.Terms.Cancel.DateSeen = true, true
	w.in.Unpark = false
	if w.in.Terms.ByHand {
		w.in.Before = w.in.Now
	}
	return w
}

// settle replays until there is nothing more to do at this time.
func (w *world) settle() *world {
	w.t.Helper()
	for range 10_000 {
		if w.replay(); !w.last.More {
			return w
		}
	}
	w.t.Fatalf("there is always more to replay")
	return w
}

// tell adds an effect to the log: "u1 Applied: 31.25", "u1 Rejected BelowMinimum",
// "Renewal 2026-05-01: 100.00 50.00", "CreditNote Update 2026-04-11T12:00:00Z:
// -6.33, credit -6.33, due 0.00".
func (w *world) tell(e Effect) string {
	if d := e.Decision; d != nil {
		switch {
		case d.Verdict == IsApplied && d.Adjustment != nil:
			return fmt.Sprintf("%s Applied: %s", d.Name, w.state.Currency.Format(*d.Adjustment))
		case d.Verdict == IsApplied:
			return d.Name + " Applied"
		default:
			return d.Name + " " + because(string(d.Verdict), d.Fault.Reason)
		}
	}
	d := e.Document
	w.scratch.Reset()
	if d.CreditNote {
		w.scratch.WriteString("CreditNote ")
	}
	fmt.Fprintf(w.scratch, "%s %s:", d.Reason, brief(d.Issued))
	for _, line := range d.Lines {
		w.scratch.WriteString(" " + w.state.Currency.Format(line.Amount))
	}
	if !d.CreditApplied.IsZero() {
		fmt.Fprintf(w.scratch, ", credit %s, due %s", w.state.Currency.Format(d.CreditApplied), w.state.Currency.Format(d.AmountDue))
	}
	return w.scratch.String()
}

// brief leaves out the time of day at midnight.
func brief(t time.Time) string {
	return strings.TrimSuffix(t.Format(time.RFC3339), "T00:00:00Z")
}

// because tells a verdict, and its reason where that says more.
func because(verdict string, reason Reason) string {
	if verdict == string(reason) {
		return verdict
	}
	return verdict + " " + string(reason)
}

// waits tells what the open updates wait for: "u1 Scheduled 2026-05-01".
func (w *world) waits() []string {
	var all []string
	for _, waiting := range w.last.Waiting {
		s := waiting.Name + " " + because(string(waiting.Verdict), waiting.Fault.Reason)
		if !waiting.InForce.ApplyAt.IsZero() {
			s += " " + brief(waiting.InForce.ApplyAt)
		}
		all = append(all, s)
	}
	return all
}

// held is the quantity held.
func (w *world) held(item string) int64 {
	it, _ := w.state.Item(item)
	return it.Position.Held
}

// story is a row of a table: a reason, what happens, and what is told of it.
type story struct {
	reason string
	play   func(w *world)
	want   []string
}

func tell(t *testing.T, stories map[string]story) {
	t.Helper()
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s.play(w)
			if !slices.Equal(w.log, s.want) {
				t.Errorf("%s\n got: %s\nwant: %s", s.reason, strings.Join(w.log, "\n      "), strings.Join(s.want, "\n      "))
			}
		})
	}
}
