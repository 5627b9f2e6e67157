// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// width is how many columns prose takes.
const width = 90

// narrator writes for people: in color on a terminal, and plain elsewhere.
type narrator struct {
	out   io.Writer
	color bool
	// fresh means that nothing was written since the last heading.
	fresh bool
}

func newNarrator(out *os.File) *narrator {
	return &narrator{out: out, color: isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// heading begins a part of the story.
func (n *narrator) heading(title string) {
	rule := strings.Repeat("─", max(0, width-utf8.RuneCountInString(title)-4))
	fmt.Fprintf(n.out, "\n%s\n\n", n.paint("1", "── "+title+" "+rule))
	n.fresh = true
}

// gap separates what comes next from what was written.
func (n *narrator) gap() {
	if !n.fresh {
		fmt.Fprintln(n.out)
	}
	n.fresh = false
}

// say writes a paragraph.
func (n *narrator) say(format string, args ...any) {
	n.gap()
	for _, line := range wrap(fmt.Sprintf(format, args...), width) {
		fmt.Fprintln(n.out, line)
	}
}

// point writes an item of a list below a paragraph.
func (n *narrator) point(format string, args ...any) {
	for i, line := range wrap(fmt.Sprintf(format, args...), width-4) {
		lead := "    "
		if i == 0 {
			lead = "  - "
		}
		fmt.Fprintln(n.out, lead+line)
	}
}

// command writes a command and its output.
func (n *narrator) command(typed, printed string) {
	n.gap()
	for line := range strings.Lines(typed) {
		fmt.Fprintln(n.out, n.paint("36", strings.TrimRight(line, "\n")))
	}
	for line := range strings.Lines(printed) {
		fmt.Fprintln(n.out, strings.TrimRight(line, " \n"))
	}
}

func (n *narrator) paint(code, text string) string {
	if !n.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// wrap breaks a text into lines with at most the given number of columns.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
