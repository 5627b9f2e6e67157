// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// day is so many days after the first record.
func day(n int) time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// days is so many days.
func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// made is an update of the operator that was decided on a day.
func made(name string, on int) Update {
	return Update{UID: name, Name: name, Origin: ByOperator, Created: day(on), Finished: day(on)}
}

// with changes an update as nothing else does.
func (u Update) with(change func(*Update)) Update {
	change(&u)
	return u
}

// issued is an invoice that was created on a day and archived on another, or not, when that is negative.
func issued(sequence int64, on, archived int) Invoice {
	i := Invoice{UID: fmt.Sprintf("i%d", sequence), Name: fmt.Sprintf("i%d", sequence), Sequence: sequence, Created: day(on)}
	if archived >= 0 {
		i.Archived = day(archived)
	}
	return i
}

// settles has an invoice fall due on a day and say something about the time up to another.
func settles(i Invoice, due, until int) Invoice {
	i.Issued, i.SettledUntil = day(due), day(until)
	return i
}

func TestUpdates(t *testing.T) {
	keepOne := History{KeepUpdates: 1, UpdateTTL: days(30)}
	now := day(100)
	byUser := func(u *Update) { u.Origin = ByUser }
	for name, tc := range map[string]struct {
		reason  string
		updates []Update
		history History
		want    Plan
	}{
		"none":            {"nothing is no reason to come back", nil, keepOne, Plan{}},
		"kept by number":  {"the newest stays, however old", []Update{made("a", 0)}, keepOne, Plan{}},
		"beyond both":     {"the older is beyond the number and its time", []Update{made("b", 2), made("a", 1)}, keepOne, Plan{Updates: []string{"a"}}},
		"beyond one only": {"beyond the number, it is kept for its time", []Update{made("a", 80), made("b", 90)}, keepOne, Plan{Next: day(110)}},
		"to the second":   {"it goes at the end of its time", []Update{made("a", 70), made("b", 71)}, keepOne, Plan{Updates: []string{"a"}}},
		"oldest first":    {"should a pass not delete all", []Update{made("b", 2), made("c", 3), made("a", 1)}, keepOne, Plan{Updates: []string{"a", "b"}}},
		"none is kept":    {"then time alone decides", []Update{made("a", 1), made("b", 90)}, History{UpdateTTL: days(30)}, Plan{Updates: []string{"a"}, Next: day(120)}},
		"no time":         {"then the number alone decides", []Update{made("a", 99), made("b", 100)}, History{KeepUpdates: 1}, Plan{Updates: []string{"a"}}},
		"neither":         {"all that is finished goes", []Update{made("a", 100)}, History{}, Plan{Updates: []string{"a"}}},
		"open": {
			"what is not finished never goes, and takes no place of what is",
			[]Update{made("a", 0).with(func(u *Update) { u.Finished = time.Time{} }), made("b", 1)},
			keepOne,
			Plan{},
		},
		"a user's": {
			"Git would make it again, and it takes no place of what goes",
			[]Update{made("a", 0).with(byUser), made("b", 1), made("c", 50).with(byUser)},
			keepOne,
			Plan{},
		},
		"a user's that may go": {
			"is treated as the operator's",
			[]Update{made("a", 0).with(func(u *Update) { byUser(u); u.Prune = true }), made("b", 1)},
			keepOne,
			Plan{Updates: []string{"a"}},
		},
		"the word of a user": {
			"on the operator's own says nothing",
			[]Update{made("a", 99).with(func(u *Update) { u.Prune = true }), made("b", 100)},
			keepOne,
			Plan{Next: day(129)},
		},
		"owed": {
			"what an outbox names stays, and what releases it comes as an event",
			[]Update{made("a", 0).with(func(u *Update) { u.Owed = true }), made("b", 1)},
			keepOne,
			Plan{},
		},
		"by decision, not by creation": {
			"one that waited long is the newer record",
			[]Update{made("a", 0).with(func(u *Update) { u.Finished = day(60) }), made("b", 30)},
			keepOne,
			Plan{Updates: []string{"b"}},
		},
		"long open": {
			"its time runs from the decision, not from the creation",
			[]Update{made("a", 0).with(func(u *Update) { u.Finished = day(90) }), made("b", 91)},
			keepOne,
			Plan{Next: day(120)},
		},
		"of one instant": {
			"creation and then the name decide, so that two processes agree",
			[]Update{made("b", 1), made("a", 1), made("c", 1).with(func(u *Update) { u.Created = day(0) })},
			keepOne,
			Plan{Updates: []string{"c", "a"}},
		},
		"unconfirmed": {
			"what an archive has not confirmed stays, and is asked for once it is due",
			[]Update{
				made("a", 0).with(func(u *Update) { u.Unconfirmed = true }), made("b", 1), made("c", 80).with(func(u *Update) { u.Unconfirmed = true }),
				made("d", 90).with(func(u *Update) { u.Unconfirmed = true }),
			},
			keepOne,
			Plan{Updates: []string{"b"}, Next: day(110), Waiting: []string{"a"}},
		},
		"from the future": {"a clock that went back deletes nothing", []Update{made("a", 200), made("b", 201)}, keepOne, Plan{Next: day(230)}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Decide(tc.updates, nil, tc.history, now)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestInvoices(t *testing.T) {
	now := day(100)
	week := History{InvoiceTTL: days(7)}
	minutes := func(i Invoice, n int) Invoice {
		i.Created, i.Archived = now.Add(-time.Duration(n)*time.Minute), now
		return i
	}
	for name, tc := range map[string]struct {
		reason   string
		invoices []Invoice
		history  History
		want     Plan
	}{
		"not archived": {"age alone deletes no invoice", []Invoice{issued(1, 0, -1), issued(2, 50, -1)}, History{}, Plan{}},
		"archived":     {"at once where no time is given", []Invoice{issued(2, 50, -1), issued(1, 0, 100)}, History{}, Plan{Invoices: []string{"i1"}}},
		"in its time":  {"it waits for it", []Invoice{issued(1, 0, 98), issued(2, 50, 98)}, week, Plan{Next: day(105)}},
		"after it":     {"and goes then", []Invoice{issued(1, 0, 93), issued(2, 50, 93)}, week, Plan{Invoices: []string{"i1"}}},
		"the newest":   {"it guards against charging twice", []Invoice{issued(1, 0, 50)}, History{}, Plan{}},
		"charged ahead": {
			"the newest alone does not say up to when the customer was charged",
			[]Invoice{settles(issued(1, 0, 50), 0, 90), settles(issued(2, 50, 50), 50, 60), settles(issued(3, 70, 70), 70, 80)},
			History{},
			Plan{Invoices: []string{"i2"}},
		},
		"of one second": {
			"the number tells which is the newest",
			[]Invoice{issued(10, 0, 50), issued(9, 0, 50)},
			History{},
			Plan{Invoices: []string{"i9"}},
		},
		"of an earlier subscription": {
			"the newest of all is kept, though its number is lower",
			[]Invoice{issued(7, 0, 50), {UID: "j1", Name: "j1", Sequence: 1, Created: day(60), Archived: day(60)}},
			History{},
			Plan{Invoices: []string{"i7"}},
		},
		"owed": {
			"an outbox that names it would make it again",
			[]Invoice{{UID: "i1", Name: "i1", Sequence: 1, Created: day(0), Archived: day(1), Owed: true}, issued(2, 50, -1)},
			History{},
			Plan{},
		},
		"hardly created": {
			"whoever is about to create it must have given up",
			[]Invoice{minutes(issued(1, 0, 0), 59), minutes(issued(2, 0, 0), 5)},
			History{},
			Plan{Next: now.Add(time.Minute)},
		},
		"an hour old": {"nobody is about to create it any more", []Invoice{minutes(issued(1, 0, 0), 60), minutes(issued(2, 0, 0), 5)}, History{}, Plan{Invoices: []string{"i1"}}},
		"a hundred years": {
			"the longest time there is does not wrap around",
			[]Invoice{issued(1, 0, 0), issued(2, 1, 0)},
			History{InvoiceTTL: 3155760000 * time.Second},
			Plan{Next: day(0).Add(3155760000 * time.Second)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Decide(nil, tc.invoices, tc.history, now)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// world draws records whose instants meet often.
func world(t *rapid.T) ([]Update, []Invoice, History) {
	on := rapid.IntRange(0, 40)
	updates := make([]Update, rapid.IntRange(0, 12).Draw(t, "updates"))
	for i := range updates {
		u := made(fmt.Sprintf("u%02d", i), on.Draw(t, "created"))
		u.Finished = u.Created.Add(days(rapid.IntRange(0, 5).Draw(t, "waited")))
		if rapid.Bool().Draw(t, "open") {
			u.Finished = time.Time{}
		}
		u.Origin = rapid.SampledFrom([]Origin{ByUser, ByOperator}).Draw(t, "origin")
		u.Prune, u.Owed = rapid.Bool().Draw(t, "prune"), rapid.Bool().Draw(t, "owed")
		updates[i] = u
	}
	invoices := make([]Invoice, rapid.IntRange(0, 8).Draw(t, "invoices"))
	for i := range invoices {
		invoices[i] = issued(int64(i+1), on.Draw(t, "created"), rapid.IntRange(-1, 45).Draw(t, "archived"))
		invoices[i].Owed = rapid.Bool().Draw(t, "owed")
	}
	return updates, invoices, History{
		KeepUpdates: rapid.IntRange(0, 6).Draw(t, "keep"),
		UpdateTTL:   days(rapid.IntRange(0, 20).Draw(t, "update ttl")),
		InvoiceTTL:  days(rapid.IntRange(0, 20).Draw(t, "invoice ttl")),
	}
}

// without returns the records that a plan leaves.
func without(p Plan, updates []Update, invoices []Invoice) ([]Update, []Invoice) {
	updates = slices.DeleteFunc(slices.Clone(updates), func(u Update) bool { return slices.Contains(p.Updates, u.UID) })
	invoices = slices.DeleteFunc(slices.Clone(invoices), func(i Invoice) bool { return slices.Contains(p.Invoices, i.UID) })
	return updates, invoices
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		updates, invoices, history := world(t)
		now := day(rapid.IntRange(0, 80).Draw(t, "now"))
		plan := Decide(updates, invoices, history, now)

		for _, u := range updates {
			if slices.Contains(plan.Updates, u.UID) &&
				(u.Finished.IsZero() || u.Owed || (u.Origin == ByUser && !u.Prune) || now.Sub(u.Finished) < history.UpdateTTL) {
				t.Fatalf("%+v goes at %s under %+v", u, now, history)
			}
		}
		for _, i := range invoices {
			if slices.Contains(plan.Invoices, i.UID) && (i.Archived.IsZero() || i.Owed || now.Sub(i.Archived) < history.InvoiceTTL) {
				t.Fatalf("%+v goes at %s under %+v", i, now, history)
			}
		}
		leftUpdates, leftInvoices := without(plan, updates, invoices)
		if kept, all := countDeletable(leftUpdates), countDeletable(updates); kept < min(all, history.KeepUpdates) {
			t.Fatalf("%d of %d are kept under %+v", kept, all, history)
		}
		if len(invoices) > 0 && len(leftInvoices) == 0 {
			t.Fatal("no invoice is left")
		}
		slices.Reverse(updates)
		slices.Reverse(invoices)
		if diff := cmp.Diff(plan, Decide(updates, invoices, history, now)); diff != "" {
			t.Fatalf("the order of the records matters:\n%s", diff)
		}
		checkNext(t, plan, leftUpdates, leftInvoices, history, now)
	})
}

func countDeletable(updates []Update) int {
	count := 0
	for i := range updates {
		if updates[i].deletable() {
			count++
		}
	}
	return count
}

// checkNext: what is left has nothing to do before the next instant, and something at it.
func checkNext(t *rapid.T, plan Plan, updates []Update, invoices []Invoice, history History, now time.Time) {
	again := Decide(updates, invoices, history, now)
	if len(again.Updates)+len(again.Invoices) > 0 {
		t.Fatalf("a second pass deletes %+v", again)
	}
	if plan.Next.IsZero() {
		if late := Decide(updates, invoices, history, now.AddDate(1, 0, 0)); len(late.Updates)+len(late.Invoices) > 0 {
			t.Fatalf("nothing was to come, and %+v goes later", late)
		}
		return
	}
	before := Decide(updates, invoices, history, plan.Next.Add(-time.Nanosecond))
	at := Decide(updates, invoices, history, plan.Next)
	if len(before.Updates)+len(before.Invoices) > 0 || len(at.Updates)+len(at.Invoices) == 0 {
		t.Fatalf("next is %s: %+v goes before it, %+v at it", plan.Next, before, at)
	}
}

// TestPartOfThePicture: whatever part of the finished records a cache shows, what goes by it goes by the
// whole picture too, and the newest invoice is never among it.
func TestPartOfThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		updates, invoices, history := world(t)
		now := day(80)
		whole := Decide(updates, invoices, history, now)
		shown := slices.DeleteFunc(slices.Clone(updates), func(Update) bool { return rapid.Bool().Draw(t, "hidden") })
		for i := range shown {
			if rapid.Bool().Draw(t, "shown open") {
				shown[i].Finished = time.Time{}
			}
		}
		part := slices.DeleteFunc(slices.Clone(invoices), func(Invoice) bool { return rapid.Bool().Draw(t, "hidden") })
		plan := Decide(shown, part, history, now)
		for _, uid := range append(plan.Updates, plan.Invoices...) {
			if !slices.Contains(whole.Updates, uid) && !slices.Contains(whole.Invoices, uid) {
				t.Fatalf("%s goes by a part of the picture alone", uid)
			}
		}
	})
}
