// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// commandName is how users call the plugin.
const commandName = "kubectl seatplane"

// usage is cobra's template without the connection flags, which are long and the same for all commands.
const usage = `Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalNonPersistentFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}

The connection flags are those of kubectl, such as --namespace, --context and --kubeconfig: see "kubectl options".
`

// New returns the plugin's root command.
func New(o *Options) *cobra.Command {
	root := &cobra.Command{
		Use:   "kubectl-seatplane",
		Short: "See what a subscription costs, why, and what happened to it",
		Long: "See what a subscription costs, why, and what happened to it.\n\n" +
			"The plugin uses the same code as the operator, so the amounts are the same to the cent.",
		Annotations:                map[string]string{cobra.CommandDisplayNameAnnotation: commandName},
		Args:                       onlySubcommands,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Version:                    o.Version,
	}
	root.SetIn(o.In)
	root.SetOut(o.Out)
	root.SetErr(o.ErrOut)
	root.SetUsageTemplate(usage)
	root.SetVersionTemplate("kubectl-seatplane {{.Version}}\n")
	root.SetFlagErrorFunc(badFlag)
	o.Flags.AddFlags(root.PersistentFlags())
	root.AddCommand(commands(o)...)
	return root
}

// commands are the plugin's commands, by topic.
func commands(o *Options) []*cobra.Command {
	return []*cobra.Command{
		newPreview(o),
		newSimulate(o),
		newSnapshot(o), newExport(o), newImport(o),
		newStatus(o), newExplain(o), newHistory(o), newTrace(o), newInvoices(o), newVerify(o), newReport(o),
		newSeats(o), newRefresh(o), newApprove(o), newAssign(o), newUnassign(o),
		newEvents(o),
		newVersion(o),
	}
}

// Run runs the plugin and returns its exit code. It writes an error to the error stream, in one sentence.
func Run(ctx context.Context, o *Options, args []string) Code {
	root := New(o)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return Done
	}
	if e, found := errors.AsType[*Error](err); !found || e.Err != nil {
		fmt.Fprintf(o.ErrOut, "error: %s\n", explained(err))
	}
	return codeOf(err)
}

// onlySubcommands refuses a command that does not exist.
func onlySubcommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	suggestions := cmd.SuggestionsFor(args[0])
	if len(suggestions) > 0 {
		return Fail(Failed, "there is no command %q: did you mean %q?", args[0], strings.Join(suggestions, `" or "`))
	}
	return Fail(Failed, "there is no command %q: run %q for a list", args[0], cmd.CommandPath()+" --help")
}

// badFlag explains how to find the right flag.
func badFlag(cmd *cobra.Command, err error) error {
	return Fail(Failed, "%w: run %q for the flags", err, cmd.CommandPath()+" --help")
}

// arguments requires exactly the named arguments.
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return Fail(Failed, "%q takes %s, but got %d: run it with --help for an example",
			cmd.CommandPath(), counted(names), len(args))
	}
}

func counted(names []string) string {
	switch len(names) {
	case 0:
		return "no arguments"
	case 1:
		return "one argument, " + names[0]
	default:
		return fmt.Sprintf("%d arguments, %s", len(names), strings.Join(names, " "))
	}
}
