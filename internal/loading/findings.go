// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading

import (
	"slices"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// Counted is an item that a load counts, as it is when the answer is judged.
type Counted struct {
	Item *Connected
	// Token is the reason for counting the item.
	Token string
}

// Resolve returns the items of a load as they are now. It leaves out an item that is no longer connected
// under the requested key, because the answer does not apply to it.
func Resolve(l Load, now Connection) []Counted {
	asked := make(map[ItemID]int, len(l.Orders))
	for n := range l.Orders {
		asked[l.Orders[n].ID] = n
	}
	items := make([]Counted, 0, len(l.Orders))
	for n := range now.Items {
		item := &now.Items[n]
		if at, known := asked[item.ID]; known && l.Orders[at].Key == item.Key && l.Clock == item.Clock {
			items = append(items, Counted{item, l.Orders[at].Token})
		}
	}
	return items
}

// Change is a count or a reading to be recorded.
type Change struct {
	Counted
	// Count is the loaded number. Limits apply when the change is applied.
	Count int64
}

// Problem is why an item has no count.
type Problem struct {
	// Reason is BadCounts or KeyMissing.
	Reason string
	// Message is a fragment of a sentence for people.
	Message string
	// Missing means that the answer has no row for the key.
	Missing bool
	// Kept means that the item keeps its count, as the product asks for, so nothing failed.
	Kept bool
}

// Findings are the result of an answer.
type Findings struct {
	// Changes are the counts of seats to be recorded, and Readings those of metered items.
	Changes, Readings []Change
	// Problems are indexed by the UID of the subscription. Those of several items of one
	// subscription are combined.
	Problems map[string]Problem
	// Counted is the number of items with a usable row.
	Counted int64
	// Held is the number of items with a change that waits for approval and is still correct.
	Held int64
	// Failed is the number of keys that failed, and Kept the number of keys that are missing from the
	// answer and whose items keep their counts.
	Failed, Kept int64
}

// Judge decides what an answer means for every item of a load. Its only error is a *dataloader.Failure,
// after which no item may change.
func Judge(items []Counted, answer dataloader.Answer, rules dataloader.Rules, open map[ItemID]Pending) (Findings, error) {
	rules.Totals = totals(items)
	verdicts, err := dataloader.Judge(answer, keys(items), rules, seatsHeld(items))
	if err != nil {
		return Findings{}, err
	}
	found := Findings{Problems: map[string]Problem{}}
	problems := map[string][]Problem{}
	for _, each := range items {
		if problem, ok := found.add(each, verdicts[each.Item.Key], open); !ok {
			problems[each.Item.ID.Subscription] = append(problems[each.Item.ID.Subscription], problem)
		}
	}
	for uid, all := range problems {
		found.Problems[uid] = together(all)
	}
	return found, nil
}

// together combines the problems of several items of one subscription. The result is as serious as the most serious
// of them, and names the first few.
func together(problems []Problem) Problem {
	one := slices.MinFunc(problems, graver)
	if len(problems) == 1 {
		return one
	}
	messages := make([]string, 0, len(problems))
	for _, each := range problems {
		messages = append(messages, each.Message)
	}
	one.Message = dataloader.NameProblems(messages)
	return one
}

// graver orders problems: failures come before counts that are kept, and a bad count before a missing one.
func graver(a, b Problem) int {
	weight := func(p Problem) int {
		switch {
		case p.Kept:
			return 2
		case p.Missing:
			return 1
		default:
			return 0
		}
	}
	return weight(a) - weight(b)
}

func keys(items []Counted) []string {
	all := make([]string, 0, len(items))
	for _, each := range items {
		if each.Item.Key != "" {
			all = append(all, each.Item.Key)
		}
	}
	return all
}

// totals returns the last reading of each key whose rows are readings, or zero before the first.
func totals(items []Counted) map[string]int64 {
	last := map[string]int64{}
	for _, each := range items {
		if !each.Item.Metered {
			continue
		}
		last[each.Item.Key] = 0
		if each.Item.Reading != nil {
			last[each.Item.Key] = *each.Item.Reading
		}
	}
	return last
}

func seatsHeld(items []Counted) int64 {
	var seats int64
	for _, each := range items {
		if !each.Item.Metered {
			seats += each.Item.Quantity
		}
	}
	return seats
}

// add records the verdict on one item. It returns what is wrong with the item, unless its count is usable.
func (f *Findings) add(each Counted, verdict dataloader.Verdict, open map[ItemID]Pending) (problem Problem, ok bool) {
	known := each.Item.HasCount
	if !each.Item.Metered {
		_, pending := open[each.Item.ID]
		known = known || pending
	}
	switch {
	case each.Item.Key == "":
		f.Failed++
		return Problem{
			Reason:  string(dataloader.ReasonKeyMissing),
			Message: "the subscription has no externalRef, which is its key in the data loader",
		}, false
	case verdict.Outcome == dataloader.Failed, verdict.Outcome == dataloader.Kept && !known:
		f.Failed++
		return problemOf(verdict), false
	case verdict.Outcome == dataloader.Kept:
		f.Kept++
		kept := problemOf(verdict)
		kept.Kept = true
		return kept, false
	default:
		f.Counted++
		f.compare(each, verdict.Count, open)
		return Problem{}, true
	}
}

func problemOf(verdict dataloader.Verdict) Problem {
	return Problem{
		Reason: string(verdict.Reason), Message: verdict.Message,
		Missing: verdict.Reason == dataloader.ReasonKeyMissing,
	}
}

// compare adds a count to the changes or readings, unless the item already has this value.
func (f *Findings) compare(each Counted, count int64, open map[ItemID]Pending) {
	switch {
	case !Differs(each.Item, count, open):
		if open[each.Item.ID].Held {
			f.Held++
		}
	case each.Item.Metered:
		f.Readings = append(f.Readings, Change{each, count})
	default:
		f.Changes = append(f.Changes, Change{each, count})
	}
}

// Differs reports whether a count or a reading of an item has to be recorded. A count is first clamped
// to the item's limits, and then compared with its newest open update, or without one with the current
// quantity (billing.md#targets). A reading is not limited here: the subscription applies limits when it
// takes the reading.
func Differs(item *Connected, count int64, open map[ItemID]Pending) bool {
	if item.Metered {
		return item.Reading == nil || *item.Reading != count
	}
	count = item.Limits.Clamp(count)
	if update, ok := open[item.ID]; ok {
		return item.Limits.Clamp(update.Count) != count
	}
	return !item.HasCount || item.Quantity != count
}
