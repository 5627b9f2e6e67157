// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"

	"github.com/seatplane/seatplane/internal/picture"
	"github.com/seatplane/seatplane/internal/table"
)

// Formats of commands that show changes over time.
const (
	formatCSV  = "csv"
	formatSVG  = "svg"
	formatHTML = "html"
)

// pictured draws a chart in an image format, with a table below it if the format has room for one. The second result is
// false for any other format.
func pictured(format string, chart picture.Chart, rows func() table.Table) (draw func() (string, error), found bool) {
	switch format {
	case formatSVG:
		return func() (string, error) { return picture.SVG(chart), nil }, true
	case formatHTML:
		return func() (string, error) {
			return picture.HTML(chart, []picture.Section{{Heading: chart.Title, Table: rows()}})
		}, true
	default:
		return nil, false
	}
}

// write writes a whole result, or nothing.
func (o *Options) write(result func() (string, error)) error {
	text, err := result()
	if err != nil {
		return err
	}
	_, err = io.WriteString(o.Out, text)
	return err
}
