// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command picture makes the picture of the README from what the demo prints: `make picture` feeds it.
// It writes the file that it is given; with -check, it fails when that one shows something else.
//
// Names that end in a hash, and ages, differ from run to run; checking leaves them out.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
)

func main() {
	check := flag.Bool("check", false, "compare the picture instead of writing it")
	flag.Parse()
	if err := run(os.Stdin, flag.Args(), *check); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(from io.Reader, args []string, check bool) error {
	if len(args) != 1 {
		return errors.New("name one file: the picture")
	}
	printed, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	lines, err := excerpt(string(printed))
	if err != nil {
		return err
	}
	drawn := draw(lines)
	if check {
		return compare(args[0], drawn)
	}
	return os.WriteFile(args[0], []byte(drawn), 0o644) //nolint:gosec // a picture is for everyone
}

// varying is what no two runs of the demo have in common.
var varying = regexp.MustCompile(`(acme|globex|initech)-[0-9a-z]{6,13}| *[0-9]+s<| textLength="[0-9.]+"`)

// compare holds a picture on disk against what was drawn now.
func compare(path, drawn string) error {
	shown, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if varying.ReplaceAllString(string(shown), "") == varying.ReplaceAllString(drawn, "") {
		fmt.Printf("picture: %s shows what the demo prints\n", path)
		return nil
	}
	return fmt.Errorf("%s shows something else than the demo printed: run `make picture` and commit it", path)
}
