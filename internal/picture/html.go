// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/seatplane/seatplane/internal/table"
)

//go:embed page.html
var page string

// Section is a table below a picture, with its heading.
type Section struct {
	Heading string
	Table   table.Table
	// Notes are sentences below the table.
	Notes []string
}

// HTML draws a chart with tables below it, in one file that loads nothing.
func HTML(c Chart, sections []Section) (string, error) {
	parsed, err := template.New("page").Parse(page)
	if err != nil {
		return "", fmt.Errorf("read the page's template: %w", err)
	}
	out := &strings.Builder{}
	err = parsed.Execute(out, map[string]any{
		"Title": c.Title, "Sections": sections,
		"Picture": template.HTML(SVG(c)), //nolint:gosec // SVG escapes every text that it is given
	})
	return out.String(), err
}
