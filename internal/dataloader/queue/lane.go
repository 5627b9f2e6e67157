// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "slices"

// lane decides whose load runs next among a fixed number of places. It starts nothing and reads no clock.
//
// A namespace has at most half of the places that the other namespaces leave, and at least one if one is
// free. So one namespace can take half of all places, and the next namespace half of the rest. Waiting
// namespaces take turns. Within a namespace, loads are first come, first served.
//
// Loads that are slow, or were slow when they last ran, have at most half of all places together. If a load
// turns out to be slow when that half is taken, it gives up its place to a waiting load, and starts again
// when one of the slow places is free. So quick loads find a place soon, no matter how many servers stall.
type lane struct {
	places  int
	running map[string]int
	total   int
	// slow is the number of running loads that are slow.
	slow int
	// turns are the waiting namespaces, in the order of their turns.
	turns   []string
	waiting map[string][]*load
}

func newLane(places int) *lane {
	return &lane{places: places, running: map[string]int{}, waiting: map[string][]*load{}}
}

// add makes a load wait for its turn.
func (l *lane) add(each *load) {
	namespace := each.scope.Namespace
	if len(l.waiting[namespace]) == 0 {
		l.turns = append(l.turns, namespace)
	}
	l.waiting[namespace] = append(l.waiting[namespace], each)
}

// next takes the load whose turn it is from the queue and gives it a place. It returns nil if no
// load may start.
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
			// The other loads of the namespace go to the end of the queue.
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

// slowPlaces returns how many places slow loads may have together.
func (l *lane) slowPlaces() int { return max(1, l.places/2) }

// turnsOutSlow marks a running load as slow. It returns false if the load keeps its place only until another
// load needs it.
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

// needsPlace reports whether a waiting load could run if there were a place.
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

// share returns how many places a namespace may have now.
func (l *lane) share(namespace string) int {
	others := l.total - l.running[namespace]
	if others >= l.places {
		return 0
	}
	return max(1, (l.places-others)/2)
}

// leave returns the place of a load that ran.
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

// remove takes a waiting load out of the queue.
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

// count returns the number of waiting loads.
func (l *lane) count() int {
	waiting := 0
	for _, line := range l.waiting {
		waiting += len(line)
	}
	return waiting
}
