// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command cli-docs writes docs/reference/cli.md, the list of the plugin's commands, flags and exit codes, to the standard
// output.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seatplane/seatplane/internal/cli"
)

const head = `# The commands of kubectl seatplane

Generated from the commands by ` + "`make generate`" + `. [What the plugin is for](../kubectl-plugin.md) shows the everyday ones.

All commands take kubectl's own connection flags, such as ` + "`--namespace`, `--context` and `--kubeconfig`" + `, which ` + "`kubectl options`" + `
lists. Data is printed as a table, or with ` + "`-o json` and `-o yaml`" + ` for programs. Amounts are strings.

## Exit codes

| code | when |
|---|---|
`

func main() {
	root := cli.New(cli.NewOptions(genericiooptions.IOStreams{In: os.Stdin, Out: io.Discard, ErrOut: os.Stderr}, "dev"))
	out := &strings.Builder{}
	out.WriteString(head)
	for _, code := range []cli.Code{cli.Done, cli.Failed, cli.Refused, cli.MoneyChanges, cli.LimitExceeded} {
		fmt.Fprintf(out, "| %d | %s |\n", code, code.Meaning())
	}
	out.WriteString("\nWhat went wrong is on the standard error stream, in one sentence. With code 1, a command prints nothing else.\n")
	for _, cmd := range root.Commands() {
		describe(out, cmd)
	}
	if _, err := os.Stdout.WriteString(out.String()); err != nil {
		fmt.Fprintln(os.Stderr, "cli-docs:", err)
		os.Exit(1)
	}
}

// describe writes a command, and then those below it.
func describe(out *strings.Builder, cmd *cobra.Command) {
	if cmd.Hidden {
		return
	}
	fmt.Fprintf(out, "\n## %s\n\n", cmd.CommandPath())
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	out.WriteString(wrapped(text) + "\n")
	if cmd.Runnable() && !cmd.HasSubCommands() {
		fmt.Fprintf(out, "\n```text\n%s\n```\n", cmd.UseLine())
	}
	if cmd.Example != "" {
		var lines []string
		for line := range strings.Lines(cmd.Example) {
			lines = append(lines, strings.TrimPrefix(line, "  "))
		}
		fmt.Fprintf(out, "\n```text\n%s\n```\n", strings.TrimRight(strings.Join(lines, ""), "\n"))
	}
	flags(out, cmd)
	for _, inner := range cmd.Commands() {
		describe(out, inner)
	}
}

// flags writes the flags that only this command has.
func flags(out *strings.Builder, cmd *cobra.Command) {
	first := true
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if first {
			out.WriteString("\n| flag | default | what it does |\n|---|---|---|\n")
			first = false
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		def := ""
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" {
			def = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", name, def, strings.ReplaceAll(f.Usage, "|", "\\|"))
	})
}

// wrapped breaks a text into lines of at most 120 characters.
func wrapped(text string) string {
	const width = 120
	out, column := &strings.Builder{}, 0
	for _, word := range strings.Fields(text) {
		if column > 0 && column+1+len(word) > width {
			out.WriteByte('\n')
			column = 0
		}
		if column > 0 {
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}
