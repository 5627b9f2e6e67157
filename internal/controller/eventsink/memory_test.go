// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

// lanes is a memory whose clock stands, and the pairs that it has woken.
func lanes() (m *Memory, wall *clocktesting.FakePassiveClock, woken *[]string) {
	wall, woken = clocktesting.NewFakePassiveClock(now), new([]string)
	m = NewMemory(wall)
	m.pairQueue = func(pair types.NamespacedName, _ time.Duration) { *woken = append(*woken, pair.Name) }
	return m, wall, woken
}

func pairNamed(n int) types.NamespacedName { return ofSubscription("ns", "sink", fmt.Sprint("s", n)) }

func TestALaneIsBounded(t *testing.T) {
	m, _, woken := lanes()
	for n := range maxUnderWay {
		if _, entered := m.enter("a", pairNamed(n)); !entered {
			t.Fatalf("attempt %d has to wait", n)
		}
	}
	for n := maxUnderWay; n < maxUnderWay+3; n++ {
		if wait, entered := m.enter("a", pairNamed(n)); entered || wait != 0 {
			t.Fatalf("attempt %d begins", n)
		}
	}
	if _, entered := m.enter("b", pairNamed(0)); !entered {
		t.Error("a sink waits for another one")
	}
	m.leave("a", func(*lane) {})
	m.passOn("a")
	if want := []string{"sink/s8"}; !slices.Equal(*woken, want) {
		t.Errorf("woken are %v, want %v: the first that waited", *woken, want)
	}
	m.passOn("a") // the one that was woken had nothing to send
	m.passOn("a")
	m.passOn("a")
	if want := []string{"sink/s8", "sink/s9", "sink/s10"}; !slices.Equal(*woken, want) {
		t.Errorf("woken are %v, want %v: nobody is forgotten", *woken, want)
	}
}

func TestAnOutageDelaysNobodyElse(t *testing.T) {
	m, wall, woken := lanes()
	for n := range 5 {
		m.begin(pairUIDs{"a", types.UID(fmt.Sprint(n))}, pairNamed(n), v1alpha1.EventCursor{UID: "a"})
		wall.SetTime(wall.Now().Add(10 * time.Second))
		if _, entered := m.enter("a", pairNamed(n)); !entered {
			t.Fatalf("attempt %d has to wait", n)
		}
		m.leave("a", func(l *lane) { l.breaker = l.breaker.Fail(wall.Now(), 0) })
		later := metav1.NewTime(wall.Now().Add(time.Hour))
		m.change(pairUIDs{"a", types.UID(fmt.Sprint(n))}, func(p *progress) {
			p.cursor.NextAttemptTime, p.duringOutage = &later, n >= 2
		})
	}
	if wait, entered := m.enter("a", pairNamed(9)); entered || wait <= 0 {
		t.Error("an attempt begins although the sink does not receive anything")
	}
	if _, entered := m.enter("b", pairNamed(9)); !entered {
		t.Error("another sink waits for it")
	}
	wall.SetTime(wall.Now().Add(time.Minute))
	if _, entered := m.enter("a", pairNamed(9)); !entered {
		t.Fatal("nothing is tried")
	}
	if _, entered := m.enter("a", pairNamed(8)); entered {
		t.Fatal("two attempts are under way at once")
	}
	m.leave("a", func(l *lane) { l.succeed(wall.Now()) })
	slices.Sort(*woken)
	if want := []string{"sink/s2", "sink/s3", "sink/s4"}; !slices.Equal(*woken, want) {
		t.Errorf("woken are %v, want %v: what failed during the outage", *woken, want)
	}
	for n := range 5 {
		waits := m.Of(types.UID(fmt.Sprint(n)))["a"].NextAttemptTime != nil
		if waits != (n < 2) {
			t.Errorf("pair %d waits: %t", n, waits)
		}
	}
	m.passOn("a")
	if !slices.Contains(*woken, "sink/s8") {
		t.Error("the pair that waited for a turn does not get it")
	}
}

// A receiver may answer one event with a long Retry-After and accept another one that was under way. What came in between
// must not wait for the former.
func TestAPauseThatEndsEarlyDelaysNobody(t *testing.T) {
	m, wall, woken := lanes()
	for n := range 2 {
		if _, entered := m.enter("a", pairNamed(n)); !entered {
			t.Fatalf("attempt %d has to wait", n)
		}
	}
	m.leave("a", func(l *lane) { l.breaker = l.breaker.Fail(wall.Now(), delivery.MaxRetryAfter) })
	if wait, entered := m.enter("a", pairNamed(2)); entered || wait != delivery.MaxRetryAfter {
		t.Fatalf("the receiver asked to be left alone, and the next attempt waits for %s", wait)
	}
	m.leave("a", func(l *lane) { l.succeed(wall.Now()) })
	if want := []string{"sink/s2"}; !slices.Equal(*woken, want) {
		t.Errorf("woken are %v, want %v", *woken, want)
	}
	if _, entered := m.enter("a", pairNamed(2)); !entered {
		t.Error("it still waits")
	}
	m.leave("a", func(l *lane) { l.succeed(wall.Now()) })
	if len(*woken) > 1 {
		t.Errorf("woken are %v: it was woken already", *woken)
	}
}

