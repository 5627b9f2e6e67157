// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

// maxUnderWay bounds the requests of one sink that are under way.
const maxUnderWay = 8

// Memory is what this process knows about deliveries beyond what is written. A restart forgets it: events that were
// delivered and not written down are delivered again, with the same IDs.
type Memory struct {
	// Clock is the wall clock.
	Clock clock.PassiveClock

	mu sync.Mutex
	// pairs are by source, then by sink.
	pairs map[types.UID]map[types.UID]*progress
	names map[types.NamespacedName]pairUIDs
	lanes map[types.UID]*lane
	// pairQueue and sinkQueue ask for a pass after some time. They do nothing while no controller runs.
	pairQueue, sinkQueue func(types.NamespacedName, time.Duration)
}

// NewMemory returns an empty memory.
func NewMemory(wall clock.PassiveClock) *Memory {
	nobody := func(types.NamespacedName, time.Duration) {}
	return &Memory{
		Clock: wall, pairs: map[types.UID]map[types.UID]*progress{}, names: map[types.NamespacedName]pairUIDs{}, lanes: map[types.UID]*lane{},
		pairQueue: nobody, sinkQueue: nobody,
	}
}

// wakePair asks for a pass over a pair after some time.
func (m *Memory) wakePair(pair types.NamespacedName, after time.Duration) {
	m.mu.Lock()
	ask := m.pairQueue
	m.mu.Unlock()
	ask(pair, after)
}

// wakeSink asks for a pass over a sink after some time.
func (m *Memory) wakeSink(sink types.NamespacedName, after time.Duration) {
	m.mu.Lock()
	ask := m.sinkQueue
	m.mu.Unlock()
	ask(sink, after)
}

// pairUIDs identify a sink and a source: a subscription or a product.
type pairUIDs struct{ sink, source types.UID }

// progress is how far one sink has received the events of one source.
type progress struct {
	// name is what the work queue calls the pair.
	name   types.NamespacedName
	cursor v1alpha1.EventCursor
	// since is when something changed that is not written yet; zero if everything is.
	since time.Time
	// rebuilt are the events up to rebuiltUntil that were made from records.
	rebuilt      []v1alpha1.Notification
	rebuiltUntil int64
	// duringOutage means that the last attempt failed while the breaker was open.
	duringOutage bool
	// looked is how often the record of the next event was not in place.
	looked int
}

// lane is the state of one sink.
type lane struct {
	name     types.NamespacedName
	breaker  delivery.Breaker
	underWay int
	// queue are the pairs that wait for an attempt of another one to end, in order, and waiting tells whether one does.
	queue   []types.NamespacedName
	waiting map[types.NamespacedName]bool
	// paused are the pairs that wait until the receiver may be tried again.
	paused map[types.NamespacedName]bool
	keys   keys
	tally
	// forgiven means that a person asked to try everything again, so failures that were written before do not count.
	forgiven bool
	// wroteAt is when the status was last written by this process.
	wroteAt time.Time
	// resumedAt is when this process last acted on what a person changed or asked for.
	resumedAt time.Time
}

// tally is what a lane tells the status and the metrics.
type tally struct {
	// delivered and deadLettered count since the status was last written.
	delivered, deadLettered int64
	// failing is when the first attempt failed since the last success; zero while attempts succeed. It is known once an
	// attempt was made, or could not be.
	failing      time.Time
	known        bool
	lastError    string
	lastDelivery time.Time
	gone         bool
}

// Of returns how far sinks have received the events of a subscription or a product, according to this process.
func (m *Memory) Of(source types.UID) map[types.UID]v1alpha1.EventCursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	reached := map[types.UID]v1alpha1.EventCursor{}
	for sink, p := range m.pairs[source] {
		reached[sink] = p.cursor
	}
	return reached
}

func (m *Memory) lane(sink types.UID) *lane {
	found := m.lanes[sink]
	if found == nil {
		found = &lane{waiting: map[types.NamespacedName]bool{}, paused: map[types.NamespacedName]bool{}}
		m.lanes[sink] = found
	}
	return found
}

