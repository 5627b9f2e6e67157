// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
)

// fault is a thing that the proxy does to one request.
type fault string

const (
	// lost lets the write happen and breaks the connection, timedOut answers 504 instead.
	lost     fault = "answer lost"
	timedOut fault = "answered 504 after the write"
	conflict fault = "409"
	tooMany  fault = "429"
	broken   fault = "500"
	slow     fault = "latency"
	expired  fault = "410"
	// dropped hides an event of a watch, and all that follow until the watch breaks and has to begin again.
	dropped fault = "watch event dropped"
	// late holds a watch back.
	late fault = "watch held back"
	// past answers a list from an older version, as an API server may that lags behind.
	past fault = "list from the past"
	// held holds a write until a second manager has worked.
	held fault = "held write, second manager"
)

// victim is a process that is killed.
type victim string

const (
	ofManager victim = "manager"
	ofServer  victim = "kube-apiserver"
	ofStore   victim = "etcd"
)

// strike is what happens at one write of a cycle.
type strike struct {
	// write is the number of the write in the cycle, from 1.
	write int
	// kill is who is killed, before the write reaches the API server or after it was answered.
	kill   victim
	before bool
	// hold holds the write while a second manager starts, and kills the first one when it has the answer.
	hold bool
	// spare is left out if the cycle ends before its write. The others strike at rest then.
	spare bool
}

// plan decides which faults there are. It is a function of its seed and of what it is asked about.
type plan struct{ seed uint64 }

// random is the source of what is decided about one thing.
func (p plan) random(about string, number int) *rand.Rand {
	hash := fnv.New64a()
	fmt.Fprint(hash, about)
	return rand.New(rand.NewPCG(p.seed, hash.Sum64()^uint64(number)*0x9e3779b97f4a7c15))
}

// atRest is the number of a write that never comes. In the first cycle, the servers are killed at rest: a data source that
// cannot be read at first is asked again after half a minute, and everybody would wait for it.
const atRest = 1 << 30

// strikes are those of a cycle: every process is killed once, in a random order and at random writes, and a second time
// if the cycle has enough writes. In one cycle of four a second manager takes over.
func (p plan) strikes(cycle int) []strike {
	random := p.random("strikes", cycle)
	var all []strike
	at := 0
	for n := range 2 {
		victims := []victim{ofManager, ofServer, ofStore}
		random.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		for _, each := range victims {
			at += 1 + random.IntN(2)
			all = append(all, strike{write: at, kill: each, before: random.IntN(2) == 0, spare: n > 0})
		}
	}
	if cycle == 0 {
		return opening(all)
	}
	if random.IntN(4) == 0 {
		at = random.IntN(len(all))
		all = slices.Insert(all, at, strike{write: all[at].write, hold: true, spare: true})
	}
	return all
}

// opening are the strikes of the first cycle.
func opening(all []strike) []strike {
	all = slices.DeleteFunc(all, func(s strike) bool { return s.spare && s.kill != ofManager })
	for i := range all {
		if all[i].kill != ofManager {
			all[i].write = atRest
		}
	}
	slices.SortStableFunc(all, func(a, b strike) int { return cmp.Compare(a.write, b.write) })
	return all
}

// onWrite is the fault of the n-th write of a cycle, or "".
func (p plan) onWrite(cycle, n int, creates bool) fault {
	random := p.random("write", cycle<<20|n)
	if random.IntN(100) >= 35 {
		return ""
	}
	faults := []fault{lost, timedOut, conflict, tooMany, broken, slow}
	found := faults[random.IntN(len(faults))]
	if found == conflict && creates {
		return broken // a create does not conflict
	}
	return found
}

// onRead is the fault of the n-th read of a cycle, or "".
func (p plan) onRead(cycle, n int) fault {
	random := p.random("read", cycle<<20|n)
	if random.IntN(100) >= 15 {
		return ""
	}
	return []fault{tooMany, broken, slow}[random.IntN(3)]
}

// onWatch is the fault of the n-th watch of a cycle, or "".
func (p plan) onWatch(cycle, n int) fault {
	random := p.random("watch", cycle<<20|n)
	if random.IntN(100) >= 40 {
		return ""
	}
	return []fault{expired, dropped, late, past}[random.IntN(4)]
}