// Whoever deletes a sink and creates it again, many times, has the process remember one sink.
func TestASinkOfTheSameName(t *testing.T) {
	m, _, _ := lanes()
	name := types.NamespacedName{Namespace: "ns", Name: "sink"}
	for n := range 5 {
		uid := types.UID(fmt.Sprint("sink-", n))
		m.identify(uid, name)
		for s := range 3 {
			m.begin(pairUIDs{uid, types.UID(fmt.Sprint("s", s))}, pairNamed(s), v1alpha1.EventCursor{UID: uid})
		}
	}
	if len(m.lanes) != 1 || len(m.names) != 3 {
		t.Errorf("there are %d sinks and %d pairs", len(m.lanes), len(m.names))
	}
	for sub, sinks := range m.pairs {
		if len(sinks) != 1 || sinks["sink-4"] == nil {
			t.Errorf("%s has %d sinks", sub, len(sinks))
		}
	}
	// A subscription that is created again has another UID too, and what is left of the first one has another name.
	m.begin(pairUIDs{"sink-4", "s0"}, ofDeparted("ns", "sink", "kept"), v1alpha1.EventCursor{UID: "sink-4", Sequence: 2})
	m.begin(pairUIDs{"sink-4", "again"}, pairNamed(0), v1alpha1.EventCursor{UID: "sink-4"})
	if m.Of("s0")["sink-4"].Sequence != 2 || len(m.Of("again")) != 1 {
		t.Error("one of the two is forgotten")
	}
	m.forgetSink(name)
	if len(m.pairs)+len(m.names)+len(m.lanes) > 0 {
		t.Errorf("left are %v, %v and %v", m.pairs, m.names, m.lanes)
	}
}

// A sink can go while requests to it are under way.
func TestASinkThatGoesDuringAnAttempt(t *testing.T) {
	m, wall, _ := lanes()
	name := types.NamespacedName{Namespace: "ns", Name: "sink"}
	for gone, forget := range map[string]func(){
		"Sink":      func() { m.forgetSink(name) },
		"Namespace": func() { m.forgetNamespace("ns") },
	} {
		t.Run(gone, func(t *testing.T) {
			m.identify("a", name)
			m.begin(pairUIDs{"a", "s"}, pairNamed(1), v1alpha1.EventCursor{UID: "a"})
			m.enter("a", pairNamed(1))
			forget()
			m.leave("a", func(l *lane) { l.succeed(wall.Now()) })
			m.passOn("a")
			if len(m.pairs)+len(m.names)+len(m.lanes) > 0 {
				t.Errorf("left are %v, %v and %v", m.pairs, m.names, m.lanes)
			}
		})
	}
}

func TestNothingIsRememberedOfWhatIsWritten(t *testing.T) {
	m, _, _ := lanes()
	uids, name := pairUIDs{"a", "s"}, pairNamed(1)
	m.begin(uids, name, v1alpha1.EventCursor{UID: "a", Sequence: 1})
	m.change(uids, func(p *progress) { p.cursor.Sequence, p.since = 5, now })
	m.release(name, v1alpha1.EventCursor{UID: "a", Sequence: 4})
	if got := m.Of("s")["a"].Sequence; got != 5 {
		t.Fatalf("the memory says %d, and the cache does not show it yet", got)
	}
	if p := m.begin(uids, name, v1alpha1.EventCursor{UID: "a", Sequence: 3}); p.cursor.Sequence != 5 || p.since.IsZero() {
		t.Errorf("a cache that lags takes it back to %d", p.cursor.Sequence)
	}
	if p := m.begin(uids, name, v1alpha1.EventCursor{UID: "a", Sequence: 5}); !p.since.IsZero() {
		t.Error("what is written is to be written again")
	}
	m.release(name, v1alpha1.EventCursor{UID: "a", Sequence: 5})
	if m.knows(name) || len(m.Of("s")) > 0 || len(m.pairs) > 0 {
		t.Error("something is left")
	}
}

