// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package watchdog ends the servers that a test started when the test ends, no matter how it ends.
package watchdog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// script waits for the end of its input, then kills every process group listed in the file pids and
// removes the folder. Killing is safe, because nothing in the folder is worth flushing.
//
// The leader of a group may still be running when the folder is removed, and may write into it once
// more. That is why removal is tried twice.
const script = `cat >/dev/null
for pid in $(cat "$1/pids"); do kill -s KILL -- "-$pid" 2>/dev/null; done
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }`

// Watchdog ends processes when its owner ends, no matter how.
type Watchdog struct {
	// mu protects the file pids.
	mu   sync.Mutex
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
	// Use a separate process group, because an interrupt from the terminal is for the owner alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	return &Watchdog{dir: dir, pipe: out, cmd: cmd}, nil
}

// wrapper notes the process ID and the arguments of a run. A call for help does not count as a run.
const wrapper = `#!/bin/sh
if [ "$1" != --help ]; then
	echo $$ >>%[1]s
	echo $$ >%[2]s.pid
	printf '%%s\n' "$@" >%[2]s.args
fi
exec %[3]s "$@"
`

// Wrap returns a script that notes its process ID and its arguments, and is then replaced by the given
// program. It is for programs that somebody else starts as leaders of a process group. Noted returns
// what was noted.
func (w *Watchdog) Wrap(program string) (string, error) {
	path := w.noted(program)
	content := fmt.Sprintf(wrapper, quote(filepath.Join(w.dir, "pids")), quote(path), quote(program))
	return path, os.WriteFile(path, []byte(content), 0o700)
}

func (w *Watchdog) noted(program string) string { return filepath.Join(w.dir, filepath.Base(program)) }

// Noted returns the process ID and the arguments of the last run of a wrapped program.
func (w *Watchdog) Noted(program string) (pid int, args []string, err error) {
	id, err := os.ReadFile(w.noted(program) + ".pid")
	if err != nil {
		return 0, nil, err
	}
	lines, err := os.ReadFile(w.noted(program) + ".args")
	if err != nil {
		return 0, nil, err
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(id)))
	return pid, strings.Split(strings.TrimSuffix(string(lines), "\n"), "\n"), err
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
	w.mu.Lock()
	defer w.mu.Unlock()
	pids, err := os.OpenFile(filepath.Join(w.dir, "pids"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer pids.Close()
	_, err = fmt.Fprintln(pids, cmd.Process.Pid)
	return err
}

// Forget removes a process that has ended from the list, because another process may get its ID.
func (w *Watchdog) Forget(pid int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	path := filepath.Join(w.dir, "pids")
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	ended := fmt.Sprintln(pid)
	var left strings.Builder
	for line := range strings.Lines(string(content)) {
		if line != ended {
			left.WriteString(line)
		}
	}
	return os.WriteFile(path, []byte(left.String()), 0o600)
}

// Release makes the watchdog end the processes now, and returns when that is done.
func (w *Watchdog) Release() error {
	if err := w.pipe.Close(); err != nil {
		return err
	}
	return w.cmd.Wait()
}

// quote quotes a word of a shell command.
func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
