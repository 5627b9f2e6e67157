// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/explain"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/table"
)

// Invoices that --expand prints with their lines.
const (
	expandUpcoming = "upcoming"
	expandRecent   = "recent"
	expandInitial  = "initial"
)

// invoicesOf are the invoices of a subscription, and those that are printed with their lines.
type invoicesOf struct {
	Subscription string                    `json:"subscription"`
	Items        []v1alpha1.Invoice        `json:"items"`
	Upcoming     *v1alpha1.UpcomingInvoice `json:"upcoming,omitempty"`
	Recent       *explain.Explanation      `json:"recent,omitempty"`
	Initial      *explain.Explanation      `json:"initial,omitempty"`

	expanded []string
	words    explain.Explanation
}

func newInvoices(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "invoices SUBSCRIPTION",
		Short: "List the invoices of a subscription, and the next one",
		Example: "  kubectl seatplane invoices acme\n" +
			"  kubectl seatplane invoices acme --expand upcoming,recent",
		Args:              arguments("SUBSCRIPTION"),
		ValidArgsFunction: o.completeNames("subscriptions"),
	}
	expand := cmd.Flags().StringSlice("expand", nil, "also explain these invoices: upcoming, recent, initial")
	out := AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		for _, which := range *expand {
			if !slices.Contains([]string{expandUpcoming, expandRecent, expandInitial}, which) {
				return Fail(Failed, "--expand has no %q: choose from upcoming, recent and initial", which)
			}
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		list, err := readInvoices(cmd.Context(), c, args[0], *expand)
		if err != nil {
			return err
		}
		return out.Print(o, list, list.text)
	}
	return cmd
}

func readInvoices(ctx context.Context, c *Cluster, name string, expand []string) (*invoicesOf, error) {
	subscription := &v1alpha1.Subscription{}
	if err := c.Find(ctx, name, subscription); err != nil {
		return nil, err
	}
	all, err := listInvoices(ctx, c, subscription)
	if err != nil {
		return nil, err
	}
	list := &invoicesOf{Subscription: name, Items: all, expanded: expand}
	if slices.Contains(expand, expandUpcoming) {
		list.Upcoming = subscription.Status.UpcomingInvoice
		if list.words, err = explain.Subscription(subscription); err != nil {
			return nil, err
		}
	}
	if len(all) > 0 && slices.Contains(expand, expandRecent) {
		e := explain.Invoice(&all[len(all)-1])
		list.Recent = &e
	}
	if len(all) > 0 && slices.Contains(expand, expandInitial) && all[0].Spec.Sequence == 1 {
		e := explain.Invoice(&all[0])
		list.Initial = &e
	}
	return list, nil
}

// listInvoices returns the invoices of a subscription, oldest first, without those of others with the same name.
func listInvoices(ctx context.Context, c *Cluster, s *v1alpha1.Subscription) ([]v1alpha1.Invoice, error) {
	all := []v1alpha1.Invoice{}
	err := Pages(ctx, c, c.Namespace, func(page *v1alpha1.InvoiceList) error {
		for n := range page.Items {
			if page.Items[n].Spec.SubscriptionRef.UID == facts.Identity(s) {
				all = append(all, page.Items[n])
			}
		}
		return nil
	}, ofSubscription(s.Name))
	slices.SortFunc(all, func(a, b v1alpha1.Invoice) int { return cmp.Compare(a.Spec.Sequence, b.Spec.Sequence) })
	for n := range all {
		all[n].SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Invoice"))
		all[n].ManagedFields = nil
	}
	return all, err
}

// text is the table, and then what --expand asks for.
func (l *invoicesOf) text() string {
	out := &strings.Builder{}
	if len(l.Items) == 0 {
		fmt.Fprintf(out, "Subscription %s has no invoices yet.\n", l.Subscription)
	} else {
		rows := table.Table{Columns: []string{"NAME", "ISSUED", "REASON", "TOTAL", "CREDIT", "DUE", "CURRENCY"}}
		for n := range l.Items {
			spec := &l.Items[n].Spec
			rows.Add(l.Items[n].Name, spec.IssueTime.UTC().Format(time.RFC3339), string(spec.Reason), string(spec.Subtotal),
				string(spec.CreditApplied), string(spec.AmountDue), string(spec.Currency))
		}
		out.WriteString(rows.String())
	}
	for _, which := range l.expanded {
		switch which {
		case expandUpcoming:
			fmt.Fprintf(out, "\n%s", l.words.Text())
		case expandRecent:
			writeExpanded(out, l.Recent)
		case expandInitial:
			writeExpanded(out, l.Initial)
		}
	}
	return out.String()
}

func writeExpanded(out *strings.Builder, e *explain.Explanation) {
	if e == nil {
		return
	}
	fmt.Fprintf(out, "\n%s", e.Text())
}
