// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command picture draws the picture of the README from the output of the demo, which `make picture`
// passes to it. It writes the file that it is given. With -check, it fails if that file shows
// something else.
//
// Names that end in a hash, and ages, differ from run to run, so the check ignores them.
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
	finish := write
	if *check {
		finish = compare
	}
	if err := run(os.Stdin, flag.Args(), finish); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// run draws what was printed, and hands the drawing to finish with the path of the picture.
func run(from io.Reader, args []string, finish func(path, drawn string) error) error {
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
	return finish(args[0], draw(lines))
}

func write(path, drawn string) error {
	return os.WriteFile(path, []byte(drawn), 0o644) //nolint:gosec // a picture is for everyone
}

// varying matches what differs between any two runs of the demo.
var varying = regexp.MustCompile(`(acme|globex|initech)-[0-9a-z]{6,13}| *[0-9]+s<| textLength="[0-9.]+"`)

// compare compares a picture on disk with the one drawn now.
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
