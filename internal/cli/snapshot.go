// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
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
	partial, err := os.CreateTemp("", "seatplane-snapshot-*.json")
	if err != nil {
		return fmt.Errorf("create a temporary file for the snapshot: %w", err)
	}
	defer func() { _ = partial.Close(); _ = os.Remove(partial.Name()) }()
	source, err := snapshot.Cluster(ctx, cluster, namespace, o.Now().UTC().Truncate(time.Second))
	if err != nil {
		return err
	}
	departed, err := snapshot.Departed(ctx, cluster, namespace)
	if err != nil {
		return err
	}
	count, err := snapshot.Write(ctx, partial, source, departed)
	if err != nil {
		return err
	}
	if _, err := partial.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if file == "" {
		_, err := io.Copy(o.Out, partial)
		return err
	}
	return o.keep(partial, file, count)
}

// keep copies a finished snapshot to its place.
func (o *Options) keep(from io.Reader, path string, subscriptions int) error {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return Fail(Failed, "the snapshot cannot be written: %w", err)
	}
	if _, err := io.Copy(to, from); err != nil {
		_ = to.Close()
		return Fail(Failed, "the snapshot cannot be written: %w", err)
	}
	if err := to.Close(); err != nil {
		return Fail(Failed, "the snapshot cannot be written: %w", err)
	}
	_, err = fmt.Fprintf(o.ErrOut, "%s has the state of %d subscriptions\n", path, subscriptions)
	return err
}
