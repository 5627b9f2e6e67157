// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command demo plays two months of billing on a real API server, with the real manager, and checks
// that everything comes out as it says.
package main

import (
	"os"

	"github.com/seatplane/seatplane/hack/internal/session"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

func main() {
	narrator := newNarrator(os.Stdout)
	narrator.opening()
	play := session.Session{Name: "demo", Play: tell(narrator)}
	os.Exit(play.Run(playground.Options{}))
}
