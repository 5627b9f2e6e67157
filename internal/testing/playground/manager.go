// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// patience is how long the manager may take to shut down cleanly.
const patience = 20 * time.Second

// Manager is a running manager binary.
type Manager struct {
	// Log is the file with its output.
	Log string

	cmd *exec.Cmd
	// earlier is how many bytes earlier managers wrote to Log.
	earlier int64
	exited  chan struct{}
	err     error
}

// FreeAddress returns a loopback address that nobody listens on at the moment, for the manager's metrics.
func FreeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// limited returns the command that runs a binary with at most the given number of bytes of data. Zero
// means no limit. The shell is replaced by the binary, so the process keeps its ID, and its children can
// only lower the limit.
func limited(memory int64, binary string) []string {
	if memory == 0 {
		return []string{binary}
	}
	script := fmt.Sprintf(`ulimit -d %d && exec "$@"`, memory>>10)
	return []string{"sh", "-c", script, "limited", binary}
}

// Ending returns how the manager ended. Call it after Exited is closed.
func (m *Manager) Ending() error { return m.status() }

// startManager starts the manager, which appends to the log, under the control plane's watchdog.
func startManager(guard func(*exec.Cmd) error, log string, command []string) (*Manager, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	earlier, err := file.Stat()
	if err != nil {
		return nil, err
	}
	m := &Manager{
		Log: log, cmd: exec.Command(command[0], command[1:]...), earlier: earlier.Size(), exited: make(chan struct{}),
	}
	m.cmd.Stdout, m.cmd.Stderr = file, file
	if err := guard(m.cmd); err != nil {
		return nil, fmt.Errorf("starting the manager: %w", err)
	}
	go func() {
		m.err = m.cmd.Wait()
		close(m.exited)
	}()
	return m, nil
}

// PID returns the process ID of the manager.
func (m *Manager) PID() int { return m.cmd.Process.Pid }

// Exited is closed when the manager has ended, requested or not.
func (m *Manager) Exited() <-chan struct{} { return m.exited }

// Stop asks the manager to stop and waits. It returns an error if the manager does not shut down
// cleanly in time, or had ended before. Call it once.
func (m *Manager) Stop() error {
	select {
	case <-m.exited:
		return fmt.Errorf("the manager ended by itself: %w", m.status())
	default:
	}
	// A process that was stopped with SIGSTOP does nothing, including shutting down, until it
	// continues.
	if err := m.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("letting the manager continue: %w", err)
	}
	// The manager does not handle signals before its first output.
	m.awaitFirstWords()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping the manager: %w", err)
	}
	select {
	case <-m.exited:
	case <-time.After(patience):
		return fmt.Errorf("the manager did not stop within %s", patience)
	}
	if m.err != nil {
		return fmt.Errorf("the manager did not stop in good order: %w", m.err)
	}
	return nil
}

func (m *Manager) awaitFirstWords() {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if said, err := os.Stat(m.Log); err != nil || said.Size() > m.earlier {
			return
		}
	}
}

// Kill ends the manager at once, as a failing node would, and waits until it has ended.
func (m *Manager) Kill() error {
	if err := m.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("killing the manager: %w", err)
	}
	<-m.exited
	return nil
}

func (m *Manager) status() error {
	if m.err == nil {
		return errors.New("exit status 0")
	}
	return m.err
}

// LastWords returns the end of the manager's log.
func (m *Manager) LastWords() string {
	const most = 20
	content, err := os.ReadFile(m.Log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
