// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/verify"
)

func newVerify(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [FILE|DIRECTORY|-]",
		Short: "Recompute every amount of updates and invoices from their own records",
		Long: "Recompute every amount of updates and invoices from the numbers that they record, and compare the records with " +
			"each other: the credit balance from one invoice to the next, and the lines of invoices with those of updates. " +
			"Without a file, the command reads the namespace, or with --all-namespaces the cluster. It ends with code 2 if " +
			"an amount does not add up.",
		Example: "  kubectl seatplane verify\n" +
			"  kubectl get subscriptionupdates,invoices -o yaml >export.yaml && kubectl seatplane verify export.yaml\n" +
			"  kubectl get invoices -o json | kubectl seatplane verify -",
		Args: cobra.MaximumNArgs(1),
	}
	all := cmd.Flags().BoolP("all-namespaces", "A", false, "verify the records of all namespaces")
	out := AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		ledger := &verify.Ledger{}
		var err error
		switch {
		case len(args) == 0:
			err = verifyCluster(cmd.Context(), o, ledger, *all)
		case args[0] == "-":
			err = ledger.Read("the standard input", o.In)
		default:
			err = verifyPath(ledger, args[0])
		}
		if err != nil {
			return err
		}
		report := ledger.Report()
		if report.Updates+report.Invoices == 0 && len(args) > 0 {
			return Fail(Failed, "%s has no updates and no invoices: export with \"kubectl get subscriptionupdates,invoices -o yaml\"", args[0])
		}
		if err := out.Print(o, report, report.Text); err != nil {
			return err
		}
		if len(report.Problems) > 0 {
			return EndWith(Refused)
		}
		return nil
	}
	return cmd
}

// verifyPath reads a file, or a directory with everything below it.
func verifyPath(ledger *verify.Ledger, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Fail(Failed, "there is no file or directory %q: use the path of an export, or \"-\" for the standard input", path)
	case err != nil:
		return err
	case info.IsDir():
		return ledger.ReadFiles(os.DirFS(path))
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return ledger.Read(path, file)
}

// verifyCluster reads a namespace or all of them, page by page.
func verifyCluster(ctx context.Context, o *Options, ledger *verify.Ledger, all bool) error {
	c, err := o.Connect()
	if err != nil {
		return err
	}
	namespace := c.Namespace
	if all {
		namespace = ""
	}
	progress, done := o.NewProgress("recomputing records"), 0
	defer progress.End()
	err = Pages(ctx, c, namespace, func(page *v1alpha1.SubscriptionUpdateList) error {
		for n := range page.Items {
			ledger.AddUpdate(&page.Items[n])
		}
		done += len(page.Items)
		progress.At(done, 0)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the updates: %w", err)
	}
	err = Pages(ctx, c, namespace, func(page *v1alpha1.InvoiceList) error {
		for n := range page.Items {
			ledger.AddInvoice(&page.Items[n])
		}
		done += len(page.Items)
		progress.At(done, 0)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the invoices: %w", err)
	}
	return nil
}
