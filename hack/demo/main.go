// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command demo plays two months of billing on a real API server with the real manager, and checks
// that the results are as it says.
package main

import (
	"fmt"
	"os"

	"github.com/seatplane/seatplane/hack/internal/session"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

func main() {
	os.Exit(run())
}

func run() int {
	narrator := newNarrator(os.Stdout)
	narrator.opening()
	others, err := openOutside()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\ndemo: %v\n", err)
		return 1
	}
	play := session.Session{Name: "demo", Play: tell(narrator, others)}
	status := play.Run(playground.Options{Args: outsideFlags})
	if err := others.close(); err != nil {
		fmt.Fprintf(os.Stderr, "\ndemo: %v\n", err)
		return 1
	}
	return status
}
