// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"github.com/seatplane/seatplane/internal/table"
)

// Measures, in pixels.
const (
	width       = 920.0
	left, right = 96.0, 896.0
	inset       = 18.0 // keeps the first and the last bar inside
	header      = 46.0
	panelHeight = 150.0
	caption     = 46.0 // above each panel
	footer      = 36.0
	letter      = 6.6 // how wide a character of the small font is, at most
	mostLetters = 78  // of a title
)

const head = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]g" viewBox="0 0 %[1]g %[2]g" role="img">
<title>%[3]s</title>
<desc>%[4]s</desc>
<style>
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2933 }
.title { font-size: 17px; font-weight: 600 } .caption { font-size: 13px; font-weight: 600 } .faint { fill: #52606d }
.page { fill: #ffffff; stroke: #d5dbe1 } .grid { stroke: #e4e8ec } .axis { stroke: #52606d }
.seats { fill: none; stroke: #1864ab; stroke-width: 2 } .area { fill: #1864ab; fill-opacity: 0.12 }
.charge { fill: #2b8a3e } .credit { fill: #c2410c }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .faint { fill: #9fb0c0 }
.page { fill: #161b22; stroke: #30363d } .grid { stroke: #2a313a } .axis { stroke: #9fb0c0 }
.seats { stroke: #74c0fc } .area { fill: #74c0fc } .charge { fill: #69db7c } .credit { fill: #ffa94d }
}
</style>
<rect class="page" x="0.5" y="0.5" width="%[5]g" height="%[6]g" rx="6"/>
`

// drawing is a picture in the making.
type drawing struct {
	strings.Builder
	time timeAxis
}

// SVG draws a chart. The result ends in a newline.
func SVG(c Chart) string {
	accounts := c.accounts()
	panels := 1 + len(accounts)
	height := header + float64(panels)*(caption+panelHeight) + footer
	d := &drawing{time: timeAxis{c.From, c.Until, left + inset, right - inset}}
	fmt.Fprintf(d, head, width, height, html.EscapeString(c.Title), html.EscapeString(c.describe(accounts)), width-1, height-1)
	d.text(24, 28, "title", "", table.Cut(c.Title, mostLetters))
	d.text(24, 46, "faint", "", fmt.Sprintf("%s to %s, times in UTC", date(c.From), date(c.Until)))
	top := header + caption
	d.seats(c.total(), len(c.Seats), top)
	for _, a := range accounts {
		top += panelHeight + caption
		d.account(&a, top)
	}
	d.dates(top + panelHeight)
	d.WriteString("</svg>\n")
	return d.String()
}

// describe describes the picture in words, for people who cannot see it.
func (c *Chart) describe(accounts []account) string {
	said := fmt.Sprintf("From %s to %s.", date(c.From), date(c.Until))
	if points := c.total(); len(points) > 0 {
		said += fmt.Sprintf(" Seats: %d at the start, %d at the end.", points[0].Value, points[len(points)-1].Value)
	}
	for i := range accounts {
		said += " " + accounts[i].caption() + "."
	}
	return said
}

func (a *account) caption() string {
	noun := "invoices"
	if len(a.amounts) == 1 {
		noun = "invoice"
	}
	return fmt.Sprintf("Amount due in %s: %d %s, %s in total", a.currency.Code(), len(a.amounts), noun, a.currency.Format(a.sum))
}

func date(at time.Time) string { return at.UTC().Format(time.DateOnly) }

func (d *drawing) text(x, y float64, class, anchor, text string) {
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	fmt.Fprintf(d, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\"%s>%s</text>\n", x, y, class, anchor, html.EscapeString(text))
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(d, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1, y1, x2, y2)
}

// scale draws the marks of a panel, its zero and its caption.
func (d *drawing) scale(axis valueAxis, title string) {
	d.text(24, axis.top-18, "caption", "", title)
	for _, m := range axis.marks() {
		d.line("grid", left, m.at, right, m.at)
		d.text(left-8, m.at+4, "faint", "end", m.label)
	}
	d.line("axis", left, axis.y(0), right, axis.y(0))
	d.line("axis", left, axis.top, left, axis.bottom)
}

// seats draws the panel of seats.
func (d *drawing) seats(points []Point, lines int, top float64) {
	most := int64(0)
	for _, p := range points {
		most = max(most, p.Value)
	}
	axis := newValueAxis(0, float64(most), top, top+panelHeight, 1)
	title := "Seats"
	if lines > 1 {
		title = fmt.Sprintf("Seats of %d subscriptions", lines)
	}
	d.scale(axis, title)
	if len(points) == 0 {
		return
	}
	path := &strings.Builder{}
	for n, p := range points {
		x, y := d.time.x(p.Time), axis.y(float64(p.Value))
		if n == 0 {
			fmt.Fprintf(path, "M%.1f %.1f", x, y)
			continue
		}
		fmt.Fprintf(path, "H%.1fV%.1f", x, y)
	}
	fmt.Fprintf(path, "H%.1f", d.time.right)
	start := d.time.x(points[0].Time)
	fmt.Fprintf(d, "<path class=\"area\" d=\"M%.1f %.1fL%sV%.1fZ\"/>\n", start, axis.y(0), path.String()[1:], axis.y(0))
	fmt.Fprintf(d, "<path class=\"seats\" d=\"%s\"/>\n", path)
	d.counts(points, axis)
}

// counts writes numbers of seats at the steps that are wide enough.
func (d *drawing) counts(points []Point, axis valueAxis) {
	for n, p := range points {
		label := fmt.Sprint(p.Value)
		x, end := d.time.x(p.Time)+3, right
		if n+1 < len(points) {
			end = d.time.x(points[n+1].Time)
		}
		if x+float64(len(label))*letter <= end {
			d.text(x, axis.y(float64(p.Value))-5, "faint", "", label)
		}
	}
}

// account draws the panel of one currency.
func (d *drawing) account(a *account, top float64) {
	thick := min(22, max(2, (d.time.right-d.time.left)/float64(max(len(a.amounts), 1))*0.6))
	bars := a.bars(d.time, thick)
	low, high := 0.0, 0.0
	for _, b := range bars {
		low, high = min(low, b.given), max(high, b.charged)
	}
	smallest := math.Pow(10, -float64(a.currency.Digits()))
	axis := newValueAxis(low, high, top, top+panelHeight, smallest)
	d.scale(axis, a.caption())
	for _, b := range bars {
		d.bar(a, b, axis, thick)
	}
	d.sums(a, bars, axis, thick)
}

// bar draws one bar, with what it stands for in a tooltip.
func (d *drawing) bar(a *account, b bar, axis valueAxis, thick float64) {
	tip := make([]string, 0, len(b.amounts))
	for _, each := range b.amounts {
		tip = append(tip, fmt.Sprintf("%s %s: %s %s (%s)", date(each.Time), each.Name, a.currency.Format(each.exact), a.currency.Code(), each.What))
	}
	fmt.Fprintf(d, "<g><title>%s</title>\n", html.EscapeString(strings.Join(tip, "\n")))
	zero := axis.y(0)
	if b.charged > 0 {
		fmt.Fprintf(d, "<rect class=\"charge\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
			b.at-thick/2, axis.y(b.charged), thick, zero-axis.y(b.charged))
	}
	if b.given < 0 {
		fmt.Fprintf(d, "<rect class=\"credit\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
			b.at-thick/2, zero, thick, axis.y(b.given)-zero)
	}
	d.WriteString("</g>\n")
}

// sums writes amounts at the bars, where there is room.
func (d *drawing) sums(a *account, bars []bar, axis valueAxis, thick float64) {
	free := left + 2
	for n, b := range bars {
		label := a.currency.Format(b.sum)
		half := float64(len(label)) * letter / 2
		x := max(b.at, left+2+half)
		isClear := func(o bar) bool {
			return math.Abs(o.at-x) >= half+thick/2 || (o.charged < b.charged && o.given > b.given-1e-9)
		}
		switch {
		case b.charged > 0 && b.given < 0, x-half < free, x+half > width-4:
			continue
		case n > 0 && !isClear(bars[n-1]), n+1 < len(bars) && !isClear(bars[n+1]):
			continue
		}
		y := axis.y(b.charged) - 4
		if b.charged == 0 {
			y = axis.y(b.given) + 13
		}
		d.text(x, y, "faint", "middle", label)
		free = x + half + 3
	}
}

// dates labels the axis of time below the last panel.
func (d *drawing) dates(bottom float64) {
	for _, m := range d.time.marks() {
		d.line("axis", m.at, bottom, m.at, bottom+5)
		half := float64(len(m.label)) * letter / 2
		d.text(min(max(m.at, 24+half), width-24-half), bottom+20, "faint", "middle", m.label)
	}
}