// begin returns how far a pair is, given what is written.
func (m *Memory) begin(pair pairUIDs, name types.NamespacedName, written v1alpha1.EventCursor) progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pairs[pair.source][pair.sink]
	if p == nil {
		p = &progress{cursor: written}
		if m.lane(pair.sink).forgiven {
			p.cursor.Failures, p.cursor.NextAttemptTime = 0, nil
		}
		if m.pairs[pair.source] == nil {
			m.pairs[pair.source] = map[types.UID]*progress{}
		}
		m.pairs[pair.source][pair.sink] = p
	}
	if p.name != name {
		m.drop(name) // a sink or a source that is gone had the same name
		delete(m.names, p.name)
		p.name, m.names[name] = name, pair
	}
	if written.Sequence >= p.cursor.Sequence && written.Failures == p.cursor.Failures {
		p.since = time.Time{}
	}
	if written.Sequence > p.cursor.Sequence {
		p.cursor = written
	}
	p.cursor.RebuildUntil, p.cursor.Rebuilt, p.cursor.Dropped = written.RebuildUntil, written.Rebuilt, written.Dropped
	return *p
}

// change changes how far a pair is.
func (m *Memory) change(pair pairUIDs, change func(*progress)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pairs[pair.source][pair.sink]; p != nil {
		change(p)
	}
}

// wrote records that the cursors of a source were written.
func (m *Memory) wrote(source types.UID, cursors []v1alpha1.EventCursor) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, cursor := range cursors {
		p := m.pairs[source][cursor.UID]
		if p != nil && cursor.Sequence >= p.cursor.Sequence && cursor.Failures == p.cursor.Failures {
			p.since = time.Time{}
		}
	}
}

// knows reports whether something is known about a pair that is not written, or was not seen to be written.
func (m *Memory) knows(name types.NamespacedName) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.names[name]
	return known
}

// forget drops what is known about a pair: nothing, or what the cache shows by now.
func (m *Memory) forget(name types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(name)
}

// drop is forget for a caller that holds the lock.
func (m *Memory) drop(name types.NamespacedName) {
	pair, known := m.names[name]
	if !known {
		return
	}
	delete(m.names, name)
	delete(m.pairs[pair.source], pair.sink)
	if len(m.pairs[pair.source]) == 0 {
		delete(m.pairs, pair.source)
	}
}

// release forgets a pair of which the cache shows everything.
func (m *Memory) release(name types.NamespacedName, shown v1alpha1.EventCursor) {
	m.mu.Lock()
	defer m.mu.Unlock()
	pair, known := m.names[name]
	if !known {
		return
	}
	if p := m.pairs[pair.source][pair.sink]; shown.Sequence >= p.cursor.Sequence && shown.Failures == p.cursor.Failures {
		m.drop(name)
	}
}

// forgetSink drops everything about a sink that is gone.
func (m *Memory) forgetSink(gone types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropLanes(func(_ types.UID, l *lane) bool { return l.name == gone })
}

// identify records which sink has a name now, and drops everything about an earlier one.
func (m *Memory) identify(sink types.UID, name types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lane(sink).name = name
	m.dropLanes(func(uid types.UID, l *lane) bool { return l.name == name && uid != sink })
}

// dropLanes drops sinks and their pairs. The caller holds the lock.
func (m *Memory) dropLanes(gone func(types.UID, *lane) bool) {
	for uid, l := range m.lanes {
		if !gone(uid, l) {
			continue
		}
		delete(m.lanes, uid)
		for _, p := range m.of(uid) {
			m.drop(p.name)
		}
	}
}

// rewind drops what is known about a pair if it is ahead of the newest event: it is from before a restore.
func (m *Memory) rewind(pair pairUIDs, name types.NamespacedName, newest int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pairs[pair.source][pair.sink]; p != nil && p.cursor.Sequence > newest {
		m.drop(name)
	}
}

// enter begins an attempt. If the attempt has to wait for a time, it returns that time. If it has to wait for another
// attempt to end, it returns false, and the pair is woken then.
func (m *Memory) enter(sink types.UID, pair types.NamespacedName) (wait time.Duration, entered bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lane(sink)
	delete(l.paused, pair)
	wait, mayAttempt := l.breaker.Wait(m.Clock.Now(), l.underWay)
	switch {
	case !mayAttempt, l.underWay >= maxUnderWay:
		if !l.waiting[pair] {
			l.queue, l.waiting[pair] = append(l.queue, pair), true
		}
		return 0, false
	case wait > 0:
		l.paused[pair] = true
		return wait, false
	}
	l.underWay++
	return 0, true
}

