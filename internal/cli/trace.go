// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/trace"
)

func newTrace(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trace SUBSCRIPTION",
		Short: "Show everything that belongs to a subscription, with its conditions",
		Long: "Show the products, proration policies, updates, invoices and seat assignments of a subscription as a tree. Each " +
			"object is shown with its conditions and a sentence about what is wrong.",
		Example:           "  kubectl seatplane trace acme",
		Args:              arguments("SUBSCRIPTION"),
		ValidArgsFunction: o.completeNames("subscriptions"),
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
		objects, err := readObjects(cmd.Context(), c, args[0])
		if err != nil {
			return err
		}
		tree := trace.Of(objects)
		return out.Print(o, tree, tree.Text)
	}
	return cmd
}

// readObjects reads what belongs to a subscription: objects by name, and lists that the API server selects.
func readObjects(ctx context.Context, c *Cluster, name string) (trace.Objects, error) {
	s := &v1alpha1.Subscription{}
	o := trace.Objects{Subscription: s}
	if err := c.Find(ctx, name, s); err != nil {
		return o, err
	}
	for _, product := range facts.ProductsOf(s) {
		p := v1alpha1.SeatProduct{}
		found, err := exists(c.Find(ctx, product, &p))
		switch {
		case err != nil:
			return o, err
		case found:
			o.Products = append(o.Products, p)
		default:
			o.Missing = append(o.Missing, product)
		}
	}
	var err error
	if o.Updates, err = listUpdates(ctx, c, name); err != nil {
		return o, err
	}
	if o.Policies, err = readPolicies(ctx, c, o); err != nil {
		return o, err
	}
	if o.Invoices, err = listInvoices(ctx, c, s); err != nil {
		return o, err
	}
	if o.Assignments, err = listAssignments(ctx, c, name); err != nil {
		return o, err
	}
	if clock := facts.Clock(s); clock != "" {
		o.Clock = &v1alpha1.TestClock{}
		if found, err := exists(c.Find(ctx, clock, o.Clock)); err != nil {
			return o, err
		} else if !found {
			o.Clock = nil
		}
	}
	return o, Pages(ctx, c, c.Namespace, func(page *v1alpha1.EventSinkList) error {
		o.Sinks = append(o.Sinks, page.Items...)
		return nil
	})
}

// exists distinguishes an object that does not exist from an error.
func exists(err error) (bool, error) {
	if apierrors.IsNotFound(err) && !isKindMissing(err) {
		return false, nil
	}
	return err == nil, err
}

// readPolicies reads the proration policies that the subscription, its products and its open updates name, each once.
func readPolicies(ctx context.Context, c *Cluster, o trace.Objects) ([]trace.Policy, error) {
	refs := []*v1alpha1.ProrationPolicyReference{o.Subscription.Spec.ProrationPolicyRef}
	for n := range o.Products {
		refs = append(refs, o.Products[n].Spec.ProrationPolicyRef)
	}
	for n := range o.Updates {
		if !facts.Finished(o.Updates[n].Status.State) {
			refs = append(refs, o.Updates[n].Spec.ProrationPolicyRef)
		}
	}
	refs = slices.DeleteFunc(refs, func(r *v1alpha1.ProrationPolicyReference) bool { return r == nil })
	slices.SortFunc(refs, func(a, b *v1alpha1.ProrationPolicyReference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	refs = slices.CompactFunc(refs, func(a, b *v1alpha1.ProrationPolicyReference) bool { return *a == *b })
	var policies []trace.Policy
	for _, ref := range refs {
		policy, err := readPolicy(ctx, c, ref)
		if err != nil {
			return nil, err
		}
		policies = append(policies, policy)
	}
	return policies, nil
}

func readPolicy(ctx context.Context, c *Cluster, ref *v1alpha1.ProrationPolicyReference) (trace.Policy, error) {
	policy := trace.Policy{Kind: string(ref.Kind), Name: ref.Name}
	if ref.Kind == v1alpha1.KindClusterProrationPolicy {
		object := &v1alpha1.ClusterProrationPolicy{}
		found, err := exists(c.Get(ctx, client.ObjectKey{Name: ref.Name}, object))
		policy.Found, policy.Spec, policy.Conditions = found, object.Spec, object.Status.Conditions
		return policy, err
	}
	object := &v1alpha1.ProrationPolicy{}
	found, err := exists(c.Find(ctx, ref.Name, object))
	policy.Found, policy.Spec, policy.Conditions = found, object.Spec, object.Status.Conditions
	return policy, err
}

// listAssignments returns the seat assignments that name a subscription, oldest first.
func listAssignments(ctx context.Context, c *Cluster, subscription string) ([]v1alpha1.SeatAssignment, error) {
	var all []v1alpha1.SeatAssignment
	err := Pages(ctx, c, c.Namespace, func(page *v1alpha1.SeatAssignmentList) error {
		all = append(all, page.Items...)
		return nil
	}, ofSubscription(subscription))
	slices.SortStableFunc(all, func(a, b v1alpha1.SeatAssignment) int {
		return cmp.Or(facts.Created(&a).Compare(facts.Created(&b)), cmp.Compare(a.Name, b.Name))
	})
	return all, err
}
