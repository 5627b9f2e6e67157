// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/internal/snapshot"
)

// newSnapshot returns the command that writes a snapshot.
func newSnapshot(o *Options) *cobra.Command {
	var all bool
	var file string
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Write a file that lets you compute previews without access to the cluster",
		Long: "Write a file that lets you compute previews without access to the cluster. It has names, specs, prices and\n" +
			"billing state. It has no secrets, no addresses of data sources, and no names or addresses of people. It does have\n" +
			"the IDs of customers and assignees.",
		Example: "  # Every hour, where the credentials are\n" +
			"  kubectl seatplane snapshot -A --file snapshot.json",
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.writeSnapshot(cmd.Context(), all, file) },
	}
	cmd.Flags().BoolVarP(&all, "all-namespaces", "A", false, "include all namespaces")
	cmd.Flags().StringVar(&file, "file", "", "the file to write (default: the standard output)")
	return cmd
}

// writeSnapshot writes a whole snapshot, or nothing.
func (o *Options) writeSnapshot(ctx context.Context, all bool, file string) error {
	cluster, err := o.Connect()
	if err != nil {
		return err
	}
	namespace := cluster.Namespace
	if all {
		namespace = ""
	}
	count := 0
	write := func(to io.Writer) error {
		count, err = o.snapshotTo(ctx, cluster, namespace, to)
		return err
	}
	if file == "" {
		return printWhole(o.Out, "the snapshot", write)
	}
	if err := replaceFile(file, "the snapshot", write); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.ErrOut, "%s has the state of %d subscriptions\n", file, count)
	return err
}

// snapshotTo writes the snapshot of a cluster, and returns how many subscriptions it has.
func (o *Options) snapshotTo(ctx context.Context, cluster *Cluster, namespace string, to io.Writer) (subscriptions int, err error) {
	source, err := snapshot.Cluster(ctx, cluster, namespace, o.Now().UTC().Truncate(time.Second))
	if err != nil {
		return 0, err
	}
	departed, err := snapshot.Departed(ctx, cluster, namespace)
	if err != nil {
		return 0, err
	}
	return snapshot.Write(ctx, to, source, departed)
}