func TestForgetting(t *testing.T) {
	m, _, _ := lanes()
	for n := range 3 {
		m.begin(pairUIDs{"a", types.UID(fmt.Sprint(n))}, pairNamed(n), v1alpha1.EventCursor{UID: "a"})
	}
	m.count("a", func(l *lane) { l.name = types.NamespacedName{Namespace: "ns", Name: "sink"} })
	m.forget(pairNamed(0))
	if m.knows(pairNamed(0)) || !m.knows(pairNamed(1)) {
		t.Error("one pair is forgotten, and the others are not")
	}
	m.forgetSink(types.NamespacedName{Namespace: "ns", Name: "sink"})
	if len(m.pairs)+len(m.names)+len(m.lanes) > 0 {
		t.Error("something is left of a sink that is gone")
	}
	m.begin(pairUIDs{"a", "s"}, pairNamed(1), v1alpha1.EventCursor{UID: "a"})
	(&Deliverer{Memory: m}).ForgetNamespace("ns")
	if len(m.pairs)+len(m.names) > 0 {
		t.Error("something is left of a namespace that is gone")
	}
}

func TestAPersonStartsASinkAgain(t *testing.T) {
	m, wall, _ := lanes()
	uids := pairUIDs{"a", "s"}
	later := metav1.NewTime(now.Add(time.Hour))
	written := v1alpha1.EventCursor{UID: "a", Failures: 7, NextAttemptTime: &later}
	m.begin(uids, pairNamed(1), written)
	m.count("a", func(l *lane) {
		l.gone, l.failing, l.lastError = true, wall.Now(), "The receiver is broken."
		for range 9 {
			l.breaker = l.breaker.Fail(wall.Now(), 0)
		}
	})
	m.restart("a")
	if cursor := m.Of("s")["a"]; cursor.Failures != 0 || cursor.NextAttemptTime != nil {
		t.Errorf("the pair still waits: %+v", cursor)
	}
	if p := m.begin(pairUIDs{"a", "other"}, pairNamed(2), written); p.cursor.Failures != 0 {
		t.Error("what was written before still counts")
	}
	if l := m.look("a"); l.gone || !l.failing.IsZero() || l.lastError != "" || l.breaker.IsOpen() {
		t.Errorf("the sink still fails: %+v", l)
	}
}

func TestParsePair(t *testing.T) {
	cases := map[string]struct {
		reason string
		name   types.NamespacedName
		want   pair
		valid  bool
	}{
		"Product":      {"a sink and a product", ofProduct("ns", "books", "editor.1"), pair{namespace: "ns", sink: "books", product: "editor.1"}, true},
		"Subscription": {"a sink and a subscription", ofSubscription("ns", "books", "acme.1"), pair{namespace: "ns", sink: "books", subscription: "acme.1"}, true},
		"Departed":     {"a sink and what is left of one", ofDeparted("ns", "books", "acme-x"), pair{namespace: "ns", sink: "books", departed: "acme-x"}, true},
		"Sink":         {"a sink alone", types.NamespacedName{Namespace: "ns", Name: "books"}, pair{namespace: "ns", sink: "books"}, false},
		"Nothing":      {"an empty name", types.NamespacedName{Namespace: "ns", Name: "books/"}, pair{namespace: "ns", sink: "books"}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got, valid := parsePair(tc.name); got != tc.want || valid != tc.valid {
				t.Errorf("%s: got %+v, %t", tc.reason, got, valid)
			}
		})
	}
}

func TestDepartedIsOnlyWhatTheOperatorWrote(t *testing.T) {
	sub := &v1alpha1.Subscription{}
	sub.Namespace, sub.Name, sub.UID, sub.Labels = "ns", "acme", "u-1", map[string]string{"tier": "paid"}
	sub.Status.EventSequence = 3
	kept, err := delivery.Depart(sub)
	if err != nil {
		t.Fatal(err)
	}
	if _, adoptable := kept.Labels["tier"]; adoptable || kept.Labels[delivery.DepartedLabel("tier")] != "paid" ||
		kept.Labels[v1alpha1.LabelDeparted] != v1alpha1.DepartedTrue || sub.Labels[v1alpha1.LabelDeparted] != "" {
		t.Errorf("its labels are %v, and those of the subscription %v", kept.Labels, sub.Labels)
	}
	if got, err := delivery.Departed(kept); err != nil || got.UID != "u-1" || got.Status.EventSequence != 3 {
		t.Errorf("it comes back as %+v, %v", got, err)
	}
	sub.Status.EventSequence++
	if later, err := delivery.Depart(sub); err != nil || later.Name == kept.Name {
		t.Errorf("an older state of the subscription takes the place of %s", kept.Name)
	}
	kept.Name = "another"
	if _, err := delivery.Departed(kept); err == nil {
		t.Error("an object of another name is believed")
	}
	kept.Data.Raw = []byte("[]")
	if _, err := delivery.Departed(kept); err == nil {
		t.Error("an object of another content is believed")
	}
}
