// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/explain"
)

func newExplain(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Explain an amount in words",
		Long: "Explain the amounts of an update, an invoice or a subscription. The arithmetic of every line is shown, and the sums " +
			"are recomputed. The last sentence tells you whether they add up.",
		Args: onlySubcommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		explainKind(o, "update", "subscriptionupdates", explainUpdate),
		explainKind(o, "invoice", "invoices", explainInvoice),
		explainKind(o, "subscription", "subscriptions", explainSubscription),
	)
	return cmd
}

// explainKind is the command for one kind of object.
func explainKind(o *Options, kind, resource string, read func(context.Context, *Cluster, string) (explain.Explanation, error)) *cobra.Command {
	examples := map[string]string{
		"update":       "  kubectl seatplane explain update acme-7f3k2x9d0c1b",
		"invoice":      "  kubectl seatplane explain invoice acme-7f3k2x-000002",
		"subscription": "  kubectl seatplane explain subscription acme",
	}
	cmd := &cobra.Command{
		Use:               kind + " NAME",
		Short:             "Explain the amounts of one " + kind,
		Example:           examples[kind],
		Args:              arguments("NAME"),
		ValidArgsFunction: o.completeNames(resource),
	}
	out := AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		e, err := read(cmd.Context(), c, args[0])
		if err != nil {
			return err
		}
		if err := out.Print(o, e, e.Text); err != nil {
			return err
		}
		if !e.AddsUp {
			return Fail(Refused, "the amounts of %s %q do not add up: report this as a defect of Seatplane", kind, args[0])
		}
		return nil
	}
	return cmd
}

func explainUpdate(ctx context.Context, c *Cluster, name string) (explain.Explanation, error) {
	update := &v1alpha1.SubscriptionUpdate{}
	if err := c.Find(ctx, name, update); err != nil {
		return explain.Explanation{}, err
	}
	return explain.Update(update), nil
}

func explainInvoice(ctx context.Context, c *Cluster, name string) (explain.Explanation, error) {
	invoice := &v1alpha1.Invoice{}
	if err := c.Find(ctx, name, invoice); err != nil {
		return explain.Explanation{}, err
	}
	return explain.Invoice(invoice), nil
}

func explainSubscription(ctx context.Context, c *Cluster, name string) (explain.Explanation, error) {
	subscription := &v1alpha1.Subscription{}
	if err := c.Find(ctx, name, subscription); err != nil {
		return explain.Explanation{}, err
	}
	return explain.Subscription(subscription)
}
