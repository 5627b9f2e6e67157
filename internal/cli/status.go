// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/health"
)

func newStatus(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is wrong: the command to start with",
		Long: "Show the versions, objects that are not Ready and the reasons, late renewals, updates that are pending approval, " +
			"and failing loads. Objects with the same problem are counted, and some of them are named.",
		Example: "  kubectl seatplane status\n  kubectl seatplane status --all-namespaces",
		Args:    arguments(),
	}
	all := cmd.Flags().BoolP("all-namespaces", "A", false, "include all namespaces")
	out := AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		namespace := c.Namespace
		if *all {
			namespace = ""
		}
		summary, err := readHealth(cmd.Context(), o, c, namespace)
		if err != nil {
			return err
		}
		return out.Print(o, summary, summary.Text)
	}
	return cmd
}

// readHealth sums up a namespace, or all for "", page by page.
func readHealth(ctx context.Context, o *Options, c *Cluster, namespace string) (health.Summary, error) {
	collector := health.NewCollector(o.Now(), namespace == "")
	progress, done := o.NewProgress("looking at subscriptions"), 0
	defer progress.End()
	err := Pages(ctx, c, namespace, func(page *v1alpha1.SubscriptionList) error {
		for n := range page.Items {
			collector.Subscription(&page.Items[n])
		}
		done += len(page.Items)
		progress.At(done, 0)
		return nil
	})
	if err != nil {
		return health.Summary{}, err
	}
	err = Pages(ctx, c, namespace, func(page *v1alpha1.SeatProductList) error {
		for n := range page.Items {
			collector.Product(&page.Items[n])
		}
		return nil
	})
	if err != nil {
		return health.Summary{}, err
	}
	err = Pages(ctx, c, namespace, func(page *v1alpha1.SubscriptionUpdateList) error {
		for n := range page.Items {
			collector.Held(&page.Items[n])
		}
		return nil
	}, client.MatchingFields{"status.state": string(v1alpha1.UpdateHeld)})
	if err != nil {
		return health.Summary{}, err
	}
	skipped, err := readPoliciesHealth(ctx, c, namespace, collector)
	if err != nil {
		return health.Summary{}, err
	}
	summary := collector.Summary()
	summary.Plugin, summary.NotExamined = o.Version, skipped
	operators, why := readOperators(ctx, c)
	summary.Operators = operators
	if why != "" {
		summary.NotExamined = append(summary.NotExamined, why)
	}
	return summary, nil
}

// readPoliciesHealth adds the proration policies. A user may lack the right to read those of the cluster.
func readPoliciesHealth(ctx context.Context, c *Cluster, namespace string, collector *health.Collector) (skipped []string, err error) {
	err = Pages(ctx, c, namespace, func(page *v1alpha1.ProrationPolicyList) error {
		for n := range page.Items {
			collector.Policy(string(v1alpha1.KindProrationPolicy), &page.Items[n], page.Items[n].Status.Conditions)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = Pages(ctx, c, "", func(page *v1alpha1.ClusterProrationPolicyList) error {
		for n := range page.Items {
			collector.Policy(string(v1alpha1.KindClusterProrationPolicy), &page.Items[n], page.Items[n].Status.Conditions)
		}
		return nil
	})
	if apierrors.IsForbidden(err) {
		return []string{"cluster proration policies: you have no right to list them."}, nil
	}
	return nil, err
}

// readOperators returns the images of the operators and how many of their pods are ready. Only administrators may read
// them, so a failure is not an error.
func readOperators(ctx context.Context, c *Cluster) (operators []string, why string) {
	err := Pages(ctx, c, "", func(page *appsv1.DeploymentList) error {
		for n := range page.Items {
			d := &page.Items[n]
			for _, container := range d.Spec.Template.Spec.Containers {
				operators = append(operators, fmt.Sprintf("%s (%d of %d ready)", container.Image, d.Status.ReadyReplicas, d.Status.Replicas))
			}
		}
		return nil
	}, client.MatchingLabels{"app.kubernetes.io/name": "seatplane", "app.kubernetes.io/component": "manager"})
	slices.Sort(operators)
	switch {
	case apierrors.IsForbidden(err):
		return nil, "the operator's version: you have no right to list Deployments."
	case err != nil:
		return nil, "the operator's version: " + explained(err) + "."
	default:
		return operators, ""
	}
}
