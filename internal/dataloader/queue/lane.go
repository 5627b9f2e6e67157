// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "slices"

// lane decides whose load runs next among a fixed number of places. It starts nothing and reads no clock.
//
// A namespace holds at most half of the places that the other namespaces leave, and at least one when one
// is free: so one namespace takes half of all, the next half of the rest, and there is nearly always a
// place for somebody who comes late. Namespaces that wait take turns; within a namespace, first come, first
// served.
type lane struct {
	places  int
	running map[string]int
	total   int
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
	for n, namespace := range l.turns {
		if l.running[namespace] >= l.share(namespace) {
			continue
		}
		line := l.waiting[namespace]
		l.turns = slices.Delete(l.turns, n, n+1)
		l.waiting[namespace] = line[1:]
		if len(line) > 1 {
			l.turns = append(l.turns, namespace)
		} else {
			delete(l.waiting, namespace)
		}
		l.running[namespace]++
		l.total++
		return line[0]
	}
	return nil
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
