// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// watchdogScript waits for the end of its input, then kills every process group listed in the
// file pids and removes the folder. Killing is right: nothing in the folder is worth flushing.
//
// A group's leader may still be on its way to being reaped when the folder goes, and may write
// into it once more; hence the second try.
const watchdogScript = `cat >/dev/null
for pid in $(cat "$1/pids"); do kill -s KILL -- "-$pid" 2>/dev/null; done
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }`

// watchdog ends processes when its owner does, however that happens.
type watchdog struct {
	dir  string
	pipe *os.File
	cmd  *exec.Cmd
}

// newWatchdog guards the processes listed in dir/pids and the folder itself.
func newWatchdog(dir string) (*watchdog, error) {
	if err := os.WriteFile(filepath.Join(dir, "pids"), nil, 0o600); err != nil {
		return nil, err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmd := exec.Command("sh", "-c", watchdogScript, "seatplane-watchdog", dir)
	cmd.Stdin = in
	// A group of its own: an interrupt from the terminal is for the owner alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	return &watchdog{dir: dir, pipe: out, cmd: cmd}, nil
}

// wrap returns a script that becomes the given program after it noted its process id, for
// programs that somebody else starts as leaders of a process group. Asking for help is no run.
func (w *watchdog) wrap(program string) (string, error) {
	script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = --help ] || echo $$ >>%s\nexec %s \"$@\"\n",
		quote(filepath.Join(w.dir, "pids")), quote(program))
	path := filepath.Join(w.dir, filepath.Base(program))
	return path, os.WriteFile(path, []byte(script), 0o700)
}

// start starts a command as the leader of a process group and notes it.
func (w *watchdog) start(cmd *exec.Cmd) error {
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

// release lets the watchdog do its work now, and returns when it is done.
func (w *watchdog) release() error {
	if err := w.pipe.Close(); err != nil {
		return err
	}
	return w.cmd.Wait()
}

// quote makes one word of a shell command.
func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
