// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

// The size of a chart in characters, without its labels.
const (
	chartWidth  = 64
	chartHeight = 8
)

// Chart draws seats and money over time for a terminal, up to an instant. Each column of a chart is the value at the end
// of its share of the time. It ends in a newline.
func (t Timeline) Chart(now time.Time) string {
	from, found := t.first()
	if !found {
		return "Nothing has happened yet.\n"
	}
	until := now
	for _, points := range [][]Point{t.Seats, t.Billed} {
		if len(points) > 0 && points[len(points)-1].Time.After(until) {
			until = points[len(points)-1].Time.Time
		}
	}
	out := &strings.Builder{}
	out.WriteString(draw("Seats", t.Seats, from, until))
	if len(t.Billed) > 0 {
		out.WriteByte('\n')
		out.WriteString(draw("Invoiced so far, "+t.Currency, t.Billed, from, until))
	}
	return out.String()
}

func (t Timeline) first() (time.Time, bool) {
	for _, points := range [][]Point{t.Seats, t.Billed} {
		if len(points) > 0 {
			return points[0].Time.UTC(), true
		}
	}
	return time.Time{}, false
}

// draw is one chart with its title, its values on the left and its time below.
func draw(title string, points []Point, from, until time.Time) string {
	columns, top := sampled(points, from, until)
	label := func(level int) string {
		switch level {
		case chartHeight:
			return top.label
		case 0:
			return "0"
		default:
			return ""
		}
	}
	wide := max(utf8.RuneCountInString(top.label), 1)
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s\n", title)
	for level := chartHeight; level > 0; level-- {
		line := &strings.Builder{}
		fmt.Fprintf(line, "%*s ┤", wide, label(level))
		for _, height := range columns {
			line.WriteString(cell(height, level))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	fmt.Fprintf(out, "%*s └%s\n", wide, label(0), strings.Repeat("─", chartWidth))
	left, right := from.UTC().Format(time.DateOnly), until.UTC().Format(time.DateOnly)
	fmt.Fprintf(out, "%*s  %s%*s\n", wide, "", left, chartWidth-len(left), right)
	return out.String()
}

// cell is the character for a column of a height, in eighths of a level.
func cell(height, level int) string {
	const eighths = 8
	blocks := []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
	return blocks[min(max(height-(level-1)*eighths, 0), eighths)]
}

// peak is the highest value of a chart.
type peak struct {
	value *big.Rat
	label string
}

// sampled returns the height of each column, in eighths of a level, and the highest value. Amounts are exact, and a
// negative one has no height.
func sampled(points []Point, from, until time.Time) ([]int, peak) {
	top := peak{new(big.Rat), "0"}
	values := make([]*big.Rat, len(points))
	for n, p := range points {
		value, ok := new(big.Rat).SetString(p.Value)
		if !ok {
			value = new(big.Rat)
		}
		if values[n] = value; value.Cmp(top.value) > 0 {
			top = peak{value, p.Value}
		}
	}
	columns := make([]int, chartWidth)
	span := until.Sub(from)
	for column := range columns {
		end := from.Add(span / chartWidth * time.Duration(column+1))
		if column == chartWidth-1 {
			end = until
		}
		if at := holding(points, end); at >= 0 {
			columns[column] = heightOf(values[at], top.value)
		}
	}
	return columns, top
}

// holding is the index of the last point at or before an instant, -1 for none.
func holding(points []Point, at time.Time) int {
	found := -1
	for n, p := range points {
		if !p.Time.After(at) {
			found = n
		}
	}
	return found
}

// heightOf is a value in eighths of a level. Any value above zero is visible.
func heightOf(value, top *big.Rat) int {
	if value.Sign() <= 0 || top.Sign() <= 0 {
		return 0
	}
	height := new(big.Rat).Quo(value, top)
	height.Mul(height, big.NewRat(chartHeight*8, 1))
	whole := new(big.Int).Quo(height.Num(), height.Denom())
	return max(1, int(whole.Int64()))
}
