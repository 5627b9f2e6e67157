// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command mutants checks the tests of the billing engine, of the delivery of events and of the archive: it breaks one rule
// after another and runs the tests that should notice. A mutant that no test notices survives, and the command fails. `make test-mutants` runs it.
//
// A mutant is a replacement of text in one file (list.go, list_records.go). The file itself is never changed: `go test -overlay` shows
// the compiler a changed copy.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	choice := selection{}
	flag.IntVar(&choice.most, "n", 0, "try only so many mutants, spread over the list; 0 tries all")
	flag.StringVar(&choice.match, "match", "", "try only mutants whose file or sentence contains this text")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, choice)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run tries the chosen mutants and prints a line for each, and one for all of them.
func run(ctx context.Context, out io.Writer, choice selection) error {
	chosen := choice.from(mutants)
	if len(chosen) == 0 {
		return fmt.Errorf("no mutant matches %q", choice.match)
	}
	began, survivors := time.Now(), []string{}
	for i, m := range chosen {
		verdict, err := try(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
		_, _ = fmt.Fprintf(out, "%3d/%d %-8s %s\n", i+1, len(chosen), verdict, m)
		if verdict == survived {
			survivors = append(survivors, m.String())
		}
	}
	_, _ = fmt.Fprintf(out, "mutants: %d killed, %d survived, in %s\n",
		len(chosen)-len(survivors), len(survivors), time.Since(began).Round(time.Second))
	if len(survivors) > 0 {
		return errors.New("no test notices:\n  " + strings.Join(survivors, "\n  "))
	}
	return nil
}

// selection defines which mutants of a list are tried.
type selection struct {
	most  int
	match string
}

// from returns the chosen mutants. If their number is bounded, they are evenly spaced, so that they cover most
// files.
func (s selection) from(all []mutant) []mutant {
	var matching []mutant
	for _, m := range all {
		if strings.Contains(m.String(), s.match) {
			matching = append(matching, m)
		}
	}
	if s.most <= 0 || s.most >= len(matching) {
		return matching
	}
	chosen := make([]mutant, s.most)
	for i := range chosen {
		chosen[i] = matching[i*len(matching)/s.most]
	}
	return chosen
}
