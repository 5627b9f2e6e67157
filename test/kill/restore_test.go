// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/testing/settings"
)

const (
	// restoreCycles is how many cycles are played around a restore.
	restoreCycles = 7
	// lostCycles is how many cycles are lost, with what remains of the one in which the backup was made.
	lostCycles = 3
)

// TestRestore restores etcd from a copy of its disk, as docs/operations/backup.md says. The copy is made in the middle of a
// cycle, while etcd is down after a kill -9. Some cycles later, all managers end, both servers are stopped, the copy takes
// the place of what etcd had, and people repeat what they did since. Everything is killed before and after the restore. It
// is judged like TestKill and compared with a run without faults and without a restore, and every invoice that the lost
// hours issued is issued again, the same. SEATPLANE_RESTORES is how many seeds are played, from SEATPLANE_KILL_SEED on.
func TestRestore(t *testing.T) {
	if os.Getenv("SEATPLANE_RESTORES") == "" {
		t.Skip("make test-restore runs it: it takes some minutes")
	}
	first := settings.Number(t, "SEATPLANE_KILL_SEED", 1)
	for n := range settings.Number(t, "SEATPLANE_RESTORES", 1) {
		seed := uint64(first + n)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { restored(t, seed) })
	}
}

func restored(t *testing.T, seed uint64) {
	t.Helper()
	ctx, w := t.Context(), begun(t, present)
	at := 1 + int(seed%uint64(restoreCycles-lostCycles))
	load := func(shop string) *workload {
		made := newWorkload(shop, seed)
		made.renewing = at + 2 - at%2 // the first move of the clock after the cycle of the backup
		return made
	}
	if err := w.play(ctx, t, load("calm"), script{cycles: restoreCycles}); err != nil {
		t.Fatal(err)
	}
	calm, inCalm := w.judged(t, "calm")

	const shop = "wild"
	all := load(shop).all(restoreCycles)
	if err := w.open(ctx, shop, all[0], w.faults(seed)); err != nil {
		t.Fatal(err)
	}
	w.plays(t, shop, all[:at], 0)
	w.mu.Lock()
	w.backup = filepath.Join(t.TempDir(), "backup")
	w.mu.Unlock()
	w.plays(t, shop, all[at:at+lostCycles], at)
	lost, inLost := w.judged(t, shop)
	if err := w.restore(t); err != nil {
		t.Fatal(err)
	}
	kept := outcomeIn(t, w.history(t, shop))
	if err := w.serve(shop, w.faults(seed+1<<32)); err != nil {
		t.Fatal(err)
	}
	w.plays(t, shop, all[at:], at)
	wild, inWild := w.judged(t, shop)

	differs := append(wild.compare(calm), wild.reissued(t, lost, kept)...)
	for _, what := range differs {
		t.Error(what)
	}
	t.Logf("copied in cycle %d, restored after %d more\n%s", at, lostCycles-1, w.count.text(seed, seed, inCalm+inLost+inWild+len(differs)))
}

// plays has people do what they do in some cycles, of which the first has a number.
func (w *world) plays(t *testing.T, namespace string, all [][]action, first int) {
	t.Helper()
	w.mu.Lock()
	s := w.schedule
	w.mu.Unlock()
	for n, actions := range all {
		if err := w.cycle(t.Context(), t, namespace, first+n, actions, s); err != nil {
			t.Fatal(err)
		}
	}
}

// judged judges a namespace by every version in it, and returns what it came to, and how many violations there are.
func (w *world) judged(t *testing.T, namespace string) (end outcome, violations int) {
	t.Helper()
	history := w.history(t, namespace)
	wrong := append(judge(history), w.troubles()...)
	for _, what := range wrong {
		t.Errorf("%s: %s", namespace, what)
	}
	return outcomeIn(t, history), len(wrong)
}

// history returns all versions in a namespace, oldest first.
func (w *world) history(t *testing.T, namespace string) []version {
	t.Helper()
	w.standing()
	history, err := w.seen.history(t.Context(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	return history
}

func outcomeIn(t *testing.T, history []version) outcome {
	t.Helper()
	end, err := outcomeOf(history)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// reissued returns which invoices of the lost hours were not issued again, or not the same. Those that the backup has were
// never lost.
func (o outcome) reissued(t *testing.T, lost, kept outcome) (wrong []string) {
	t.Helper()
	invoices := 0
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if _, isKept := kept[name]; isKept || !strings.HasPrefix(name, "invoice-") {
			continue
		}
		invoices++
		if diff := cmp.Diff(lost[name], o[name]); diff != "" {
			wrong = append(wrong, fmt.Sprintf("%s (-before the restore +after it):\n%s", name, diff))
		}
	}
	if invoices == 0 {
		wrong = append(wrong, "no invoice was lost")
	}
	t.Logf("%d invoices were lost and issued again", invoices)
	return wrong
}

// store is the folder of etcd.
func (w *world) store() string { return filepath.Join(w.ground.Plane.Dir, "etcd-data") }

// backUp copies what etcd has, if it is the process that is down and somebody wants a backup.
func (w *world) backUp(down victim) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if down != ofStore || w.backup == "" {
		return nil
	}
	if _, err := os.Stat(w.backup); err == nil {
		return nil // there is one
	}
	return copied(w.store(), w.backup)
}

// copied copies a folder, which only its owner may read.
func copied(from, to string) error {
	return errors.Join(os.Mkdir(to, 0o700), os.CopyFS(to, os.DirFS(from)))
}

// restore puts the backup in the place of what etcd has, while nothing runs.
func (w *world) restore(t *testing.T) error {
	t.Helper()
	if err := w.stopManagers(); err != nil {
		return err
	}
	before, err := w.seen.last(t.Context())
	if err != nil {
		return err
	}
	w.standing()
	w.unsee()
	store, server := w.servers[ofStore], w.servers[ofServer]
	store.Lock()
	defer store.Unlock()
	server.Lock()
	defer server.Unlock()
	if err := errors.Join(server.Kill(), store.Kill()); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(w.store()), copied(w.backup, w.store())); err != nil {
		return err
	}
	if err := errors.Join(store.Start(context.Background()), server.Start(context.Background())); err != nil {
		return err
	}
	w.ends = &versions{} // what was noted since the backup never was
	w.watch()
	after, err := w.seen.last(t.Context())
	if err == nil && after >= before {
		err = fmt.Errorf("the restore took nothing back: etcd was at revision %d, and is at %d", before, after)
	}
	return err
}
