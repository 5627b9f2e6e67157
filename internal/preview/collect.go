// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// maxLargest is how many subscriptions of a catalogue effect are shown one by one.
const maxLargest = 5

// collector adds findings up. Its memory does not grow with the number of subscriptions, apart from a fingerprint for
// each that changes. The order of the findings does not matter.
type collector struct {
	counts       Counts
	totals       map[string]*sum
	changes      []Change
	problems     map[verdict]map[Problem]*Problem
	effects      map[string]*effect
	fingerprints [][sha256.Size]byte
}

// sum is what changes in one currency.
type sum struct {
	currency      money.Currency
	before, after amounts
	// recurred and recurs are the recurring amounts in a year of the subscriptions that existed before: as they are, and as
	// they would be.
	recurred, recurs money.Decimal
}

// effect is the effect of edits of the same catalogue objects.
type effect struct {
	Effect
	totals  map[string]*sum
	largest []ranked
}

// ranked is a change, with its size.
type ranked struct {
	size   money.Decimal
	change Change
}

func newCollector() *collector {
	return &collector{
		totals: map[string]*sum{}, effects: map[string]*effect{},
		problems: map[verdict]map[Problem]*Problem{refused: {}, notExamined: {}},
	}
}

// add adds a finding.
func (c *collector) add(f finding) {
	c.counts.Subscriptions++
	var of *effect
	if !f.direct && len(f.objects) > 0 {
		of = c.effect(f.objects)
	}
	switch f.verdict {
	case unchanged:
		c.counts.Unchanged++
		if of != nil {
			of.Unchanged++
		}
	case refused:
		c.counts.Refused++
		if of != nil {
			of.Refused++
		}
		c.problem(refused, f)
	case notExamined:
		c.counts.NotExamined++
		if of != nil {
			of.NotExamined++
		}
		c.problem(notExamined, f)
	case changed:
		c.addChanged(f, of)
	}
}

func (c *collector) addChanged(f finding, of *effect) {
	hash := [sha256.Size]byte{}
	_, _ = hex.Decode(hash[:], []byte(f.fingerprint()))
	c.fingerprints = append(c.fingerprints, hash)
	addTo(c.totals, f)
	switch f.change.Direction {
	case Up:
		c.counts.Up++
	case Down:
		c.counts.Down++
	default:
		c.counts.Unchanged++
	}
	switch f.change.Action {
	case Create:
		c.counts.Created++
	case Remove:
		c.counts.Removed++
	default:
	}
	if of == nil {
		c.changes = append(c.changes, f.change)
		return
	}
	switch f.change.Direction {
	case Up:
		of.Up++
	case Down:
		of.Down++
	default:
		of.Unchanged++
	}
	addTo(of.totals, f)
	of.rank(f)
}

func addTo(totals map[string]*sum, f finding) {
	code := f.currency.Code()
	if totals[code] == nil {
		totals[code] = &sum{currency: f.currency}
	}
	s := totals[code]
	s.before, s.after = s.before.add(f.before), s.after.add(f.after)
	if f.existed {
		s.recurred, s.recurs = s.recurred.Add(f.before.perYear), s.recurs.Add(f.after.perYear)
	}
}

// problem adds a problem. If a catalogue edit causes the same problem for several subscriptions, they are one problem with
// a count.
func (c *collector) problem(kind verdict, f finding) {
	if f.problem == (Problem{}) {
		return // it is listed as an invalid manifest
	}
	key := f.problem
	if !f.direct {
		key.Where = strings.Join(f.objects, " + ")
	}
	known := c.problems[kind][key]
	if known == nil {
		known = &Problem{Where: f.problem.Where, Reason: f.problem.Reason, Message: f.problem.Message}
		c.problems[kind][key] = known
	}
	known.Where = min(known.Where, f.problem.Where)
	known.Count++
}

func (c *collector) effect(objects []string) *effect {
	key := strings.Join(objects, " ")
	if c.effects[key] == nil {
		c.effects[key] = &effect{Effect: Effect{Objects: objects}, totals: map[string]*sum{}}
	}
	return c.effects[key]
}

// rank keeps the largest changes.
func (e *effect) rank(f finding) {
	size := f.after.perYear.Sub(f.before.perYear).Abs()
	if len(e.largest) == maxLargest && size.Cmp(e.largest[maxLargest-1].size) < 0 {
		return
	}
	e.largest = append(e.largest, ranked{size, f.change})
	slices.SortFunc(e.largest, func(a, b ranked) int {
		return cmp.Or(b.size.Cmp(a.size), byName(a.change, b.change))
	})
	e.largest = e.largest[:min(len(e.largest), maxLargest)]
}

func byName(a, b Change) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

// report writes the collected findings into a report.
func (c *collector) report(into *Report) {
	into.Counts = c.counts
	into.Changes = slices.SortedFunc(slices.Values(c.changes), byName)
	into.Refused = append(into.Refused, listed(c.problems[refused])...)
	into.NotExamined = append(into.NotExamined, listed(c.problems[notExamined])...)
	for _, key := range slices.Sorted(maps.Keys(c.effects)) {
		e := c.effects[key]
		for _, r := range e.largest {
			e.Largest = append(e.Largest, r.change)
		}
		if e.Refused+e.NotExamined == 0 {
			e.Totals = totalsOf(e.totals)
		}
		into.Catalogue = append(into.Catalogue, e.Effect)
	}
	if len(into.Invalid)+len(into.Refused)+len(into.NotExamined) == 0 {
		into.Totals = totalsOf(c.totals)
	}
	into.Hash = c.hash()
}

// hash is the hash of everything that changes. If only one update changes anything, it is the hash of its outcome.
func (c *collector) hash() string {
	if len(c.fingerprints) == 0 {
		return ""
	}
	if len(c.fingerprints) == 1 && len(c.changes) == 1 && len(c.changes[0].Outcomes) == 1 && c.changes[0].Outcomes[0].Hash != "" {
		return c.changes[0].Outcomes[0].Hash
	}
	slices.SortFunc(c.fingerprints, func(a, b [sha256.Size]byte) int { return slices.Compare(a[:], b[:]) })
	all := sha256.New()
	for i := range c.fingerprints {
		_, _ = all.Write(c.fingerprints[i][:])
	}
	return hex.EncodeToString(all.Sum(nil))
}

func listed(problems map[Problem]*Problem) []Problem {
	var all []Problem
	for _, p := range problems {
		if p.Count == 1 {
			p.Count = 0
		}
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Message, b.Message))
	})
	return all
}

func totalsOf(sums map[string]*sum) []Total {
	var totals []Total
	for _, code := range slices.Sorted(maps.Keys(sums)) {
		s := sums[code]
		t := Total{Currency: code, Horizons: horizonsOf(s.before, s.after, s.currency)}
		if percent, ok := s.increase(); ok {
			t.IncreasePercent = percent.Text()
		} else {
			t.IncreaseFromZero = s.recurs.Sign() > 0
		}
		totals = append(totals, t)
	}
	return totals
}

// increase is the increase of the recurring amount of the subscriptions that existed before, in percent. It is rounded
// up to one decimal place, so that an increase above a limit is never shown as the limit. It is not ok if nothing
// recurred.
func (s *sum) increase() (percent money.Fraction, ok bool) {
	if s.recurred.Sign() <= 0 {
		return money.Fraction{}, false
	}
	const promille = 1000
	rise := money.FractionOf(s.recurs.Sub(s.recurred)).Mul(money.NewFraction(promille, 1)).Quo(money.FractionOf(s.recurred))
	return money.NewFraction(rise.Ceil(), promille/100), true
}
