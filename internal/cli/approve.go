// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

func newApprove(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approve UPDATE",
		Short: "Approve an update that is pending approval, and print what it costs",
		Long: "Approve an update that a guard stopped. To see which limit it exceeds and what it would cost, run " +
			"\"kubectl seatplane explain update\" first.",
		Example:           "  kubectl seatplane approve acme-7f3k2x9d0c1b",
		Args:              arguments("UPDATE"),
		ValidArgsFunction: o.completeNames("subscriptionupdates"),
	}
	timeout, out := addTimeout(cmd), AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		if err := approve(cmd.Context(), c, args[0]); err != nil {
			return err
		}
		isDecided := func(u *v1alpha1.SubscriptionUpdate) bool {
			return isSettled(u) && u.Status.State != v1alpha1.UpdateHeld
		}
		u, err := awaitUpdate(cmd.Context(), c, *timeout, args[0], isDecided)
		if err != nil {
			return err
		}
		return printUpdate(o, out, u, true)
	}
	return cmd
}

// approve approves an update that is pending approval. It writes nothing if the update is already approved.
func approve(ctx context.Context, c *Cluster, name string) error {
	u := &v1alpha1.SubscriptionUpdate{}
	if err := c.Find(ctx, name, u); err != nil {
		return err
	}
	switch {
	case facts.Finished(u.Status.State):
		return Fail(Refused, "update %q is %s: only an update that is Held can be approved", name, u.Status.State)
	case u.Spec.Approved:
		return nil
	case u.Status.State != v1alpha1.UpdateHeld:
		return Fail(Refused, "update %q is not pending approval: %s", name, waitsFor(u))
	}
	// This is a patch, because the role seatplane-approver has no right to update. The version ensures that it
	// approves exactly the object that was read.
	patch := client.MergeFromWithOptions(u.DeepCopy(), client.MergeFromWithOptimisticLock{})
	u.Spec.Approved = true
	data, err := patch.Data(u)
	if err != nil {
		return err
	}
	return c.Patch(ctx, u, client.RawPatch(types.MergePatchType, data), client.FieldOwner(fieldManager))
}
