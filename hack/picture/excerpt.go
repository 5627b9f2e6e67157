// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
)

// scene is a part of the demo's output that the picture shows.
type scene struct {
	// caption describes in the picture what follows.
	caption string
	// section is the beginning of the part's heading, after the rule. from is the beginning of its
	// first line.
	section, from string
	// keep selects which of the lines up to the next empty one are shown. Nil shows all of them. The first
	// line is always shown.
	keep func(line string) bool
}

// scenes follow five people from a database to an invoice.
var scenes = []scene{
	{"Five people join Acme, one leaves Globex. Nobody tells Seatplane.", "16 April", "sql> ", nil},
	{
		"The scheduled refresh counts, and records what differs.", "16 April", "$ kubectl get subscriptionupdates",
		having("SUMMARY", "2 → 7", "5 → 4"),
	},
	{"Each update explains its arithmetic.", "How the figures", "SubscriptionUpdate acme", nil},
	{"The renewal charges it, once.", "1 May", "$ kubectl get invoices", having("REASON", "acme-")},
}

func having(words ...string) func(string) bool {
	return func(line string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) })
	}
}

// kind is the kind of a line in the picture, which determines its color.
type kind string

const (
	caption kind = "caption"
	command kind = "command"
	printed kind = "printed"
	none    kind = ""
)

type line struct {
	kind kind
	text string
}

// excerpt extracts the scenes from the demo's output. It returns an error if one is missing, because
// the picture would then differ from the demo.
func excerpt(demo string) ([]line, error) {
	var shown []line
	for _, scene := range scenes {
		found := scene.in(demo)
		if len(found) == 0 {
			return nil, fmt.Errorf("the demo prints no line %q below %q", scene.from, scene.section)
		}
		if len(shown) > 0 {
			shown = append(shown, line{})
		}
		shown = append(append(shown, line{caption, "# " + scene.caption}), found...)
	}
	return shown, nil
}

// in returns the scene's lines.
func (s scene) in(demo string) []line {
	_, rest, _ := strings.Cut(demo, "── "+s.section)
	_, rest, found := strings.Cut(rest, "\n"+s.from)
	if !found {
		return nil
	}
	section, _, _ := strings.Cut(s.from+rest, "\n\n")
	var shown []line
	for i, text := range strings.Split(section, "\n") {
		switch {
		case i == 0 && strings.ContainsAny(s.from, "$>"):
			shown = append(shown, line{command, text})
		case i == 0 || s.keep == nil || s.keep(text):
			shown = append(shown, line{printed, text})
		}
	}
	return shown
}
