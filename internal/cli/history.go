// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/timeline"
)

func newHistory(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history SUBSCRIPTION",
		Short: "Show what happened to a subscription, in order",
		Long: "Show the updates and the invoices of a subscription in order, with the money invoiced so far. Waiting " +
			"updates come last. With --chart, the seats and the money over time are drawn below the table. With -o svg or " +
			"-o html, they are a picture.",
		Example:           "  kubectl seatplane history acme\n  kubectl seatplane history acme --chart\n  kubectl seatplane history acme -o svg >acme.svg",
		Args:              arguments("SUBSCRIPTION"),
		ValidArgsFunction: o.completeNames("subscriptions"),
	}
	chart := cmd.Flags().Bool("chart", false, "draw the seats and the money over time, below the table")
	out := AddOutput(cmd, formatSVG, formatHTML)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := out.Format()
		if err != nil {
			return err
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		s, t, err := readTimeline(cmd.Context(), c, args[0])
		if err != nil {
			return err
		}
		now := o.Now()
		if at := record.Instant(s.Status.ClockTime); !at.IsZero() {
			now = at
		}
		if picture, found := pictured(format, t.Picture(now), t.Table); found {
			return o.write(picture)
		}
		text := t.Text
		if *chart {
			text = func() string { return t.Text() + "\n" + t.Chart(now) }
		}
		return out.Print(o, t, text)
	}
	return cmd
}

func readTimeline(ctx context.Context, c *Cluster, name string) (*v1alpha1.Subscription, timeline.Timeline, error) {
	s := &v1alpha1.Subscription{}
	if err := c.Find(ctx, name, s); err != nil {
		return nil, timeline.Timeline{}, err
	}
	updates, err := listUpdates(ctx, c, name)
	if err != nil {
		return nil, timeline.Timeline{}, err
	}
	invoices, err := listInvoices(ctx, c, s)
	if err != nil {
		return nil, timeline.Timeline{}, err
	}
	return s, timeline.Of(s, updates, invoices), nil
}

// listUpdates returns the updates that name a subscription.
func listUpdates(ctx context.Context, c *Cluster, subscription string) ([]v1alpha1.SubscriptionUpdate, error) {
	var all []v1alpha1.SubscriptionUpdate
	err := Pages(ctx, c, c.Namespace, func(page *v1alpha1.SubscriptionUpdateList) error {
		all = append(all, page.Items...)
		return nil
	}, ofSubscription(subscription))
	return all, err
}
