// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/seatplane/seatplane/internal/testing/playground"
)

// pause is how long the operator stays down after it ended: long enough to notice, and too short to wait
// for.
const pause = 5 * time.Second

// revive starts the manager again after a pause, and writes down its process ID, so that people can try what happens
// while the operator is down.
func revive(number string) func(context.Context, *playground.Playground) error {
	return func(ctx context.Context, ground *playground.Playground) error {
		fmt.Printf("\nThe operator ended (%v). It starts again in %s.\n", ground.Manager.Ending(), pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		if err := ground.RestartManager(); err != nil {
			return fmt.Errorf("starting the operator again: %w", err)
		}
		fmt.Printf("The operator runs again. Its log is %s\n", ground.Manager.Log)
		return note(number, ground.Manager)
	}
}

// note writes the process ID of the manager to a file.
func note(number string, manager *playground.Manager) error {
	return os.WriteFile(number, []byte(strconv.Itoa(manager.PID())+"\n"), 0o600)
}
