// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest

import (
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// maxSaid is how many lines of the log are kept.
const maxSaid = 2000

// said keeps the newest lines of the log, for tests that fail. It is safe for concurrent use.
type said struct {
	mu    sync.Mutex
	lines []string
	// dropped is the number of older lines that are no longer kept.
	dropped int
}

// logger returns a logger that writes to said.
func (s *said) logger() logr.Logger {
	return funcr.New(func(prefix, args string) { s.add(strings.TrimSpace(prefix + " " + args)) }, funcr.Options{LogTimestamp: true})
}

func (s *said) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	if more := len(s.lines) - maxSaid; more > 0 {
		s.lines = append([]string(nil), s.lines[more:]...)
		s.dropped += more
	}
}

// count returns how many lines were written so far.
func (s *said) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped + len(s.lines)
}

// since returns the lines that were written after the first count lines, unless they were dropped.
func (s *said) since(count int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines[max(0, min(count-s.dropped, len(s.lines))):], "\n")
}
