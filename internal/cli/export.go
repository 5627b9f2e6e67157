// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/internal/transfer"
)

// newExport returns the command that writes all objects to a file.
func newExport(o *Options) *cobra.Command {
	var all bool
	var file string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write all of Seatplane's objects with their statuses to a file, for a backup or a move",
		Long: "Write all of Seatplane's objects with their statuses to a file, as they are at one instant. \"kubectl seatplane\n" +
			"import\" creates them again in an empty cluster. The file has the names and addresses of customers and the\n" +
			"addresses of data sources. It has no Secrets: save these separately.",
		Example: "  kubectl seatplane export -A --file backup.jsonl\n" +
			"  kubectl seatplane export -n shop >shop.jsonl",
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.export(cmd.Context(), all, file) },
	}
	cmd.Flags().BoolVarP(&all, "all-namespaces", "A", false, "export all namespaces, and the ClusterProrationPolicies")
	cmd.Flags().StringVar(&file, "file", "", "the file to write (default: the standard output)")
	return cmd
}

// export writes a whole export. A file that exists is replaced only by a whole one.
func (o *Options) export(ctx context.Context, all bool, file string) error {
	cluster, err := o.Connect()
	if err != nil {
		return err
	}
	namespace := cluster.Namespace
	if all {
		namespace = ""
	}
	if file == "" {
		return o.exportTo(ctx, cluster, namespace, o.Out, "the standard output")
	}
	return replaceFile(file, "the export", func(to io.Writer) error { return o.exportTo(ctx, cluster, namespace, to, file) })
}

func (o *Options) exportTo(ctx context.Context, cluster *Cluster, namespace string, to io.Writer, name string) error {
	progress := o.NewProgress("exporting objects")
	summary, err := transfer.Export(ctx, cluster, namespace, o.Now(), to, func(done int) { progress.At(done, 0) })
	progress.End()
	if err != nil {
		return err
	}
	if summary.Leaving > 0 {
		fmt.Fprintf(o.ErrOut, "left out %d objects that are being deleted\n", summary.Leaving)
	}
	_, err = fmt.Fprintf(o.ErrOut, "%s has %d objects, %d of them subscriptions\n", name, summary.Total(), summary.Objects["Subscription"])
	return err
}
