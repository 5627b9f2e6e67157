// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"html"
	"math"
	"strings"
	"unicode/utf8"
)

// Measures, in pixels. Each line has an explicit width, so that columns stay aligned in any font.
const (
	advance = 7.8
	leading = 19
	size    = 13
	margin  = 22
	bar     = 34
	columns = 91
)

const head = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img">
<title>A refresh becomes a priced update</title>
<desc>What make demo prints: five people join in a database, the refresh records an update, the update explains its
arithmetic, and the invoice charges it.</desc>
<style>
text { font: %[3]dpx ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d7dde5; white-space: pre }
.caption { fill: #8ea3b8 } .command { fill: #7fd1ae } .sum { fill: #ffd479; font-weight: 600 }
</style>
<rect width="%[1]d" height="%[2]d" rx="8" fill="#17212b"/>
<circle cx="22" cy="18" r="5" fill="#ec6a5e"/><circle cx="39" cy="18" r="5" fill="#f4bf4f"/><circle cx="56" cy="18" r="5" fill="#61c554"/>
`

// sums are the amounts to highlight.
var sums = []string{"31.25", "118.75"}

// draw draws lines as in a terminal.
func draw(lines []line) string {
	width := int(math.Ceil(columns*advance)) + 2*margin
	height := bar + len(lines)*leading + margin
	var picture strings.Builder
	fmt.Fprintf(&picture, head, width, height, size)
	for i, line := range lines {
		if line.kind != none {
			fmt.Fprintf(&picture, "<text x=\"%d\" y=\"%d\" class=\"%s\" xml:space=\"preserve\" textLength=\"%.1f\">%s</text>\n",
				margin, bar+(i+1)*leading, line.kind, advance*float64(utf8.RuneCountInString(line.text)), marked(line))
		}
	}
	picture.WriteString("</svg>\n")
	return picture.String()
}

// marked is the text of a line with its sums highlighted.
func marked(of line) string {
	text := html.EscapeString(of.text)
	if of.kind != printed {
		return text
	}
	for _, sum := range sums {
		text = strings.ReplaceAll(text, sum, `<tspan class="sum">`+sum+`</tspan>`)
	}
	return text
}
