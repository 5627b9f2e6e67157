// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "slices"

// lane decides whose load runs next among a fixed number of places. It starts nothing and reads no clock.
//
// A namespace holds at most half of the places that the other namespaces leave, and at least one when one
// is free: so one namespace takes half of all, the next half of the rest. Namespaces that wait take turns;
// within a namespace, first come, first served.
//
// Loads that are slow, or were when they last ran, hold at most half of all places together. One that turns
// out to be slow when that half is taken gives up its place to somebody who waits, and starts again when one
// of the slow places is free. So quick loads find a place soon, however many servers stall.
type lane struct {
	places  int
	running map[string]int
	total   int
	// slow is how many of the loads that run are slow.
	slow int
	// turns are the namespaces that wait, the next in turn first.
	turns   []string
	waiting map[string][]*load
}

func newLane(places int) *lane {
	return &lane{places: places, running: map[string]int{}, waiting: map[string][]*load{}}
}

// add has a load wait for its turn.
func (l *lane) add(each *load) {
	namespace := each.scope.Namespace
	if len(l.waiting[namespace]) == 0 {
		l.turns = append(l.turns, namespace)
	}
	l.waiting[namespace] = append(l.waiting[namespace], each)
}

// next takes the load whose turn it is out of the line and gives it a place; nil when nobody may go.
func (l *lane) next() *load {
	for _, namespace := range slices.Clone(l.turns) {
		if l.running[namespace] >= l.share(namespace) {
			continue
		}
		at := slices.IndexFunc(l.waiting[namespace], func(each *load) bool { return !each.slow || l.slow < l.slowPlaces() })
		if at < 0 {
			continue
		}
		each := l.waiting[namespace][at]
		l.remove(each)
		if len(l.waiting[namespace]) > 0 {
			// The others of the namespace go to the end of the line.
			l.turns = append(slices.DeleteFunc(l.turns, func(other string) bool { return other == namespace }), namespace)
		}
		l.running[namespace]++
		l.total++
		if each.slow {
			l.slow++
		}
		return each
	}
	return nil
}

// slowPlaces returns how many places slow loads may hold together.
func (l *lane) slowPlaces() int { return max(1, l.places/2) }

// turnsOutSlow says of a load that runs that it is slow. It returns false when it holds its place only until
// somebody else needs it.
func (l *lane) turnsOutSlow(each *load) bool {
	if each.slow {
		return true
	}
	if l.slow >= l.slowPlaces() {
		return false
	}
	each.slow = true
	l.slow++
	return true
}

// needsPlace says whether a load waits that could run if there were a place.
func (l *lane) needsPlace() bool {
	if l.total < l.places {
		return false
	}
	for _, namespace := range l.turns {
		quick := slices.ContainsFunc(l.waiting[namespace], func(each *load) bool { return !each.slow })
		if quick && l.running[namespace] == 0 {
			return true
		}
	}
	return false
}

// share returns how many places a namespace may hold now.
func (l *lane) share(namespace string) int {
	others := l.total - l.running[namespace]
	if others >= l.places {
		return 0
	}
	return max(1, (l.places-others)/2)
}

// leave gives back the place of a load that ran.
func (l *lane) leave(each *load) {
	namespace := each.scope.Namespace
	l.total--
	if each.slow {
		l.slow--
	}
	if l.running[namespace]--; l.running[namespace] == 0 {
		delete(l.running, namespace)
	}
}

// remove takes a load that waits out of the line.
func (l *lane) remove(each *load) {
	namespace := each.scope.Namespace
	line := slices.DeleteFunc(l.waiting[namespace], func(other *load) bool { return other == each })
	if len(line) > 0 {
		l.waiting[namespace] = line
		return
	}
	delete(l.waiting, namespace)
	l.turns = slices.DeleteFunc(l.turns, func(other string) bool { return other == namespace })
}

// count returns how many loads wait.
func (l *lane) count() int {
	waiting := 0
	for _, line := range l.waiting {
		waiting += len(line)
	}
	return waiting
}
