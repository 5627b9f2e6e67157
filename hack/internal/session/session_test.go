// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/playground"
)

// stub takes the place of the manager: what it does with subscriptions does not matter here.
const stub = "#!/bin/sh\ntrap 'exit 0' TERM; echo started; while :; do sleep 0.05; done\n"

func startGround(t *testing.T) *playground.Playground {
	t.Helper()
	program := filepath.Join(t.TempDir(), "manager")
	if err := os.WriteFile(program, []byte(stub), 0o700); err != nil {
		t.Fatal(err)
	}
	ground, err := playground.Start(t.Context(), playground.Options{Manager: program})
	if err != nil {
		t.Fatal(err)
	}
	return ground
}

// A manager that is killed runs again, as often as it is killed. An interrupt while it is down ends everything.
func TestKilledManagerIsRevived(t *testing.T) {
	ground := startGround(t)
	interrupted, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	numbers, down := make(chan int, 1), make(chan struct{})
	numbers <- ground.Manager.PID()
	revived := 0
	s := Session{
		Revive: func(ctx context.Context, ground *playground.Playground) error {
			if revived++; revived == 3 {
				close(down)
				<-ctx.Done()
				return nil
			}
			if err := ground.RestartManager(); err != nil {
				return err
			}
			numbers <- ground.Manager.PID()
			return nil
		},
		Play: func(ctx context.Context, _ *playground.Playground) error {
			for range 3 {
				if err := syscall.Kill(<-numbers, syscall.SIGKILL); err != nil {
					return err
				}
			}
			<-down
			interrupt()
			<-ctx.Done()
			return context.Cause(ctx)
		},
	}
	if err := s.supervise(interrupted, ground); !errors.Is(err, context.Canceled) {
		t.Errorf("the program ended with %v, want the interrupt", err)
	}
	if revived != 3 {
		t.Errorf("the manager was revived %d times for three kills", revived)
	}
	if err := s.stop(ground); err != nil {
		t.Errorf("stopping while the manager is down: %v", err)
	}
	if _, err := os.Stat(ground.Plane.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the control plane left %s: %v", ground.Plane.Dir, err)
	}
}

// Where nobody revives it, a manager that ends is the end of the program.
func TestKilledManagerEndsTheProgram(t *testing.T) {
	ground := startGround(t)
	s := Session{Play: func(ctx context.Context, ground *playground.Playground) error {
		if err := ground.Manager.Kill(); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}}
	if err := s.supervise(t.Context(), ground); err == nil || !strings.Contains(err.Error(), "the manager ended by itself") {
		t.Errorf("the program ended with %v", err)
	}
	if err := ground.Plane.Stop(); err != nil {
		t.Error(err)
	}
}
