// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

// progressEvery is how often a line of progress is updated.
const progressEvery = 200 * time.Millisecond

// Progress is one line on a terminal that shows the progress of long work. In a pipe, it writes nothing.
type Progress struct {
	o       *Options
	what    string
	shown   bool
	written time.Time
}

// NewProgress returns the progress of some work, such as "examining subscriptions". It writes nothing before the first
// call of At.
func (o *Options) NewProgress(what string) *Progress {
	return &Progress{o: o, what: what}
}

// At shows how much is done. A total of 0 means that the total is unknown.
func (p *Progress) At(done, total int) {
	now := p.o.Now()
	if !p.o.isTerminal() || now.Sub(p.written) < progressEvery {
		return
	}
	p.written, p.shown = now, true
	if total == 0 {
		fmt.Fprintf(p.o.ErrOut, "\r\x1b[K%s: %d", p.what, done)
		return
	}
	fmt.Fprintf(p.o.ErrOut, "\r\x1b[K%s: %d of %d", p.what, done, total)
}

// End removes the line.
func (p *Progress) End() {
	if p.shown {
		fmt.Fprint(p.o.ErrOut, "\r\x1b[K")
	}
}

// isTerminal reports whether the error stream is a terminal.
func (o *Options) isTerminal() bool {
	file, ok := o.ErrOut.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
