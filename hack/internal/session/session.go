// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package session runs a program on a playground, and cleans up no matter how the program ends.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// Exit statuses.
const (
	succeeded   = 0
	failed      = 1
	interrupted = 130
)

// Session is a program to run.
type Session struct {
	// Name names the program, and the manager's log in bin.
	Name string

	// Play is the program. Its context ends when a person interrupts it or the manager ends by itself.
	Play func(context.Context, *playground.Playground) error

	// Revive starts another manager after one ended by itself. It returns an error if it cannot. Without it, the
	// program ends when the manager does.
	Revive func(context.Context, *playground.Playground) error

	// EndsByInterrupt means that the program is meant to end by an interrupt.
	EndsByInterrupt bool
}

// Run runs the program on a new playground with the project's manager binary, stops everything, and
// returns the exit status. It prints errors to stderr.
func (s Session) Run(opts playground.Options) int {
	// The libraries' log messages are not for the people who watch.
	ctrllog.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	root, err := controlplane.Root()
	if err != nil {
		return s.complain(err)
	}
	opts.Manager = filepath.Join(root, "bin", "manager")
	opts.ManagerLog = filepath.Join(root, "bin", s.Name+"-manager.log")
	ground, err := playground.Start(ctx, opts)
	if err != nil && ctx.Err() != nil {
		return s.leave()
	}
	if err != nil {
		return s.complain(err)
	}
	err = s.supervise(ctx, ground)
	stopped := ctx.Err() != nil
	// After a second interrupt, do not wait for a clean shutdown.
	release()
	if err != nil && !stopped {
		fmt.Fprintf(os.Stderr, "\nThe manager's log is %s\n", opts.ManagerLog)
		return s.complain(errors.Join(err, ground.Plane.Stop()))
	}
	if err := s.stop(ground); err != nil {
		return s.complain(err)
	}
	if stopped {
		return s.leave()
	}
	return succeeded
}

// stop stops the playground. If the manager is down after others were revived, there is no manager to
// stop.
func (s Session) stop(ground *playground.Playground) error {
	if s.Revive == nil {
		return ground.Stop()
	}
	select {
	case <-ground.Manager.Exited():
		return ground.Plane.Stop()
	default:
		return ground.Stop()
	}
}

// supervise runs the program until it ends, or until the manager ends and cannot be revived.
func (s Session) supervise(ctx context.Context, ground *playground.Playground) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	// No one else may use the manager before the watch has ended.
	defer watch.Wait()
	defer cancel(nil)
	watch.Go(func() {
		if err := s.watch(ctx, ground); err != nil {
			cancel(err)
		}
	})
	err := s.Play(ctx, ground)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// watch revives the manager whenever it ends. It returns why it could not, or nil if the context ended.
func (s Session) watch(ctx context.Context, ground *playground.Playground) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ground.Manager.Exited():
		}
		select {
		case <-ctx.Done():
			return nil // both happened, so a manager that is down stays down
		default:
		}
		if s.Revive == nil {
			return errors.New("the manager ended by itself")
		}
		if err := s.Revive(ctx, ground); err != nil {
			return err
		}
	}
}

// leave returns the exit status after an interrupt.
func (s Session) leave() int {
	fmt.Fprintf(os.Stderr, "\n%s: interrupted; everything that it started is stopped\n", s.Name)
	if s.EndsByInterrupt {
		return succeeded
	}
	return interrupted
}

func (s Session) complain(err error) int {
	fmt.Fprintf(os.Stderr, "\n%s: %v\n", s.Name, err)
	return failed
}
