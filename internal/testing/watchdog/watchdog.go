// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package watchdog ends the servers that a test started when the test ends, however that happens.
package watchdog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// script waits for the end of its input, then kills every process group listed in the file pids and
// removes the folder. Killing is right: nothing in the folder is worth flushing.
//
// A group's leader may still be on its way to being reaped when the folder goes, and may write
// into it once more; hence the second try.
const script = `cat >/dev/null
for pid in $(cat "$1/pids"); do kill -s KILL -- "-$pid" 2>/dev/null; done
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }`

// Watchdog ends processes when its owner does, however that happens. Methods are for one goroutine.
type Watchdog struct {
	dir  string
	pipe *os.File
	cmd  *exec.Cmd
}

// New guards the processes listed in dir/pids and the folder itself.
func New(dir string) (*Watchdog, error) {
	if err := os.WriteFile(filepath.Join(dir, "pids"), nil, 0o600); err != nil {
		return nil, err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmd := exec.Command("sh", "-c", script, "seatplane-watchdog", dir)
	cmd.Stdin = in
	// A group of its own: an interrupt from the terminal is for the owner alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	return &Watchdog{dir: dir, pipe: out, cmd: cmd}, nil
}

// Wrap returns a script that becomes the given program after it noted its process id, for
// programs that somebody else starts as leaders of a process group. Asking for help is no run.
func (w *Watchdog) Wrap(program string) (string, error) {
	wrapper := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = --help ] || echo $$ >>%s\nexec %s \"$@\"\n",
		quote(filepath.Join(w.dir, "pids")), quote(program))
	path := filepath.Join(w.dir, filepath.Base(program))
	return path, os.WriteFile(path, []byte(wrapper), 0o700)
}

// Start starts a command as the leader of a process group and notes it.
func (w *Watchdog) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return err
	}
	pids, err := os.OpenFile(filepath.Join(w.dir, "pids"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer pids.Close()
	_, err = fmt.Fprintln(pids, cmd.Process.Pid)
	return err
}

// Forget takes a command that has ended off the list: another process may get its number.
func (w *Watchdog) Forget(cmd *exec.Cmd) error {
	path := filepath.Join(w.dir, "pids")
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	ended := fmt.Sprintln(cmd.Process.Pid)
	var left strings.Builder
	for line := range strings.Lines(string(content)) {
		if line != ended {
			left.WriteString(line)
		}
	}
	return os.WriteFile(path, []byte(left.String()), 0o600)
}

// Release lets the watchdog do its work now, and returns when it is done.
func (w *Watchdog) Release() error {
	if err := w.pipe.Close(); err != nil {
		return err
	}
	return w.cmd.Wait()
}

// quote makes one word of a shell command.
func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
