// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/table"
)

// Formats that commands print.
const (
	// FormatTable is for people.
	FormatTable = "table"
	// FormatJSON is for programs. Amounts are strings.
	FormatJSON = "json"
	// FormatYAML is the same as JSON, in YAML.
	FormatYAML = "yaml"
)

// Output is the flag -o of a command that prints data.
type Output struct {
	format  string
	formats []string
}

// AddOutput gives a command the flag -o, with the formats that every command has and those that only this one has.
func AddOutput(cmd *cobra.Command, more ...string) *Output {
	out := &Output{formats: append([]string{FormatTable, FormatJSON, FormatYAML}, more...)}
	cmd.Flags().StringVarP(&out.format, "output", "o", FormatTable, "the format: "+strings.Join(out.formats, ", "))
	// It can only fail for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(out.formats, cobra.ShellCompDirectiveNoFileComp))
	return out
}

// Format returns the chosen format, or an error that lists the formats. Call it before long work.
func (f *Output) Format() (string, error) {
	if !slices.Contains(f.formats, f.format) {
		return "", Fail(Failed, "there is no format %q: choose one of %s", f.format, strings.Join(f.formats, ", "))
	}
	return f.format, nil
}

// Print writes data in the format: as text for people, or as JSON or YAML. It writes all of it at once, or nothing.
func (f *Output) Print(o *Options, data any, text func() string) error {
	format, err := f.Format()
	if err != nil {
		return err
	}
	var printed []byte
	switch format {
	case FormatJSON:
		printed, err = json.MarshalIndent(data, "", "  ")
		printed = append(printed, '\n')
	case FormatYAML:
		printed, err = yaml.Marshal(data)
	default:
		// The text may repeat what somebody else wrote, and a terminal obeys the control characters that it is shown.
		printed = []byte(table.PlainLines(text()))
	}
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	_, err = o.Out.Write(printed)
	return err
}
