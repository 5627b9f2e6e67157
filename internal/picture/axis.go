// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"math"
	"strconv"
	"time"
)

// timeAxis maps instants to pixels.
type timeAxis struct {
	from, until time.Time
	left, right float64
}

func (a timeAxis) x(at time.Time) float64 {
	span := a.until.Sub(a.from)
	if span <= 0 {
		return (a.left + a.right) / 2
	}
	part := float64(at.Sub(a.from)) / float64(span)
	return a.left + min(max(part, 0), 1)*(a.right-a.left)
}

// mark is a labeled place on an axis.
type mark struct {
	at    float64
	label string
}

// maxMarks is how many dates fit side by side.
const maxMarks = 9

// step is a distance between dates on an axis.
type step struct {
	days, months int
	layout       string
}

// steps are the distances, from small to large.
func steps() []step {
	const day, month, year = "2 Jan", "Jan 2006", "2006"
	return []step{
		{1, 0, day},
		{2, 0, day},
		{7, 0, day},
		{14, 0, day},
		{0, 1, month},
		{0, 2, month},
		{0, 3, month},
		{0, 6, month},
		{0, 12, year},
		{0, 24, year},
		{0, 60, year},
		{0, 120, year},
		{0, 600, year},
	}
}

// marks are round dates in UTC. There are at most maxMarks of them, unless the axis spans several
// centuries.
func (a timeAxis) marks() []mark {
	var found []mark
	for _, s := range steps() {
		if found = a.marksEvery(s); len(found) <= maxMarks {
			break
		}
	}
	return found
}

func (a timeAxis) marksEvery(s step) []mark {
	const most = 1000
	from := a.from.UTC()
	at := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC)
	if s.months > 0 {
		months := (from.Year()*12 + int(from.Month()) - 1) / s.months * s.months
		at = time.Date(months/12, time.Month(months%12+1), 1, 0, 0, 0, 0, time.UTC)
	}
	var found []mark
	for ; !at.After(a.until) && len(found) < most; at = at.AddDate(0, s.months, s.days) {
		if !at.Before(a.from) {
			found = append(found, mark{a.x(at), at.Format(s.layout)})
		}
	}
	return found
}

// valueAxis maps numbers to pixels. It spans round numbers, with zero among them.
type valueAxis struct {
	low, high, distance float64
	top, bottom         float64
}

// newValueAxis spans the numbers between low and high, and zero. whole keeps its marks to whole numbers.
func newValueAxis(low, high, top, bottom, smallest float64) valueAxis {
	const intervals = 4
	low, high = min(low, 0), max(high, 0)
	if low == high {
		high = intervals
	}
	distance := math.Pow(10, math.Floor(math.Log10((high-low)/intervals)))
	for _, factor := range []float64{1, 2, 2.5, 5, 10} {
		if distance*factor*intervals >= high-low {
			distance *= factor
			break
		}
	}
	if smallest == 1 {
		distance = math.Ceil(distance)
	}
	distance = max(distance, smallest)
	return valueAxis{
		low: math.Floor(low/distance) * distance, high: math.Ceil(high/distance) * distance, distance: distance,
		top: top, bottom: bottom,
	}
}

func (a valueAxis) y(value float64) float64 {
	return a.bottom - (value-a.low)/(a.high-a.low)*(a.bottom-a.top)
}

func (a valueAxis) marks() []mark {
	digits := 0
	for d := a.distance; digits < 4 && math.Abs(d-math.Round(d)) > 1e-9; d *= 10 {
		digits++
	}
	var found []mark
	for n := range int(math.Round((a.high-a.low)/a.distance)) + 1 {
		value := a.low + float64(n)*a.distance
		if math.Abs(value) < a.distance/2 {
			value = 0
		}
		found = append(found, mark{a.y(value), short(value, digits)})
	}
	return found
}

// short writes a number so that it fits next to an axis: from a thousand million on, in millions.
func short(value float64, digits int) string {
	const million, large = 1e6, 1e9
	if math.Abs(value) < large {
		return strconv.FormatFloat(value, 'f', digits, 64)
	}
	return strconv.FormatFloat(value/million, 'f', 0, 64) + " M"
}
