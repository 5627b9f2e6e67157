// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ticks is how many of the units of /proc/PID/stat a second has, on every Linux that Go supports.
const ticks = 100

// cpuOf returns how much CPU time a process has used, all of its threads, to a hundredth of a second. It reads /proc,
// which only Linux has.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	// The second field is the name, in parentheses, and may hold spaces.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const user, system = 11, 12
	var used time.Duration
	for _, field := range []int{user, system} {
		spent, err := strconv.ParseInt(string(fields[field]), 10, 64)
		must(t, err)
		used += time.Duration(spent) * time.Second / ticks
	}
	return used
}

// processes are the servers of a control plane.
type processes struct{ server, store int }

// processesOf finds them: their numbers are noted in the control plane's folder.
func processesOf(t *testing.T, dir string) processes {
	t.Helper()
	noted, err := os.ReadFile(filepath.Join(dir, "pids"))
	must(t, err)
	var found processes
	for _, line := range strings.Fields(string(noted)) {
		pid, err := strconv.Atoi(line)
		must(t, err)
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		must(t, err)
		switch strings.TrimSpace(string(name)) {
		case "kube-apiserver":
			found.server = pid
		case "etcd":
			found.store = pid
		}
	}
	if found.server == 0 || found.store == 0 {
		t.Fatalf("%s does not say where the servers run", dir)
	}
	return found
}

// spent is CPU time: of the API server, of etcd, and of who writes, which is the manager or the bare writer.
type spent struct{ server, store, writer time.Duration }

func (s spent) total() time.Duration { return s.server + s.store + s.writer }

func (s spent) minus(other spent) spent {
	return spent{s.server - other.server, s.store - other.store, s.writer - other.writer}
}

// each is what one of many changes took.
func (s spent) each(many int) spent {
	n := time.Duration(many)
	return spent{s.server / n, s.store / n, s.writer / n}
}

// over is what is spent in a time at the rate of another.
func (s spent) over(measured, wanted time.Duration) spent {
	scale := func(d time.Duration) time.Duration {
		return time.Duration(float64(d) * wanted.Seconds() / measured.Seconds())
	}
	return spent{scale(s.server), scale(s.store), scale(s.writer)}
}

// meterOf reads what the servers have spent so far, with the manager as the writer.
func (y *yard) meterOf() spent {
	y.Helper()
	select {
	case <-y.ground.Manager.Exited():
		y.Fatalf("the manager has ended: %v\n%s", y.ground.Manager.Ending(), y.ground.Manager.LastWords())
	default:
	}
	servers := processesOf(y.T, y.ground.Plane.Dir)
	return spent{cpuOf(y.T, servers.server), cpuOf(y.T, servers.store), cpuOf(y.T, y.ground.Manager.PID())}
}

const (
	// glance is how often a system is looked at that is to come to rest.
	glance = 250 * time.Millisecond
	// murmur is the most that it may spend between two glances and count as idle. The unit of measure is 10 ms.
	murmur = 30 * time.Millisecond
	// patience is how long a system may take to come to rest.
	patience = 30 * time.Minute
)

// settle waits until manager and servers have been idle for three glances. It asks none of them anything, so that the
// wait itself is not measured. It returns what was spent until then.
func (y *yard) settle() spent {
	y.Helper()
	before := y.meterOf()
	deadline := time.Now().Add(patience)
	for idle := 0; idle < 3; {
		time.Sleep(glance)
		if time.Now().After(deadline) {
			y.Fatalf("manager and servers were never idle in %s\n%s", patience, y.ground.Manager.LastWords())
		}
		now := y.meterOf()
		if now.minus(before).total() <= murmur {
			idle++
		} else {
			idle = 0
		}
		before = now
	}
	return before
}

// settleUntil settles until something holds, which is asked at rest only. It returns what was spent, and when, before it
// was asked the last time: the question itself is not measured.
func (y *yard) settleUntil(what string, holds func() bool) (until spent, at time.Time) {
	y.Helper()
	for deadline := time.Now().Add(patience); ; {
		until, at = y.settle(), time.Now()
		if holds() {
			return until, at
		}
		if time.Now().After(deadline) {
			y.Fatalf("never: %s\n%s", what, y.ground.Manager.LastWords())
		}
	}
}

// idleRate is what manager and servers spend at rest, in a time.
func (y *yard) idleRate() (rate spent, over time.Duration) {
	y.Helper()
	y.settle()
	before, began := y.meterOf(), time.Now()
	time.Sleep(4 * time.Second)
	return y.meterOf().minus(before), time.Since(began)
}

// halt has the manager stand still, so that what is prepared until then is not measured.
func (y *yard) halt() {
	y.Helper()
	must(y.T, syscall.Kill(y.ground.Manager.PID(), syscall.SIGSTOP))
}

// proceed lets the manager go on.
func (y *yard) proceed() {
	y.Helper()
	must(y.T, syscall.Kill(y.ground.Manager.PID(), syscall.SIGCONT))
}
