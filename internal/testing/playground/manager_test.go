// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// obedient says that it has started, and stops in good order.
const obedient = `trap 'exit 0' TERM; echo started; while :; do sleep 0.05; done`

func startScript(t *testing.T, log, script string) *Manager {
	t.Helper()
	m, err := startManager((*exec.Cmd).Start, log, []string{"sh", "-c", script})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestStop(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		before func(*Manager) error
		says   string
	}{
		"running": {reason: "it stops in good order", before: func(*Manager) error { return nil }},
		"halted": {
			reason: "a halted manager must not outlive the program",
			before: func(m *Manager) error { return m.cmd.Process.Signal(syscall.SIGSTOP) },
		},
		"killed": {reason: "nobody asked it to end", before: (*Manager).Kill, says: "ended by itself: signal: killed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := startScript(t, filepath.Join(t.TempDir(), "log"), obedient)
			if err := c.before(m); err != nil {
				t.Fatal(err)
			}
			err := m.Stop()
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%s: got %v, want %q", c.reason, err, c.says)
			}
			<-m.Exited()
		})
	}
}

// Managers that follow each other share a log, and each is given the time to say its first words.
func TestNextManagerAddsToTheLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	for range 2 {
		if err := startScript(t, log, "sleep 0.2; "+obedient).Stop(); err != nil {
			t.Error(err)
		}
	}
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(content), strings.Repeat("started\n", 2); got != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
}