// leave ends an attempt and records its result. Once the sink receives events again, it wakes everything that failed
// during the outage, and everything that waited for the end of a pause.
func (m *Memory) leave(sink types.UID, record func(*lane)) {
	m.mu.Lock()
	l := m.lanes[sink]
	if l == nil { // the sink is gone by now
		m.mu.Unlock()
		return
	}
	l.underWay = max(l.underWay-1, 0)
	wasOpen := l.breaker.IsOpen()
	record(l)
	var woken []types.NamespacedName
	if wasOpen && !l.breaker.IsOpen() {
		woken = m.endOutage(sink)
	}
	if wait, _ := l.breaker.Wait(m.Clock.Now(), 0); wait == 0 {
		woken = slices.AppendSeq(woken, maps.Keys(l.paused))
		clear(l.paused)
	}
	m.mu.Unlock()
	for _, pair := range woken {
		m.wakePair(pair, 0)
	}
}

// passOn wakes a pair that waits for its turn, if there is one and a turn is free. Every pass ends with it, so that a pair
// that is woken and has nothing to send leaves its turn to the next.
func (m *Memory) passOn(sink types.UID) {
	m.mu.Lock()
	l := m.lanes[sink]
	if l == nil { // the sink is gone by now
		m.mu.Unlock()
		return
	}
	var next []types.NamespacedName
	if _, mayAttempt := l.breaker.Wait(m.Clock.Now(), l.underWay); mayAttempt && l.underWay < maxUnderWay && len(l.queue) > 0 {
		next, l.queue = l.queue[:1:1], l.queue[1:]
		delete(l.waiting, next[0])
	}
	m.mu.Unlock()
	for _, pair := range next {
		m.wakePair(pair, 0)
	}
}

// endOutage lets everything that failed during an outage of a sink be tried at once, and returns it. The caller holds the
// lock.
func (m *Memory) endOutage(sink types.UID) []types.NamespacedName {
	var failed []types.NamespacedName
	for _, p := range m.of(sink) {
		if p.duringOutage {
			p.cursor.NextAttemptTime, p.duringOutage = nil, false
			failed = append(failed, p.name)
		}
	}
	return failed
}

// look returns a copy of what is known of a sink.
func (m *Memory) look(sink types.UID) lane {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := *m.lane(sink)
	l.queue, l.waiting, l.paused = nil, nil, nil
	return l
}

// count changes what is known of a sink.
func (m *Memory) count(sink types.UID, change func(*lane)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m.lane(sink))
}

// dropKeys drops the signing keys of a sink, so that they are read again before the next attempt.
func (m *Memory) dropKeys(sink types.UID) {
	m.count(sink, func(l *lane) { l.keys = keys{} })
}

// touch asks for a pass over a sink, at least statusEvery after its status was last written.
func (m *Memory) touch(sink types.UID, name types.NamespacedName) {
	m.count(sink, func(l *lane) { l.name = name })
	m.wakeSink(name, max(m.look(sink).wroteAt.Add(statusEvery).Sub(m.Clock.Now()), 0))
}

// told removes what was just written into the status of a sink from what is still to be written.
func (m *Memory) told(sink types.UID, what tally) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lane(sink)
	l.delivered, l.deadLettered = l.delivered-what.delivered, l.deadLettered-what.deadLettered
	l.wroteAt = m.Clock.Now()
}

// resumed records that what a person changed or asked for was acted on.
func (m *Memory) resumed(sink types.UID) {
	m.count(sink, func(l *lane) { l.resumedAt = m.Clock.Now() })
}

// restart forgets all failures of a sink, because a person changed the sink or asked for it.
func (m *Memory) restart(sink types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lane(sink)
	l.breaker, l.gone, l.forgiven, l.failing, l.lastError, l.keys = delivery.Breaker{}, false, true, time.Time{}, "", keys{}
	l.known = true
	for _, p := range m.of(sink) {
		p.cursor.Failures, p.cursor.NextAttemptTime = 0, nil
	}
}

// of returns what is known about all sources of a sink. The caller holds the lock.
func (m *Memory) of(sink types.UID) []*progress {
	var all []*progress
	for _, sinks := range m.pairs {
		if p := sinks[sink]; p != nil {
			all = append(all, p)
		}
	}
	return all
}

// forgetNamespace drops everything about the sinks and the pairs of a namespace.
func (m *Memory) forgetNamespace(namespace string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.names {
		if name.Namespace == namespace {
			m.drop(name)
		}
	}
	m.dropLanes(func(_ types.UID, l *lane) bool { return l.name.Namespace == namespace })
}
